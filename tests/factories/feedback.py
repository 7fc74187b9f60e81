"""Feedback as rows, in whatever state a test wants, without the way there. Every secret text holds a canary."""

from datetime import timedelta

from django.utils import timezone

from documents.models import DataKey
from feedback import handlers
from feedback.models import Case, CaseStep, Concerned, Entry, Inquiry, Lesson
from notifications.models import Subject
from tests.factories.levels import area
from tests.factories.partnership import bodies

CANARY = "fbkcanary"
ALBA_HQ, BENU_FIELD, DSS_HQ, ICVA, GISF = (
    "hq@alba.example",
    "field@benu.example",
    "dss.hq@un.example",
    "wg@icva.example",
    "chair@gisf.example",
)


def a_case(cast, state: str = "received", *, by: str = BENU_FIELD, key: str = "benu", concerned=(), **fields) -> Case:
    """A concern of Benu's field focal point about DSS of South Sudan, sent to DSS and to the GISF desk, in `state`.

    `concerned` are people of the cast; whoever is entitled has their grant. A row only: nobody was told.
    """
    bodies(cast)
    now = timezone.now()
    is_handed = state in {"handling", "proposed", "committee", "closed"}
    outcome = fields.pop("outcome", "resolved") if state == "closed" else ""
    row = Case(
        **{
            "kind": "concern",
            "about": "office",
            "office": "dss_field",
            "area": area(),
            "sender": cast[by],
            "organisation": cast.organisations[key],
            "to_dss": True,
            "desk": cast.organisations["gisf"],
            "due_at": None if state == "closed" else now + timedelta(days=5),
            "handed_over_at": now if is_handed else None,
            "escalated_at": now if state == "committee" else None,
            "closed_at": now if state == "closed" else None,
            **fields,
        },
        state=state,
        outcome=outcome,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
    )
    row.write({"title": f"{CANARY} title", "text": f"{CANARY} text", "persons": f"{CANARY} persons"})
    row.save(force_insert=True)
    CaseStep.objects.create(case=row, state="received", by=row.sender, at=row.filed_at)
    if state != "received":
        CaseStep.objects.create(case=row, state=state, outcome=outcome, by=cast[ICVA], at=now)
    Concerned.objects.bulk_create(Concerned(case=row, user=cast[person]) for person in concerned)
    handlers.entitle(row)
    return row


def an_entry(case: Case, *, by, kind: str = "message", side: str = "sender", text: str = "", **fields) -> Entry:
    """Something said in `case`."""
    row = Entry(case=case, kind=kind, side=side, by=by, **fields)
    row.write({"text": text or f"{CANARY} said"})
    row.save(force_insert=True)
    return row


def an_inquiry(case: Case, *, by, principal: str = "", **fields) -> Inquiry:
    """A question to the Designated Official of the area of `case`."""
    row = Inquiry(
        **{
            "case": case,
            "about": case.office,
            "area": case.area,
            "principal": principal or f"designated_official:{case.area_id}",
            "asked_by": by,
            "due_at": timezone.now() + timedelta(days=14),
            "subject": Subject.objects.create(),
            **fields,
        }
    )
    row.write({"question": f"{CANARY} question"})
    row.save(force_insert=True)
    return row


def a_lesson(case: Case, *, by, state: str = "published", **fields) -> Lesson:
    """A lesson from `case`."""
    texts = {f"{name}_{code}": f"A {name} ({code})" for name in ("title", "text") for code in ("en", "fr")}
    is_out = state == "published"
    return Lesson.objects.create(
        **{
            "case": case,
            "category": "information",
            "state": state,
            "written_by": by,
            "published_by": by if is_out else None,
            "published_on": timezone.now().date() if is_out else None,
            **texts,
            **fields,
        }
    )
