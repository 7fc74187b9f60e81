"""Whom the portal keeps out of a decision: no seat in it, no mail about it, and they never see that it exists (F3)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.actions import (
    cancel_decision,
    close_due,
    comment,
    confirm_closing,
    exclude,
    remind_due,
)
from governance.boards import board_of
from governance.models import Decision, Exclusion
from governance.seats import people_of_body
from governance.waiting import waiting_for
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership
from partners.queue_sources import rows_for
from sharing.access import access_of
from tests.factories.deciding import closed_by_silence, confirm, now_of, propose, say, say_all, seat_of
from tests.factories.partnership import DSS_CHAIR, GISF, HQ, ICVA, WFP, bodies

from .trial import a_trial, effects

pytestmark = pytest.mark.django_db
OCHA, SECURITY, ADMIN = "ocha@un.example", "wfp.security@un.example", "admin@portal.example"
READERS = {DSS_CHAIR, GISF, WFP, HQ, OCHA}  # of a decision of the Committee
PEOPLE = (*sorted(READERS), SECURITY, ADMIN, ICVA)
CANARY = "canaryword"


def rows_of(cast, *, users=(), principals=(), organisations=()):
    return [
        *(Exclusion(user=cast[email]) for email in users),
        *(Exclusion(principal=name) for name in principals),
        *(Exclusion(organisation=cast.organisations[key]) for key in organisations),
    ]


def readers(cast, decision):
    rows = Decision.objects
    return {who for who in PEOPLE if rows.visible_to(cast[who]).filter(pk=decision.pk).exists()}


def told(decision):
    rows = Message.objects.filter(subject=decision.subject).order_by("recipient__email")
    return set(rows.values_list("recipient__email", flat=True))


def seat_principal(cast, key):
    return f"oversight_committee:{cast.organisations[key].pk}"


# What keeps whom out: (rows, who reads no more of it, whose seats have no part).
KEPT_OUT = {
    "a seat": (lambda cast: rows_of(cast, users=[WFP]), {WFP}, {"wfp"}),
    "a chair": (lambda cast: rows_of(cast, users=[GISF]), {GISF}, {"gisf"}),
    "the secretariat": (lambda cast: rows_of(cast, users=[HQ]), {HQ}, set()),
    "who holds a seat": (lambda cast: rows_of(cast, principals=[seat_principal(cast, "wfp")]), {WFP}, {"wfp"}),
    "DSS headquarters": (
        lambda cast: rows_of(cast, principals=["dss_world"], organisations=["dss"]),
        {HQ, DSS_CHAIR},
        {"dss"},
    ),
    "an organisation": (lambda cast: rows_of(cast, organisations=["wfp"]), {WFP}, {"wfp"}),
    "OCHA": (lambda cast: rows_of(cast, principals=["ocha"]), {OCHA}, set()),
}
OFTEN = {"a chair", "the secretariat", "DSS headquarters", "who holds a seat"}


@pytest.mark.parametrize(
    "case", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.long) for name in KEPT_OUT]
)
def test_who_is_kept_out_knows_nothing(cast, sign_in, case):
    make, people, seats = KEPT_OUT[case]
    decision, others = a_trial(cast, excluded=make(cast)), a_trial(cast)
    assert readers(cast, decision) == READERS - people
    for who in people:
        client, access = sign_in(cast[who]), access_of(cast[who])
        assert client.get(f"/decisions/{decision.ref}/").status_code == 404
        assert client.post(f"/decisions/{decision.ref}/", {"step": "comment"}).status_code == 404
        page = client.get("/decisions/").content.decode()
        assert (decision.ref in page, others.ref in page) == (False, True)
        assert decision.ref not in {entry.decision.ref for entry in waiting_for(access)}
        assert decision.ref not in {row.ref for row in rows_for(access, 50)}
    board = board_of(now_of(decision))
    silent = {line.seat.organisation.acronym.lower() for line in board.lines if line.is_kept_out}
    assert silent == seats
    remind_due(decision.deadline - timedelta(days=1))
    cancel_decision(decision, by=None)
    assert told(decision) == READERS - people
    assert told(others) >= {DSS_CHAIR, GISF, WFP}


def test_a_seat_that_is_kept_out_speaks_no_more_and_is_not_called_vacant(cast, sign_in):
    decision = a_trial(cast, excluded=rows_of(cast, users=[GISF]))
    seat = seat_of(decision, "gisf", cast)
    for act in (
        lambda: say(cast, decision, "gisf"),
        lambda: comment(decision, seat=seat, text="Hm.", by=cast[GISF]),
        lambda: propose(cast, decision, "approve", key="gisf"),
    ):
        with pytest.raises(PermissionDenied):
            act()
    page = sign_in(cast[WFP]).get(f"/decisions/{decision.ref}/").content.decode()
    name = str(cast.organisations["gisf"])
    assert name in page.split("Have no part in this decision:")[1].split("</p>")[0]
    assert name not in page.split("Vacant, nobody holds them:")[1].split("</p>")[0]
    assert cast[GISF].name not in page
    assert "0 seats have spoken, of 2" in " ".join(page.split())
    board = board_of(now_of(decision))
    assert (len(board.able), board.quorum) == (2, 2)
    # The other chair proposes; without a second chair any seat confirms.
    say_all(cast, decision, dss="agree", wfp="agree")
    confirm(cast, propose(cast, decision, "approve"), "wfp")
    closed = now_of(decision)
    assert closed.outcome == "approve"
    page = sign_in(cast[WFP]).get(f"/decisions/{decision.ref}/").content.decode()
    assert name in page.split("Have no part in this decision:")[1].split("</p>")[0]


def test_silence_needs_two_seats_that_have_a_part_and_the_page_says_so(cast, sign_in):
    enough = a_trial(cast, excluded=rows_of(cast, users=[WFP]))
    few = a_trial(cast, excluded=rows_of(cast, users=[WFP, DSS_CHAIR]))
    nobody = a_trial(cast, excluded=rows_of(cast, users=[WFP, DSS_CHAIR, GISF]))
    client = sign_in(cast[OCHA])  # of the secretariat
    text = "Silence needs two seats"
    pages = [client.get(f"/decisions/{row.ref}/").content.decode() for row in (enough, few, nobody)]
    assert [text in page for page in pages] == [False, True, True]
    assert closed_by_silence(enough).outcome == "approve"
    with time_machine.travel(few.deadline + timedelta(days=30), tick=False):
        assert close_due() == 0
    assert told(nobody) == set()


def test_who_comes_to_a_seat_later_is_kept_out_as_well(cast):
    wfp = cast.organisations["wfp"]
    by_person = a_trial(cast, excluded=rows_of(cast, users=[WFP]))
    by_seat = a_trial(cast, excluded=rows_of(cast, principals=[seat_principal(cast, "wfp")]))
    by_organisation = a_trial(cast, excluded=rows_of(cast, organisations=["wfp"]))
    for key in ("wfp", "gisf"):
        role, organisation = "oversight_committee_member", cast.organisations[key]
        Membership.objects.create(user=cast[SECURITY], organisation=organisation, role=role)
    seats = {decision.pk: [line.seat.organisation_id for line in board_of(now_of(decision)).lines_of(cast[SECURITY].pk)]
             for decision in (by_person, by_seat, by_organisation)}  # fmt: skip
    assert wfp.pk in seats[by_person.pk], "another of the same seat has a part in it"
    # Whoever is kept out speaks for no seat, not even for that of another organisation.
    assert seats[by_seat.pk] == seats[by_organisation.pk] == []
    assert SECURITY in readers(cast, by_person)
    assert SECURITY not in readers(cast, by_seat) | readers(cast, by_organisation)
    assert cast[SECURITY].pk in people_of_body(bodies(cast)[0])


def test_a_membership_that_ended_or_is_another_organisations_keeps_nobody_out(cast):
    decision = a_trial(cast, excluded=rows_of(cast, organisations=["alba"], principals=["dss_world"]))
    assert readers(cast, decision) == READERS - {HQ}
    Membership.objects.filter(user=cast[HQ]).update(ends_at=timezone.now())
    old = Membership.objects.create(
        user=cast[WFP], organisation=cast.organisations["alba"], role="partner_headquarters"
    )
    assert WFP not in readers(cast, decision)
    Membership.objects.filter(pk=old.pk).update(ends_at=timezone.now())
    assert WFP in readers(cast, decision)


def test_somebody_found_out_later_has_said_nothing_that_counts(cast):
    decision = a_trial(cast)
    say(cast, decision, "wfp", "object", f"{CANARY} objection")
    say_all(cast, decision, dss="agree", gisf="agree")
    closing = propose(cast, decision, "approve", key="gisf")
    exclude(decision, rows_of(cast, users=[WFP, GISF]), by=None)
    assert {WFP, GISF} & readers(cast, decision) == set()
    board = board_of(now_of(decision))
    assert (board.is_stopped, board.proposed, len(board.able), board.count("agree")) == (False, None, 1, 1)
    with pytest.raises(PermissionDenied):
        confirm_closing(closing, seat=seat_of(decision, "gisf", cast), by=cast[GISF])
    Membership.objects.create(
        user=cast[SECURITY], organisation=cast.organisations["wfp"], role="oversight_committee_member"
    )
    assert closed_by_silence(decision).outcome == "approve", "their objection stops nothing any more"
    assert len(effects(decision)) == 1


def test_what_was_decided_with_them_stays_on_record_without_being_theirs_to_read(cast, sign_in):
    decision = a_trial(cast)
    say(cast, decision, "wfp", "agree", f"{CANARY} agreement")
    closed_by_silence(decision)
    exclude(decision, rows_of(cast, users=[WFP]), by=None)
    assert WFP not in readers(cast, decision)
    assert CANARY in sign_in(cast[OCHA]).get(f"/decisions/{decision.ref}/").content.decode()
    assert "Have no part" not in sign_in(cast[OCHA]).get(f"/decisions/{decision.ref}/").content.decode()


def test_a_mail_that_waits_when_somebody_is_found_out_is_never_sent(cast, mailoutbox):
    decision = a_trial(cast)
    exclude(decision, rows_of(cast, users=[WFP], organisations=["gisf"]), by=None)
    drain()
    assert {address for one in mailoutbox for address in one.to} == {DSS_CHAIR}


def test_a_mail_to_the_chairs_about_an_objection_reaches_only_who_has_a_part(cast):
    decision = a_trial(cast, excluded=rows_of(cast, users=[GISF, HQ]))
    say(cast, decision, "wfp", "object")
    stopped = Message.objects.filter(kind="governance.decision_stopped").values_list("recipient__email", flat=True)
    assert set(stopped) == {DSS_CHAIR, OCHA}


def test_the_lists_ask_the_same_questions_however_many_are_kept_out(cast, sign_in):
    client, counts = sign_in(cast[DSS_CHAIR]), []
    for many in (1, 2):
        for _ in range(many):
            rows = rows_of(cast, users=[WFP], principals=["ocha", seat_principal(cast, "icva")], organisations=["wfp"])
            decision = a_trial(cast, excluded=rows)
        for path in ("/decisions/", f"/decisions/{decision.ref}/"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert client.get(path).status_code == 200
            counts.append(len(asked))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12
    assert ICVA not in readers(cast, decision)


def test_what_somebody_said_before_they_were_kept_out_moves_no_queue(cast):
    """The home page says of an open decision what its own page says: nobody objected, nobody proposed to close it."""
    decision = a_trial(cast)
    say_all(cast, decision, dss="agree", gisf="agree", wfp="object")
    assert ("decision.close", decision.ref) in lines_of(cast, GISF)
    exclude(decision, rows_of(cast, users=[WFP]), by=None)
    assert ("decision.close", decision.ref) not in lines_of(cast, GISF)
    propose(cast, decision, "approve")
    confirming = ("decision.confirm", decision.ref)
    assert confirming in lines_of(cast, GISF)
    exclude(decision, rows_of(cast, organisations=["dss"]), by=None)
    assert confirming not in lines_of(cast, GISF)
    assert [entry.step for entry in waiting_for(access_of(cast[GISF])) if entry.decision.ref == decision.ref] == []


def lines_of(cast, who):
    return {(row.turn, row.ref) for row in rows_for(access_of(cast[who]), 50)}
