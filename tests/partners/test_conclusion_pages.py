"""The pages of a memorandum: who sees which button, signing with a code asked again, downloads, the letter (P7)."""

import io
import re

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from audit.models import Event
from demo.actions import current_code
from documents.models import DocumentOrder
from organisations.models import Membership
from partners.actions.conclusion import refuse, sign_typed
from partners.models import Memorandum, Signature
from tests.factories.memoranda import DSS_SIGNS, PARTNER_SIGNS, a_memorandum, an_approved, decided, made
from tests.factories.partnership import CANARY, DSS_CHAIR, DUNE, GISF, HQ, ICVA, WFP, an_application

pytestmark = pytest.mark.django_db
OCHA, AGENCY, ALBA = "ocha@un.example", "wfp.security@un.example", "hq@alba.example"
SIDES, READERS, OTHERS = {DUNE, HQ}, {OCHA, ICVA, DSS_CHAIR, GISF, WFP}, {AGENCY, ALBA, "field@benu.example"}
STEPS = ("sign", "upload", "void")


def page(row, step="") -> str:
    name = f"partners:memorandum_{step}" if step else "partners:memorandum"
    return reverse(name, args=[row.number])


def buttons(html: str) -> set[str]:
    return set(re.findall(r"/memoranda/[-\w]+/(sign|upload|void)/", html))


def typed(**changes) -> dict:
    return {**PARTNER_SIGNS, "agreed": "on", "code": current_code(), **changes}


def another_moment():
    """A code of the same half minute could be used again, as one of the next could."""
    cache.clear()


def test_who_sees_a_memorandum_and_its_buttons(cast, sign_in):
    memorandum = a_memorandum(cast)
    expected = {DUNE: {"sign", "upload"}, HQ: {"sign", "upload", "void"}, **dict.fromkeys(READERS, set())}
    for email in sorted(SIDES | READERS | OTHERS):
        client = sign_in(cast[email])
        answer = client.get(page(memorandum))
        assert answer.status_code == (404 if email in OTHERS else 200), email
        if email in OTHERS:
            continue
        assert buttons(answer.content.decode()) == expected[email], email
        assert client.get(reverse("partners:memorandum_file", args=[memorandum.number, "fr"])).status_code == 200
        for step in STEPS:
            status = client.get(page(memorandum, step)).status_code
            assert status == (200 if step in expected[email] else 404), (email, step)


def test_who_issues_a_memorandum(cast, sign_in):
    application = an_approved(cast)
    address = reverse("partners:conclude", args=[application.ref])
    for email in sorted(SIDES | READERS | OTHERS):
        client = sign_in(cast[email])
        assert client.get(address).status_code == (200 if email == HQ else 404), email
        if email != HQ:
            assert client.post(address, {}).status_code == 404, email
    for state in ("submitted", "recommended", "refused"):
        other = an_approved(cast, state=state, key="benu" if state == "refused" else "alba", by=ALBA)
        assert sign_in(cast[HQ]).get(reverse("partners:conclude", args=[other.ref])).status_code == 404, state
        type(other).objects.for_system("test").filter(pk=other.pk).update(state="withdrawn")


def test_issuing_on_the_page(cast, sign_in, django_assert_max_num_queries):
    application, client = an_approved(cast), sign_in(cast[HQ])
    address = reverse("partners:conclude", args=[application.ref])
    with django_assert_max_num_queries(12):
        html = client.get(address).content.decode()
    assert html.count("checked") == 2, "both declared areas"
    assert 'value="Sarnai Bold"' in html
    typed = {"partner_name": "ناصر  الدين\nأحمد", "partner_title": "x" * 121, "areas": ["kenya"]}
    answer = client.post(address, typed)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"areas", "partner_title", "dss_name", "dss_title"}
    assert "ناصر" in answer.content.decode()
    typed |= {"areas": ["chad"], "partner_title": "مدير", "dss_name": "Ingrid", "dss_title": "Chief"}
    answer = client.post(address, typed)
    memorandum = Memorandum.objects.get()
    assert answer.url == page(memorandum) == client.post(address, typed).url, "the second of two clicks"
    assert memorandum.texts["areas"] == ["chad"]
    assert memorandum.texts["partner"] == {"name": "ناصر الدين أحمد", "title": "مدير"}
    assert "being made" in client.get(page(memorandum)).content.decode()
    for step in ("sign", "upload"):
        assert client.get(page(memorandum, step)).url == page(memorandum), "nothing to sign yet"
    made(memorandum.number)
    for email in (HQ, DUNE):
        with django_assert_max_num_queries(12):
            sign_in(cast[email]).get(page(memorandum))


