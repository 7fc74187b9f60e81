"""Who handles a case: the one wrapper around django-guardian's rows for cases (F3). Every grant is an audit event."""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from audit.actions import record

from .models import Case, CaseGrant

PERMISSION = "handle_case"
_WHY = "who handles a case"


def _permission():
    return Permission.objects.get(codename=PERMISSION, content_type=ContentType.objects.get_for_model(Case))


@transaction.atomic
def grant(case: Case, holders: Iterable[tuple[int, str]], *, by) -> int:
    """Let people handle `case`, each (user id, principal) once; returns how many are new. `by` None: the portal."""
    known = set(CaseGrant.objects.for_system(_WHY).filter(content_object=case).values_list("user_id", "principal"))
    new = sorted(set(holders) - known)
    if not new:
        return 0
    permission = _permission()
    for user, principal in new:
        CaseGrant.objects.create(
            permission=permission, user_id=user, content_object=case, principal=principal, granted_by=by
        )
    for user, principal in new:
        facts = {"user": user, "principal": principal}
        record("feedback.granted", by=by, object_type="case", object_ref=case.ref, facts=facts)
    return len(new)


@transaction.atomic
def revoke(case: Case, rows: Iterable[CaseGrant], *, by) -> None:
    """Take back grants of `case`; the next request of these people finds nothing."""
    rows = list(rows)
    CaseGrant.objects.for_system(_WHY).filter(pk__in=[row.pk for row in rows], content_object=case).delete()
    for row in rows:
        facts = {"user": row.user_id, "principal": row.principal}
        record("feedback.revoked", by=by, object_type="case", object_ref=case.ref, facts=facts)
