"""Suspending, lifting, revoking (§3, P9): the way there, and that access ends the same minute and comes back whole."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from areas.models import Area
from governance.actions import close_due, take_position
from governance.models import Decision
from governance.seats import area_body, committee, holders_of, seats_in
from incidents.export_runs import run_due
from incidents.exports import Gone, ask_export, fetch
from incidents.models import Export
from notifications.models import Message
from notifications.outbox import drain
from organisations.actions import end_standing
from organisations.models import Membership, Standing
from partners.actions import suspensions as actions
from partners.actions.suspension_outcomes import suspend
from partners.models import Suspension
from sharing.access import access_of
from sharing.models import Release
from slt_portal.states import StaleState
from tests.cast import signed_in
from tests.factories.partnership import CANARY, a_decision, a_suspension, bodies
from tests.visibility.oracle import ALBA_FIELD, BENU_FIELD, BENU_HQ, CEDAR, DSS_FIELD, LAKE, SS, TD
from tests.visibility.test_revocation import ALL_CHOICES, seen
from tests.visibility.world import file_thing, make_thing

from .suspension_ways import (
    DO,
    HQ,
    ICVA,
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
EVERYTHING, OWN = {0, 1, 2, 3, 4}, {3, 4}
CHAD_AND_OWN = {2, 3, 4}


@pytest.fixture
def things(cast):
    """One report for everybody in each area, by others and by Benu."""
    made = [
        make_thing(0, "alba", ALBA_FIELD, SS, "TLP:CLEAR", ALL_CHOICES, ()),
        make_thing(1, "dss", DSS_FIELD, SS, "TLP:CLEAR", ("everyone",), ()),
        make_thing(2, "cedar", CEDAR, TD, "TLP:CLEAR", ALL_CHOICES, ()),
        make_thing(3, "benu", BENU_FIELD, SS, "TLP:AMBER+STRICT", (), ()),
        make_thing(4, "benu", BENU_FIELD, TD, "TLP:AMBER+STRICT", (), ()),
    ]
    return {thing.number: file_thing(cast, thing) for thing in made}


def reads(user, things):
    """The numbers of the things that the rule opens to `user`; that pages answer by it is in the first test."""
    refs = set(Release.objects.visible_to(user).values_list("item__ref", flat=True))
    return {number for number, ref in things.items() if ref in refs}


def told(row, code):
    rows = Message.objects.filter(subject=row.subject, kind=f"partners.{code}")
    return set(rows.values_list("recipient__email", flat=True))


def outcomes_of(row):
    return [notice["outcome"] for notice in again(row).texts.get("notices", [])]


def test_suspended_in_an_area_this_minute_and_back_again(cast, things):
    people, other = [signed_in(cast[email]) for email in (BENU_HQ, BENU_FIELD)], signed_in(cast[LAKE])
    made = ask_export(by=cast[BENU_FIELD], format="csv", purpose="Week")
    run_due()
    under_way = ask_export(by=cast[BENU_HQ], format="csv", purpose="Week")
    row = heard(cast)
    actions.ask_agreement(row, by=cast[DO])
    assert reads(cast[BENU_FIELD], things) == EVERYTHING, "nobody is suspended by a question"
    row = speak(row)
    assert row.state == "suspended"
    assert [seen(client, things) for client in people] == [CHAD_AND_OWN, CHAD_AND_OWN]  # sessions that were open
    assert all(client.get("/incidents/report/").status_code == 200 for client in people)
    assert seen(other, things) == {0, 1, 2}
    run_due()
    with pytest.raises(Gone):
        fetch(Export.objects.of(cast[BENU_FIELD]).get(pk=made.pk), access=access_of(cast[BENU_FIELD]))
    content = fetch(Export.objects.of(cast[BENU_HQ]).get(pk=under_way.pk), access=access_of(cast[BENU_HQ])).decode()
    assert {number for number, ref in things.items() if ref in content} == CHAD_AND_OWN
    drain()  # mails that waited
    got = {(message.to[0], number) for message in mail.outbox for number, ref in things.items() if ref in message.body}
    assert {number for email, number in got if email == BENU_FIELD} == {2}
    assert (LAKE, 0) in got
    actions.lift(row, reason="They explained.", by=cast[DO])
    assert reads(cast[BENU_FIELD], things) == EVERYTHING
    assert outcomes_of(row) == ["suspended", "lifted"]


def without_representative(cast):
    Membership.objects.filter(user=cast[PLATFORM]).update(ends_at=timezone.now())


def representative_of_its_staff(cast):
    """The only representative works for the organisation concerned as well."""
    Membership.objects.create(user=cast[PLATFORM], organisation=cast.organisations["benu"], role="partner_headquarters")


def nothing_special(cast):
    pass


@pytest.mark.parametrize(
    ("before", "choices", "days"),
    [
        pytest.param(nothing_special, {"mechanism": "object"}, 0, id="objection"),
        pytest.param(nothing_special, {"ocha": "abstain"}, 0, id="abstention"),
        pytest.param(nothing_special, None, 8, id="deadline"),
        pytest.param(without_representative, None, 0, id="no-representative"),
        pytest.param(representative_of_its_staff, None, 0, id="its-own-staff"),
    ],
)
def test_without_everybody_it_goes_up_and_nothing_is_closed(cast, before, choices, days):
    bodies(cast)
    before(cast)
    row = heard(cast)
    actions.ask_agreement(row, by=cast[DO])
    if choices:
        row = speak(row, **choices)
    if days:
        assert close_due(timezone.now() + timedelta(days=days)) == 1
    row = again(row)
    assert (row.state, row.standing, row.agreement.outcome) == ("escalated", None, "no_consensus")
    assert told(row, "suspension_escalated") == {ICVA, DO}
    assert outcomes_of(row) == [], "the organisation hears nothing of it"
    assert not Standing.objects.on().filter(organisation=row.organisation, kind="suspended").exists()


@pytest.mark.parametrize(
    ("outcome", "state", "sees"),
    [
        ("suspend", "suspended", CHAD_AND_OWN),
        ("revoke", "suspended", CHAD_AND_OWN),
        ("dismiss", "dismissed", EVERYTHING),
    ],
)
def test_the_committee_decides_what_was_not_agreed(cast, things, outcome, state, sees):
    """Benu is a global partner: in one area it can only be suspended."""
    row = before_the_committee(cast, verdict="suspend")
    assert actions.verdicts_for(row) == ("suspend", "dismiss")
    closed_by_committee(cast, row.decision, outcome)
    row = again(row)
    assert row.state == state
    assert reads(cast[BENU_FIELD], things) == sees
    (notice,) = row.texts["notices"]
    assert (notice["outcome"], notice["text"]) == (state, f"Because {outcome}.")
    with pytest.raises(StaleState):
        actions.lift(row, reason="Mine.", by=cast[DO])  # what the Committee decided, the Committee lifts


def test_suspended_everywhere_kept_and_lifted(cast, things):
    people = [cast[email] for email in (BENU_HQ, BENU_FIELD)]
    row = before_the_committee(cast, area=None)
    assert [reads(user, things) for user in people] == [EVERYTHING, EVERYTHING]
    assert close_due(timezone.now() + timedelta(days=15)) == 1  # silence
    row = again(row)
    assert [reads(user, things) for user in people] == [OWN, OWN]
    assert row.texts["notices"][0]["text"] == row.texts["reasons"], "the Committee wrote none: the opener's"
    for outcome, state, sees in (("keep", "suspended", OWN), ("lift", "lifted", EVERYTHING)):
        actions.ask_to_lift(row, reasons=f"{CANARY} lifting", by=cast[HQ])
        closed_by_committee(cast, row.lifting, outcome)
        row = again(row)
        assert row.state == state
        assert [reads(user, things) for user in people] == [sees, sees]
    assert outcomes_of(row) == ["suspended", "kept", "lifted"]
    assert told(row, "notice_kept") == {BENU_HQ} == told(row, "notice_lifted")


def test_revoked_everywhere_the_partnership_ends_and_suspensions_with_it(cast, things):
    in_area, asked = agreed(cast), heard(cast, area=TD)
    agreement = a_decision(cast, body=area_body(cast.areas[TD]), question="partners.area_suspension",
                           proposal="agreed", rule="unanimous", concerns=asked.organisation)  # fmt: skip
    Suspension.objects.for_system("test").filter(pk=asked.pk).update(state="agreeing", agreement=agreement)
    row = before_the_committee(cast, area=None, verdict="revoke")
    closed_by_committee(cast, row.decision, "revoke")
    assert [again(each).state for each in (row, in_area, asked)] == ["revoked"] * 3
    agreement.refresh_from_db()
    assert agreement.state == "cancelled", "nobody suspends who is no partner any more"
    assert not Standing.objects.on().filter(organisation=row.organisation).exists()
    assert [reads(cast[email], things) for email in (BENU_HQ, BENU_FIELD)] == [OWN, OWN]
    assert signed_in(cast[BENU_HQ]).get(f"/partnership/suspensions/{row.ref}/").status_code == 200


def test_revoked_in_the_area_of_a_partner_there(cast, things):
    bodies(cast)
    decision = a_decision(cast, body=committee(), question="partners.suspension", proposal="revoke",
                          concerns=cast.organisations["cedar"])  # fmt: skip
    row = a_suspension(cast, "committee", key="cedar", area=TD, decision=decision)
    assert actions.verdicts_for(row) == actions.VERDICTS
    closed_by_committee(cast, decision, "revoke")
    assert again(row).state == "revoked"
    assert reads(cast[CEDAR], things) == {2}, "its own report"


def test_revoked_in_a_part_it_is_suspended_there(cast):
    """A partner of the whole area keeps its partnership: in the part revoking is suspending, and not nothing."""
    bodies(cast)
    part = Area.objects.create(code="lac", name_en="Lac", name_fr="Lac", kind="part", parent=cast.areas[TD])
    cast.areas[part.code] = part
    decision = a_decision(cast, body=committee(), question="partners.suspension", proposal="revoke",
                          concerns=cast.organisations["cedar"])  # fmt: skip
    row = a_suspension(cast, "committee", key="cedar", area=part.code, decision=decision)
    assert actions.verdicts_for(row) == ("suspend", "dismiss")
    closed_by_committee(cast, decision, "revoke")
    assert (again(row).state, again(row).standing.area) == ("suspended", part)


def test_whoever_there_is_of_it_is_heard(cast):
    """People in a part of the area are of the area; without headquarters those in the field are the organisation."""
    part = Area.objects.create(code="jonglei", name_en="Jonglei", name_fr="Jonglei", kind="part", parent=cast.areas[SS])
    people = Membership.objects.filter(organisation=cast.organisations["benu"])
    people.filter(area=cast.areas[SS]).update(area=part)
    world = opened(cast, area=None)
    assert told(world, "suspension_hearing") == {BENU_HQ}
    assert not Suspension.objects.visible_to(cast[BENU_FIELD]).exists()
    people.filter(role="partner_headquarters").update(ends_at=timezone.now())
    actions.drop(world, reason="A mistake.", by=cast[HQ])
    for row in (opened(cast), opened(cast, area=None)):
        assert told(row, "suspension_hearing") == {BENU_FIELD}
        actions.hear(row, text="We did not.", by=cast[BENU_FIELD])
        assert not Suspension.objects.visible_to(cast[ALBA_FIELD]).exists()


@pytest.mark.parametrize("first", ["part", "world"])
def test_what_else_is_suspended_stays_suspended(cast, things, first):
    """In the area, in a part of it, and everywhere: lifted one after the other, in any order."""
    part = Area.objects.create(code="jonglei", name_en="Jonglei", name_fr="Jonglei", kind="part", parent=cast.areas[SS])
    in_part = make_thing(5, "alba", ALBA_FIELD, part.code, "TLP:CLEAR", ALL_CHOICES, ())
    cast.areas[part.code] = part
    things[5] = file_thing(cast, in_part)
    benu, places = cast[BENU_HQ], {"area": cast.areas[SS], "part": part, "world": None}
    everything = {*EVERYTHING, 5}
    assert reads(benu, things) == everything
    hidden = {"area": {0, 1, 5}, "part": {5}, "world": {0, 1, 2, 5}}
    rows = {}
    for name, area in places.items():
        rows[name] = a_suspension(cast, "agreeing", key="benu", area=area and area.code)
        suspend(rows[name], notice="Why.", by=None)
    for name in (first, *(set(places) - {first})):
        assert reads(benu, things) == everything - set().union(*(hidden[other] for other in rows))
        row = rows.pop(name)
        end_standing(again(row).standing, by=None)
    assert reads(benu, things) == everything


def test_what_cannot_be_opened(cast):
    common = {"cause": "principles", "reasons": "Why.", "internal": "", "area": cast.areas[SS]}
    for key, code in (("wfp", "un_entity"), ("dune", "none"), ("nngo", "none"), ("cedar", "none")):
        with pytest.raises(ValidationError) as error:
            actions.open_suspension(organisation=cast.organisations[key], by=cast[DO], **common)
        assert error.value.code == code
    row = opened(cast)
    with pytest.raises(StaleState):
        opened(cast)
    assert Suspension.objects.for_system("test").get() == row
    Membership.objects.create(user=cast[DO], organisation=cast.organisations["alba"], role="partner_headquarters")
    with pytest.raises(ValidationError, match="work for"):
        opened(cast, key="alba")


def test_the_organisation_is_heard_first_and_once(cast):
    row = opened(cast)
    stale = again(row)
    assert told(row, "suspension_hearing") == {BENU_HQ, BENU_FIELD}
    with pytest.raises(StaleState):
        actions.ask_agreement(row, by=cast[DO])
    with pytest.raises(StaleState):
        actions.hear(row, text="Not mine to say.", by=cast[ALBA_FIELD])
    assert actions.remind_of_hearings() == 0
    later = timezone.now() + timedelta(days=8)
    assert [actions.remind_of_hearings(later), actions.remind_of_hearings(later)] == [1, 1]
    assert Message.objects.filter(kind="partners.suspension_unanswered").count() == 1
    actions.hear(row, text="We did not.", by=cast[BENU_FIELD])
    with pytest.raises(StaleState):
        actions.hear(stale, text="And more.", by=cast[BENU_HQ])
    assert again(row).texts["hearing"] == "We did not."
    assert told(row, "suspension_answered") == {DO}
    seconds = [again(row), again(row)]
    actions.ask_agreement(seconds[0], by=cast[DO])
    with pytest.raises(StaleState):
        actions.ask_agreement(seconds[1], by=cast[DO])
    assert Decision.objects.for_system("test").count() == 1


def test_time_to_answer_over_is_enough(cast):
    row = opened(cast)
    Suspension.objects.for_system("test").filter(pk=row.pk).update(hearing_until=timezone.now())
    actions.ask_agreement(again(row), by=cast[DO])
    assert again(row).state == "agreeing"


def test_dropped_nobody_decides_any_more(cast, things):
    row = heard(cast)
    decision = actions.ask_agreement(row, by=cast[DO])
    actions.drop(row, reason="A mistake.", by=cast[DO])
    decision.refresh_from_db()
    assert (again(row).state, decision.state) == ("dismissed", "cancelled")
    seat = seats_in(decision.body)[0]
    with pytest.raises(StaleState):
        take_position(decision, seat=seat, choice="agree", by=holders_of(seat)[0])
    assert outcomes_of(row) == ["dismissed"]
    assert told(row, "notice_dismissed") == {BENU_HQ, BENU_FIELD}
    assert opened(cast).state == "hearing", "another one can be opened"


def test_who_is_told_and_what_mails_say(cast):
    row = agreed(cast)
    assert told(row, "notice_suspended") == {BENU_HQ, BENU_FIELD}
    assert told(row, "news_suspended") == {DSS_FIELD, OCHA, PLATFORM, HQ, DO}
    drain()
    ours = [message for message in mail.outbox if row.ref in message.subject]
    kinds = {(message.subject, message.to[0]) for message in ours}
    assert not [subject for subject, _ in kinds if "Benu" in subject]
    words = "".join(part for message in ours for part in (message.body, *(one[0] for one in message.alternatives)))
    assert CANARY not in words
    notice = next(message for message in ours if message.to == [BENU_HQ] and "uspen" in message.subject)
    assert row.ref in notice.body
    assert f"/partnership/suspensions/{row.ref}/" in notice.body
    # The hearing was over before its mail went: nobody is asked for what is past.
    states = dict(Message.objects.filter(subject=row.subject).values_list("kind", "state"))
    assert states["partners.suspension_hearing"] == states["partners.suspension_answered"] == "dropped"


def test_an_escalated_case_tells_the_organisation_nothing(cast):
    row = escalated(cast)
    drain()
    to_benu = [message for message in mail.outbox if message.to[0] in {BENU_HQ, BENU_FIELD}]
    assert not [message for message in to_benu if row.ref in message.subject]
