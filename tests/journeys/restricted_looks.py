"""Support and the restricted track, as they are looked at (tests.factories.restricted)."""

from .furnished import ALBA, BENU, HQ
from .look import SAY, Look

HANDLER, ICVA, SUSPENDED = "handler@un.example", "wg@icva.example", "hq@suspended.example"
RESTRICTED_LOOKS = [
    Look("restricted:support", ALBA, "/support/"),
    Look("restricted:support", SUSPENDED, "/support/"),
    Look("restricted:support", None, "/support/"),
    Look("restricted:channels", ALBA, "/support/channels/"),
    Look("restricted:report", ALBA, "/support/report/"),
    Look("restricted:report", HQ, "/support/report/", press="main input[value=call] >> nth=0"),
    Look("restricted:call", BENU, "/support/call/"),
    Look("restricted:call", BENU, "/support/call/", press=SAY),
    Look("restricted:mine", ALBA, "/support/mine/"),
    Look("restricted:own", ALBA, "/support/mine/{sup_held}/"),
    Look("restricted:own", BENU, "/support/mine/{sup_gone}/"),
    Look("restricted:consents", ALBA, "/support/mine/{sup_new}/choices/"),
    Look("restricted:contact", ALBA, "/support/mine/{sup_new}/contact/"),
    Look("restricted:contact", ALBA, "/support/mine/{sup_new}/contact/", press=SAY),
    Look("restricted:readers", ALBA, "/support/mine/{sup_new}/readers/"),
    Look("restricted:withdraw", ALBA, "/support/mine/{sup_new}/withdraw/"),
    Look("restricted:track", HANDLER, "/support/track/"),
    Look("restricted:detail", HANDLER, "/support/track/{sup_new}/"),
    Look("restricted:detail", HANDLER, "/support/track/{sup_held}/"),
    Look("restricted:years", ICVA, "/support/years/"),
    Look("restricted:services", HQ, "/support/services/"),
    Look("restricted:service_new", HQ, "/support/services/new/", press=SAY),
    Look("restricted:service_edit", HANDLER, "/support/services/{svc}/"),
    Look("restricted:service_end", HANDLER, "/support/services/{svc}/end/"),
]
