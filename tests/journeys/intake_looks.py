"""The intake of cases, and who has part in them, as it is looked at (tests.factories.intake)."""

from .furnished import HQ
from .look import SAY, Look

GROUP, GISF = "wg@icva.example", "chair@gisf.example"
INTAKE_LOOKS = [
    Look("feedback:intake", GISF, "/feedback/intake/"),
    Look("feedback:intake", HQ, "/feedback/intake/?state=closed&overdue=yes"),
    Look("feedback:take", HQ, "/feedback/cases/{fbk_new}/take/"),
    Look("feedback:classify", HQ, "/feedback/cases/{fbk_new}/classify/", press=SAY),
    Look("feedback:hand_over", GISF, "/feedback/cases/{fbk_new}/hand-over/"),
    Look("feedback:redirect", GISF, "/feedback/cases/{fbk_new}/redirect/", press=SAY),
    Look("feedback:divert", GISF, "/feedback/cases/{fbk_new}/divert/"),
    Look("feedback:assign", GROUP, "/feedback/cases/{fbk_intake}/assign/"),
    Look("feedback:link", GISF, "/feedback/cases/{fbk_intake}/link/", press=SAY),
    Look("feedback:people", GISF, "/feedback/cases/{fbk_intake}/people/"),
    Look("feedback:handler_add", GISF, "/feedback/cases/{fbk_intake}/people/add/", press=SAY),
    Look("feedback:concerned", HQ, "/feedback/cases/{fbk_intake}/concerned/", press=SAY),
    Look("feedback:concerned_clear", HQ, "/feedback/cases/{fbk_intake}/concerned/{fbk_concerned}/"),
]
