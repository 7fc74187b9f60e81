"""Partnership as rows, in whatever state a test wants, without the way there. Every secret text holds a canary."""

from datetime import date, timedelta

from django.utils import timezone

from accounts.actions import make_link
from accounts.models import ActionLink
from documents.models import DataKey
from governance.models import Body, Decision, Seat
from notifications.models import Subject
from partners.models import Agreement, Application, Confirmation, StateEntry, Suspension

HQ, DUNE, ICVA, DSS_CHAIR, GISF, WFP = (
    "dss.hq@un.example",
    "applicant@dune.example",
    "wg@icva.example",
    "dss.chair@un.example",
    "chair@gisf.example",
    "wfp@un.example",
)
CANARY = "canaryword"


def bodies(cast) -> tuple[Body, Body]:
    """Oversight Committee (DSS and GISF in the chair, WFP, OCHA) and Working Group (ICVA, DSS), with seats."""
    committee, _ = Body.objects.get_or_create(kind=Body.Kind.OVERSIGHT_COMMITTEE, area=None)
    group, _ = Body.objects.get_or_create(kind=Body.Kind.WORKING_GROUP, area=None)
    for order, key in enumerate(("dss", "gisf", "wfp", "ocha")):
        chair = key in {"dss", "gisf"}
        defaults = {"is_co_chair": chair, "order": order}
        Seat.objects.get_or_create(body=committee, organisation=cast.organisations[key], defaults=defaults)
    for order, key in enumerate(("icva", "dss")):
        Seat.objects.get_or_create(body=group, organisation=cast.organisations[key], defaults={"order": order})
    return committee, group


def an_application(cast, state: str = "submitted", *, key: str = "dune", by: str = DUNE, **fields) -> Application:
    """An application of Dune in `state`, with one agreement with WFP."""
    sent = state != "draft"
    row = Application(
        organisation=cast.organisations[key],
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
        language="en",
        state=state,
        opened_by=cast[HQ],
        submitted_at=timezone.now() if sent else None,
        submitted_by=cast[by] if sent else None,
        **fields,
    )
    row.write({"identity": {"legal_name": f"{CANARY} legal"}})
    row.save(force_insert=True)
    StateEntry.objects.create(application=row, state=state, by=cast[by])
    agreement = Agreement(
        application=row,
        entity=cast.organisations["wfp"],
        relation="implementing",
        kind="Field-level agreement",
        starts_on=date(2026, 1, 1),
        ends_on=timezone.now().date() + timedelta(days=400),
    )
    agreement.write({"reference": f"{CANARY} reference"})
    agreement.save(force_insert=True)
    return row


def a_decision(cast, *, body: Body, question: str = "partners.admission", proposal: str = "approve", **fields):
    """A decision that is open for two weeks; a row only: nobody was told."""
    row = Decision(
        body=body,
        question=question,
        proposal=proposal,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
        opened_by=cast[HQ],
        **{"rule": Decision.Rule.SILENCE, "deadline": timezone.now() + timedelta(days=14), **fields},
    )
    row.save(force_insert=True)
    return row


def a_confirmation(cast, application=None, state: str = "asked", *, key: str = "dune", by: str = ICVA, **fields):
    """WFP is asked about `application`, or about an organisation without one; a row only: nobody was told."""
    asked_at = fields.pop("asked_at", timezone.now())
    subject = Subject.objects.create()
    link, _token = make_link("confirmation", str(subject.pk), timedelta(days=28), asked_at)
    is_over, is_answer = (
        state not in Confirmation.WAITING,
        state in {"confirmed", "denied", "unknown", "passed"},
    )
    row = Confirmation(
        organisation=application.organisation if application else cast.organisations[key],
        application=application,
        agreement=application and application.agreements.first(),
        data_key=DataKey.objects.make(),
        subject=subject,
        link=link,
        state=state,
        asked_by=cast[by],
        asked_at=asked_at,
        due_at=link.expires_at,
        settled_at=timezone.now() if is_over else None,
        relation="implementing" if state == "confirmed" else "",
        **{
            "entity": cast.organisations["wfp"],
            "addressee": cast[WFP],
            "answered_by": cast[WFP] if is_answer else None,
            **fields,
        },
    )
    answer = {"reference": f"{CANARY} confirmed", "note": f"{CANARY} note"} if is_answer else {}
    row.write({"question": f"{CANARY} question"} | answer)
    row.save(force_insert=True)
    return row


def a_suspension(cast, state: str = "hearing", *, key: str = "alba", area: str | None = "south-sudan", **fields):
    """A suspension procedure about Alba in South Sudan, opened by the Designated Official; a row only."""
    row = Suspension(
        organisation=cast.organisations[key],
        area=cast.areas[area] if area else None,
        cause="confidentiality",
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
        state=state,
        opened_by=cast["do@un.example"] if area else cast[HQ],
        **{"hearing_until": timezone.now() + timedelta(days=7), **fields},
    )
    row.write({"reasons": f"{CANARY} reasons"})
    row.save(force_insert=True)
    return row


def confirmation_link() -> ActionLink:
    """A link that works for a month."""
    return make_link("confirmation", "CNF", timedelta(days=28))[0]