def test_a_wrong_code_signs_nothing_and_loses_nothing(cast, sign_in):
    memorandum, client = a_memorandum(cast), sign_in(cast[DUNE])
    for changes, field in (({"code": "000000"}, "code"), ({"code": ""}, "code"), ({"code": "9" * 5000}, "code"),
                           ({"agreed": ""}, "agreed"), ({"title": " "}, "title")):  # fmt: skip
        answer = client.post(page(memorandum, "sign"), typed(**changes))
        assert (answer.status_code, set(answer.context["form"].errors)) == (422, {field})
        assert 'value="Sarnai Bold"' in answer.content.decode()
    assert not Signature.objects.exists()
    answer = client.post(page(memorandum, "sign"), typed(), follow=True)
    assert "You have signed." in answer.content.decode(), "the code was not used up by the forms with other mistakes"
    signature = Signature.objects.get()
    assert (signature.side, signature.way, signature.by, signature.texts) == (
        "partner",
        "typed",
        cast[DUNE],
        PARTNER_SIGNS,
    )
    assert signature.digest in client.get(page(memorandum)).content.decode()


def test_a_code_signs_once(cast, sign_in):
    first, client = a_memorandum(cast), sign_in(cast[DUNE])
    code = current_code()
    for _ in range(2):  # the second of two clicks
        answer = client.post(page(first, "sign"), typed(code=code), follow=True)
        assert "You have signed." in answer.content.decode()
    assert Signature.objects.count() == 1
    Membership.objects.create(user=cast[DUNE], organisation=cast.organisations["alba"], role="partner_headquarters")
    second = a_memorandum(cast, an_approved(cast, key="alba", by=ALBA))
    answer = client.post(page(second, "sign"), typed(code=code))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"code"})


def test_many_wrong_codes_are_stopped(cast, sign_in):
    memorandum, client = a_memorandum(cast), sign_in(cast[DUNE])
    for _ in range(12):
        answer = client.post(page(memorandum, "sign"), typed(code="000000"))
    assert "Too many" in str(answer.context["form"].errors["code"])
    assert client.post(page(memorandum, "sign"), typed()).status_code == 422, "the right one neither"
    assert not Signature.objects.exists()


def test_the_same_person_signs_one_side_only(cast, sign_in):
    memorandum = a_memorandum(cast)
    client = sign_in(cast[HQ])
    client.post(page(memorandum, "sign"), typed())
    another_moment()
    # From then on they are the applicant and nothing else, but have signed.
    Membership.objects.create(user=cast[HQ], organisation=cast.organisations["dune"], role="applicant")
    client.post(page(memorandum, "sign"), typed())
    (signature,) = Signature.objects.all()
    assert signature.by == cast[HQ]
    answer = client.get(page(memorandum, "sign"), follow=True)
    assert "Somebody else signs for this one" in answer.content.decode()
    assert client.get(page(memorandum, "void")).status_code == 404
    assert Memorandum.objects.get().state == "half_signed"


