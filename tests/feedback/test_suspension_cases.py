"""A suspension without consensus is a feedback case, which goes with it to its end (§3, §12; P9)."""

import pytest

from feedback.actions.suspensions import open_missing
from feedback.models import Case, CaseGrant, CaseStep, Concerned, Entry
from feedback.policies import parties_to_case
from feedback.suspension_history import history_of
from governance.seats import area_body, committee
from notifications.models import Message
from partners.actions import suspensions as actions
from sharing.access import access_of
from slt_portal.states import steps_open
from tests.cast import signed_in
from tests.factories.feedback import ALBA_HQ, DSS_HQ, GISF, ICVA
from tests.factories.partnership import CANARY, a_decision, a_suspension, bodies
from tests.partners.suspension_ways import (
    DO,
    OCHA,
    PLATFORM,
    again,
    agreed,
    before_the_committee,
    closed_by_committee,
    escalated,
    heard,
    opened,
    speak,
)

pytestmark = pytest.mark.django_db
BENU_HQ, BENU_FIELD, DSS_CHAIR, WFP = "hq@benu.example", "field@benu.example", "dss.chair@un.example", "wfp@un.example"
BODIES = {DSS_HQ, ICVA, GISF, DSS_CHAIR, WFP}


def cases():
    return Case.objects.for_system("test").select_related("data_key").order_by("pk")


def readers(cast, case):
    everybody = {email: access_of(person) for email, person in cast.people.items()}
    return {email for email, access in everybody.items() if Case.objects.visible_to(access).filter(pk=case.pk).exists()}


def steps(case):
    rows = CaseStep.objects.for_system("test").filter(case=case).order_by("pk")
    return [(row.state, row.outcome) for row in rows]


def test_without_consensus_a_case_is_opened_with_the_working_group(cast):
    bodies(cast)
    row = escalated(cast)
    (case,) = cases()
    assert (case.kind, case.about, case.category) == ("suspension", "organisation", "partnership")
    assert (case.suspension, case.about_organisation, case.area) == (row, row.organisation, row.area)
    assert (case.sender, case.owner, case.texts) == (None, None, {"title": row.ref})
    assert case.due_at > case.filed_at == case.handed_over_at
    concerned = Concerned.objects.for_system("test").filter(case=case, through=None)
    assert [each.organisation for each in concerned] == [row.organisation]
    assert readers(cast, case) == {DSS_HQ, ICVA}
    assert steps(case) == [("handling", "")]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("suspend", "suspended"), pytest.param("dismiss", "dismissed", marks=pytest.mark.long)],
)
def test_it_goes_to_the_committee_and_closes_with_its_decision(cast, outcome, state):
    row = before_the_committee(cast)
    (case,) = cases()
    assert (case.state, case.due_at) == ("committee", row.decision.deadline)
    assert readers(cast, case) == BODIES
    closed_by_committee(cast, row.decision, outcome)
    (case,) = cases()
    assert (again(row).state, case.state, case.outcome, case.due_at) == (state, "closed", "decided", None)
    (entry,) = Entry.objects.for_system("test").filter(case=case).select_related("case__data_key")
    assert (entry.kind, entry.side, entry.texts["text"]) == ("outcome", "portal", f"Because {outcome}.")
    assert steps(case) == [("handling", ""), ("committee", ""), ("closed", "decided")]


@pytest.mark.long
def test_what_comes_after_the_outcome_changes_nothing(cast):
    row = before_the_committee(cast)
    closed_by_committee(cast, row.decision, "suspend")
    before = cases().values().get()
    for outcome in ("keep", "lift"):
        row = again(row)
        actions.ask_to_lift(row, reasons="They changed.", by=cast[DSS_HQ])
        closed_by_committee(cast, row.lifting, outcome)
        assert cases().values().get() == before
    assert again(row).state == "lifted"


@pytest.mark.parametrize("stage", ["handling", pytest.param("committee", marks=pytest.mark.long)])
def test_a_revocation_everywhere_overtakes_it(cast, stage):
    row = escalated(cast) if stage == "handling" else before_the_committee(cast)
    (case,) = cases()
    assert case.state == stage
    world = before_the_committee(cast, area=None, verdict="revoke")
    closed_by_committee(cast, world.decision, "revoke")
    (case,) = cases()
    assert (again(row).state, case.state, case.outcome) == ("revoked", "closed", "decided")
    lines = [line.what for line in history_of(access_of(cast[DSS_HQ]), case).lines]
    assert lines[-1] == "Overtaken: the partnership was revoked"


