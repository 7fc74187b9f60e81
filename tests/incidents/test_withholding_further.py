"""A further report makes what is kept back a matter of life and death: its originator is asked again (C5, §6)."""

import uuid

import pytest

from accounts.models import User
from audit.models import Event
from incidents.actions import AudienceChanged
from incidents.kept_back import NotAsked
from incidents.models import Draft, Report, Withholding
from incidents.views import following
from incidents.withholding import follow_up_kept_back
from notifications.models import Message
from sharing.markings import Depth
from tests.factories.incidents import an_account, file_report, followed_up
from tests.factories.withholding import WORDS, withheld_report

from .controlling import ALBA, ALBA_HQ, BENU, DESK, NOT_URGENT, fresh, sent, share, withdraw
from .test_follow_ups import further
from .test_withholding import codes_of, rows_of, taken_back, withheld
from .test_withholding_pages import WARNING, again

pytestmark = pytest.mark.django_db
GRAVE = {"category": "abduction", "what": "CANARY-WHAT they took a driver", "persons": "CANARY-PERSONS Joseph"}
MILD = {"category": "robbery"}
ANOTHER = WARNING | {"warning-text": "PLOVER-WARNING they take people now"}


@pytest.fixture(autouse=True)
def today(now):
    User.objects.update(language="en")


def mild_report(cast, text=""):
    return withheld_report(cast, text=text, account=an_account(**NOT_URGENT))


def path_of(item) -> str:
    return f"/incidents/{item.ref}/follow-up/"


def reports(item) -> int:
    return Report.objects.for_system("test").filter(incident__item=item).count()


def noted(item) -> list[tuple]:
    rows = Withholding.objects.for_system("test").filter(incident__item=item).order_by("pk")
    return [(kept.of, kept.ground, kept.was_asked_again, kept.gave_warning) for kept in rows]


def mildly_kept(cast, how):
    """A robbery nobody came to harm in, that is kept back as `how` says."""
    if how in {"withheld", "warned"}:
        return mild_report(cast, text=WORDS if how == "warned" else "").incident.item
    item = file_report(cast, account=an_account(**NOT_URGENT)).incident.item
    if how == "withdrawn before grounds were asked":
        withdraw(cast, item)
    else:
        taken_back(cast, item, was_asked_again=False)
    return fresh(item)


KEPT_BACK = ["withheld", "warned", "withdrawn"]


@pytest.mark.parametrize("how", KEPT_BACK)
def test_the_action_refuses_what_was_not_asked(cast, how):
    item = mildly_kept(cast, how)
    report = Report.objects.for_system("test").select_related("incident__item").get(incident__item=item)
    with pytest.raises(NotAsked):
        followed_up(cast, report, category="abduction")
    with pytest.raises(NotAsked):
        followed_up(cast, report, withheld=withheld(was_asked_again=False), category="abduction")
    assert reports(item) == 1


@pytest.mark.sqlite
@pytest.mark.parametrize("how", KEPT_BACK)
def test_the_page_asks_and_files_nothing(cast, send, how):
    item = mildly_kept(cast, how)
    before = noted(item)
    answer = send(further(**GRAVE), path_of(item))
    assert (answer.response.status_code, answer.has_written, noted(item)) == (200, False, before)
    assert "Nothing is sent yet. Your report is kept as a draft." in answer.page
    assert "None" not in answer.page.split()
    assert Draft.objects.for_system("test").get().typed["what"] == [GRAVE["what"]]
    assert ("This is the warning that they have now." in answer.page) == (how == "warned")
    form = answer.response.context["form"]
    assert (form["text"].value() or "") == (WORDS if how == "warned" else "")


@pytest.mark.parametrize("how", KEPT_BACK)
def test_kept_all_the_same_it_is_noted_and_nobody_else_learns_of_it(cast, send, how):
    item = mildly_kept(cast, how)
    before, warning = noted(item), rows_of(item)[Depth.SHARED].texts
    asked = again(send(further(**GRAVE), path_of(item)).response, answer="withhold")
    sent()
    answer = send(asked, path_of(item)).response
    assert (answer.status_code, answer.url) == (302, f"/incidents/{item.ref}/")
    assert rows_of(item)[Depth.FULL].texts["persons"] == GRAVE["persons"]
    assert noted(item) == [*before, ("further", "risk", True, False)]
    facts = Event.objects.filter(verb="incidents.followed_up").latest("pk").facts
    assert (facts["withheld"], facts["asked_again"], facts["warning"]) == ("risk", True, False)
    assert set(sent()) <= {ALBA_HQ}
    assert not Draft.objects.for_system("test").exists()
    if how == "warned":
        shared = rows_of(item)[Depth.SHARED]
        assert (shared.texts, shared.category) == (warning, "robbery")


