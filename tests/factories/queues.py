"""Something that waits in every queue of partnership, as rows. Every secret text holds a canary."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from documents.models import DataKey, DocumentOrder
from governance.seats import area_body
from notifications.models import Subject
from organisations.models import Organisation, Standing
from partners.models import (
    Basis,
    EligibilityCase,
    Interest,
    ListedMember,
    MemberList,
    Memorandum,
    MemorandumTemplate,
    Signature,
)
from tests.factories.partnership import CANARY, HQ, a_confirmation, a_decision, a_suspension, an_application, bodies

DO, FIELD, CSFP, OCHA, PLATFORM = (
    "do@un.example",
    "dss.field@un.example",
    "csfp@un.example",
    "ocha@un.example",
    "platform@southsudan.example",
)
ALBA, BENU = "hq@alba.example", "hq@benu.example"


def secret(model, **fields):
    row = model(data_key=DataKey.objects.make(), subject=Subject.objects.create(), **fields)
    row.write({"name": f"{CANARY} name", "why": f"{CANARY} why"})
    row.save(force_insert=True)
    return row


def an_organisation(name, kind="ingo"):
    return Organisation.objects.create(name=f"INGO {name}", kind=kind)


def applied(cast, name, state):
    """An application of an organisation that nobody of the cast works for."""
    cast.organisations[name] = an_organisation(name)
    return an_application(cast, state, key=name)


def a_memorandum(cast, application, *, signed=()):
    template, _ = MemorandumTemplate.objects.get_or_create(version=99, defaults={"text_en": "x", "text_fr": "x"})
    state = "half_signed" if signed else "issued"
    row = Memorandum(
        number=f"MOU-2026-{application.pk:04}",
        application=application,
        template=template,
        subject=Subject.objects.create(),
        state=state,
        issued_by=cast[HQ],
    )
    row.save(force_insert=True)
    for side in signed:
        Signature.objects.create(memorandum=row, side=side, way="typed", digest="x", by=cast[HQ])
    return row


def a_basis(cast, name, *, state="current", area=None, days=25):
    standing = Standing.objects.create(organisation=an_organisation(name), kind="partner", area=area)
    ends_on = timezone.now().date() + timedelta(days=days)
    fields = {"route": "country" if area else "memorandum", "state": state, "ends_on": ends_on}
    return Basis.objects.create(standing=standing, subject=Subject.objects.create(), recorded_by=cast[HQ], **fields)


def a_list(cast, *states, area="south-sudan", **fields):
    row = MemberList.objects.create(
        platform=cast.organisations["platform"],
        area=cast.areas[area],
        subject=Subject.objects.create(),
        digest=f"{area} {states}",
        uploaded_by=cast[PLATFORM],
        **fields,
    )
    for number, state in enumerate(states, 2):
        known = cast.organisations["alba"] if state in {"matched", "recorded"} else None
        ListedMember.objects.create(list=row, number=number, name="x", state=state, organisation=known)
    return row


def what_waits(cast) -> dict:
    """Something in every state; who it is about is named like it."""
    User.objects.update(language="en")
    committee, _group = bodies(cast)
    now = timezone.now()
    south, chad = cast.areas["south-sudan"], cast.areas["chad"]
    rows = {
        "interest": secret(Interest, language="en"),
        "dune": an_application(cast, "questioned"),
        "old draft": an_application(
            cast, "draft", key="benu", by=BENU, state_since=now - timedelta(days=40), opened_at=now
        ),
        "checked": applied(cast, "Checked", "submitted"),
        "before": applied(cast, "Before", "recommended"),
        "approved": applied(cast, "Approved", "approved"),
        "refused": applied(cast, "Refused", "refused"),
        "asked": a_confirmation(cast, key="cedar"),
        "late": a_confirmation(cast, key="cedar", state="escalated"),
        "lapsed": a_basis(cast, "Lapsed", state="lapsed", days=-9),
        "lapsed there": a_basis(cast, "Lapsed There", state="lapsed", days=-2, area=south),
        "ending there": a_basis(cast, "Ending There", area=chad),
        "far": a_basis(cast, "Far", days=200),
        "case": secret(EligibilityCase, organisation=cast.organisations["lake"], area=chad, opened_by=cast[FIELD]),
        "list": a_list(cast, "likely", "matched", "recorded"),
        "settled": a_list(cast, "recorded", "rejected", area="chad"),
        "replaced": a_list(cast, "likely", "unclear", replaced_at=now),
        "hearing": a_suspension(cast, key="alba"),
        "heard": a_suspension(cast, key="lake", heard_at=now, heard_by=cast[HQ]),
        "escalated": a_suspension(cast, "escalated", key="cedar", area="chad"),
        "document": DocumentOrder.objects.create(
            number="MOU-2026-9999",
            language="en",
            template="x",
            title="x",
            data_key=DataKey.objects.make(),
            ordered_at=now - timedelta(hours=1),
        ),
        "question": a_decision(cast, body=committee, concerns=cast.organisations["Before"]),
        "trouble": a_decision(cast, body=committee, trouble="OSError", trouble_at=now),
        "agreement": a_decision(cast, body=area_body(south), question="partners.area_suspension", rule="unanimous"),
    }
    rows["fruitless"] = a_confirmation(cast, rows["checked"], "no_answer")
    rows["to sign"] = a_memorandum(cast, applied(cast, "To sign", "concluding"))
    rows["half"] = a_memorandum(cast, applied(cast, "Half", "concluding"), signed=["dss"])
    rows["own half"] = a_memorandum(cast, an_application(cast, "concluding", key="suspended"), signed=["dss"])
    return rows
