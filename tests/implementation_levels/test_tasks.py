"""What a newly reinforced area has to do: who does it, by when, who is told, what becomes of it (L7; journey 11)."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from areas.actions import end_area, version_of
from audit.models import Event
from implementation_levels.actions.tasks import StillMissing, drop, finish, make_tasks, remind_due, reopen
from implementation_levels.checklist import checklist_of
from implementation_levels.levels import today
from implementation_levels.models import LevelTask, Line, Statement
from implementation_levels.task_offices import DUTIES, holders
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership
from partners.queues import queue_of
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.coordination import a_mechanism, an_assignment
from tests.factories.levels import a_level, area

pytestmark = pytest.mark.django_db
HQ, FIELD, DO, OCHA, GRACE = (
    "dss.hq@un.example",
    "dss.field@un.example",
    "do@un.example",
    "ocha@un.example",
    "platform@southsudan.example",
)
CSFP, GISF, WG, ALBA = "csfp@un.example", "chair@gisf.example", "wg@icva.example", "field@alba.example"
LIST = "/levels/tasks/"


def tasks_in(cast, code="south-sudan", **fields):
    """The tasks of an area that becomes reinforced, by line."""
    return {task.line: task for task in make_tasks(a_level(cast, code=code, **fields))}


def told(kind):
    """Who has a mail of this kind waiting or sent."""
    return set(Message.objects.filter(kind=f"implementation_levels.{kind}").values_list("recipient__email", flat=True))


def in_days(days):
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


# --- Made --------------------------------------------------------------------------------------------------------


def test_one_task_for_each_line_that_is_missing_with_owner_and_date(cast, settings):
    settings.LEVEL_TASK_DAYS = 60
    begins = today() + timedelta(days=10)
    found = tasks_in(cast, begins=begins)
    asked = {row.line for row in checklist_of(area(), "reinforced") if row.state in {"gap", "unknown"}}
    assert set(found) == asked == set(Line) - {Line.REPRESENTATIVES, Line.SIOC}
    owners = {line: task.owner for line, task in found.items()}
    assert owners["platform"] == "mechanism"
    assert owners["appeals"] == "ocha"
    assert owners["host_country"] == "designated_official"
    assert owners["focal_point"] == "dss"
    assert found["focal_point"].due_on == begins + timedelta(days=14)
    assert found["appeals"].due_on == begins + timedelta(days=60)
    assert set(DUTIES) == set(Line)


def test_what_is_met_or_not_needed_gives_no_task(cast):
    an_assignment(cast)
    a_mechanism(cast, organisation=cast.organisations["platform"], is_operational=True)
    assert not set(tasks_in(cast)) & {"focal_point", "platform", "sioc", "representatives"}


def test_made_once_and_only_for_what_becomes_reinforced(cast):
    decision = a_level(cast)
    made = make_tasks(decision)
    messages = Message.objects.count()
    assert make_tasks(decision) == []
    assert make_tasks(a_level(cast)) == []  # stays reinforced
    assert make_tasks(a_level(cast, "normal")) == []
    assert make_tasks(a_level(cast)) == []  # reinforced again: the tasks are open still
    assert LevelTask.objects.count() == len(made)
    assert Message.objects.count() == messages
    assert Event.objects.filter(verb="implementation_levels.tasks_made").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.long
def test_two_beats_at_once_make_and_remind_once(cast):
    decision = a_level(cast)
    _at_once(lambda: make_tasks(decision))
    assert LevelTask.objects.values("line").distinct().count() == LevelTask.objects.count() > 0
    assert Message.objects.filter(recipient=cast[DO]).count() == 1
    LevelTask.objects.update(due_on=today() - timedelta(days=1))
    _at_once(remind_due)
    assert Message.objects.filter(recipient=cast[DO]).count() == 2


def _at_once(work):
    gate = threading.Barrier(2, timeout=10)

    def run():
        try:
            gate.wait()
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- Mails -------------------------------------------------------------------------------------------------------


def test_one_mail_for_each_person_that_names_their_tasks_and_no_others(cast):
    tasks_in(cast)
    assert told("tasks_given") == {FIELD, DO, OCHA, GRACE}
    drain()
    mails = {message.to[0]: message for message in mail.outbox}
    assert len(mail.outbox) == len(mails) == 4
    text = mails[DO].body
    assert "The host country is consulted" in text
    assert "The security platform is fully operational" not in text
    assert LIST in text
    assert "DSS has named an SLT focal point" in mails[FIELD].body
    assert "South Sudan" in mails[DO].subject


def test_where_nobody_holds_the_office_headquarters_gets_it_and_the_page_says_so(cast, sign_in):
    tasks_in(cast, "chad")  # no Designated Official, no mechanism
    assert told("tasks_given") == {CSFP, OCHA, HQ}
    drain()
    text = next(message.body for message in mail.outbox if message.to == [HQ])
    assert "The host country is consulted" in text
    assert "Meetings take place regularly" not in text
    page = sign_in(cast[HQ]).get(LIST)
    vacant = {item["task"].owner for item in page.context["items"] if item["is_vacant"]}
    assert vacant == {"designated_official", "mechanism"}
    assert "Nobody holds this office" in page.content.decode()


@pytest.mark.long
def test_no_mail_about_what_is_done_or_no_longer_ones_own(cast):
    found = tasks_in(cast)
    finish(found["host_country"], says="met", text="they meet", by=cast[DO])
    Membership.objects.filter(user=cast[GRACE]).update(ends_at=timezone.now() - timedelta(minutes=1))
    drain()
    assert {message.to[0] for message in mail.outbox} == {FIELD, OCHA}


def test_a_reminder_a_week_before_and_one_when_overdue_and_no_more(cast):
    found = tasks_in(cast)
    due = found["host_country"].due_on
    with in_days((due - today()).days - 8):
        remind_due()
        assert DO not in told("tasks_soon")
    with in_days((due - today()).days - 7):
        for _ in range(3):
            remind_due()
        assert told("tasks_soon") >= {DO, OCHA, GRACE}
        assert HQ not in told("tasks_soon")
    with in_days((due - today()).days + 1):
        for _ in range(3):
            remind_due()
        assert told("tasks_overdue") == {DO, OCHA, GRACE, FIELD, HQ}
        # DSS of the area and headquarters had one when the first two weeks were over.
        assert Message.objects.filter(kind="implementation_levels.tasks_overdue").count() == 5 + 2
        drain()
        watching = next(m.body for m in mail.outbox if m.to == [HQ])
        assert "watches over" in watching
    with in_days((due - today()).days + 20):
        assert remind_due() == 0


def test_back_to_normal_and_nothing_is_asked_any_more(cast):
    found = tasks_in(cast)
    done = found["meetings"]
    finish(done, says="met", text="Tuesdays", by=cast[FIELD])
    a_level(cast, "normal", begins=today() + timedelta(days=3))
    remind_due()
    assert LevelTask.objects.filter(state="dropped").count() == 0
    with in_days(3):
        remind_due()
        remind_due()
    assert set(LevelTask.objects.values_list("state", flat=True)) == {"done", "dropped"}
    assert LevelTask.objects.filter(state="dropped", settled_by=None).count() == len(found) - 1


def test_what_the_data_meet_meanwhile_is_done_by_itself(cast):
    task = tasks_in(cast)["focal_point"]
    an_assignment(cast)
    remind_due()
    task.refresh_from_db()
    assert (task.state, task.settled_by) == ("done", None)
    assert "TSK" in Event.objects.get(verb="implementation_levels.task_finished").object_ref


def test_nothing_is_asked_of_an_area_that_has_ended(cast):
    tasks_in(cast)
    end_area(area(), on=today(), seen=version_of(area()), by=cast[HQ])
    remind_due()
    assert not LevelTask.objects.filter(state="dropped").exists()  # on its last day
    with in_days(1):
        remind_due()
        assert set(LevelTask.objects.values_list("state", flat=True)) == {"dropped"}
        assert make_tasks(a_level(cast, "normal"), a_level(cast)) == []


def test_the_tasks_of_many_areas_are_found_together(cast):
    first, *others = [a_level(cast, code=code) for code in ("south-sudan", "chad", "kenya")]
    with CaptureQueriesContext(connection) as one:
        make_tasks(first)
    with CaptureQueriesContext(connection) as two:
        make_tasks(*others)
    assert len(two) - len(one) <= 12  # one mail to announce and one event to record; nothing is read anew


def test_decided_for_later_is_to_be_done_already(cast):
    tasks_in(cast, begins=today() + timedelta(days=30))
    remind_due()
    assert not LevelTask.objects.exclude(state="open").exists()


# --- Done --------------------------------------------------------------------------------------------------------


def test_done_with_words_that_stand_in_the_check_list(cast):
    task = tasks_in(cast)["meetings"]
    finish(task, says="met", text="every Tuesday", by=cast[FIELD])
    line = next(row for row in checklist_of(area(), "reinforced") if row.line == "meetings")
    assert (line.state, line.because, line.task) == ("met", "every Tuesday", None)
    with pytest.raises(StaleState):
        finish(task, says="met", text="again", by=cast[FIELD])
    reopen(task, by=cast[HQ])
    assert told("task_reopened") == {FIELD}
    assert (task.settled_at, task.settled_by) == (None, None)
    drop(task, by=cast[HQ])
    with pytest.raises(StaleState):
        reopen(task, by=cast[HQ])


def test_nobody_is_done_against_the_data(cast):
    task = tasks_in(cast)["focal_point"]
    with pytest.raises(StillMissing, match="named nobody"):
        finish(task, says="met", text="soon", by=cast[FIELD])
    task.refresh_from_db()
    assert task.state == "open"
    assert not Statement.objects.exists()
    with pytest.raises(ValueError, match="not done"):
        finish(task, says="gap", text="no", by=cast[FIELD])
    an_assignment(cast)
    finish(task, says="met", text="named", by=cast[FIELD])


# --- Pages -------------------------------------------------------------------------------------------------------


def test_owners_see_theirs_the_bodies_all_and_others_nothing(cast, sign_in):
    found = tasks_in(cast) | {f"{line} chad": task for line, task in tasks_in(cast, "chad").items()}
    every = {task.ref for task in found.values()}

    def seen(who):
        page = sign_in(cast[who]).get(LIST)
        return {item["task"].ref for item in page.context["items"]} if page.status_code == 200 else None

    for who in (HQ, GISF, WG, OCHA):
        assert seen(who) == every
    for who, owner, code in ((FIELD, "dss", "south-sudan"), (DO, "designated_official", "south-sudan"),
                             (GRACE, "mechanism", "south-sudan"), (CSFP, "dss", "chad")):  # fmt: skip
        own = {task.ref for task in found.values() if (task.owner, task.area.code) == (owner, code)}
        assert seen(who) == own
        foreign = next(iter(every - own))
        assert sign_in(cast[who]).get(f"{LIST}{foreign}/").status_code == 404
        assert sign_in(cast[who]).get(f"{LIST}{next(iter(own))}/").status_code == 200
    for who in (ALBA, "admin@portal.example", "hq@alba.example"):
        assert seen(who) is None


@pytest.mark.long
def test_the_list_says_what_is_overdue_first(cast, sign_in):
    found = tasks_in(cast)
    LevelTask.objects.filter(pk=found["analysis"].pk).update(due_on=today() - timedelta(days=3))
    page = sign_in(cast[FIELD]).get(LIST)
    assert page.context["items"][0]["task"].line == "analysis"
    assert [item["is_overdue"] for item in page.context["items"]].count(True) == 1
    finish(found["meetings"], says="met", text="Tuesdays", by=cast[FIELD])
    page = sign_in(cast[FIELD]).get(f"{LIST}?show=settled")
    assert [item["task"].line for item in page.context["items"]] == ["meetings"]


def test_lists_take_as_many_questions_for_three_as_for_one(cast, sign_in, django_assert_num_queries):
    tasks_in(cast)
    LevelTask.objects.exclude(line="platform").delete()
    client = sign_in(cast[HQ])
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    assert len(one) <= 12
    tasks_in(cast, "chad")
    with django_assert_num_queries(len(one)):
        client.get(LIST)


def test_the_page_of_a_task(cast, sign_in):
    task = tasks_in(cast)["meetings"]
    path, client = f"{LIST}{task.ref}/", sign_in(cast[FIELD])
    with CaptureQueriesContext(connection) as asked:
        page = client.get(path)
    assert len(asked) <= 12
    assert "It is done" in page.content.decode()
    assert "It is done" not in sign_in(cast[GISF]).get(path).content.decode()
    typed = {"step": "finish", "says": "met", "text": "every Tuesday"}
    assert sign_in(cast[GISF]).post(path, typed).status_code == 404
    assert client.post(path, {"step": "drop"}).status_code == 404
    assert client.post(path, {"step": "nonsense"}).status_code == 404
    page = client.post(path, typed | {"says": ""})
    assert "every Tuesday" in page.content.decode()
    assert client.post(path, typed).status_code == 302
    page = client.post(path, typed | {"text": "on Mondays"})  # somebody else was first
    assert page.status_code == 200
    assert "every Tuesday" in page.content.decode()
    assert "on Mondays" in page.content.decode()
    assert Statement.objects.count() == 1
    headquarters = sign_in(cast[HQ])
    assert headquarters.post(path, {"step": "reopen"}).status_code == 302
    assert headquarters.post(path, {"step": "drop"}).status_code == 302
    assert headquarters.post(path, {"step": "drop"}).status_code == 302  # too late: said, and nothing done
    task.refresh_from_db()
    assert task.state == "dropped"


def test_the_page_says_what_the_data_say(cast, sign_in):
    task = tasks_in(cast)["focal_point"]
    page = sign_in(cast[FIELD]).post(f"{LIST}{task.ref}/", {"says": "met", "text": "soon"})
    assert "DSS has named nobody" in page.context["form"].errors["says"][0]
    assert page.context["task"].state == "open"


@pytest.mark.long
def test_saying_that_a_line_is_met_is_doing_the_task(cast, sign_in):
    tasks_in(cast)
    typed = {"says": "met", "text": "every Tuesday"}
    path = "/levels/areas/south-sudan/checklist/"
    assert sign_in(cast[FIELD]).post(f"{path}meetings/", typed).status_code == 302
    assert sign_in(cast[DO]).post(f"{path}analysis/", typed).status_code == 302  # says it, but the task is DSS's
    assert sign_in(cast[FIELD]).post(f"{path}dialogue/", typed | {"says": "gap"}).status_code == 302
    page = sign_in(cast[FIELD]).post(f"{path}focal_point/", typed)
    assert "DSS has named nobody" in page.context["form"].errors["says"][0]
    assert set(LevelTask.objects.filter(state="done").values_list("line", flat=True)) == {"meetings"}
    assert Statement.objects.count() == 3


def test_tasks_wait_on_the_home_page_of_their_owners(cast):
    found = tasks_in(cast)
    for who, owner in ((FIELD, "dss"), (DO, "designated_official"), (GRACE, "mechanism"), (OCHA, "ocha")):
        mine = {line.row.ref for line in queue_of(access_of(cast[who])).mine if line.row.turn.startswith("level_task")}
        assert mine == {task.ref for task in found.values() if task.owner == owner}
    for who in (ALBA, GISF):
        lines = queue_of(access_of(cast[who]))
        assert not [line for line in (*lines.mine, *lines.others) if line.row.turn.startswith("level_task")]


def test_offices_of_an_area(cast):
    here = area().pk
    found = holders(
        [("dss", here), ("mechanism", here), ("designated_official", here), ("ocha", here), ("mechanism", 0)]
    )
    assert found == {
        ("dss", here): {cast[FIELD].pk}, ("mechanism", here): {cast[GRACE].pk},
        ("designated_official", here): {cast[DO].pk}, ("ocha", here): {cast[OCHA].pk}, ("mechanism", 0): set(),
    }  # fmt: skip
