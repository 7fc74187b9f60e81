"""Handling cases, asking offices, deciding: as it is looked at (tests.factories.handling)."""

from .look import Look

GROUP, GISF, WFP, DO = "wg@icva.example", "chair@gisf.example", "wfp@un.example", "do@un.example"
PRESS = "main form button.button-primary"
HANDLING_LOOKS = [
    Look("feedback:propose", GROUP, "/feedback/cases/{fbk_handled}/propose/", press=PRESS),
    Look("feedback:take_back", GISF, "/feedback/cases/{fbk_late}/take-back/"),
    Look("feedback:conclude", GROUP, "/feedback/cases/{fbk_late}/conclude/"),
    Look("feedback:escalate", GROUP, "/feedback/cases/{fbk_handled}/escalate/", press=PRESS),
    Look("feedback:escalate", GROUP, "/feedback/cases/{fbk_few}/escalate/"),
    Look("feedback:ask", GISF, "/feedback/cases/{fbk_handled}/ask/", press=PRESS),
    Look("feedback:ask", GISF, "/feedback/cases/{fbk_nobody}/ask/"),
    Look("feedback:case", GISF, "/feedback/cases/{fbk_handled}/"),
    Look("feedback:case", WFP, "/feedback/cases/{fbk_put}/"),
    Look("feedback:inquiry", DO, "/feedback/questions/{inq_waits}/", press=PRESS),
    Look("feedback:inquiry", DO, "/feedback/questions/{inq_answered}/"),
    Look("feedback:inquiry", DO, "/feedback/questions/{inq_named}/"),
    Look("feedback:inquiry", DO, "/feedback/questions/{inq_ended}/"),
    Look("governance:decision", WFP, "/decisions/{fbk_decision}/"),
]
