"""Adding and removing files of an incident: by its originator only, told before, idempotent, logged without names."""

import hashlib
import io
import os
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import User
from audit.models import Event
from documents import files, uploads
from documents.files import FileNotStored
from documents.models import DataKey, StoredFile
from documents.uploads import UploadRefused
from incidents.attachments import MOST_FILES, remove_attachment
from incidents.models import Attachment, Change
from sharing.models import Item
from tests.documents.hostile_files import REFUSED, a_jpeg, a_loaded_pdf, a_plain_pdf, a_png, written
from tests.documents.test_uploads import a_jpeg_of
from tests.factories.attachments import AUTHOR, COLLEAGUE, DESK, NAME, READER, add
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
LIMIT = 10 * 1024 * 1024


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def item(cast) -> Item:
    User.objects.update(language="en")
    return file_report(cast).incident.item


@pytest.fixture
def page(item):
    return f"/incidents/{item.ref}/attachments/"


def present() -> list[Attachment]:
    return list(Attachment.objects.for_system("test").filter(removed_at=None).order_by("pk"))


def typed(content=None, name=NAME, **changes) -> dict:
    """The form as a browser sends it."""
    content = a_jpeg() if content is None else content
    file = SimpleUploadedFile(name, content, content_type="image/jpeg")
    return {"submission": str(uuid.uuid4()), "audience": "own", "file": file, **changes}


def test_the_page_says_the_limits_beforehand_with_the_same_number(cast, item, page, sign_in, settings):
    text = sign_in(cast[AUTHOR]).get(page).content.decode()
    assert settings.ATTACHMENT_BYTES == settings.UPLOAD_PATHS["incidents:attachments"] == LIMIT
    assert f'data-limit="{LIMIT}"' in text
    assert "up to 10\xa0MB" in text
    assert f"Up to {MOST_FILES} files" in text
    assert "incidents/attach.js" in text
    assert re.search(r'value="own"[^>]* checked', text), "the narrower choice is made beforehand"
    assert 'enctype="multipart/form-data"' in text


def test_a_picture_is_added_clean_encrypted_and_numbered_at_random(cast, item, page, sign_in):
    client = sign_in(cast[AUTHOR])
    answer = client.post(page, typed(), follow=True)
    assert answer.redirect_chain == [(page, 302)]
    text = answer.content.decode()
    assert "The file is added." in text
    assert "CANARY-NAME Joseph.jpg" in text
    (row,) = present()
    assert (row.item_id, row.is_shared, row.added_by_id) == (item.pk, False, cast[AUTHOR].pk)
    assert row.report.number == 1
    assert 1000 <= row.number <= 9999
    assert b"CANARY" not in row.file.read()
    assert not any(b"CANARY" in path.read_bytes() for path in files.folder().rglob("*") if path.is_file())


