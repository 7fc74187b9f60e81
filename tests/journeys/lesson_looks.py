"""Looks at lessons, and at the case of a suspension."""

from .look import SEND, Look

GISF, GROUP, HQ, BENU = "chair@gisf.example", "wg@icva.example", "dss.hq@un.example", "field@benu.example"

LESSON_LOOKS = [
    Look("feedback:lessons", BENU, "/feedback/lessons/"),
    Look("feedback:lessons", BENU, "/feedback/lessons/?q=zebra"),
    Look("feedback:lessons", GISF, "/feedback/lessons/"),
    Look("feedback:lesson", BENU, "/feedback/lessons/{lesson}/"),
    Look("feedback:lesson", HQ, "/feedback/lessons/{lesson}/"),
    Look("feedback:lesson", GROUP, "/feedback/lessons/{lesson_draft}/"),
    Look("feedback:lesson", GISF, "/feedback/lessons/{lesson_draft}/"),
    Look("feedback:lesson_new", GISF, "/feedback/cases/{case_closed}/lesson/"),
    Look("feedback:lesson_new", GISF, "/feedback/cases/{case_closed}/lesson/", press=SEND),
    Look("feedback:lesson_edit", GISF, "/feedback/lessons/{lesson_draft}/edit/"),
    Look("feedback:lesson_publish", GROUP, "/feedback/lessons/{lesson_draft}/publish/"),
    Look("feedback:lesson_discard", GISF, "/feedback/lessons/{lesson_draft}/discard/"),
    Look("feedback:lesson_retract", GROUP, "/feedback/lessons/{lesson}/retract/"),
    Look("feedback:case", HQ, "/feedback/cases/{case_of_suspension}/"),
]
