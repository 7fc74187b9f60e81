"""Who may say no to an emergency access or end it, that one which fails holds up no other, and that no figure takes it
for sharing (C8)."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from implementation_levels.shared_incidents import shared_items
from incidents.kept_back import warned_items
from organisations.models import Membership
from overview.dashboard_own import balance_of
from sharing import emergency as actions
from sharing.access import access_of
from sharing.models import Audience, EmergencyAccess, Grant, Release
from slt_portal.states import StaleState
from tests.factories.emergency import of_dss
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
DESK, HQ, ALBA = "dss.field@un.example", "dss.hq@un.example", "field@alba.example"


@pytest.fixture
def second(cast):
    return of_dss(cast, "second@un.example")


def ask(cast, days=7):
    reason, area = "two staff are missing", cast.areas["south-sudan"]
    return actions.ask(by=cast[DESK], area=area, days=days, hours=4, reason=reason, submission=uuid.uuid4())


def test_who_is_not_dss_of_the_area_cannot_say_no(cast, second):
    emergency = ask(cast)
    for other in (cast[HQ], cast[ALBA], of_dss(cast, "chad@un.example", "chad")):
        with pytest.raises(StaleState):
            actions.refuse(emergency, by=other)
    Membership.objects.filter(user=second).update(ends_at=timezone.now())
    with pytest.raises(StaleState):
        actions.refuse(emergency, by=second)
    actions.refuse(emergency, by=cast[DESK])  # who asked takes it back
    emergency.refresh_from_db()
    assert emergency.state == "refused"


def test_who_is_neither_of_the_two_cannot_end_it(cast, second):
    file_report(cast, choices=["ocha"])
    emergency = ask(cast)
    actions.agree(emergency, by=second, sparing=warned_items())
    for other in (cast[HQ], of_dss(cast, "third@un.example")):
        with pytest.raises(StaleState):
            actions.close(emergency, by=other)
    assert Grant.objects.for_system("test").filter(emergency=emergency).exists()
    actions.close(emergency, by=second)
    assert not Grant.objects.for_system("test").exists()


def test_one_that_fails_holds_up_no_other(cast, second, monkeypatch, caplog):
    first, other = ask(cast), ask(cast, days=3)
    lapse = actions._lapse

    def failing(emergency):
        if emergency.pk == first.pk:
            raise ValueError("broken")
        lapse(emergency)

    monkeypatch.setattr(actions, "_lapse", failing)
    later = timezone.now() + timedelta(hours=13)
    assert actions.end_due(later) == 1
    states = EmergencyAccess.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["asked", "lapsed"]
    assert "emergency_not_ended" in caplog.text
    monkeypatch.undo()
    assert actions.end_due(later) == 1
    assert other.pk != first.pk


def test_no_figure_takes_it_for_sharing(cast, second):
    """Neither the check list of an area nor what an organisation gave to others."""
    item = file_report(cast, choices=["ocha"]).incident.item
    audience = Audience.objects.for_system("test").filter(release__item=item)
    audience.exclude(principal__startswith="originator").delete()
    before = balance_of(access_of(cast[ALBA]))
    assert actions.agree(ask(cast), by=second, sparing=warned_items()) == 1
    opened = Release.objects.visible_to(access_of(second)).filter(item=item)
    assert opened.exists(), "they do read it"
    assert item not in shared_items()
    assert (balance_of(access_of(cast[ALBA])), before.beyond_dss) == (before, 0)
