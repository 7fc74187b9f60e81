"""Sending feedback and its page, as it is looked at (tests.factories.filing)."""

from .look import SAY, SEND, Look

BENU, BENU_HQ, GROUP, GISF, LAKE = (
    "field@benu.example",
    "hq@benu.example",
    "wg@icva.example",
    "chair@gisf.example",
    "io@lake.example",
)
FILING_LOOKS = [
    Look("feedback:home", BENU, "/feedback/"),
    Look("feedback:home", GROUP, "/feedback/"),
    Look("feedback:home", LAKE, "/feedback/"),
    Look("feedback:home", "do@un.example", "/feedback/"),
    Look("feedback:start", BENU, "/feedback/new/"),
    Look("feedback:start", BENU, "/feedback/new/", press=SAY),
    Look("feedback:file", BENU, "/feedback/new/case/"),
    Look("feedback:file", BENU, "/feedback/new/case/", press=SEND),
    Look("feedback:case", BENU, "/feedback/cases/{fbk_mine}/"),
    Look("feedback:case", GROUP, "/feedback/cases/{fbk_mine}/"),
    Look("feedback:case", BENU, "/feedback/cases/{fbk_proposed}/"),
    Look("feedback:case", GISF, "/feedback/cases/{fbk_proposed}/"),
    Look("feedback:case", BENU_HQ, "/feedback/cases/{fbk_closed}/"),
    Look("feedback:case", BENU, "/feedback/cases/{fbk_gone}/"),
    Look("feedback:withdraw", BENU, "/feedback/cases/{fbk_mine}/withdraw/"),
    Look("feedback:accept", BENU, "/feedback/cases/{fbk_proposed}/accept/"),
    Look("feedback:refuse", BENU, "/feedback/cases/{fbk_proposed}/refuse/", press=SAY),
    Look("feedback:reopen", BENU, "/feedback/cases/{fbk_closed}/reopen/", press=SAY),
]