def test_documents_and_png_as_well_whatever_their_name(cast, item, page, sign_in):
    client = sign_in(cast[AUTHOR])
    for content in (a_png(), a_loaded_pdf()):
        assert client.post(page, typed(content, "x.exe", audience="everybody")).status_code == 302
    assert [(row.file.media_type, row.is_shared) for row in present()] == [
        ("image/png", True), ("application/pdf", True),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("what", ["nothing", "HEIC of a telephone", "SVG", "zip", "half a JPEG", "a locked document"])
def test_refused_at_the_field_and_nothing_is_kept(cast, item, page, sign_in, what):
    content, word = REFUSED[what]
    answer = sign_in(cast[AUTHOR]).post(page, typed(content, audience="everybody"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert word in text
    assert 'id="id_file_error"' in text
    assert re.search(r'value="everybody"[^>]* checked', text), "what was chosen stays"
    assert (present(), StoredFile.objects.count(), Event.objects.filter(verb__contains="attachment").count()) == (
        [],
        0,
        0,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"file": ""}, "Choose a file."),
        ({"file": "text instead"}, "Choose a file."),
        ({"audience": ""}, "Say who gets it."),
        ({"audience": "world"}, "Say who gets it."),
        ({"submission": "'; DROP TABLE"}, "Choose the file again"),
        ({"submission": ""}, "Choose the file again"),
    ],
)
def test_bad_input_is_a_sentence(cast, item, page, sign_in, changes, words):
    answer = sign_in(cast[AUTHOR]).post(page, typed(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert present() == []
    again = re.search(r'name="submission" value="([^"]+)"', answer.content.decode())[1]
    assert sign_in(cast[AUTHOR]).post(page, typed(submission=again)).status_code == 302


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a" * 5000 + ".jpg", "<b>x</b>.jpg", "صورة.jpg", "x\r\nSet-Cookie: a=b"]
)
def test_hostile_names_are_text(cast, item, page, sign_in, name):
    client = sign_in(cast[AUTHOR])
    assert client.post(page, typed(name=name)).status_code == 302
    assert "<b>x</b>" not in client.get(page).content.decode()
    answer = client.get(f"{page}{present()[0].number}/")
    assert re.fullmatch(rf'attachment; filename="{item.ref}-\d{{4}}\.jpg"', answer["Content-Disposition"])


@pytest.mark.slow
@pytest.mark.parametrize("size", [1024, 1024 * 1024 + 1, LIMIT])
def test_what_is_downloaded_is_what_was_stored(cast, item, page, sign_in, size):
    """A document that needs no cleaning keeps its bytes from the first download to the last (pain 74)."""
    client = sign_in(cast[AUTHOR])
    content = a_jpeg_of(size) if size > 1024 else written(a_plain_pdf())[:size].ljust(size)
    content = content if size > 1024 else a_jpeg((8, 8))
    assert client.post(page, typed(content, audience="everybody")).status_code == 302
    (row,) = present()
    stored = row.file.read()
    sums = {hashlib.sha256(stored).hexdigest()}
    for reader in (AUTHOR, READER):
        answer = sign_in(cast[reader]).get(f"{page}{row.number}/")
        sums.add(hashlib.sha256(answer.content).hexdigest())
        assert int(answer["Content-Length"]) == row.file.size == len(stored)
    assert len(sums) == 1
    assert Image.open(io.BytesIO(stored)).format == "JPEG"


@pytest.mark.slow
def test_large_clean_files_come_back_whole(cast, item, page, sign_in):
    noise = Image.frombytes("RGB", (1700, 1700), os.urandom(3 * 1700 * 1700))
    out = io.BytesIO()
    noise.save(out, "PNG", compress_level=1)
    assert 8 * 1024 * 1024 < len(out.getvalue()) < LIMIT
    client = sign_in(cast[AUTHOR])
    assert client.post(page, typed(out.getvalue())).status_code == 302
    answer = client.get(f"{page}{present()[0].number}/")
    assert Image.open(io.BytesIO(answer.content)).tobytes() == noise.tobytes()


def test_one_byte_too_many_is_a_sentence_and_much_too_many_a_page(cast, item, page, sign_in):
    client = sign_in(cast[AUTHOR])
    answer = client.post(page, typed(a_jpeg_of(LIMIT + 1)))
    assert (answer.status_code, "larger than 10\xa0MB" in answer.content.decode()) == (422, True)
    answer = client.post(page, typed(a_jpeg_of(LIMIT + 200_000)))
    assert (answer.status_code, "at most 10 MB" in answer.content.decode()) == (413, True)
    assert present() == []


def test_the_page_that_refuses_is_in_the_persons_language_and_leads_back(cast, item, page, sign_in):
    cast[AUTHOR].language = "fr"
    cast[AUTHOR].save()
    text = sign_in(cast[AUTHOR]).post(page, typed(a_jpeg_of(LIMIT + 200_000))).content.decode()
    assert '<html lang="fr"' in text
    assert f'<a class="button button-primary" href="{page}">' in text


def test_other_pages_take_no_large_requests(cast, item, page, sign_in):
    client = sign_in(cast[AUTHOR])
    for path in ("/incidents/report/", f"{page}1234/remove/", f"/incidents/{item.ref}/", "/nowhere/"):
        answer = client.post(path, typed(a_jpeg_of(1024 * 1024 + 1)))
        assert (answer.status_code, "at most 1 MB" in answer.content.decode()) == (413, True), path


def test_the_same_form_twice_adds_one_file_and_another_file_another(cast, item, page, sign_in):
    client, same = sign_in(cast[AUTHOR]), str(uuid.uuid4())
    for content in (a_jpeg(), a_jpeg(), a_png()):
        assert client.post(page, typed(content, submission=same)).status_code == 302
    assert [row.file.media_type for row in present()] == ["image/jpeg", "image/png"]
    assert Event.objects.filter(verb="incidents.attachment_added").count() == 2
    client.post(f"{page}{present()[0].number}/remove/")
    assert client.post(page, typed(submission=same)).status_code == 302
    assert len(present()) == 2, "what was removed can be added again"


def test_the_same_form_again_for_other_readers_adds_the_file_for_them(cast, item, page, sign_in):
    client, same = sign_in(cast[AUTHOR]), str(uuid.uuid4())
    for audience in ("everybody", "own", "own"):
        assert client.post(page, typed(a_png(), submission=same, audience=audience)).status_code == 302
    assert sorted(row.is_shared for row in present()) == [False, True]


def test_ten_files_are_the_most(cast, item, page, sign_in, monkeypatch):
    for number in range(MOST_FILES):
        add(cast, item, a_jpeg((40 + number, 40)))
    text = sign_in(cast[AUTHOR]).get(page).content.decode()
    assert 'type="file"' not in text
    assert "no room" in text
    monkeypatch.setattr(uploads, "_wash", None)  # refused before the work is done
    answer = sign_in(cast[AUTHOR]).post(page, typed(a_png()))
    assert answer.status_code == 422
    assert len({row.number for row in present()}) == len(present()) == MOST_FILES
    with pytest.raises(UploadRefused, match="10 files"):
        add(cast, item, a_png())
    remove_attachment(present()[0], by=cast[AUTHOR])
    monkeypatch.undo()
    assert add(cast, item, a_png()).pk


def test_a_full_disk_is_a_sentence(cast, item, page, sign_in, monkeypatch):
    def full(*args, **kwargs):
        raise FileNotStored("The portal could not keep this file.")

    monkeypatch.setattr("incidents.attachments.files.store", full)
    answer = sign_in(cast[AUTHOR]).post(page, typed())
    assert (answer.status_code, "could not keep" in answer.content.decode()) == (422, True)
    assert (present(), Change.objects.for_system("test").count()) == ([], 0)


def test_adding_is_a_change_and_an_event_without_names(cast, item):
    row = add(cast, item, is_shared=True)
    assert Change.objects.for_system("test").filter(incident__item=item).count() == 1
    event = Event.objects.get(verb="incidents.attachment_added")
    assert (event.object_ref, event.facts) == (
        item.ref, {"number": row.number, "media_type": "image/jpeg", "is_shared": True},
    )  # fmt: skip
    assert not any("CANARY" in str(value) for value in Event.objects.values_list())


def test_removing_is_at_once_for_everybody_and_for_good(cast, item, page, sign_in, django_capture_on_commit_callbacks):
    row = add(cast, item, is_shared=True)
    client, address = sign_in(cast[AUTHOR]), f"{page}{row.number}/"
    assert "Remove this file?" in client.get(f"{address}remove/").content.decode()
    assert present() == [row], "asking removes nothing"
    keys = DataKey.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{address}remove/").status_code == 302
    assert (StoredFile.objects.count(), DataKey.objects.count()) == (0, keys - 1)
    assert [path for path in files.folder().rglob("*") if path.is_file()] == []
    for reader in (AUTHOR, READER, DESK):
        assert sign_in(cast[reader]).get(address).status_code == 404
    assert client.post(f"{address}remove/").status_code == 404
    row.refresh_from_db()
    assert (row.file_id, row.removed_by_id, row.removed_at is None) == (None, cast[AUTHOR].pk, False)
    remove_attachment(row, by=cast[COLLEAGUE])
    event = Event.objects.get(verb="incidents.attachment_removed")
    assert (event.actor, event.facts) == (str(cast[AUTHOR].pk), {"number": row.number})


def test_only_people_who_report_for_the_originator_add_and_remove(cast, item, page, sign_in):
    row = add(cast, item, is_shared=True)
    paths = [page, f"{page}{row.number}/remove/"]
    may = {email for email in cast.people if sign_in(cast[email]).get(page).status_code == 200}
    assert may == {AUTHOR, COLLEAGUE}
    for email in set(cast.people) - may:
        client = sign_in(cast[email])
        answers = [client.get(path) for path in paths] + [client.post(path, typed()) for path in paths]
        assert {answer.status_code for answer in answers} == {404}, email
        assert not any(b"CANARY" in answer.content for answer in answers)
    assert present() == [row]


def test_numbers_of_other_incidents_do_not_fit(cast, item, page, sign_in):
    other = add(cast, file_report(cast).incident.item)
    client = sign_in(cast[AUTHOR])
    for number in (other.number, 1, 10**30):
        assert client.get(f"{page}{number}/").status_code == 404
        assert client.post(f"{page}{number}/remove/").status_code == 404
    assert present() == [other]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_add_one_file(cast, item, page, sign_in):
    client, same = sign_in(cast[AUTHOR]), str(uuid.uuid4())
    jobs = [typed(submission=same) for _ in range(3)]

    def press(form):
        other = Client()
        other.cookies = client.cookies
        try:
            return other.post(page, form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(press, jobs)) == [302, 302, 302]
    assert (len(present()), StoredFile.objects.count()) == (1, 1)


@pytest.mark.parametrize("files_there", [1, 3])
def test_the_page_asks_as_often_for_one_as_for_three(cast, item, page, sign_in, files_there):
    for number in range(files_there):
        add(cast, item, a_jpeg((40 + number, 40)))
    client = sign_in(cast[AUTHOR])
    client.get(page)
    with CaptureQueriesContext(connection) as asked:
        client.get(page)
    assert len(asked) == 6, [query["sql"][:90] for query in asked]
