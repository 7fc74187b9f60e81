"""A platform's list: what each row is taken for, who may say so, and what a second list changes (§3; P8, journey 3)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.models import Event
from notifications.models import Message
from notifications.outbox import drain
from organisations.actions import add_standing
from organisations.models import Membership, Organisation, Standing
from partners.actions import member_settling as settling
from partners.actions.bases import record_basis
from partners.actions.cases import settle_case
from partners.actions.member_lists import remind_of_lists
from partners.models import Basis, EligibilityCase, ListedMember, MemberList
from slt_portal.states import StaleState
from tests.factories.member_lists import DSS, PLATFORM, bring, member, states, url
from tests.factories.partnership import a_suspension

HQ, CSFP = "dss.hq@un.example", "csfp@un.example"
State = ListedMember.State
FIRST = """name,acronym,type
Alba,,INGO
Benu International,,INGO
Dune,,INGO
Dune Worldwide,,
National NGO Nhial,,
Salaam Youth,SY,National NGO
Cedar,,National NGO
World Food Programme,WFP,UN
Unheard Relief,UR,
ALBA,,
INGO Suspended,,INGO
جمعية الأمل,,
"""
OUTCOMES = {
    "Alba": State.MATCHED,
    "Benu International": State.LIKELY,
    "Dune": State.MATCHED,
    "Dune Worldwide": State.UNCLEAR,  # likely, but not the platform's to know
    "National NGO Nhial": State.NATIONAL,
    "Salaam Youth": State.NATIONAL,
    "Cedar": State.UNCLEAR,  # the list says national, the register international
    "World Food Programme": State.UNCLEAR,
    "Unheard Relief": State.UNCLEAR,
    "ALBA": State.DOUBLED,
    "INGO Suspended": State.MATCHED,
    "جمعية الأمل": State.UNCLEAR,
}


def a_second_platform(cast):
    """Of South Sudan, represented by the same Grace."""
    other = cast.organisations["second"] = Organisation.objects.create(name="Forum of the North", kind="platform")
    terms = {"area": cast.areas["south-sudan"], "role": "platform_representative"}
    Membership.objects.create(user=cast[PLATFORM], organisation=other, **terms)
    return other


def stands(cast, key, area="south-sudan"):
    rows = Standing.objects.on().filter(organisation=cast.organisations[key], area=cast.areas[area])
    return set(rows.values_list("kind", flat=True))


def test_each_row_has_an_outcome_and_nobody_is_added(cast):
    before = set(Standing.objects.values_list("pk", "ends_at"))
    row = bring(cast, FIRST)
    assert states(row) == OUTCOMES
    assert set(Standing.objects.values_list("pk", "ends_at")) == before
    assert not Basis.objects.exists()
    assert bring(cast, FIRST) == row, "the same file twice is one list"
    assert MemberList.objects.count() == 1
    mails = list(Message.objects.filter(subject=row.subject_id).values_list("kind", "recipient__email"))
    assert mails == [("partners.list_came", DSS)]
    facts = Event.objects.get(verb="partners.member_list_brought").facts
    assert (facts["rows"], facts["open"]) == (12, 11)


def test_the_platform_does_not_learn_the_global_register(cast, sign_in):
    """Cedar is known in Chad only, Dune nowhere: on the platform's pages neither is said to be known."""
    row = bring(cast, FIRST + "Cedar Internationale,,\n")
    cedar, dune = cast.organisations["cedar"], cast.organisations["dune"]
    own, dss = sign_in(cast[PLATFORM]), sign_in(cast[DSS])
    pages = [
        url(row),
        *(url(row, name) for name in ("Dune", "Dune Worldwide", "Cedar Internationale", "Unheard Relief")),
    ]
    labels = {item.row.name: item.label for item in own.get(pages[0]).context["items"]}
    hidden = ("Dune", "Dune Worldwide", "Cedar Internationale", "Unheard Relief", "Salaam Youth")
    assert {labels[name] for name in hidden} == {"with DSS"}
    for page in pages:
        text = own.get(page).content.decode()
        assert cedar.name not in text
        assert dune.name not in text
    assert dune.name in dss.get(pages[0]).content.decode()
    assert cedar.name in dss.get(pages[3]).content.decode()
    page = url(row, "Benu International")
    assert cast.organisations["benu"].name in own.get(page).content.decode()
    for organisation in (dune, cedar):  # nor is it to be had by guessing references
        own.post(page, {"step": "choose", "organisation": organisation.ref})
        assert member(row, "Benu International").state == State.LIKELY


