"""Recording, confirming and ending who is there. Rows are dated: what changes ends, and another begins (§4; K1).

The audit chain has codes and references; names and addresses stay in the rows.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.models import Area
from audit.actions import record
from organisations.models import Membership, Organisation
from slt_portal.states import StaleState

from .models import Assignment, Mechanism


@transaction.atomic
def record_mechanism(
    *,
    area: Area,
    community: str,
    kind: str,
    name: str,
    since: date,
    by,
    place: str = "",
    organisation: Organisation | None = None,
    is_operational: bool | None = None,
) -> Mechanism:
    """A community organises its liaison with the UN in this way from `since` on. The same one again is the same row.

    Raises ValidationError, at the name, if one of that name is there and differs.
    """
    Area.objects.select_for_update(no_key=True).get(pk=area.pk)  # two at once: one after the other
    same = {"area": area, "place": place, "community": community, "name": name, "ended_on": None}
    more = {"kind": kind, "organisation": organisation, "is_operational": is_operational, "since": since}
    if Mechanism.objects.filter(**same).exists():
        if known := Mechanism.objects.filter(**same, **more).first():
            return known
        raise ValidationError({"name": _("A mechanism of this name is recorded here already. End it first.")})
    row = Mechanism.objects.create(**same, **more, **_said(by))
    facts = {"area": area.code, "community": community, "kind": kind, "since": since.isoformat()}
    record("coordination.mechanism_recorded", by=by, object_type="mechanism", object_ref=row.ref, facts=facts)
    return row


@transaction.atomic
def assign(
    *,
    area: Area,
    function: str,
    since: date,
    by,
    mechanism: Mechanism | None = None,
    membership: Membership | None = None,
    name: str = "",
    email: str = "",
    phone: str = "",
    instead: Assignment | None = None,
) -> Assignment:
    """Somebody has a function in `area` from `since` on; `instead` is whom they follow, or the same person written
    anew, whose row then ends. The same once more changes nothing.

    Raises StaleState if the mechanism, or whom they follow, ended meanwhile; ValidationError if the same person is
    there already, since another day or with another number.
    """
    Area.objects.select_for_update(no_key=True).get(pk=area.pk)
    if mechanism and not Mechanism.objects.filter(pk=mechanism.pk, ended_on=None).exists():
        raise StaleState("the mechanism has ended")
    about = {"area": area, "function": function, "mechanism": mechanism, "ended_on": None}
    who = {"membership": membership, "name": name} | ({} if membership else {"email": email.lower()})
    known = Assignment.objects.filter(**about, **who).exclude(pk=instead and instead.pk).first()
    if known and (known.since, known.email, known.phone) == (since, email.lower(), phone):
        return known
    if known:
        raise ValidationError(_("This person is recorded already. Use “Change” there."))
    if instead:
        _end(instead, max(since, instead.since))
    who["email"] = email.lower()
    row = Assignment.objects.create(**about, **who, phone=phone, since=since, **_said(by))
    facts = {
        "area": area.code,
        "function": function,
        "mechanism": mechanism.ref if mechanism else None,
        "membership": membership.ref if membership else None,
        "instead": instead.ref if instead else None,
        "since": since.isoformat(),
    }
    record("coordination.assigned", by=by, object_type="assignment", object_ref=row.ref, facts=facts)
    return row


@transaction.atomic
def confirm(row: Mechanism | Assignment, *, by, **changes) -> None:
    """Somebody says today that it is still so; of a mechanism also whether it `is_operational`. Raises StaleState if
    it has ended."""
    today = timezone.now().date()
    rows = type(row).objects.filter(pk=row.pk, ended_on=None)
    if rows.update(confirmed_on=today, confirmed_by=by, **changes) != 1:
        raise StaleState(f"{row.ref} has ended")
    _record("coordination.confirmed", row, by, **changes)


@transaction.atomic
def end(row: Mechanism | Assignment, *, on: date, by) -> None:
    """It is no longer so from the day `on`; who represented a mechanism does so no longer. Raises StaleState if it has
    ended already."""
    Area.objects.select_for_update(no_key=True).get(pk=row.area_id)
    _end(row, on)
    people = row.representatives.filter(ended_on=None) if isinstance(row, Mechanism) else []
    people = list(people)
    for person in people:
        _end(person, max(on, person.since))
    _record("coordination.ended", row, by, on=on.isoformat(), representatives=[person.ref for person in people])


def _end(row, on):
    if type(row).objects.filter(pk=row.pk, ended_on=None).update(ended_on=on) != 1:
        raise StaleState(f"{row.ref} has ended")


def _said(by):
    return {"confirmed_on": timezone.now().date(), "confirmed_by": by, "recorded_by": by}


def _record(verb, row, by, **facts):
    record(verb, by=by, object_type=row._meta.model_name, object_ref=row.ref, facts={"area": row.area.code} | facts)
