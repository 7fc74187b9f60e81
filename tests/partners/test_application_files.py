"""Documents of an application: added and removed while it is with the applicant, and by nobody else (P2)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Event
from documents.models import DataKey, StoredFile
from partners.criteria import missing_of
from partners.models import Application, ApplicationFile
from tests.documents.hostile_files import a_plain_pdf, a_png, written
from tests.factories.applications import complete
from tests.factories.partnership import CANARY, DUNE, an_application

from .test_applications import WG, a_question, now, of

pytestmark = pytest.mark.django_db
NAME = f"{CANARY} Dune plan.pdf"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def sent(content=None, **changes) -> dict:
    content = written(a_plain_pdf()) if content is None else content
    return {"item": "medical", "file": SimpleUploadedFile(NAME, content), **changes}


def test_a_document_is_added_read_and_removed_by_its_applicant_only(cast, sign_in):
    application, dune = complete(cast), sign_in(cast[DUNE])
    keys = DataKey.objects.count()
    texts = {**application.texts, "risk_management": {"medical": {"declared": True}}}
    application.write(texts)
    application.save(update_fields=["sealed"])
    wanted = "Medical assistance for staff: a document, or its title and date"
    assert wanted in [item.text for item in missing_of(application)]
    assert dune.post(of(application, "files/"), sent()).status_code == 302
    assert dune.post(of(application, "files/"), sent()).status_code == 302  # a second click
    row = ApplicationFile.objects.get()
    assert wanted not in [item.text for item in missing_of(application)]
    assert CANARY not in str(list(Event.objects.values_list("facts", flat=True)))
    download = dune.get(of(application, f"files/{row.uid}/"))
    assert download.headers["Content-Disposition"].startswith(f'attachment; filename="{application.ref}-medical-')
    assert download.content.startswith(b"%PDF")
    for email in ("hq@alba.example", WG, "admin@portal.example"):
        other = sign_in(cast[email])
        tails = (f"files/{row.uid}/", f"files/{row.uid}/remove/")
        assert [other.get(of(application, tail)).status_code for tail in tails] == [404, 404]
        assert other.post(of(application, tails[1])).status_code == 404
    assert NAME in dune.get(of(application, "files/")).content.decode()
    assert dune.get(of(application, f"files/{row.uid}/remove/")).status_code == 200
    assert dune.post(of(application, f"files/{row.uid}/remove/")).status_code == 302
    assert not StoredFile.objects.exists()
    assert DataKey.objects.count() == keys


def test_what_is_no_document_is_refused_at_its_field(cast, sign_in):
    application, dune = an_application(cast, "draft"), sign_in(cast[DUNE])
    refused = dune.post(of(application, "files/"), sent(b"<svg onload=alert(1)>"))
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"file"}
    assert not StoredFile.objects.exists()


def test_with_an_answer_and_not_what_was_read_before(cast, sign_in):
    application, dune = an_application(cast, "draft"), sign_in(cast[DUNE])
    dune.post(of(application, "files/"), sent(a_png()))
    early = ApplicationFile.objects.get()
    Application.objects.for_system("test").filter(pk=application.pk).update(
        state="questioned", submitted_at=early.added_at, submitted_by=cast[DUNE]
    )
    row = now(application)
    Application.objects.for_system("test").filter(pk=row.pk).update(state_since=row.state_since.replace(year=2099))
    a_question(cast, row)
    assert dune.post(of(application, f"files/{early.uid}/remove/")).status_code == 404
    answered = {"text": "Here it is.", "file": SimpleUploadedFile(NAME, written(a_plain_pdf()))}
    assert dune.post(of(application, "questions/1/"), answered).status_code == 302
    late = ApplicationFile.objects.latest("pk")
    assert late.item == "answer-1"
    page = dune.get(of(application)).content.decode()
    assert "Answer to question 1" in page
    assert dune.get(of(application, "files/")).status_code == 404  # sent again