def test_two_lists_of_guesses_tell_the_platform_nothing(cast, sign_in):
    """Dune is known to the portal, Unheard is not: under another name each is as new and as missing as the other."""
    bring(cast, "name\nDune\nUnheard Relief\n")
    row = bring(cast, "name\nDune Worldwide\nUnheard Relief Worldwide\n")
    page = sign_in(cast[PLATFORM]).get(url(row))
    assert {(item.label, item.note, item.was) for item in page.context["items"] if item.row.number} == {
        ("with DSS", "DSS of the area looks at it.", "")
    }
    assert {name: page.context["counts"][name] for name in ("new", "renamed", "gone")} == {
        "new": 2, "renamed": 0, "gone": 2,
    }  # fmt: skip


def test_who_sees_a_list(cast, sign_in, django_assert_max_num_queries):
    row = bring(cast, FIRST)
    paths = ["/partnership/member-lists/", url(row), url(row, "Benu International")]
    for email in cast.people:
        client = sign_in(cast[email])
        seen = [client.get(path) for path in paths]
        if email in {PLATFORM, DSS, HQ}:
            assert [page.status_code for page in seen] == [200, 200, 200], email
            for path in paths:
                with django_assert_max_num_queries(12):
                    client.get(path)
        elif email == CSFP:  # DSS of another area: the page of lists, empty
            assert [page.status_code for page in seen] == [200, 404, 404], email
            assert row.ref not in seen[0].content.decode()
        else:
            assert [page.status_code for page in seen] == [404, 404, 404], email
    elsewhere = a_second_platform(cast)
    Membership.objects.filter(user=cast[PLATFORM], organisation=cast.organisations["platform"]).delete()
    other = sign_in(cast[PLATFORM])
    assert [other.get(path).status_code for path in paths] == [200, 404, 404], elsewhere
    assert row.ref not in other.get(paths[0]).content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_lists_ask_the_same_number_of_questions(cast, sign_in, django_assert_num_queries, number):
    for turn in range(number):
        row = bring(cast, "name\n" + "".join(f"Unheard {turn} {n}\n" for n in range(number)) + "Alba\n")
    dss, own = sign_in(cast[DSS]), sign_in(cast[PLATFORM])
    for client, counts in ((dss, (6, 10)), (own, (6, 11))):
        for path, count in zip(("/partnership/member-lists/", url(row)), counts, strict=True):
            client.get(path)
            with django_assert_num_queries(count):
                client.get(path)


def test_everybody_takes_their_steps_and_no_other(cast, sign_in):
    row = bring(cast, FIRST)
    own, dss = sign_in(cast[PLATFORM]), sign_in(cast[DSS])
    for name, step in (("Alba", "record"), ("Unheard Relief", "reject"), ("Dune", "doubt"), ("Salaam Youth", "record"),
                       ("Unheard Relief", "choose"), ("Unheard Relief", "new"), ("Alba", "choose")):  # fmt: skip
        assert own.post(url(row, name), {"step": step, "reason": "x", "name": "x", "kind": "ingo"}).status_code == 404
    assert own.post(f"{url(row)}record/", {"seen": 4}).status_code == 404
    assert states(row) == OUTCOMES
    benu = cast.organisations["benu"]
    assert own.post(url(row, "Benu International"), {"step": "choose", "organisation": benu.ref}).url == url(row)
    assert member(row, "Benu International").organisation == benu
    unheard = url(row, "Unheard Relief")
    empty = dss.post(unheard, {"step": "reject", "reason": ""})
    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["reason"])
    dss.post(unheard, {"step": "reject", "reason": "Unknown to all, canaryword."})
    assert "canaryword" in own.get(unheard).content.decode()
    dss.post(url(row, "World Food Programme"), {"step": "reject", "reason": "Is of the United Nations."})
    amal = url(row, "جمعية الأمل")
    assert cast.organisations["cedar"].name in dss.get(f"{amal}?q=cedar").content.decode()
    dss.post(amal, {"step": "new", "name": "جمعية الأمل", "acronym": "", "kind": "ingo"})
    dss.post(url(row, "Cedar"), {"step": "call_national"})
    page = dss.get(url(row, "Cedar")).content.decode()
    assert "It is none of them: record it as a new one" in page
    dss.post(url(row, "Cedar"), {"step": "doubt"})
    dss.post(url(row, "Cedar"), {"step": "choose", "organisation": cast.organisations["cedar"].ref})
    dss.post(url(row, "Dune Worldwide"), {"step": "choose", "organisation": cast.organisations["dune"].ref})
    dss.post(url(row, "Dune"), {"step": "refer", "why": "No agreement seen, canaryword."})
    assert member(row, "Dune").state == State.REFERRED
    assert "canaryword" not in own.get(url(row, "Dune")).content.decode()
    assert states(row) | {"Dune": 0} == OUTCOMES | {
        "Benu International": State.MATCHED, "Unheard Relief": State.REJECTED, "World Food Programme": State.REJECTED,
        "جمعية الأمل": State.MATCHED, "Cedar": State.MATCHED, "Dune Worldwide": State.MATCHED, "Dune": 0,
    }  # fmt: skip