def test_one_that_was_never_escalated_has_no_case(cast):
    bodies(cast)
    actions.lift(agreed(cast), reason="They explained.", by=cast[DO])
    actions.drop(opened(cast, "alba"), reason="A mistake.", by=cast[DO])
    world = before_the_committee(cast, area=None)
    closed_by_committee(cast, world.decision, "dismiss")
    assert not cases().exists()


def test_those_escalated_before_the_upgrade_get_theirs_once(cast):
    bodies(cast)
    agreement = a_decision(cast, body=area_body(cast.areas["south-sudan"]), question="partners.area_suspension",
                           proposal="agreed", rule="unanimous")  # fmt: skip
    by_area, of_world = (a_decision(cast, body=committee(), question="partners.suspension", proposal="suspend")
                         for _ in range(2))  # fmt: skip
    a_suspension(cast, "escalated", key="alba")
    a_suspension(cast, "committee", key="lake", agreement=agreement, decision=by_area)
    a_suspension(cast, "committee", key="benu", area=None, decision=of_world)  # no consensus was asked for
    a_suspension(cast, "dismissed", key="cedar", area="chad")
    assert (open_missing(), open_missing()) == (2, 0)
    found = [(case.about_organisation.acronym, case.state, case.due_at) for case in cases()]
    assert found == [("Alba", "handling", cases()[0].due_at), ("Lake", "committee", by_area.deadline)]


def test_its_steps_are_taken_on_the_page_of_the_suspension(cast):
    bodies(cast)
    escalated(cast)
    (case,) = cases()
    for email in (ICVA, DSS_HQ):
        assert steps_open(case, parties_to_case(access_of(cast[email]), case)) == ["assign"]


def test_the_history_says_what_happened_and_never_who_said_what(cast):
    row = before_the_committee(cast)
    closed_by_committee(cast, row.decision, "suspend")
    (case,) = cases()
    history = history_of(access_of(cast[ICVA]), case)
    assert [line.what for line in history.lines] == [
        "Opened; the organisation is asked for its answer",
        "The organisation answered",
        "DSS, OCHA and the NGO representative of the area are asked",
        "Outcome: no consensus",
        "This case is opened for the Working Group",
        "Put to the Oversight Committee",
        "Outcome: suspend",
        "Notice to the organisation: suspended",
    ]
    assert (history.ref, history.href) == (row.ref, f"/partnership/suspensions/{row.ref}/")
    assert CANARY not in repr(history)
    assert "object" not in repr(history)


def test_the_organisation_concerned_never_learns_of_it(cast):
    """Nor does anybody of its own who holds a seat; its page says the same with a case as without."""
    bodies(cast)
    cast[ICVA].memberships.create(organisation=cast.organisations["benu"], role="partner_field",
                                  area=cast.areas["south-sudan"])  # fmt: skip
    row = heard(cast)
    actions.ask_agreement(row, by=cast[DO])
    client = signed_in(cast[BENU_HQ])
    path = f"/partnership/suspensions/{row.ref}/"
    before = client.get(path).content.decode()
    told = set(Message.objects.values_list("pk", flat=True))
    speak(row, mechanism="object")
    (case,) = cases()
    page = client.get(path).content.decode()
    assert case.ref not in page
    assert case.ref not in before
    assert readers(cast, case) == {DSS_HQ}
    assert not CaseGrant.objects.for_system("test").filter(user__email__in=[ICVA, BENU_HQ, BENU_FIELD]).exists()
    new = Message.objects.exclude(pk__in=told)
    assert not new.filter(recipient__email__in=[BENU_HQ, BENU_FIELD], kind__startswith="feedback.").exists()
    for email in (BENU_HQ, BENU_FIELD, ICVA, DO, OCHA, PLATFORM, ALBA_HQ):
        assert not Case.objects.visible_to(cast[email]).exists(), email