def test_both_sign_on_their_pages_one_on_paper(cast, sign_in, django_assert_max_num_queries):
    memorandum = a_memorandum(cast)
    client, dss = sign_in(cast[DUNE]), sign_in(cast[HQ])
    page_of_copy = page(memorandum, "upload")
    assert client.post(page_of_copy, PARTNER_SIGNS).context["form"].errors.keys() == {"file"}
    broken = SimpleUploadedFile("Dune signed.pdf", b"no PDF at all")
    answer = client.post(page_of_copy, {**PARTNER_SIGNS, "file": broken})
    assert "neither a JPEG" in str(answer.context["form"].errors["file"])
    picture = SimpleUploadedFile("Dune signed.png", _png())
    client.post(page_of_copy, {**PARTNER_SIGNS, "file": picture})
    assert Signature.objects.get().way == "uploaded"
    answer = dss.post(page(memorandum, "sign"), {**DSS_SIGNS, "agreed": "on", "code": current_code()}, follow=True)
    html = answer.content.decode()
    assert "Both sides have signed" in html
    assert "second@gmail.com" in html, "DSS sees who could not be invited"
    made(f"{memorandum.number}-S")
    names = {}
    for document in ("signed", "en", "fr", "partner"):
        answer = client.get(reverse("partners:memorandum_file", args=[memorandum.number, document]))
        names[document] = answer["Content-Disposition"].partition("filename=")[2].strip('"')
        assert answer["Content-Disposition"].startswith("attachment")
    number = memorandum.number
    assert names == {
        "signed": f"{number}-S.pdf",
        "en": f"{number}-en.pdf",
        "fr": f"{number}-fr.pdf",
        "partner": f"{number}-partner.png",
    }
    for document in ("dss", "de"):
        assert client.get(reverse("partners:memorandum_file", args=[number, document])).status_code == 404
    read = Event.objects.filter(verb="partners.memorandum_read", object_ref=number, actor=str(cast[DUNE].pk))
    assert [event.facts["document"] for event in read.order_by("number")] == ["signed", "en", "fr", "partner"]
    assert "second@gmail.com" not in client.get(page(memorandum)).content.decode()
    with django_assert_max_num_queries(12):
        assert buttons(dss.get(page(memorandum)).content.decode()) == set()
    for step in ("sign", "upload"):
        assert client.get(page(memorandum, step)).url == page(memorandum)
    assert dss.post(page(memorandum, "void"), follow=True).context["memorandum"].state == "concluded"


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "PNG")
    return out.getvalue()


def test_taking_it_back(cast, sign_in):
    memorandum, dss = a_memorandum(cast), sign_in(cast[HQ])
    sign_typed(memorandum, side="partner", by=cast[DUNE], **PARTNER_SIGNS)
    assert sign_in(cast[DUNE]).post(page(memorandum, "void")).status_code == 404
    for words in ("The memorandum is void.", "Somebody else changed this first."):
        assert words in dss.post(page(memorandum, "void"), follow=True).content.decode()
    html = sign_in(cast[DUNE]).get(page(memorandum)).content.decode()
    assert "void" in html
    assert buttons(html) == set()
    answer = sign_in(cast[DUNE]).post(page(memorandum, "sign"), typed())
    assert answer.url == page(memorandum)
    assert dss.get(reverse("partners:conclude", args=[memorandum.application.ref])).status_code == 200


def test_the_letter_is_read_on_the_page_whatever_becomes_of_its_pdf(cast, sign_in, django_assert_max_num_queries):
    application = an_application(cast, "recommended")
    letter = refuse(application, decision=decided(cast, application, "refuse", "We found <no> presence.\nNone at all."))
    address = reverse("partners:letter", args=[application.ref])
    for email in sorted(SIDES | READERS | OTHERS):
        answer = sign_in(cast[email]).get(address)
        assert answer.status_code == (404 if email in OTHERS else 200), email
    client = sign_in(cast[DUNE])
    with django_assert_max_num_queries(12):
        html = client.get(address).content.decode()
    assert "We found &lt;no&gt; presence." in html
    assert "being made" in html
    assert CANARY not in html
    assert sign_in(cast[DUNE]).get(reverse("partners:letter_file", args=[application.ref])).status_code == 404
    made(letter.number)
    answer = sign_in(cast[DUNE]).get(reverse("partners:letter_file", args=[application.ref]))
    assert answer["Content-Disposition"] == f'attachment; filename="{letter.number}.pdf"'
    assert CANARY not in str(DocumentOrder.objects.get().texts["reasons"])
    assert (
        sign_in(cast[DUNE]).get(reverse("partners:letter", args=[an_approved(cast, key="alba").ref])).status_code == 404
    )
