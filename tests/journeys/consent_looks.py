"""Passing on, as it is looked at (tests.factories.consents)."""

from .furnished import ALBA, BENU
from .look import Look

LAKE, LOCAL = "io@lake.example", "local@nngo.example"
CONSENT_LOOKS = [
    Look("incidents:consents", ALBA, "/incidents/consents/"),
    Look("incidents:consents", BENU, "/incidents/consents/?side=asked"),
    Look("incidents:consents", LOCAL, "/incidents/consents/"),
    Look("incidents:consent_ask", BENU, "/incidents/{passed_on}/pass-on/"),
    Look("incidents:consent_ask", BENU, "/incidents/{passed_on}/pass-on/", press="main form button.button-primary"),
    Look("incidents:consent", ALBA, "/incidents/consents/{consent_waits}/"),
    Look("incidents:consent", ALBA, "/incidents/consents/{consent_waits}/", press="main button[value=see]"),
    Look("incidents:consent", BENU, "/incidents/consents/{consent_waits}/"),
    Look("incidents:consent", ALBA, "/incidents/consents/{consent_given}/"),
    Look("incidents:consent", BENU, "/incidents/consents/{consent_donor}/"),
    Look("incidents:detail", LAKE, "/incidents/{passed_on}/"),
    Look("incidents:detail", BENU, "/incidents/{passed_on}/"),
    Look("incidents:audience", ALBA, "/incidents/{passed_on}/audience/"),
]
