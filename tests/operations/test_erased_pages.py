"""What is said of an incident whose text was destroyed: one calm sentence everywhere, and nothing waits for it."""

import uuid

import pytest

from incidents.drafts import keep_token
from incidents.imports.runs import confirm_import
from incidents.imports.runs import run_due as check_imports
from incidents.models import (
    Attachment,
    Draft,
    Export,
    IncidentRelease,
    ReferenceRecord,
)
from incidents.reminders import due_since
from notifications.kinds import kind_of
from notifications.models import DigestEntry, Message
from notifications.outbox import drain
from organisations.models import Membership
from sharing.models import Item, Release, SearchToken
from tests.factories.desk import ASKER, FIELD
from tests.factories.incidents import file_report
from tests.incidents.awsd_files import brought, incident
from tests.incidents.exporting import read_as
from tests.operations.erasing import ALBA, HQ, LAKE, WORDS, erased, the_whole_of_it

pytestmark = pytest.mark.django_db


class TestMails:
    def test_what_waits_is_not_sent(self, cast):
        """Neither a mail of its own nor a line in the daily summary: there is nothing left to read."""
        item = file_report(cast).incident.item
        waiting = Message.objects.filter(state="queued").count()
        assert waiting
        subject = Message.objects.filter(kind="incidents.filed").first().subject
        line = DigestEntry.objects.create(user=cast[LAKE], subject=subject, kind="incidents.filed")
        erased(item, cast)
        assert drain() == 0
        assert Message.objects.filter(state="dropped").count() == waiting
        assert kind_of("incidents.filed").digest_line(line.subject_id, cast[LAKE]) is None


def test_no_desk_and_no_reminder_waits_for_it(cast, sign_in):
    item = file_report(cast).incident.item
    desk = sign_in(cast[FIELD])
    assert item.ref in desk.get("/incidents/desk/").content.decode()
    assert due_since(0).exists()
    erased(item, cast)
    assert item.ref not in desk.get("/incidents/desk/").content.decode()
    assert not due_since(0).exists()


class TestPages:
    """Everybody who could see it gets one calm sentence; nobody gets an error, nor a word of it."""

    SENTENCE = "The text of this incident was destroyed on"
    GONE = (
        "follow-up/", "audience/", "withdraw/", "desk/", "desk/text/", "text/", "question/", "attachments/",
        "attachments/{number}/", "attachments/{number}/remove/", "reports/1/", "follow-up/{draft}/see-as/",
    )  # fmt: skip
    OTHERS = (
        "/", "/incidents/", "/incidents/?q={word}", "/incidents/?q={ref}", "/incidents/?severity=3", "/incidents/desk/",
        "/incidents/report/", "/incidents/export/", "/incidents/{ref}/export/", "/incidents/{ref}/readers/",
        "/incidents/{ref}/receipt/", "/incidents/exports/", "/incidents/exports/{export}/", "/statistics/",
        "/incidents/exports/{export}/file/", "/incidents/drafts/{draft}/see-as/", "/incidents/drafts/{draft}/discard/",
        "/areas/south-sudan/",
    )  # fmt: skip

    @pytest.mark.slow
    def test_all_of_them(self, cast, sign_in):
        item = the_whole_of_it(cast)
        type(cast[ALBA]).objects.update(language="en")
        known = {
            "ref": item.ref, "word": WORDS["what"],
            "number": Attachment.objects.for_system("test").get().number,
            "draft": Draft.objects.for_system("test").get().submission,
            "export": Export.objects.for_system("test").get().pk,
        }  # fmt: skip
        erased(item, cast)
        for email in (ALBA, FIELD, ASKER, LAKE):
            client = sign_in(cast[email])
            page = client.get(f"/incidents/{item.ref}/")
            assert self.SENTENCE in page.content.decode()
            statuses = {}
            for path in self.GONE:
                answer = client.get(f"/incidents/{item.ref}/{path.format(**known)}")
                statuses[path] = answer.status_code
                assert answer.status_code == 404 or self.SENTENCE in answer.content.decode()
            assert set(statuses.values()) <= {404, 410}
            assert 410 in statuses.values()
            pages = [page, *(client.get(path.format(**known)) for path in (self.OTHERS if email != LAKE else ()))]
            assert {answer.status_code for answer in pages} <= {200, 302, 404}
            text = "".join(answer.content.decode() for answer in pages).replace(WORDS["what"], "", 30)
            assert not [word for name, word in WORDS.items() if name != "what" and word in text]
            assert "cannot be opened" not in text
        assert "text destroyed" in sign_in(cast[LAKE]).get("/incidents/").content.decode()

    def test_what_is_sent_there_comes_back_and_is_not_kept(self, cast, sign_in):
        item = file_report(cast).incident.item
        token = keep_token(cast[ALBA], uuid.uuid4(), ref=item.ref)
        erased(item, cast)
        client = sign_in(cast[ALBA])
        typed = {"news": "They are back again.", "submission": str(uuid.uuid4()), "ref": item.ref}
        answer = client.post(f"/incidents/{item.ref}/follow-up/", typed)
        assert (answer.status_code, "They are back again." in answer.content.decode()) == (410, True)
        same = {"HTTP_ORIGIN": "http://testserver", "HTTP_SEC_FETCH_SITE": "same-origin"}
        answer = client.post("/incidents/drafts/", typed, **same)
        assert (answer.status_code, "They are back again." in answer.content.decode()) == (404, True)
        assert client.post("/incidents/drafts/keep/", typed | {"keep": token}).status_code == 404
        for path in ("desk/note/", "desk/grade/", "desk/acknowledge/"):
            answer = sign_in(cast[FIELD]).post(f"/incidents/{item.ref}/{path}", {"note-text": "Police were called."})
            assert answer.status_code == 410
        Membership.objects.filter(user=cast[ALBA]).update(organisation=cast.organisations["benu"])
        assert client.post("/incidents/drafts/keep/", typed | {"keep": token}).status_code == 404, "who moved on, too"
        assert not Draft.objects.for_system("test").exists()

    def test_export_and_dossier(self, cast, sign_in):
        """What one takes out afterwards says so in the row."""
        item = file_report(cast).incident.item
        erased(item, cast)
        [row] = read_as(cast, sign_in, LAKE, ref=item.ref)
        assert (row["Reference"], row["What happened"], row["Category"]) == (item.ref, "text destroyed", "road_attack")


def test_a_newer_public_file_does_not_bring_it_back(cast):

    def bring(*rows):
        run = brought(list(rows), by=cast[HQ])
        check_imports()
        run.refresh_from_db()
        confirm_import(run, by=cast[HQ])
        check_imports()
        run.refresh_from_db()
        return run

    assert bring(incident(1, Details="Zephyrine first")).state == "done"
    record = ReferenceRecord.objects.get()
    erased(Item.objects.for_system("test").select_related("data_key", "area").get(), cast)
    assert bring(incident(1, Details="Zephyrine again")).state == "done"
    assert ReferenceRecord.objects.get().digest != record.digest
    assert not SearchToken.objects.for_system("test").exists()
    [row] = IncidentRelease.objects.for_system("test").with_release()
    assert row.texts == {}
    assert Release.objects.for_system("test").count() == 1
