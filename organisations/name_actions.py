"""By which names an organisation is known: other ones, former ones, acronyms; and its name itself (P12)."""

from django.db import IntegrityError, transaction

from audit.actions import record
from slt_portal.states import StaleState

from .models import Organisation, OrganisationName


@transaction.atomic
def add_name(*, organisation: Organisation, name: str, kind: str, by) -> OrganisationName:
    """From now on this name means the organisation too. Given twice, it is one name."""
    row, is_new = OrganisationName.objects.get_or_create(
        organisation=organisation, name=" ".join(name.split()), defaults={"kind": OrganisationName.Kind(kind)}
    )
    if is_new:
        _record("organisations.name_added", organisation, by=by, kind=row.kind)
    return row


@transaction.atomic
def remove_name(row: OrganisationName, *, by) -> None:
    """The name means the organisation no longer. Raises StaleState if it was removed already."""
    deleted, _ = OrganisationName.objects.filter(pk=row.pk).delete()
    if not deleted:
        raise StaleState("this name was removed already")
    _record("organisations.name_removed", row.organisation, by=by, kind=row.kind)


@transaction.atomic
def rename(organisation: Organisation, *, name: str, by) -> None:
    """The organisation has another name; the one it had is kept as a former one.

    Raises StaleState if somebody renamed it meanwhile, or another organisation has that name.
    """
    former, name = organisation.name, " ".join(name.split())
    if name == former:
        return
    try:
        with transaction.atomic():
            renamed = Organisation.objects.filter(pk=organisation.pk, name=former).update(name=name)
    except IntegrityError as error:
        raise StaleState("another organisation has this name") from error
    if renamed != 1:
        raise StaleState("somebody renamed it meanwhile")
    organisation.name = name
    OrganisationName.objects.filter(organisation=organisation, name=name).delete()  # back to a name it had
    former_name = {"organisation": organisation, "name": former}
    OrganisationName.objects.update_or_create(**former_name, defaults={"kind": OrganisationName.Kind.FORMER})
    _record("organisations.renamed", organisation, by=by)


def _record(verb, organisation, *, by, **facts):
    record(verb, by=by, object_type="organisation", object_ref=organisation.ref, facts=facts)
