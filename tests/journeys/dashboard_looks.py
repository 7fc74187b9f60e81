"""Dashboards and the table of measures, as they are looked at."""

from .look import Look

GROUP, GISF, HQ, OCHA = "wg@icva.example", "chair@gisf.example", "dss.hq@un.example", "ocha@un.example"
DSS, ALBA, BENU_HQ = "dss.field@un.example", "field@alba.example", "hq@benu.example"
PRESS = "main form button.button-primary"
DASHBOARD_LOOKS = [
    Look("overview:dashboard", GISF, "/dashboard/"),
    Look("overview:dashboard", GROUP, "/dashboard/"),
    Look("overview:dashboard", HQ, "/dashboard/"),
    Look("overview:dashboard", DSS, "/dashboard/"),
    Look("overview:dashboard", BENU_HQ, "/dashboard/"),
    Look("overview:dashboard", ALBA, "/dashboard/"),
    Look("overview:measures", HQ, "/measures/"),
    Look("overview:measures", ALBA, "/measures/?state=done"),
    Look("overview:measure_new", GROUP, "/measures/new/", press=PRESS),
    Look("overview:measure", HQ, "/measures/{measure}/"),
    Look("overview:measure_change", OCHA, "/measures/{measure}/change/"),
]
