"""A breach by a UN entity or its staff is recorded, and referred to that entity's own rules (§3; P9)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import record
from documents.models import DataKey
from organisations.models import Organisation
from partners.models import Referral


@transaction.atomic
def record_referral(*, entity: Organisation, area, cause: str, what: str, to: str, by) -> Referral:
    """Record what happened and to whom it is referred; it stays as it is. It changes nobody's access.

    The same again, as by a double click, is one record. Raises ValidationError for what is no UN entity.
    """
    entity = Organisation.objects.select_for_update(no_key=True).get(pk=entity.pk)  # two clicks, one record
    if entity.kind != Organisation.Kind.UNSMS_ENTITY:
        raise ValidationError(_("This is no UN entity. Open a suspension instead."), code="kind")
    texts = {"what": what, "to": to}
    mine = Referral.objects.for_system("is it recorded already").filter(entity=entity, area=area, cause=cause, by=by)
    newest = mine.select_related("data_key").order_by("pk").last()
    if newest is not None and newest.texts == texts:
        return newest
    row = Referral(entity=entity, area=area, cause=cause, data_key=DataKey.objects.make(), by=by)
    row.write(texts)
    row.save(force_insert=True)
    facts = {"cause": str(cause), "area": area.code if area else None}
    record("partners.referral_recorded", by=by, object_type="referral", object_ref=row.ref, facts=facts)
    return row
