"""What a standing rests on: recorded once, renewed, ended with what rests on it; nothing lapses silently (P8, P10)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from areas.models import Area
from audit.models import Event
from notifications.kinds import kind_of
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership, Organisation, Standing
from partners.actions.bases import NotEligible, end_basis, end_resting, record_basis, renew_basis
from partners.actions.basis_reminders import remind_of_bases
from partners.models import Basis, BasisReminder, Confirmation
from partners.registers import own_standings
from partners.tasks import remind_of_bases as tick
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.registers import a_basis

HQ, FIELD, CSFP, DO, WG = (
    "dss.hq@un.example",
    "dss.field@un.example",
    "csfp@un.example",
    "do@un.example",
    "wg@icva.example",
)
ALBA, ALBA_FIELD, BENU, CEDAR, NNGO = (
    "hq@alba.example",
    "field@alba.example",
    "hq@benu.example",
    "field@cedar.example",
    "local@nngo.example",
)


def recorded(cast, key, kind, area=None, by=HQ, **terms):
    place = cast.areas[area] if area else None
    values = {"route": "dss", "by": cast[by], **terms}
    return record_basis(organisation=cast.organisations[key], kind=kind, area=place, **values)


def in_force(cast, key):
    rows = Standing.objects.on().filter(organisation=cast.organisations[key])
    return sorted((row.kind, row.area.code if row.area else "") for row in rows.select_related("area"))


def verbs(basis):
    return list(Event.objects.filter(object_ref=basis.ref).order_by("number").values_list("verb", flat=True))


# --- Recording, renewing, ending -----------------------------------------------------------------------------


def test_a_basis_makes_its_standing_once(cast):
    basis = recorded(cast, "dune", "partner", "kenya", route="country", confirmed_by="A", relation="operational")
    assert in_force(cast, "dune") == [("partner", "kenya")]
    assert recorded(cast, "dune", "partner", "kenya", route="platform") == basis
    assert in_force(cast, "dune") == [("partner", "kenya")]
    assert verbs(basis) == ["partners.basis_recorded"]
    assert Event.objects.get(object_ref=basis.ref).facts == {
        "organisation": cast.organisations["dune"].ref, "standing": "partner", "area": "kenya", "route": "country",
        "until": None,
    }  # fmt: skip


def test_what_stood_before_the_register_is_given_a_basis_not_a_second_standing(cast):
    before = Standing.objects.get(organisation=cast.organisations["alba"], kind="partner")
    assert recorded(cast, "alba", "partner").standing == before
    assert in_force(cast, "alba") == [("active", "south-sudan"), ("partner", "")]


@pytest.mark.parametrize(
    ("key", "kind", "area"),
    [
        ("nngo", "partner", None),
        ("nngo", "partner", "kenya"),
        ("nngo", "active", "kenya"),
        ("wfp", "partner", None),
        ("platform", "local_arrangement", "kenya"),
        ("alba", "local_arrangement", "kenya"),
        ("dune", "active", "kenya"),  # no partner anywhere
        ("cedar", "active", "south-sudan"),  # a partner elsewhere
        ("alba", "suspended", None),
    ],
)
def test_who_cannot_stand_like_this_is_refused(cast, key, kind, area):
    before = in_force(cast, key)
    with pytest.raises(NotEligible):
        recorded(cast, key, kind, area)
    assert in_force(cast, key) == before


def test_an_end_in_the_past_is_refused(cast):
    over = timezone.now().date() - timedelta(days=1)
    with pytest.raises(ValueError, match="before it begins"):
        recorded(cast, "dune", "partner", ends_on=over)
    with pytest.raises(ValueError, match="a day to come"):
        renew_basis(recorded(cast, "dune", "partner"), ends_on=over, confirmed_by="A", by=cast[HQ])


def test_ending_global_status_ends_activity_everywhere_and_no_suspension(cast):
    basis = recorded(cast, "benu", "partner")
    active = recorded(cast, "benu", "active", "chad")
    Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended", area=cast.areas["chad"])
    assert f"area_partners:{cast.areas['chad'].pk}" not in access_of(cast[BENU]).principals  # suspended
    assert f"area_partners:{cast.areas['south-sudan'].pk}" in access_of(cast[BENU]).principals
    end_basis(basis, by=cast[HQ], reason="No agreement any more.")
    assert in_force(cast, "benu") == [("suspended", "chad")]
    assert {name.split(":")[0] for name in access_of(cast[BENU]).principals} == {"originator", "applicant"}
    active.refresh_from_db()
    assert (basis.state, active.state) == ("ended", "ended")
    assert verbs(basis) == ["partners.basis_recorded", "partners.basis_ended"]
    assert Event.objects.filter(verb="organisations.standing_ended").count() == 3
    with pytest.raises(StaleState):
        end_basis(basis, by=cast[HQ])
    assert recorded(cast, "benu", "partner") != basis  # in again


def test_the_organisation_is_told_that_dss_ended_how_it_stood(cast):
    basis = recorded(cast, "dune", "partner")
    end_basis(basis, by=cast[HQ], reason="CANARY of the reason")
    message = Message.objects.select_related("recipient").get(kind="partners.basis_ended")
    text = kind_of(message.kind).mail(message).text
    assert (message.recipient.email, "INGO Dune" in text, "CANARY" in text) == ("applicant@dune.example", True, False)
    assert kind_of(message.kind).still_due(message)
    message.recipient = cast["hq@alba.example"]
    assert not kind_of(message.kind).still_due(message)


def test_ending_one_area_leaves_the_others(cast):
    standing = Standing.objects.get(organisation=cast.organisations["cedar"], kind="partner")
    end_resting(standing, by=cast[HQ])  # older than the register: no basis
    assert in_force(cast, "cedar") == []
    end_basis(recorded(cast, "benu", "active", "chad"), by=cast[CSFP], reason="Left.")
    assert in_force(cast, "benu") == [("active", "south-sudan"), ("partner", "")]


def test_two_at_once_the_second_finds_it_changed(cast):
    first = recorded(cast, "alba", "partner")
    second, third = Basis.objects.get(pk=first.pk), Basis.objects.get(pk=first.pk)
    until = timezone.now().date() + timedelta(days=100)
    renew_basis(first, ends_on=until, confirmed_by="A", by=cast[HQ])
    with pytest.raises(StaleState):
        renew_basis(second, ends_on=None, confirmed_by="B", by=cast[HQ])
    with pytest.raises(StaleState):
        end_basis(third, by=cast[HQ])
    first.refresh_from_db()
    assert (first.ends_on, first.confirmed_by, first.entries.count()) == (until, "A", 2)


# --- Reminders (P10) -------------------------------------------------------------------------------------------

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
END = date(2026, 9, 1)


def told(*days_before):
    """The steps that were told of when the tick ran on these days only."""
    for days in days_before:
        with time_machine.travel(datetime(2026, 9, 1, 9, tzinfo=UTC) - timedelta(days=days), tick=False):
            tick()
            assert remind_of_bases() == 0  # run again, nobody hears twice
    return list(BasisReminder.objects.order_by("pk").values_list("days", flat=True))


@pytest.mark.parametrize(
    ("ran", "steps"),
    [
        ((91,), []),
        ((90, 89, 31), [90]),
        ((90, 30, 7, 6, 0), [90, 30, 7]),
        ((0,), [7]),  # the last day is a day on which it holds
        ((12,), [30]),  # after a downtime only the nearest
        ((90, 3), [90, 7]),
        ((-1,), [0]),
        ((40, -20, -21), [90, 0]),
    ],
)
def test_the_clock_of_reminders(cast, ran, steps):
    a_basis(cast.organisations["alba"], since=START, ends_on=END)
    assert told(*ran) == steps


def test_a_basis_without_end_is_confirmed_every_year_and_renewing_begins_anew(cast):
    basis = a_basis(cast.organisations["alba"], since=START)
    with time_machine.travel(START + timedelta(days=334), tick=False):
        assert remind_of_bases() == 1
        renew_basis(basis, ends_on=None, confirmed_by="B", by=cast[HQ])
        assert remind_of_bases() == 0
    with time_machine.travel(START + timedelta(days=334 + 275), tick=False):
        assert remind_of_bases() == 1
    assert [(row.days, row.ends_on) for row in basis.reminders.order_by("pk")] == [
        (90, date(2027, 5, 1)), (90, date(2028, 3, 30)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "kind", "area", "people"),
    [
        ("alba", "partner", None, {ALBA, HQ}),
        ("alba", "active", "south-sudan", {ALBA, FIELD}),
        ("cedar", "partner", "chad", {CEDAR, CSFP}),  # nobody at headquarters
        ("alba", "active", "kenya", {ALBA, HQ}),  # no DSS there
        ("nngo", "local_arrangement", "south-sudan", {NNGO, FIELD}),
    ],
)
def test_who_is_told_and_what_the_mail_says(cast, key, kind, area, people):
    place = area and cast.areas[area]
    basis = a_basis(cast.organisations[key], kind, area=place, since=START, ends_on=END)
    with time_machine.travel(datetime(2026, 8, 20, 9, tzinfo=UTC), tick=False):
        remind_of_bases()
        drain()
    sent = {message.to[0]: message for message in mail.outbox}
    assert set(sent) == people
    for address, message in sent.items():
        assert cast.organisations[key].name not in message.subject
        assert basis.ref in message.subject
        link = f"/partnership/bases/{basis.ref}/" if address in {HQ, FIELD, CSFP} else "/partnership/\n"
        assert (link in message.body) == (address not in {CEDAR, NNGO})  # no page of partnership is theirs
        assert "Ms Mwangi" not in message.body


def test_a_lapse_is_told_shown_and_closes_nothing(cast):
    basis = a_basis(cast.organisations["alba"], since=START, ends_on=END)
    before = access_of(cast[ALBA]).principals
    with time_machine.travel(datetime(2026, 9, 2, 0, 30, tzinfo=UTC), tick=False):
        remind_of_bases()
        drain()
        basis.refresh_from_db()
        assert basis.state == "lapsed"
        assert access_of(cast[ALBA]).principals == before
        renew_basis(basis, ends_on=date(2027, 9, 1), confirmed_by="B", by=cast[HQ])
    assert {message.to[0] for message in mail.outbox} == {ALBA, HQ}
    assert all("lapsed" in message.subject for message in mail.outbox)
    assert verbs(basis) == ["partners.basis_lapsed", "partners.basis_renewed"]


def test_a_mail_that_waited_goes_to_nobody_whom_it_no_longer_concerns(cast):
    basis = a_basis(cast.organisations["alba"], since=START, ends_on=END)
    with time_machine.travel(datetime(2026, 8, 20, 9, tzinfo=UTC), tick=False):
        remind_of_bases()
        Membership.objects.filter(user=cast[ALBA]).update(ends_at=timezone.now())
        drain()
        assert [message.to[0] for message in mail.outbox] == [HQ]
    with time_machine.travel(datetime(2026, 8, 26, 9, tzinfo=UTC), tick=False):
        remind_of_bases()
        renew_basis(Basis.objects.get(pk=basis.pk), ends_on=date(2027, 1, 1), confirmed_by="B", by=cast[HQ])
        drain()
    assert len(mail.outbox) == 1


# --- One's own -------------------------------------------------------------------------------------------------


def test_an_organisation_sees_how_it_stands_itself(cast):
    Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended", area=cast.areas["chad"])
    part = Area.objects.create(code="lac", name_en="Lac", name_fr="Lac", kind="part", parent=cast.areas["chad"])
    Standing.objects.create(organisation=cast.organisations["benu"], kind="active", area=part)
    a_basis(cast.organisations["benu"], ends_on=END)

    def seen(email):
        rows = own_standings(access_of(cast[email]))
        return [(row.standing.area.code if row.standing.area else "", row.state, row.route) for row in rows]

    assert sorted(seen(BENU)) == [
        ("", "active", "memorandum"),
        ("chad", "suspended", ""),
        ("lac", "suspended", ""),
        ("south-sudan", "active", ""),
    ]
    assert sorted(seen(ALBA_FIELD)) == [("", "active", ""), ("south-sudan", "active", "")]
    assert seen(NNGO) == [("south-sudan", "active", "")]
    assert seen(HQ) == seen("nobody@elsewhere.example") == []


# --- Pages -----------------------------------------------------------------------------------------------------


def url(basis, tail=""):
    return f"/partnership/bases/{basis.ref}/{tail}"


def test_dss_renews_and_nothing_typed_is_lost_when_somebody_was_faster(cast, sign_in):
    basis = a_basis(cast.organisations["alba"], ends_on=timezone.now().date() + timedelta(days=20))
    client, until = sign_in(cast[HQ]), timezone.now().date() + timedelta(days=400)
    seen = client.get(url(basis, "renew/")).context["form"].initial["seen"]
    typed = {"confirmed_by": "Mr Okello", "ends_on": until.isoformat(), "seen": seen}
    assert client.post(url(basis, "renew/"), typed).status_code == 302
    again = client.post(url(basis, "renew/"), typed | {"confirmed_by": "Ms Late"})
    assert again.status_code == 200
    assert "Somebody else changed this first" in again.content.decode()
    assert "Ms Late" in again.content.decode()
    page = client.get(url(basis)).content.decode()
    assert "Mr Okello" in page
    assert "Ms Late" not in page
    assert set(client.post(url(basis, "renew/"), {"confirmed_by": "A"}).context["form"].errors) == {"ends_on"}
    wrong = client.post(url(basis, "renew/"), typed | {"ends_on": "2020-01-01", "confirmed_by": "x" * 300})
    assert set(wrong.context["form"].errors) == {"ends_on", "confirmed_by"}


def test_dss_ends_and_sees_before_what_ends_with_it(cast, sign_in):
    basis = a_basis(cast.organisations["benu"])
    client = sign_in(cast[HQ])
    page = client.get(url(basis, "end/")).content.decode()
    assert "South Sudan" in page
    assert "Chad" in page
    assert client.post(url(basis, "end/"), {"reason": ""}).context["form"].errors
    assert client.post(url(basis, "end/"), {"reason": "Over."}).status_code == 302
    assert in_force(cast, "benu") == []
    assert client.get(url(basis, "end/")).status_code == 404
    assert "Over." in client.get(url(basis)).content.decode()


def test_only_dss_of_the_place_acts_and_readers_look(cast, sign_in):
    here, world = (
        a_basis(cast.organisations["cedar"], area=cast.areas["chad"]),
        a_basis(cast.organisations["alba"]),
    )
    expected = {  # (page, renew) of the basis in Chad, then of the global one
        HQ: (200, 200, 200, 200),
        CSFP: (200, 200, 200, 404),
        FIELD: (404, 404, 200, 404),
        WG: (200, 404, 200, 404),
        DO: (404, 404, 200, 404),
        ALBA: (404, 404, 404, 404),
        CEDAR: (404, 404, 404, 404),
    }
    for email, codes in expected.items():
        client = sign_in(cast[email])
        pages = (url(here), url(here, "renew/"), url(world), url(world, "renew/"))
        assert tuple(client.get(page).status_code for page in pages) == codes, email
        assert client.get(url(here, "ask/")).status_code == (200 if email == HQ else 404)


def test_asking_the_entity_again_changes_nothing_until_dss_decides(cast, sign_in):
    wfp = cast.organisations["wfp"]
    basis = a_basis(cast.organisations["alba"], entity=wfp)
    typed = {"entity": wfp.pk, "addressee_name": "Ada", "addressee_email": "ada@un.example", "language": "fr"}
    assert sign_in(cast[HQ]).post(url(basis, "ask/"), typed | {"question": ""}).status_code == 302
    asked = Confirmation.objects.for_system("test").get()
    assert (asked.organisation, asked.entity, asked.application) == (cast.organisations["alba"], wfp, None)
    assert Basis.objects.get().state == "current"
    assert Message.objects.count()


def test_what_is_older_than_the_register_is_given_its_basis_by_headquarters(cast, sign_in):
    ref = cast.organisations["alba"].ref
    world, there = (
        f"/partnership/register/organisations/{ref}/basis/",
        f"/partnership/register/areas/south-sudan/organisations/{ref}/basis/",
    )
    typed = {"route": "memorandum", "confirmed_by": "Archive 2019", "ends_on": ""}
    assert sign_in(cast[FIELD]).post(there, typed | {"route": "dss"}).status_code == 404
    client = sign_in(cast[HQ])
    assert client.post(world, typed | {"route": "country"}).context["form"].errors
    assert client.post(world, typed).status_code == 302
    assert client.post(there, typed | {"route": "dss"}).status_code == 302
    assert client.get(world).status_code == 404  # it has one
    wfp = f"/partnership/register/areas/south-sudan/organisations/{cast.organisations['wfp'].ref}/basis/"
    assert client.get(wfp).status_code == 404  # a UN entity needs none
    assert in_force(cast, "alba") == [("active", "south-sudan"), ("partner", "")]
    assert Organisation.objects.get(ref=ref).standings.exclude(basis=None).count() == 2
