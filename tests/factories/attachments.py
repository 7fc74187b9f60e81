"""Files of incidents for tests: added through the action as the page would."""

import uuid

from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.attachments import add_attachment
from incidents.models import Attachment
from tests.documents.hostile_files import a_jpeg

# Of the report that tests.factories.incidents files: two who report for it, who reads all of it, who reads the shared.
AUTHOR, COLLEAGUE, DESK, READER = "field@alba.example", "hq@alba.example", "dss.field@un.example", "io@lake.example"
NAME = "CANARY-NAME Joseph.jpg"


def add(cast, item, content=None, *, by=AUTHOR, is_shared=False) -> Attachment:
    """Add a file, by default a picture of a telephone, as somebody of the cast."""
    upload = SimpleUploadedFile(NAME, a_jpeg() if content is None else content)
    return add_attachment(item, upload, by=cast[by], is_shared=is_shared, submission=uuid.uuid4())
