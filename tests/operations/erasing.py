"""An incident on which everything was done, and its erasure: for the tests of what is left and what pages say."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from incidents import desk as desk_actions
from incidents.attachments import add_attachment
from incidents.drafts import save_draft
from incidents.export_runs import run_due
from incidents.exports import ask_export
from incidents.proposals import decide
from operations import erasure
from sharing.models import Item
from tests.documents.hostile_files import a_jpeg
from tests.factories.desk import FIELD, asked, desk_of_area, proposed
from tests.factories.incidents import an_account, file_report, followed_up
from tests.incidents.exporting import PURPOSE

ALBA, HQ, LAKE = "field@alba.example", "dss.hq@un.example", "io@lake.example"


# One word for each place in which words of an incident can lie.
WORDS = {
    "what": "Zephyrine",
    "place": "Quillabamba",
    "persons": "يوسف المرزوقي",
    "news": "Oxbowlake",
    "note": "Tamarisk",
    "question": "Wolframite",
    "answer": "Yggdrasil",
    "proposal": "Chalcedony",
    "reason": "Xylophone",
    "draft": "Ptarmigan",
    "file name": "Juniperberry",
}


def the_whole_of_it(cast) -> Item:
    """An incident on which everything was done that leaves words somewhere; nothing waits in the end."""
    texts = {name: f"{WORDS[name]} was written" for name in ("what", "place", "persons")}
    report = file_report(cast, account=an_account(texts=texts))
    followed_up(cast, report, news=f"{WORDS['news']} came")
    item = report.incident.item
    upload = SimpleUploadedFile(f"{WORDS['file name']}.jpg", a_jpeg())
    add_attachment(item, upload, by=cast[ALBA], is_shared=True, submission=uuid.uuid4())
    here = {"by": cast[FIELD], "desk": desk_of_area(cast)}
    desk_actions.acknowledge(item, **here)
    desk_actions.note(item, **here, text=f"{WORDS['note']} noted")
    desk_actions.answer(asked(cast, item, text=f"{WORDS['question']}?"), **here, text=f"{WORDS['answer']}.")
    proposal = proposed(cast, item, what=f"{WORDS['proposal']} proposed")
    decide(proposal, by=cast[ALBA], agrees=False, reason=f"{WORDS['reason']} why not")
    typed = {"news": [f"{WORDS['draft']} half written"]}
    save_draft(by=cast[ALBA], submission=uuid.uuid4(), typed=typed, item=item)
    ask_export(by=cast[HQ], format="csv", purpose=PURPOSE, ref=item.ref)
    assert run_due() == 1
    return Item.objects.for_system("test").select_related("data_key", "area").get(pk=item.pk)


def erased(item, cast, **options) -> Item:
    erasure.erase(item, by=cast[HQ], reason="person", **options)
    return Item.objects.for_system("test").select_related("data_key", "area").get(pk=item.pk)
