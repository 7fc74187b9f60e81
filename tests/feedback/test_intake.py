"""Taking in, classifying, linking, handing over, sending elsewhere: each once, and by nobody else (F2, F3; C10)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.models import Event
from documents import files
from documents.models import StoredFile
from feedback.actions.intake import assign, classify, divert, hand_over, link, redirect, take, unlink
from feedback.links import links_of
from feedback.models import Case, CaseFile, CaseLink, CaseReading, CaseStep, Entry, Inquiry, Lesson
from feedback.readings import note_reading
from governance.models import Decision, Exclusion
from notifications.kinds import kind_of
from notifications.models import Message
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.feedback import (
    ALBA_HQ,
    BENU_FIELD,
    CANARY,
    DSS_HQ,
    GISF,
    ICVA,
    a_case,
    a_lesson,
    an_entry,
    an_inquiry,
)
from tests.factories.incidents import file_report
from tests.factories.partnership import a_decision, bodies

pytestmark = pytest.mark.django_db
ADMIN, BENU_HQ, DSS_FIELD, WFP = (
    "admin@portal.example",
    "hq@benu.example",
    "dss.field@un.example",
    "wfp@un.example",
)


def now_of(case) -> Case:
    return Case.objects.for_system("test").select_related("data_key").get(pk=case.pk)


def told(code) -> dict[str, bool]:
    """Who has a mail of this kind, and whether it is due."""
    rows = Message.objects.filter(kind=code).select_related("recipient")
    return {row.recipient.email: kind_of(code).still_due(row) for row in rows}


def verbs(case) -> set[str]:
    return set(Event.objects.filter(object_ref=case.ref).values_list("verb", flat=True))


ACTS = {
    "take": lambda case, by: take(case, by=by),
    "classify": lambda case, by: classify(case, category="support", by=by),
    "hand_over": lambda case, by: hand_over(case, note="", uid=uuid4(), by=by),
    "redirect": lambda case, by: redirect(case, reasons="No.", uid=uuid4(), by=by),
    "divert": lambda case, by: divert(case, by=by),
    "link": lambda case, by: link(case, kind="incident", target="INC-AAAAAA", by=by),
    "unlink": lambda case, by: unlink(case, target="INC-AAAAAA", by=by),
}


def test_nobody_else_does_any_of_it(cast):
    """The administrator, the sender, another desk, whoever left the office, whoever is concerned and holds a seat."""
    other = cast[ALBA_HQ]
    other.memberships.create(organisation=cast.organisations["icva"], role="consortium_desk")
    case = a_case(cast, concerned=[GISF])
    cast[DSS_HQ].memberships.update(role="un_security_officer")
    for email in (ADMIN, BENU_FIELD, ALBA_HQ, DSS_HQ, GISF, ICVA):
        for name, act in ACTS.items():
            with pytest.raises(PermissionDenied):
                act(case, cast[email])
            assert now_of(case).state == "received", (email, name)
    assert not CaseLink.objects.for_system("test").exists()
    assert now_of(case).texts["title"] == f"{CANARY} title"


def test_taking_in_is_once_and_the_second_is_told_so(cast):
    case = a_case(cast)
    take(case, by=cast[DSS_HQ])
    take(case, by=cast[DSS_HQ])
    with pytest.raises(StaleState):
        take(case, by=cast[GISF])
    assert now_of(case).owner == cast[DSS_HQ]
    cast[DSS_HQ].memberships.update(role="un_security_officer")  # gone: it is not lost
    take(case, by=cast[GISF])
    assert now_of(case).owner == cast[GISF]


def test_handing_over_lets_the_working_group_in_and_tells_it(cast):
    case = a_case(cast, owner=cast[GISF])
    classify(case, category="support", by=cast[GISF])
    uid = uuid4()
    assert {hand_over(case, note=f"{CANARY} note", uid=uid, by=cast[GISF]) for _press in range(2)} == {1}
    row = now_of(case)
    assert (row.state, row.category, row.owner) == ("handling", "support", None)
    assert row.due_at > timezone.now() + timedelta(days=25)
    (entry,) = Entry.objects.for_system("test").filter(case=case)
    assert entry.is_internal
    assert told("feedback.handed_over") == {ICVA: True}
    for act in ("take", "hand_over", "redirect"):
        with pytest.raises(StaleState):
            ACTS[act](case, cast[GISF])
    assert CaseStep.objects.for_system("test").filter(case=case).count() == 2
    assert {"feedback.granted", "feedback.classified", "feedback.handed_over"} <= verbs(case)
    facts = [str(event.facts) for event in Event.objects.filter(object_ref=case.ref)]
    assert not [fact for fact in facts if CANARY in fact]


def test_a_holder_of_a_seat_who_is_concerned_hears_nothing_of_the_hand_over(cast):
    case = a_case(cast, concerned=[ICVA])
    cast[ALBA_HQ].memberships.create(organisation=cast.organisations["icva"], role="working_group_member")
    assert hand_over(case, note="", uid=uuid4(), by=cast[DSS_HQ]) == 1
    assert told("feedback.handed_over") == {ALBA_HQ: True}
    assert hand_over(a_case(cast, concerned=[ICVA, ALBA_HQ]), note="", uid=uuid4(), by=cast[DSS_HQ]) == 0


def test_what_belongs_elsewhere_is_closed_with_reasons_for_the_sender(cast):
    case, uid = a_case(cast), uuid4()
    for _press in range(2):
        redirect(case, reasons=f"{CANARY} reasons", uid=uid, by=cast[DSS_HQ])
    with pytest.raises(StaleState):
        redirect(case, reasons=f"{CANARY} other reasons", uid=uuid4(), by=cast[DSS_HQ])
    assert Entry.objects.for_system("test").filter(case=case).count() == 1
    row = now_of(case)
    assert (row.state, row.outcome) == ("closed", "redirected")
    assert told("feedback.redirected") == {BENU_FIELD: True, BENU_HQ: True}
    mail = kind_of("feedback.redirected").mail(Message.objects.filter(kind="feedback.redirected").first())
    assert CANARY not in f"{mail.subject}{mail.text}{mail.html}"


def test_what_has_mandatory_channels_is_destroyed(cast, sign_in):
    case = a_case(cast, "handling", category="conduct")
    an_entry(case, by=cast[BENU_FIELD])
    inquiry, lesson = an_inquiry(case, by=cast[ICVA]), a_lesson(case, by=cast[ICVA], state="draft")
    file = files.store(b"%PDF-1.4 canary", name="a.pdf", media_type="application/pdf")
    CaseFile.objects.create(case=case, file=file, by=cast[BENU_FIELD])
    ACTS["link"](case, cast[ICVA])
    divert(case, by=cast[ICVA])
    with pytest.raises(StaleState):
        divert(case, by=cast[ICVA])
    row = now_of(case)
    assert (row.state, row.outcome, row.category, row.texts) == ("closed", "diverted", "", {})
    assert row.data_key.destroyed_at
    assert [entry.texts for entry in Entry.objects.for_system("test").filter(case=case)] == [{}]
    inquiry = Inquiry.objects.for_system("test").get(pk=inquiry.pk)
    assert (inquiry.state, inquiry.texts) == ("withdrawn", {})
    assert not StoredFile.objects.filter(pk=file.pk).exists()
    assert not CaseLink.objects.for_system("test").exists()
    assert not Lesson.objects.for_system("test").filter(pk=lesson.pk).exists()
    assert told("feedback.diverted") == {BENU_FIELD: True}  # not the sender's headquarters
    mail = kind_of("feedback.diverted").mail(Message.objects.get(kind="feedback.diverted"))
    for word in (CANARY, "sexual", "abuse", "exploitation", "conduct"):
        assert word not in f"{mail.subject}{mail.text}{mail.html}".lower()
    for email in (BENU_FIELD, ICVA):
        page = sign_in(cast[email]).get(f"/feedback/cases/{case.ref}/")
        assert page.status_code == 200
        assert CANARY not in page.content.decode()


def test_one_of_those_who_handle_it_leads_it(cast):
    case = a_case(cast, "handling")
    with pytest.raises(StaleState):
        assign(case, owner=cast[WFP], by=cast[ICVA])
    with pytest.raises(PermissionDenied):
        assign(case, owner=cast[ICVA], by=cast[ADMIN])
    assign(case, owner=cast[GISF], by=cast[ICVA])
    assert told("feedback.assigned") == {GISF: True}
    with pytest.raises(StaleState):  # of a page on which nobody had it
        assign(case, owner=cast[DSS_HQ], by=cast[DSS_HQ])
    assign(now_of(case), owner=cast[DSS_HQ], by=cast[ICVA])
    assert told("feedback.assigned") == {GISF: False, DSS_HQ: True}


def test_a_link_opens_for_whoever_may_see_what_it_leads_to(cast, sign_in):
    """The desk cannot link what it may not see; DSS headquarters can, and the desk then reads a number."""
    item = file_report(cast).incident.item
    case = a_case(cast)
    path = f"/feedback/cases/{case.ref}/link/"
    refused = sign_in(cast[GISF]).post(path, {"target": item.ref})
    missing = sign_in(cast[GISF]).post(path, {"target": "INC-AAAAAA"})
    for answer in (refused, missing):
        assert "There is nothing with this number that you may see." in answer.content.decode()
    assert sign_in(cast[DSS_HQ]).post(path, {"target": item.ref.lower()}).status_code == 302
    assert f"/incidents/{item.ref}/" in sign_in(cast[DSS_HQ]).get(path).content.decode()
    for_desk = sign_in(cast[GISF]).get(path).content.decode()
    assert item.ref in for_desk
    assert f"/incidents/{item.ref}/" not in for_desk
    for target in ("a\0b", item.ref):
        assert sign_in(cast[GISF]).post(f"/feedback/cases/{case.ref}/unlink/", {"target": target}).status_code == 302
    assert not CaseLink.objects.for_system("test").exists()


def test_a_link_to_a_decision_is_there_for_no_handler_who_is_kept_out_of_it(cast):
    """Nor for anybody else who may not open it: they read no number and find no page that is not there (F3)."""
    case, bodies_of = a_case(cast, "handling"), bodies(cast)
    hidden, usual = (a_decision(cast, body=bodies_of[0], question="feedback.case", proposal="uphold") for _ in "12")
    Exclusion.objects.create(decision=hidden, user=cast[DSS_HQ])
    Decision.objects.for_system("test").filter(pk=hidden.pk).update(has_exclusions=True)
    for row in (hidden, usual):
        CaseLink.objects.create(case=case, kind="decision", target=row.ref, by=cast[GISF])
    both = [(hidden.ref, True), (usual.ref, True)]
    for email, expected in {GISF: both, DSS_HQ: both[1:], ICVA: [(usual.ref, False)]}.items():
        assert [(one.target, bool(one.href)) for one in links_of(access_of(cast[email]), case)] == expected, email


def test_pages_of_steps_are_there_for_whom_the_step_is(cast, sign_in):
    case = a_case(cast)
    steps = ("take", "classify", "hand-over", "redirect", "divert", "link", "people", "concerned")
    client = sign_in(cast[GISF])
    assert {client.get(f"/feedback/cases/{case.ref}/{step}/").status_code for step in steps} == {200}
    sender, others = sign_in(cast[BENU_FIELD]), [sign_in(cast[email]) for email in (ADMIN, ICVA, WFP)]
    assert {sender.get(f"/feedback/cases/{case.ref}/{step}/").status_code for step in steps} == {404}
    assert {other.get(f"/feedback/cases/{case.ref}/people/").status_code for other in others} == {404}
    assert client.get(f"/feedback/cases/{case.ref}/assign/").status_code == 302  # theirs, but not yet
    typed = {"uid": str(uuid4()), "reasons": "x" * 10_001}
    answer = client.post(f"/feedback/cases/{case.ref}/redirect/", typed).content.decode()
    assert "x" * 10_001 in answer
    assert now_of(case).state == "received"
    hand_over(case, note="", uid=uuid4(), by=cast[DSS_HQ])
    late = client.post(f"/feedback/cases/{case.ref}/redirect/", {"uid": str(uuid4()), "reasons": "My words."})
    assert "My words." in late.content.decode()
    assert "Somebody else changed this first" in late.content.decode()
    again = client.post(f"/feedback/cases/{case.ref}/take/", follow=True)
    assert "Somebody else changed this first" in again.content.decode()


def test_opening_is_noted_once_a_day_and_each_file(cast):
    case, access = a_case(cast), access_of(cast[GISF])
    for how in ("opened", "opened", "exported", "exported"):
        note_reading(access, case, how)
    rows = CaseReading.objects.filter(case_ref=case.ref).values_list("reader", "party", "how")
    assert sorted(rows) == sorted([(cast[GISF].pk, "intake", how) for how in ("opened", "exported", "exported")])


# --- The list ----------------------------------------------------------------------------------------------------

QUERIES = 6


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(cast, sign_in, number, django_assert_num_queries):
    for _ in range(number):
        a_case(cast, owner=cast[GISF])
    client = sign_in(cast[DSS_HQ])
    client.get("/feedback/intake/")
    with django_assert_num_queries(QUERIES):
        page = client.get("/feedback/intake/").content.decode()
    assert page.count("/feedback/cases/") == number
    assert CANARY not in page  # titles stand on the page of each, where reading is noted


def test_each_office_sees_its_own_and_filters_them(cast, sign_in):
    late = a_case(cast, due_at=timezone.now() - timedelta(hours=1))
    only_desk = a_case(cast, to_dss=False, category="support")
    closed = a_case(cast, "closed")
    hidden = a_case(cast, "handling", concerned=[DSS_HQ], owner=cast[ICVA])

    def shown(email, query=""):
        page = sign_in(cast[email]).get(f"/feedback/intake/{query}")
        return {row.ref for row, _ in page.context["items"]}, page.context["count_label"]

    everything = {late.ref, only_desk.ref, closed.ref, hidden.ref}
    for email, query, refs in [
        (DSS_HQ, "", {late.ref}),
        (DSS_HQ, "?state=all", {late.ref, closed.ref}),
        (GISF, "", everything - {closed.ref}),
        (GISF, "?state=all", everything),
        (GISF, "?overdue=yes", {late.ref}),
        (GISF, "?category=support", {only_desk.ref}),
        (GISF, "?category=none&state=received", {late.ref}),
        (GISF, "?mine=yes", set()),
        (ICVA, "?mine=yes", {hidden.ref}),
        (WFP, "?state=all", set()),
    ]:
        assert shown(email, query) == (refs, len(refs)), (email, query)
    for email in (ADMIN, BENU_FIELD, DSS_FIELD):
        assert sign_in(cast[email]).get("/feedback/intake/").status_code == 404
