"""Who may do what with a row of a platform's list, in every state (§3; P8)."""

from partners.actions import member_settling as settling
from partners.models import ListedMember
from partners.policies import parties_to_listed_member
from partners.views.members import MemberPage
from sharing.access import access_of
from slt_portal.states import steps_open
from tests.factories.member_lists import DSS, PLATFORM, bring, member, url

HQ = "dss.hq@un.example"
State = ListedMember.State

# What may be done with a row, by state: (who represents the platform, DSS of the area).
STEPS_BY_STATE = {
    State.MATCHED: ("", "doubt record refer reject"),
    State.LIKELY: ("choose choose_national none_of_them",
                   "choose choose_national none_of_them call_national reject"),
    State.UNCLEAR: ("", "identify call_national reject"),
    State.NATIONAL: ("", "doubt record reject"),
    State.GONE: ("", "keep end"),
    State.REJECTED: ("", "reopen"),
}  # fmt: skip


def test_who_may_do_what_in_which_state(cast):
    row = bring(cast, "name\nBenu International\n")
    listed = member(row, "Benu International")
    shown_as = {"choose_national": "_choose", "identify": "_choose"}
    for email, user in cast.people.items():
        parties = parties_to_listed_member(access_of(user), listed)
        own = {PLATFORM: 0, DSS: 1, HQ: 1}.get(email)
        for state in State:
            listed.state = state
            steps = steps_open(listed, parties)
            expected = "" if own is None else STEPS_BY_STATE.get(state, ("", ""))[own]
            assert steps == expected.split(), (email, state)
            assert all(hasattr(MemberPage, shown_as.get(step, f"_{step}")) for step in steps)


def test_a_rejected_row_is_looked_at_again(cast, sign_in):
    row = bring(cast, "name\nUnheard\n")
    settling.reject(member(row, "Unheard"), reason="Nobody knows it.", by=cast[DSS])
    assert sign_in(cast[PLATFORM]).post(url(row, "Unheard"), {"step": "reopen"}).status_code == 404
    sign_in(cast[DSS]).post(url(row, "Unheard"), {"step": "reopen"})
    assert (member(row, "Unheard").state, member(row, "Unheard").reason) == (State.UNCLEAR, "")
