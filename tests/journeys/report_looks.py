"""Reports to the Inter-Agency Standing Committee, as they are looked at."""

from .look import Look

GROUP, HQ, OCHA, ALBA = "wg@icva.example", "dss.hq@un.example", "ocha@un.example", "field@alba.example"
PRESS = "main form button.button-primary"
REPORT_LOOKS = [
    Look("overview:reports", HQ, "/reports/"),
    Look("overview:reports", ALBA, "/reports/"),
    Look("overview:report_new", HQ, "/reports/new/"),
    Look("overview:report_new", HQ, "/reports/new/", press=PRESS),
    Look("overview:report", HQ, "/reports/{report_draft}/"),
    Look("overview:report", GROUP, "/reports/{report_review}/"),
    Look("overview:report", ALBA, "/reports/{report_approved}/"),
    Look("overview:report_section", OCHA, "/reports/{report_draft}/foreword/fr/"),
    Look("overview:report_submit", HQ, "/reports/{report_draft}/submit/"),
    Look("overview:report_submit", HQ, "/reports/{report_written}/submit/"),
    Look("overview:report_recompile", HQ, "/reports/{report_draft}/recompile/"),
    Look("overview:report_discard", HQ, "/reports/{report_draft}/discard/"),
    Look("governance:decision", GROUP, "/decisions/{report_decision}/"),
]