def test_a_national_row_with_the_name_of_no_member_stops_no_other(cast):
    row = bring(cast, "name,type\nAlba,\nWorld Food Programme,national\nSalaam Youth,national\n")
    assert states(row)["World Food Programme"] == State.UNCLEAR
    settling.call_national(member(row, "World Food Programme"), by=cast[DSS])
    assert settling.record_all(row, seen=2, by=cast[DSS]) == 2
    assert states(row)["World Food Programme"] == State.NATIONAL


def test_whose_partnership_was_revoked_is_not_recorded_among_others(cast, sign_in):
    a_suspension(cast, "revoked", key="cedar", ended_at=timezone.now())
    a_suspension(cast, "revoked", key="alba", ended_at=timezone.now())  # a partner again since
    row = bring(cast, "name\nAlba\nCedar\n")
    assert [each.name for each in settling.ready_to_record(row)] == ["Alba"]
    dss = sign_in(cast[DSS])
    assert "Its partnership was revoked." in dss.get(url(row, "Cedar")).content.decode()
    dss.post(url(row, "Cedar"), {"step": "record"})
    assert stands(cast, "cedar") == {"partner"}, "a person who read it may"


def test_all_known_ones_with_one_button_after_seeing_them(cast, sign_in):
    row = bring(
        cast, "name,type\nAlba,\nCedar,\nNational NGO Nhial,\nSalaam Youth,national\nNhial,national\nINGO Suspended,\n"
    )
    dss = sign_in(cast[DSS])
    page = dss.get(f"{url(row)}record/")
    shown = {item.row.name: item.is_suspended for item in page.context["items"]}
    alike = "Nhial"  # like a known national NGO: opened alone
    assert shown == dict.fromkeys(["Alba", "Cedar", "National NGO Nhial", "Salaam Youth"], False) | {
        "INGO Suspended": True
    }
    assert "suspended: it stays so" in page.content.decode()
    assert dss.post(f"{url(row)}record/", {"seen": 4}).url == url(row)
    assert not Basis.objects.exists(), "another number than on the page: look again"
    for _twice in range(2):
        dss.post(f"{url(row)}record/", {"seen": 5})
    assert states(row) == dict.fromkeys(shown, State.RECORDED) | {alike: State.NATIONAL}
    platform = cast.organisations["platform"]
    bases = {(b.standing.organisation.name, b.standing.kind, b.route, b.platform) for b in Basis.objects.all()}
    assert bases == {
        (name, kind, "platform", platform)
        for name, kind in (("INGO Alba", "active"), ("INGO Cedar", "partner"), ("INGO Suspended", "active"),
                           ("National NGO Nhial", "local_arrangement"), ("Salaam Youth", "local_arrangement"))
    }  # fmt: skip
    assert Standing.objects.on().filter(organisation=cast.organisations["suspended"], kind="suspended").exists()
    assert not Message.objects.filter(kind="partners.list_settled").exists()
    dss.post(url(row, alike), {"step": "record"})
    assert list(Message.objects.filter(kind="partners.list_settled").values_list("recipient__email", flat=True)) == [
        PLATFORM
    ]
    assert Organisation.objects.get(name="Nhial").kind == "nngo"


