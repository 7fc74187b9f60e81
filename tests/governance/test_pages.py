"""The pages of the bodies: who reads what, what a seat can do there, and what a seat that recused itself never sees."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from governance.actions import close_due, remind_due
from governance.models import Closing, Comment, Decision, Position, Seat
from governance.waiting import waiting_for
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership, Organisation
from organisations.name_actions import rename
from sharing.access import access_of
from tests.factories.deciding import confirm, now_of, propose, say, seat_of
from tests.factories.partnership import DSS_CHAIR, DUNE, GISF, HQ, ICVA, WFP, a_decision, bodies

from .trial import a_trial

pytestmark = pytest.mark.django_db
CANARY, OCHA, ADMIN, FIELD = "canaryword", "ocha@un.example", "admin@portal.example", "dss.field@un.example"
LIST, BODIES = "/decisions/", "/bodies/"


def page_of(decision):
    return f"/decisions/{decision.ref}/"


def talked_about(cast):
    """A decision with a canary in everything that was said."""
    decision = a_trial(cast)
    say(cast, decision, "gisf", "object", f"{CANARY} objection")
    say(cast, decision, "dss", "agree", f"{CANARY} agreement")
    seat = seat_of(decision, "gisf", cast)
    row = Comment(decision=decision, seat=seat, by=cast[GISF])
    row.write({"text": f"{CANARY} comment"})
    row.save(force_insert=True)
    propose(cast, decision, "refuse", f"{CANARY} closing")
    return decision


def test_who_opens_which_page(cast, sign_in):
    decision = talked_about(cast)
    readers = {WFP, GISF, DSS_CHAIR, HQ, OCHA}
    for who in (*readers, ICVA, DUNE, ADMIN, FIELD, "hq@alba.example", "do@un.example"):
        client = sign_in(cast[who])
        found = client.get(page_of(decision))
        assert (found.status_code == 200, found.content.count(CANARY.encode()) >= 4) == (who in readers,) * 2, who
        statuses = [client.get(path).status_code for path in (LIST, BODIES)]
        of_area = {FIELD, "do@un.example"}
        assert statuses[0] == (200 if who in readers | of_area | {ICVA} else 404), who
        assert statuses[1] == (200 if who in readers | {ICVA, ADMIN} else 404), who
        assert client.post(page_of(decision), {"step": "burn"}).status_code == 404
    assert Decision.objects.visible_to(cast[ICVA]).count() == 0


def test_a_recused_seat_reads_that_it_recused_itself_and_nothing_else(cast, sign_in):
    decision = talked_about(cast)
    client, path = sign_in(cast[WFP]), page_of(decision)
    assert client.post(path, {"step": "position", "position-seat": seat_of(decision, "wfp", cast).pk,
                              "position-choice": "recuse", "position-reasons": ""}).url == path  # fmt: skip
    colleague = cast["wfp.security@un.example"]  # who takes the seat over, and holds another one besides
    for key in ("wfp", "gisf"):
        organisation = cast.organisations[key]
        Membership.objects.create(user=colleague, organisation=organisation, role="oversight_committee_member")
    propose(cast, decision, "refuse", f"{CANARY} once more")
    confirm(cast, say(cast, decision, "gisf", "agree") and Closing.objects.filter(decision=decision).last())
    assert now_of(decision).outcome == "refuse"
    say_words = ("objection", "agreement", "refuse it", "co-chair", "Reasons", "no longer", "Decided")
    drain()
    for person in (cast[WFP], colleague):
        reader = sign_in(person)
        seen = reader.get(path).content.decode()
        assert "recused itself" in seen
        assert "Trial of INGO Dune" in seen
        listed = reader.get(LIST).content.decode()
        assert "Your seat is recused" in listed
        for text in (seen, listed):
            assert CANARY not in text
            assert [word for word in say_words if word in text] == []
        for step in ("position", "comment", "closing", "confirm"):
            assert reader.post(path, {"step": step, f"{step}-text": "x"}).status_code == 404
        assert waiting_for(access_of(person)) == []
    sent = [letter for letter in mail.outbox if letter.to == [cast[WFP].email]]
    assert [letter.subject for letter in sent] == []  # also what was queued before is not due any more
    assert not Message.objects.filter(kind="governance.decision_closed", recipient__in=[cast[WFP], colleague]).exists()
    others = sign_in(cast[GISF]).get(path).content.decode()
    assert "recused" in others


def test_a_seat_does_everything_on_the_page(cast, sign_in):
    decision = a_trial(cast)
    seats = {key: seat_of(decision, key, cast).pk for key in ("dss", "gisf", "wfp")}
    path, dss, gisf = page_of(decision), sign_in(cast[DSS_CHAIR]), sign_in(cast[GISF])

    def post(client, step, **fields):
        return client.post(path, {"step": step} | {f"{step}-{name}": value for name, value in fields.items()})

    wrong = post(gisf, "position", seat=seats["gisf"], choice="object", reasons="")
    assert "Write why your seat objects." in wrong.content.decode()
    assert post(gisf, "position", seat=seats["wfp"], choice="object", reasons="x").status_code == 200
    long = post(gisf, "comment", seat=seats["gisf"], text="x" * 6000)
    assert (long.status_code, "5,000" in long.content.decode() or "5000" in long.content.decode()) == (200, True)
    assert Position.objects.count() + Comment.objects.count() == 0
    for _ in range(2):
        post(gisf, "position", seat=seats["gisf"], choice="object", reasons="Too early. <b>ليلى</b>")
        post(gisf, "comment", seat=seats["gisf"], text="Wait a month.")
    assert (Position.objects.count(), Comment.objects.count()) == (1, 1)
    seen = dss.get(path).content.decode()
    for words in ("Too early. &lt;b&gt;ليلى&lt;/b&gt;", "Wait a month.", "procedure is stopped", "Vacant, nobody"):
        assert words in seen
    assert post(sign_in(cast[WFP]), "closing", seat=seats["wfp"], outcome="refuse", reasons="x").status_code == 404
    too_few = post(dss, "closing", seat=seats["dss"], outcome="refuse", reasons="Not there yet.")
    assert "Not enough seats have spoken: 2 are needed" in too_few.content.decode()
    assert "Not there yet." in too_few.content.decode()
    post(dss, "position", seat=seats["dss"], choice="abstain", reasons="")
    post(dss, "closing", seat=seats["dss"], outcome="refuse", reasons="Not there yet.")
    closing = Closing.objects.get()
    assert f'value="{closing.uid}"' in gisf.get(path).content.decode()
    assert post(gisf, "confirm", seat=seats["gisf"], closing=closing.uid).url == path
    assert "Decided on" in gisf.get(path).content.decode()
    late = post(gisf, "comment", seat=seats["gisf"], text="Typed meanwhile.")
    assert "Somebody else changed this first" in late.content.decode()
    assert "Typed meanwhile." in late.content.decode()


def test_what_waits_for_whom(cast):
    near, far = a_trial(cast, days=3), a_trial(cast)

    def waits(who):
        return [(entry.decision.pk, entry.step) for entry in waiting_for(access_of(cast[who]))]

    assert waits(GISF) == [(near.pk, "position"), (far.pk, "position")]
    assert waits(HQ) == waits(ICVA) == waits(DUNE) == []
    say(cast, far, "gisf", "object")
    say(cast, near, "gisf")
    assert waits(GISF) == [(far.pk, "close")]
    say(cast, near, "dss")
    propose(cast, near, "approve")
    assert waits(GISF) == [(near.pk, "confirm"), (far.pk, "close")]
    assert waits(DSS_CHAIR) == [(far.pk, "position")]


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_cost_the_same_whatever_is_there(cast, sign_in, rows):
    for _ in range(rows):
        decision = talked_about(cast)
        a_trial(cast)
        close_due(a_trial(cast, days=1).deadline)
    client = sign_in(cast[GISF])
    counts = {}
    for path in (LIST, page_of(decision), BODIES):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts[path if path in (LIST, BODIES) else "page"] = len(queries)
    with CaptureQueriesContext(connection) as queries:
        assert len(waiting_for(access_of(cast[DSS_CHAIR]))) == rows
    counts["waiting"] = len(queries)
    # The page of a real decision asks two to three more, for its facts and its address.
    assert counts == {LIST: 9, "page": 9, BODIES: 8, "waiting": 7}


def test_closed_ones_come_page_by_page(cast, sign_in):
    committee, _ = bodies(cast)
    rows = [
        a_decision(cast, body=committee, question="governance.trial", state="closed", outcome="approve", closed_at=at)
        for at in (timezone.now() + timedelta(seconds=number) for number in range(51))
    ]
    client = sign_in(cast[GISF])
    one, two = client.get(LIST).content.decode(), client.get(f"{LIST}?before=2").content.decode()
    assert (rows[0].ref in one, rows[0].ref in two) == (False, True)
    assert (one.count("approve it"), two.count("approve it")) == (50, 1)
    for odd in ("0", "x", "²", "9" * 30):
        assert client.get(LIST, {"before": odd}).status_code == 200


def test_mails_say_what_by_when_and_never_whose_name_in_the_subject(cast):
    decision = a_trial(cast)
    remind_due(decision.deadline - timedelta(days=1))
    say(cast, decision, "gisf", "object", f"{CANARY} reasons")
    drain()
    texts = {(letter.to[0], letter.subject) for letter in mail.outbox}
    ref = decision.ref
    opened, stopped = f"Decision {ref}: your position is asked for", f"Decision {ref}: the silence procedure is stopped"
    assert {(who, opened) for who in (DSS_CHAIR, GISF, WFP)} <= texts
    assert {(who, stopped) for who in (DSS_CHAIR, HQ, OCHA)} <= texts
    assert (GISF, f"Decision {ref}: two days are left") not in texts, "it has spoken meanwhile"
    assert {subject for _, subject in texts if "Dune" in subject} == set()
    assert not [letter for letter in mail.outbox if CANARY in letter.body or "Whitfield" in letter.body[60:]]


def test_the_bodies_are_made_once_and_the_ngo_chair_moves(cast, sign_in, capsys):
    for _ in range(2):
        call_command("load_bodies")
    assert capsys.readouterr().out.splitlines()[1] == "Bodies: 0 organisations and 0 seats added."
    counts = {kind: Seat.objects.filter(body__kind=kind).count() for kind in ("oversight_committee", "working_group")}
    assert counts == {"oversight_committee": 11, "working_group": 6}
    assert Organisation.objects.filter(acronym="DSS").count() == 1
    chairs = Seat.objects.filter(is_co_chair=True).order_by("order")
    assert [seat.organisation.acronym for seat in chairs] == ["DSS", "GISF"]
    page = sign_in(cast[HQ]).get(BODIES).content.decode()
    for words in ("Hannah Whitfield", "vacant", "14 days", "not in the guidelines: each is a setting"):
        assert words in page
    icva = Seat.objects.get(body__kind="oversight_committee", organisation=cast.organisations["icva"])
    wfp = Seat.objects.get(body__kind="oversight_committee", organisation=cast.organisations["wfp"])
    assert sign_in(cast[GISF]).post(BODIES, {"seat": icva.pk}).status_code == 404
    for seat in (wfp, icva, icva):
        assert sign_in(cast[HQ]).post(BODIES, {"seat": seat.pk}).status_code == 302
    assert [seat.organisation.acronym for seat in chairs.all()] == ["DSS", "ICVA"]
    assert Event.objects.filter(verb="governance.co_chair_moved").count() == 1
    rename(Organisation.objects.get(name="InterAction"), name="Another Name", by=cast[HQ])  # it has no acronym
    call_command("load_bodies")
    assert "Bodies: 0 organisations and 0 seats added." in capsys.readouterr().out
    assert [seat.organisation.acronym for seat in chairs.all()] == ["DSS", "ICVA"]
