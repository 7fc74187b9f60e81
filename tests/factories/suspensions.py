"""Suspension procedures for the pages that are looked at: one in each state that has something to press."""

from datetime import timedelta

from django.utils import timezone

from governance.seats import area_body, committee
from organisations.models import Standing
from partners.actions.referrals import record_referral

from .partnership import HQ, a_decision, a_suspension, bodies

REASONS = (
    "On 2 November a report of another organisation, marked TLP:AMBER+STRICT, was quoted in a public bulletin.\n\n"
    "The bulletin names the road, the hour and the organisation. Your office was asked and did not answer."
)
ANSWER = "The bulletin was written by a colleague who is no longer with us. It was taken back the same evening."


def _texts(row, **more):
    row.write({"reasons": REASONS, "hearing": ANSWER if row.heard_at else "", "internal": "Two sources.", **more})
    row.save(update_fields=["sealed"])
    return row.ref


def of_suspensions(cast) -> dict[str, str]:
    """References by what the paths of the pages call them."""
    bodies(cast)
    organisations, now = cast.organisations, timezone.now()
    heard = {"heard_at": now - timedelta(days=2), "hearing_until": now + timedelta(days=3)}

    def agreement(key):
        return a_decision(cast, body=area_body(cast.areas["south-sudan"]), question="partners.area_suspension",
                          proposal="agreed", rule="unanimous", concerns=organisations[key])  # fmt: skip

    def standing(key):  # over already: other pages are looked at as well
        return Standing.objects.create(organisation=organisations[key], kind="suspended", starts_at=now, ends_at=now)

    lake = a_suspension(cast, "escalated", key="lake", agreement=agreement("lake"), heard_by=cast["io@lake.example"],
                        **heard)  # fmt: skip
    benu = a_suspension(cast, "suspended", key="benu", agreement=agreement("benu"), standing=standing("benu"),
                        heard_by=cast["hq@benu.example"], **heard)  # fmt: skip
    decided = a_suspension(cast, "suspended", key="suspended", area="kenya", agreement=agreement("suspended"),
                           standing=standing("suspended"), decision=_by_committee(cast, "suspended"))  # fmt: skip
    notice = {"outcome": "suspended", "at": (now - timedelta(days=1)).isoformat(), "text": REASONS}
    referral = record_referral(entity=organisations["wfp"], area=cast.areas["south-sudan"], cause="confidentiality",
                               what=REASONS, to="Security focal point of the entity", by=cast[HQ])  # fmt: skip
    return {
        "sus_hearing": _texts(a_suspension(cast, key="alba")),
        "sus_heard": _texts(a_suspension(cast, key="suspended", heard_by=cast["hq@suspended.example"], **heard)),
        "sus_world": _texts(a_suspension(cast, key="cedar", area=None, hearing_until=now - timedelta(days=1))),
        "sus_escalated": _texts(lake),
        "sus_in_force": _texts(benu, notices=[notice]),
        "sus_decided": _texts(decided, notices=[notice], recommendation="Suspend until the end of the inquiry."),
        "referral": referral.ref,
    }


def _by_committee(cast, key):
    return a_decision(cast, body=committee(), question="partners.suspension", proposal="suspend",
                      concerns=cast.organisations[key], state="closed", outcome="suspend",
                      closed_at=timezone.now())  # fmt: skip