def test_a_second_list_shows_the_difference_and_asks_nothing_twice(cast, sign_in):
    first = bring(cast, "name\nCedar\nDune\nSalaam\nBenu International\nINGO Unheard\nLake\n")
    for name, key in (("Benu International", "benu"), ("Salaam", "dune")):
        if key == "benu":
            settling.choose(member(first, name), organisation=cast.organisations[key], by=cast[PLATFORM])
    settling.call_national(member(first, "Salaam"), by=cast[DSS])
    settling.reject(member(first, "INGO Unheard"), reason="Nobody knows it.", by=cast[DSS])
    settling.record_all(first, seen=5, by=cast[DSS])
    before = set(Standing.objects.on().values_list("pk", flat=True))
    second = bring(cast, "name\nCEDAR\nDune Worldwide\nUnheard\nBenu International\nBrand New\n")
    assert states(second) == {
        "CEDAR": State.RECORDED, "Benu International": State.RECORDED, "Unheard": State.REJECTED,  # as before
        "Dune Worldwide": State.LIKELY, "Brand New": State.UNCLEAR,
        "Dune": State.GONE, "Salaam": State.GONE, "Lake": State.GONE,
    }  # fmt: skip
    assert set(Standing.objects.on().values_list("pk", flat=True)) == before
    dss = sign_in(cast[DSS])
    page = dss.get(url(second))
    assert {name: page.context["counts"][name] for name in ("rows", "new", "renamed", "gone", "waiting")} == {
        "rows": 5, "new": 1, "renamed": 3, "gone": 3, "waiting": 5,
    }  # fmt: skip
    shown = {item.row.name: item.was for item in dss.get(f"{url(second)}?show=renamed").context["items"]}
    assert shown == {"CEDAR": "Cedar", "Dune Worldwide": "Dune", "Unheard": "INGO Unheard"}
    dune = url(second, "Dune")
    dss.post(dune, {"step": "end"})
    assert member(second, "Dune").state == State.GONE, "perhaps it is only called otherwise"
    own = sign_in(cast[PLATFORM])
    own.post(url(second, "Dune Worldwide"), {"step": "choose", "organisation": cast.organisations["dune"].ref})
    dss.post(url(second, "Dune Worldwide"), {"step": "record"})
    assert states(second)["Dune"] == State.KEPT
    assert own.post(url(second, "Lake"), {"step": "end"}).status_code == 404
    dss.post(url(second, "Lake"), {"step": "keep"})
    dss.post(url(second, "Salaam"), {"step": "end"})
    assert (states(second)["Lake"], states(second)["Salaam"]) == (State.KEPT, State.ENDED)
    assert not Standing.objects.on().filter(organisation__name="Salaam").exists()
    third = bring(cast, "name\nCedar\nDune Worldwide\nSalaam\n")
    assert states(third) == {
        "Cedar": State.RECORDED, "Dune Worldwide": State.RECORDED, "Salaam": State.NATIONAL,  # it was ended: asked anew
        "Lake": State.KEPT, "Benu International": State.GONE, "Brand New": State.LEFT, "Unheard": State.LEFT,
        "Dune": State.KEPT,
    }  # fmt: skip
    assert states(second)["Brand New"] == State.REPLACED
    with pytest.raises(StaleState):
        settling.reject(member(second, "Brand New"), reason="x", by=cast[DSS])


def test_two_platforms_keep_their_own_lists(cast, sign_in):
    a_second_platform(cast)
    first = bring(cast, "name\nCedar\nLake\n")
    other = bring(cast, "name\nCedar\n", platform="second")
    for row in (first, other):
        settling.record_all(row, seen=len(row.members.all()), by=cast[DSS])
    assert (
        Basis.objects.get(standing__organisation=cast.organisations["cedar"]).platform == cast.organisations["platform"]
    )
    first = bring(cast, "name\nLake\n")
    dss = sign_in(cast[DSS])
    assert "Another platform of this area lists it" in dss.get(url(first, "Cedar")).content.decode()
    dss.post(url(first, "Cedar"), {"step": "end"})
    assert (states(first)["Cedar"], stands(cast, "cedar")) == (State.GONE, {"partner"})
    bring(cast, "name\nAlba\n", platform="second")
    dss.post(url(first, "Cedar"), {"step": "end"})
    assert (states(first)["Cedar"], stands(cast, "cedar")) == (State.ENDED, set())


def test_what_rests_on_something_else_is_not_offered_to_be_ended(cast):
    record_basis(
        organisation=cast.organisations["cedar"], kind="partner", area=cast.areas["south-sudan"], route="country",
        entity=cast.organisations["wfp"], by=cast[DSS],
    )  # fmt: skip
    settling.record_all(bring(cast, "name\nCedar\n"), seen=1, by=cast[DSS])
    assert states(bring(cast, "name\nAlba\n"))["Cedar"] == State.LEFT


