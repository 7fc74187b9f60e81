"""Something for every figure, at a moment of the spring of 2026; and what is recorded later, with dates before that."""

from datetime import UTC, datetime, timedelta

import time_machine

from areas.actions import NewArea, add_area, end_area
from areas.models import Area
from audit.actions import record
from governance.models import Decision
from implementation_levels.actions.distribution import note_opening, send_due
from implementation_levels.actions.tasks import drop, finish, make_tasks
from implementation_levels.models import Delivery, LevelTask
from notifications.actions import requeue
from notifications.bounce_actions import note_bounce
from notifications.models import Message
from organisations.actions import add_standing, end_standing
from organisations.models import Standing
from partners.actions import steps
from partners.models import Application, Confirmation
from slt_portal.states import move
from tests.factories.feedback import a_case
from tests.factories.levels import a_level, a_list, area
from tests.factories.partnership import HQ, ICVA, a_confirmation, a_decision, an_application, bodies

BEGAN, CUT_OFF, LATER = (datetime(2026, *day, 12, tzinfo=UTC) for day in ((3, 2), (5, 20), (6, 3)))


def at(moment: datetime):
    """The clock stands there."""
    return time_machine.travel(moment, tick=False)


def _decided(cast, body, opened: datetime, days: int | None, **fields):
    over = {} if days is None else {"state": Decision.State.CLOSED, "outcome": "approve",
                                    "closed_at": opened + timedelta(days=days)}  # fmt: skip
    times = {"opened_at": opened, "deadline": opened + timedelta(days=14)}
    return a_decision(cast, body=body, question="governance.trial", **times, **over, **fields)


def a_spring(cast) -> None:
    """What there is at the cut-off: applications, requests, levels with lists and tasks, suspensions, decisions, and
    six cases."""
    committee, group = bodies(cast)
    with at(BEGAN):
        admitted = an_application(cast, "submitted")
        an_application(cast, "draft", key="alba", by="hq@alba.example")
        a_confirmation(cast, admitted)
        a_confirmation(cast, key="cedar", state="confirmed", asked_at=BEGAN - timedelta(days=5))
        a_level(cast, "normal")
        a_list(cast, pdfs=False)
        make_tasks(a_level(cast, code="chad"))
        for number in range(6):
            case = a_case(cast, category="information" if number else "conduct")
            case.due_at = BEGAN + timedelta(days=5)
            case.save(update_fields=["due_at"])
    with at(BEGAN + timedelta(hours=1)):  # nobody waits for its PDF any longer
        send_due()
        Message.objects.filter(state="queued").update(state="sent", sent_at=BEGAN + timedelta(hours=2))
    with at(BEGAN + timedelta(days=20)):
        steps.enter(admitted, Application.State.RECOMMENDED, by=cast[ICVA])
        add_standing(organisation=cast.organisations["alba"], kind="suspended", area=area(), by=cast[HQ])
    _decided(cast, committee, CUT_OFF - timedelta(days=10), None)
    _decided(cast, committee, BEGAN, 9)
    _decided(cast, group, BEGAN, 3)


def late_data(cast) -> None:
    """What is recorded after the cut-off, some of it with dates before: no figure as of the cut-off knows it."""
    committee, _group = bodies(cast)
    application = Application.objects.for_system("a test").get(organisation=cast.organisations["dune"])
    with at(LATER):
        steps.enter(application, Application.State.APPROVED, by=None)
        an_application(cast, "submitted", key="lake", by="io@lake.example")
        waiting = Confirmation.objects.for_system("a test").get(state="asked")
        move(waiting, Confirmation.State.NO_ANSWER, settled_at=LATER)
        a_confirmation(cast, key="lake")
        end_standing(Standing.objects.on().filter(kind="suspended", area=area()).get(), by=cast[HQ])
        lake, began = cast.organisations["lake"], CUT_OFF - timedelta(days=90)
        for kind in ("partner", "suspended"):
            add_standing(organisation=lake, kind=kind, area=area("chad"), starts_at=began, by=cast[HQ])
        _levels_later(cast)
        _mails_later(cast)
        _cases_later(cast)
        closing = Decision.objects.for_system("a test").filter(state="open", question="governance.trial").get()
        closing.state, closing.outcome, closing.closed_at = "closed", "approve", LATER
        closing.save(update_fields=["state", "outcome", "closed_at"])
        _decided(cast, committee, LATER, None)


def _levels_later(cast) -> None:
    a_level(cast, "normal", code="chad")
    open_ = LevelTask.objects.filter(state="open").order_by("pk")
    drop(open_[0], by=None)
    finish(open_.exclude(line__in=("representatives", "focal_point", "platform", "incidents"))[0], says="met",
           text="done", by=cast[HQ])  # fmt: skip
    new = {"kind": "country", "territories": {}, "time_zone": "UTC"}
    add_area(NewArea(name_en="Later", name_fr="Plus tard", **new), on=LATER.date(), by=cast[HQ])
    end_area(Area.objects.get(code="kenya"), on=LATER.date(), seen=0, by=cast[HQ])


def _mails_later(cast) -> None:
    first = Message.objects.filter(event_key=Delivery.objects.earliest("pk").event_key, state="sent").earliest("pk")
    note_bounce(first, kind="permanent", status="5.1.1", address="x@y.example")
    move(first, Message.State.BOUNCED)
    requeue(first, by=cast[HQ])
    Message.objects.filter(pk=first.pk).update(state="sent", sent_at=LATER)
    note_opening(a_list(cast, pdfs=False), user=cast["hq@alba.example"], by_link=True)


def _cases_later(cast) -> None:
    from feedback.models import Case, CaseStep

    rows = list(Case.objects.for_system("a test").order_by("pk"))
    Case.objects.for_system("a test").filter(pk=rows[0].pk).update(category="level")
    record("feedback.classified", by=None, object_type="case", object_ref=rows[0].ref, facts={"category": "level"})
    CaseStep.objects.bulk_create(CaseStep(case=row, state="handling", at=LATER) for row in rows)
    for _ in range(5):
        a_case(cast, category="conduct")