@pytest.mark.parametrize("how", KEPT_BACK)
def test_a_warning_is_given_and_says_how_grave_it_is_now(cast, send, sign_in, how):
    item = mildly_kept(cast, how)
    before = noted(item)
    asked = again(send(further(**GRAVE), path_of(item)).response, answer="warn")
    sent()
    assert send(asked | ANOTHER, path_of(item)).response.status_code == 302
    full, shared = rows_of(item)[Depth.FULL], rows_of(item)[Depth.SHARED]
    assert shared.texts == {"what": ANOTHER["warning-text"]}
    assert (shared.category, shared.severity, shared.is_minimal) == ("abduction", full.severity, True)
    assert shared.report.number == 1, "how often it was reported is not told"
    assert (fresh(item).state, codes_of(item)[-1][1]) == ("shared", "abduction")
    assert noted(item) == [*before, ("further", "risk", True, True)]
    assert Event.objects.filter(verb="incidents.warned").latest("pk").facts["withheld"] == "risk"
    assert DESK in sent()
    page = sign_in(cast[DESK]).get(f"/incidents/{item.ref}/").content.decode()
    assert "PLOVER-WARNING they take people now" in page
    assert "CANARY" not in page
    page = send.client.get(f"/incidents/{item.ref}/").content.decode()
    assert "It would put persons at risk." in page
    assert f"/incidents/{item.ref}/warning/" in page, "it can be changed"


def test_the_present_warning_again_says_how_grave_it_is_now(cast, send):
    item = mild_report(cast, text=WORDS).incident.item
    page = send(further(**GRAVE), path_of(item)).response
    form = page.context["form"]
    now = {name: form[name].value() for name in ("text", "marking", "audience", "organisations", "named_persons")}
    post = again(page, answer="warn") | {f"warning-{name}": value for name, value in now.items()}
    sent()
    assert send(post, path_of(item)).response.status_code == 302
    shared = rows_of(item)[Depth.SHARED]
    assert (shared.texts, shared.category, shared.severity) == ({"what": WORDS}, "abduction", 3)
    found = sent()
    assert {BENU, DESK} <= set(found)
    assert {len(mails) for mails in found.values()} == {1}


def test_what_is_graver_in_the_same_category_changes_the_warning_too(cast):
    report = mild_report(cast, text=WORDS)
    item, version = report.incident.item, rows_of(report.incident.item)[Depth.SHARED].release.version
    followed_up(cast, report, withheld=withheld(text=WORDS), groups=an_account().groups)
    shared = rows_of(item)[Depth.SHARED]
    assert (shared.category, shared.severity, shared.release.version) == ("robbery", 4, version + 1)


def test_shared_after_all_it_is_kept_and_leads_to_who_gets_it(cast, send):
    item = mildly_kept(cast, "withheld")
    asked = again(send(further(**GRAVE), path_of(item)).response, answer="share")
    answer = send.client.post(path_of(item), asked, follow=True)
    assert answer.redirect_chain == [(f"/incidents/{item.ref}/audience/", 302)]
    assert "Your report is kept. Say here who gets it." in answer.content.decode()
    assert (reports(item), Message.objects.count(), fresh(item).state) == (2, 0, "withheld")


@pytest.mark.parametrize("how", KEPT_BACK)
@pytest.mark.parametrize("changes", [MILD, MILD | {"kind": "final"}])
def test_what_is_not_graver_asks_nothing(cast, send, how, changes):
    item = mildly_kept(cast, how)
    before = noted(item)
    assert send(further(**changes), path_of(item)).response.status_code == 302
    assert (reports(item), noted(item)) == (2, before)


def test_what_was_as_grave_before_asks_nothing(cast, send):
    item = mildly_kept(cast, "withheld")
    post = again(send(further(**GRAVE), path_of(item)).response, answer="withhold")
    assert send(post, path_of(item)).response.status_code == 302
    assert send(further(after=2, **GRAVE), path_of(item)).response.status_code == 302
    assert reports(item) == 3


def test_who_was_hurt_is_now_dead(cast, send):
    hurt = [{**an_account().groups[0], "outcome": "wounded"}]
    item = withheld_report(cast, account=an_account(coded=MILD, groups=hurt)).incident.item
    dead = {"affected-0-outcome": "killed", "affected-0-count": "1", "affected-0-staff_of": "ingo"}
    answer = send(further(**MILD, **dead), path_of(item))
    assert (answer.response.status_code, reports(item)) == (200, 1)


def test_a_report_that_is_shared_asks_nothing(cast, send):
    item = file_report(cast, account=an_account(**NOT_URGENT)).incident.item
    assert send(further(**GRAVE), path_of(item)).response.status_code == 302