@pytest.mark.parametrize("is_eligible", [True, False])
def test_a_row_follows_the_answer_of_the_working_group(cast, is_eligible):
    row = bring(cast, "name\nDune\n")
    settling.refer(member(row, "Dune"), organisation=cast.organisations["dune"], why="?", by=cast[DSS])
    assert settling.settle_referred() == 0
    case = EligibilityCase.objects.for_system("test").get()
    settle_case(case, is_eligible=is_eligible, reasons="Seen.", by=cast["wg@icva.example"])
    assert (settling.settle_referred(), settling.settle_referred()) == (1, 0)
    assert states(row) == {"Dune": State.RECORDED if is_eligible else State.REJECTED}


def test_two_at_once_have_one_effect(cast):
    row = bring(cast, "name\nBenu International\nCedar\n")
    mine, theirs = member(row, "Benu International"), member(row, "Benu International")
    settling.choose(mine, organisation=cast.organisations["benu"], by=cast[PLATFORM])
    for act in (lambda: settling.none_of_them(theirs, by=cast[DSS]),
                lambda: settling.choose(theirs, organisation=cast.organisations["alba"], by=cast[DSS])):  # fmt: skip
        with pytest.raises(StaleState):
            act()
    cedar = member(row, "Cedar")
    settling.record_member(member(row, "Cedar"), by=cast[DSS])
    with pytest.raises(StaleState):
        settling.record_member(cedar, by=cast[DSS])
    assert Basis.objects.count() == 1


def test_old_lists_are_told_about_once(cast, mailoutbox):
    row = bring(cast, "name\nCedar\n")
    drain()
    mailoutbox.clear()
    assert remind_of_lists(timezone.now() + timedelta(days=181)) == 0
    later = timezone.now() + timedelta(days=183)
    assert (remind_of_lists(later), remind_of_lists(later)) == (1, 0)
    drain()
    assert {to for mail in mailoutbox for to in mail.to} == {PLATFORM, DSS}
    for mail in mailoutbox:
        assert row.ref in mail.subject
        assert "Cedar" not in f"{mail.subject} {mail.body} {mail.alternatives}"


def test_the_representative_brings_a_file(cast, sign_in, mailoutbox):
    own, path = sign_in(cast[PLATFORM]), "/partnership/member-lists/upload/"

    def send(text, **more):
        file = SimpleUploadedFile("canary.csv", text if isinstance(text, bytes) else text.encode())
        return own.post(path, {"file": file, "whose": own.get(path).context["form"]["whose"].value(), **more})

    assert own.get(path).status_code == 200
    for text, sentence in (("colour\nred\n", "not found: “name”"), (b"name\n" + b"x" * 2_097_200, "larger than 2 MB")):
        page = send(text)
        assert (list(page.context["form"].errors), page.status_code) == (["file"], 200)
        assert sentence in page.content.decode()
    assert not MemberList.objects.exists()
    answer = send("name\nAlba\nUnheard\n")
    row = MemberList.objects.get()
    assert answer.url == send("name\nAlba\nUnheard\n").url == url(row)
    chad = {"whose": f"{cast.organisations['platform'].ref}:chad"}
    assert list(send("name\nBenu\n", **chad).context["form"].errors) == ["whose"]
    for email in (DSS, HQ, "hq@alba.example"):
        assert sign_in(cast[email]).get(path).status_code == 404
    drain()
    [mail] = [mail for mail in mailoutbox if row.ref in mail.subject]
    assert (mail.to, "It has 2 rows. 2 wait for somebody." in mail.body) == ([DSS], True)
    assert "Alba" not in f"{mail.subject} {mail.body} {mail.alternatives}"


def test_a_suspended_organisation_is_shown_as_such_on_its_row(cast, sign_in):
    add_standing(organisation=cast.organisations["lake"], kind="suspended", area=cast.areas["south-sudan"], by=cast[HQ])
    row = bring(cast, "name\nLake\n")
    assert "This organisation is suspended" in sign_in(cast[DSS]).get(url(row, "Lake")).content.decode()
    settling.record_member(member(row, "Lake"), by=cast[DSS])
    assert stands(cast, "lake") == {"active", "suspended"}
