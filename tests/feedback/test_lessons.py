"""Lessons: from closed cases, without names, by one and published by another; the case stays unknown (F4)."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from feedback.actions import lessons as actions
from feedback.models import Case, Concerned, Lesson
from feedback.naming import Names
from notifications.models import Message
from organisations.models import OrganisationName
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.cast import signed_in
from tests.factories.feedback import ALBA_HQ, BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case, a_lesson

pytestmark = pytest.mark.django_db
LIST = "/feedback/lessons/"
LIST_QUERIES = 7
DSS_FIELD, BENU_HQ, PLATFORM, OCHA, DUNE, ADMIN, WFP = (
    "dss.field@un.example",
    "hq@benu.example",
    "platform@southsudan.example",
    "ocha@un.example",
    "applicant@dune.example",
    "admin@portal.example",
    "wfp@un.example",
)
TEXTS = {
    "title_en": "Meetings were told too late",
    "title_fr": "Réunions annoncées trop tard",
    "text_en": "Say the day a week before.",
    "text_fr": "Annoncez le jour une semaine avant.",
}
TYPED = {"category": "coordination", "version": 1, **TEXTS}


def a_named_case(cast, **fields):
    case = a_case(cast, "closed", concerned=[DSS_FIELD], about_organisation=cast.organisations["lake"], **fields)
    case.write({"persons": "Jean-Paul Okello, head of office; Ms Amina YUSUF and the deputy\nمنى خالد", "text": CANARY})
    case.save()
    OrganisationName.objects.create(organisation=cast.organisations["benu"], name="Bénu Secours")
    OrganisationName.objects.create(organisation=cast.organisations["benu"], name="CARE", kind="acronym")
    return case


FOUND = [
    ("It was abakar youssouf hassane.", ["Abakar Youssouf Hassane"]),  # the sender
    ("Hassane’s report came late.", ["Hassane"]),
    ("Then Josephine left, and DENG too.", ["Josephine", "DENG"]),  # who is concerned
    ("JEAN PAUL OKELLO did not answer.", ["Jean Paul Okello", "JEAN", "PAUL", "OKELLO"]),
    ("Yusuf agreed.", ["Yusuf"]),
    ("قالت منى خالد ذلك", ["منى خالد"]),
    ("The office of Benu in the capital.", ["Benu"]),
    ("Benu Secours and IO Lake met.", ["IO Lake", "Bénu Secours", "Benu", "Lake"]),
    ("CARE came.", ["CARE"]),
    ("Write to focal.point@benu.example now.", ["focal.point@benu.example"]),
    ("Call +211 (0)912 345-678 or 0912345678.", ["+211 (0)912 345-678", "0912345678"]),
    ("See INC-7KQ2MC and MOU-2026-0001.", ["INC-7KQ2MC", "MOU-2026-0001"]),
    ("Then M. Dupont and Mrs Smith came.", ["M. Dupont", "Mrs Smith"]),
    ("The care of the deputy head of DSS office.", []),
    ("In 2025-2026, on 2026-11-21, 12 000 000 people in 1 500 places.", []),
    ("The paul of the lake was calm. Head of the office, Designated Official.", []),
]


def test_what_would_tell_who_it_was(cast):
    names = Names(a_named_case(cast))
    for text, found in FOUND:
        assert sorted(names.found_in(text)) == sorted(found), text


def test_dss_is_named_by_its_offices(cast):
    case = a_case(cast, "closed", is_dss_concerned=True, to_dss=False, office="dss_headquarters")
    Concerned.objects.create(case=case, organisation=cast.organisations["dss"])
    assert Names(case).found_in("DSS headquarters answered late.") == []


def test_who_writes_and_when(cast):
    closed, still_open = a_case(cast, "closed", escalated_at=timezone.now()), a_case(cast, "handling")
    gone = a_case(cast, "closed", outcome="diverted")
    lesson = actions.write_lesson(closed, category="other", texts=TEXTS, by=cast[GISF])
    assert actions.write_lesson(closed, category="other", texts=TEXTS, by=cast[GISF]) == lesson, "the same twice"
    assert set(Message.objects.values_list("kind", "recipient__email")) == {
        ("feedback.lesson_written", DSS_HQ),
        ("feedback.lesson_written", ICVA),
    }
    for case in (still_open, gone):
        with pytest.raises(StaleState):
            actions.write_lesson(case, category="other", texts=TEXTS, by=cast[GISF])
    with pytest.raises(StaleState):  # the Committee reads along
        actions.write_lesson(closed, category="other", texts=TEXTS, by=cast[WFP])
    for email in (BENU_FIELD, OCHA):
        with pytest.raises(PermissionDenied):
            actions.write_lesson(closed, category="other", texts=TEXTS, by=cast[email])


def test_somebody_else_publishes_what_they_have_read(cast):
    case = a_case(cast, "closed")
    lesson = actions.write_lesson(case, category="other", texts=TEXTS, by=cast[GISF])
    with pytest.raises(PermissionDenied):
        actions.publish_lesson(lesson, version=1, by=cast[GISF])
    with pytest.raises(PermissionDenied):
        actions.edit_lesson(lesson, version=1, category="other", texts=TEXTS, by=cast[ICVA])
    actions.edit_lesson(lesson, version=1, category="level", texts=TEXTS | {"text_en": "Changed."}, by=cast[GISF])
    with pytest.raises(StaleState):
        actions.publish_lesson(lesson, version=1, by=cast[ICVA])
    with pytest.raises(StaleState):
        actions.edit_lesson(lesson, version=1, category="other", texts=TEXTS, by=cast[GISF])
    Case.objects.for_system("test").filter(pk=case.pk).update(state="handling", outcome="", closed_at=None)
    with pytest.raises(StaleState):
        actions.publish_lesson(lesson, version=2, by=cast[ICVA])
    Case.objects.for_system("test").filter(pk=case.pk).update(
        state="closed", outcome="resolved", closed_at=timezone.now()
    )
    actions.publish_lesson(lesson, version=2, by=cast[ICVA])
    lesson.refresh_from_db()
    assert (lesson.state, lesson.published_by, lesson.text_en) == ("published", cast[ICVA], "Changed.")
    with pytest.raises(StaleState):
        actions.publish_lesson(lesson, version=2, by=cast[DSS_HQ])


def test_who_turns_out_to_be_concerned_is_not_named_either(cast):
    case = a_case(cast, "closed")
    lesson = actions.write_lesson(case, category="other", texts=TEXTS | {"text_en": "Thandiwe."}, by=cast[GISF])
    Concerned.objects.create(case=case, user=cast["do@un.example"])
    with pytest.raises(ValidationError, match="Thandiwe"):
        actions.publish_lesson(lesson, version=1, by=cast[ICVA])


def test_the_form_says_at_the_field_what_it_refuses_and_keeps_what_was_typed(cast):
    case = a_case(cast, "closed")
    client = signed_in(cast[GISF])
    path = f"/feedback/cases/{case.ref}/lesson/"
    assert client.get(path).context["form"]["category"].value() == case.category
    for changes, wrong in (
        ({"text_fr": "Appelez Abakar."}, {"text_fr"}),
        ({"title_en": "INGO Benu"}, {"title_en"}),
        ({"text_fr": "", "title_fr": " "}, {"text_fr", "title_fr"}),
        ({"text_en": "x" * 4001}, {"text_en"}),
        ({"category": "gossip"}, {"category"}),
    ):
        form = client.post(path, TYPED | changes).context["form"]
        assert set(form.errors) == wrong
        assert form["text_en"].value() == (TYPED | changes)["text_en"]
    assert "“Abakar”" in client.post(path, TYPED | {"text_fr": "Appelez Abakar."}).content.decode()
    assert not Lesson.objects.for_system("test").exists()
    page = client.post(path, TYPED)
    assert client.post(path, TYPED).url == page.url, "a second click leads to the first"
    lesson = Lesson.objects.for_system("test").get()
    other = signed_in(cast[ICVA])
    assert other.get(f"{LIST}{lesson.ref}/edit/").status_code == client.get(f"{LIST}{lesson.ref}/publish/").status_code
    assert client.get(f"{LIST}{lesson.ref}/publish/").status_code == 404
    assert client.post(f"{LIST}{lesson.ref}/edit/", TYPED | {"text_en": "Better."}).status_code == 302
    late = client.post(f"{LIST}{lesson.ref}/edit/", TYPED | {"text_en": "Too late."})
    assert "Too late." in late.content.decode()
    assert "Somebody else changed this first." in late.content.decode()
    assert other.post(f"{LIST}{lesson.ref}/publish/", {"version": 1}).url == f"{LIST}{lesson.ref}/"
    lesson.refresh_from_db()
    assert lesson.state == "draft", "what they read was changed meanwhile"
    assert other.post(f"{LIST}{lesson.ref}/publish/", {"version": 2}).status_code == 302
    assert other.get(f"{LIST}{lesson.ref}/edit/").status_code == 404
    for email in (BENU_FIELD, OCHA):
        assert signed_in(cast[email]).get(path).status_code == 404


def test_who_reads_lessons_and_never_from_which_case(cast):
    case = a_case(cast, "closed")
    lesson = a_lesson(case, by=cast[GISF], published_by=cast[ICVA], published_on=date(2026, 3, 17))
    draft = a_lesson(case, by=cast[GISF], state="draft")
    access = {email: access_of(person) for email, person in cast.people.items()}
    readers = {email: set(Lesson.objects.visible_to(one)) for email, one in access.items()}
    assert {email for email, seen in readers.items() if draft in seen} == {GISF, DSS_HQ, ICVA}
    reading = {email for email, seen in readers.items() if lesson in seen}
    assert reading >= {GISF, DSS_HQ, ICVA, BENU_HQ, BENU_FIELD, ALBA_HQ, PLATFORM, WFP, DSS_FIELD}
    assert not reading & {DUNE, ADMIN, "hq@suspended.example", "nobody@elsewhere.example"}
    for email, month, is_handler in ((ALBA_HQ, "March 2026", False), (BENU_FIELD, "mars 2026", False),
                                     (WFP, "March 2026", False), (DSS_HQ, "March 2026", True)):  # fmt: skip
        page = signed_in(cast[email]).get(f"{LIST}{lesson.ref}/").content.decode()
        assert month in page
        assert (case.ref in page) == (cast[ICVA].name in page) == is_handler, email
        for secret in (CANARY, "2026-03-17", "17 Mar", "17 mars"):
            assert secret not in page
    outsider = signed_in(cast[DUNE])
    assert {outsider.get(path).status_code for path in (LIST, f"{LIST}{lesson.ref}/", f"{LIST}{draft.ref}/")} == {404}


def test_what_is_taken_back_only_those_who_handle_the_case_still_see(cast):
    case = a_case(cast, "closed")
    lesson = a_lesson(case, by=cast[GISF], published_by=cast[ICVA])
    assert signed_in(cast[BENU_HQ]).post(f"{LIST}{lesson.ref}/retract/").status_code == 404
    assert signed_in(cast[ICVA]).post(f"{LIST}{lesson.ref}/retract/").status_code == 302
    assert signed_in(cast[BENU_HQ]).get(f"{LIST}{lesson.ref}/").status_code == 404
    assert signed_in(cast[DSS_HQ]).get(f"{LIST}{lesson.ref}/").status_code == 200
    assert list(signed_in(cast[DSS_HQ]).get(LIST).context["items"]) == []
    draft = a_lesson(case, by=cast[GISF], state="draft")
    assert signed_in(cast[GISF]).post(f"{LIST}{draft.ref}/discard/").status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.retracted_on) == ("retracted", None)


def test_the_list_is_searched_and_filtered(cast):
    case = a_case(cast, "closed")
    for number, (category, title, day) in enumerate(
        (("level", "Révision annoncée", date(2026, 1, 20)), ("support", "Convoys", date(2026, 5, 2)))
    ):
        a_lesson(case, by=cast[GISF], category=category, title_fr=title, published_on=day, text_en=f"Number {number}")
    client = signed_in(cast[BENU_FIELD])

    def listed(query=""):
        return [item["title"] for item in client.get(LIST + query).context["items"]]

    assert listed() == listed("?category=x") == ["Convoys", "Révision annoncée"]
    assert (listed("?q=REVISION"), listed("?q=number+1")) == (["Révision annoncée"], ["Convoys"])
    assert listed("?q=nothing") == []
    assert listed("?category=level&q=number") == ["Révision annoncée"]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(cast, django_assert_num_queries, number):
    case = a_case(cast, "closed")
    for _ in range(number):
        a_lesson(case, by=cast[GISF])
        a_lesson(case, by=cast[GISF], state="draft")
    client = signed_in(cast[GISF])
    client.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(LIST)
    assert (len(response.context["items"]), len(response.context["drafts"])) == (number, number)