@pytest.mark.parametrize(
    "forged",
    [{"answer": "withhold"}, {"answer": "withhold", "asked": "0" * 32}, {"answer": "warn"}, {"answer": "share"}],
)
def test_a_crafted_answer_is_asked_all_the_same(cast, send, forged):
    item = mildly_kept(cast, "withheld")
    answer = send(further(**GRAVE) | WARNING | forged, path_of(item))
    assert (answer.response.status_code, answer.has_written) == (200, False)


def test_an_answer_to_another_question_is_none(cast, send):
    first, second = mildly_kept(cast, "withheld"), mildly_kept(cast, "withheld")
    asked = again(send(further(**GRAVE), path_of(first)).response, answer="withhold")
    assert not send(asked | {"submission": str(uuid.uuid4())}, path_of(second)).has_written
    assert not send(asked | {"category": "killing"}, path_of(first)).has_written
    assert not send(asked | {"kind": "final"}, path_of(first)).has_written
    post = again(send(further(**GRAVE), path_of(first)).response, answer="withhold")
    share(cast, first, ["dss_desks"])
    taken_back(cast, first)
    assert not send(post, path_of(first)).has_written, "who may see it was changed since"


def test_nothing_typed_is_lost(cast, send):
    item = mildly_kept(cast, "warned")
    asked = again(send(further(ref=item.ref, **GRAVE), path_of(item)).response, answer="warn")
    answer = send(asked | {"warning-text": ""}, path_of(item))
    assert (answer.response.status_code, answer.has_written) == (422, False)
    assert "Write the warning." in answer.page
    answer = send(asked | ANOTHER | {"answer": "see"}, path_of(item))
    assert (answer.response.status_code, answer.has_written) == (200, False)
    assert answer.response.context["seen"][1].body["texts"] == {"what": ANOTHER["warning-text"]}
    assert answer.response.context["seen"][1].body["facts"].category == "abduction"
    assert GRAVE["persons"] in answer.page
    draft = Draft.objects.for_system("test").latest("pk")
    form = send.client.get(f"{path_of(item)}?draft={draft.submission}").context["form"]
    assert form["warning-text"].value() == ANOTHER["warning-text"]
    assert form["what"].value() == GRAVE["what"]


@pytest.mark.parametrize("how", KEPT_BACK)
@pytest.mark.parametrize("second", ["warn", "withhold"])
def test_two_clicks_make_one_report(cast, send, how, second):
    item = mildly_kept(cast, how)
    asked = again(send(further(**GRAVE), path_of(item)).response)
    assert send(asked | {"answer": "warn"}, path_of(item)).response.status_code == 302
    said = noted(item), sent() and set()
    answer = send(asked | {"answer": second}, path_of(item)).response
    assert answer.status_code == (302 if second == "warn" else 422)
    assert (reports(item), noted(item), set(sent())) == (2, *said)


def test_who_withdrew_it_before_grounds_were_asked_is_asked_for_one(cast, send):
    item = mildly_kept(cast, "withdrawn before grounds were asked")
    page = send(further(**GRAVE), path_of(item))
    assert "On which ground" in page.page
    asked = again(page.response, answer="warn")
    answer = send(asked, path_of(item))
    assert (answer.response.status_code, reports(item)) == (422, 1)
    assert "Say on which of the four grounds." in answer.page
    for _ in range(2):
        assert send(asked | {"warning-ground": "duty"}, path_of(item)).response.status_code == 302
    assert noted(item) == [("withdrawal", "duty", True, True)]
    assert send.client.get(f"/incidents/{item.ref}/warning/").status_code == 200


def test_somebody_shared_it_meanwhile(cast):
    report = mild_report(cast)
    item = fresh(report.incident.item)
    share(cast, item, ["dss_desks"])
    how = {"kind": "update", "account": an_account(), "submission": uuid.uuid4(), "after": 1}
    with pytest.raises(AudienceChanged):
        follow_up_kept_back(by=cast[ALBA], item=item, withheld=withheld(text=WORDS), **how)
    assert not rows_of(item)[Depth.SHARED].is_minimal


def test_taken_back_at_this_very_moment_the_page_asks(cast, send, monkeypatch):
    item, real = file_report(cast, account=an_account(**NOT_URGENT)).incident.item, following.file_follow_up

    def late(**form):
        taken_back(cast, item)
        return real(**form)

    monkeypatch.setattr(following, "file_follow_up", late)
    answer = send(further(**GRAVE), path_of(item))
    assert (answer.response.status_code, reports(item)) == (200, 1)
    assert "Give a warning instead?" in answer.page
