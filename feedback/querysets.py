"""Who sees which case, question and lesson: the one rule, from the principals and grants of a person (F1-F4).

A case opens to its sender, to the sender's headquarters unless the sender keeps it from them, and to whoever has a
grant and still holds the principal for which it was given. Whoever is concerned sees nothing, whatever they hold.
"""

from django.apps import apps
from django.db.models import Exists, OuterRef, Q

from organisations.models import Membership
from partners.querysets import as_access
from sharing.access import Access
from sharing.scoping import ScopedQuerySet

READERS = frozenset({"community", "dss_world", "oversight_committee", "working_group", "consortium_desk", "mechanism"})


def own_organisations(access: Access) -> set[int]:
    """The ids of the organisations for which this person files, wherever; a suspension ends nothing of it."""
    return {int(name.split(":")[1]) for name in access.originators}


def own_headquarters(access: Access) -> set[int]:
    """The ids of the organisations for which this person works at headquarters."""
    return {int(name.split(":")[1]) for name in access.originators if name.startswith("originator:")}


def works_for(access: Access):
    """The organisations of this person, for the database to ask."""
    return Membership.objects.on(access.on).filter(user=access.user_id).values("organisation")


def is_concerned(access: Access, case: str = "pk") -> Exists:
    """That this person is concerned: themselves, an office they hold, or the organisation for which they work."""
    own = works_for(access)
    rows = apps.get_model("feedback", "Concerned").objects.for_system("who never sees a case")
    mine = Q(user=access.user_id) | Q(principal__in=access.principals) | Q(organisation__in=own)
    return Exists(rows.filter(mine, case=OuterRef(case)))


class CaseQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "CaseQuerySet":
        """The cases that `viewer` (a user or an Access) may read."""
        access = as_access(viewer)
        return self.filter(self._as_sender(access) | self._as_handler(access))._scoped(
            f"cases of user {access.user_id}"
        )

    def handled_by(self, viewer) -> "CaseQuerySet":
        """Those that `viewer` reads as one of those who handle it."""
        access = as_access(viewer)
        return self.filter(self._as_handler(access))._scoped(f"cases handled by user {access.user_id}")

    def sent_by(self, viewer) -> "CaseQuerySet":
        """Those that `viewer` reads as the sender, or as the sender's headquarters."""
        access = as_access(viewer)
        return self.filter(self._as_sender(access))._scoped(f"cases sent by user {access.user_id}")

    @staticmethod
    def _as_sender(access):
        own = Q(sender=access.user_id, organisation__in=own_organisations(access))
        headquarters = Q(headquarters_read=True, organisation__in=own_headquarters(access)) & ~is_concerned(access)
        return own | headquarters

    @staticmethod
    def _as_handler(access):
        grants = apps.get_model("feedback", "CaseGrant").objects.held_by(access)
        mine = Exists(grants.filter(content_object=OuterRef("pk"))) & ~is_concerned(access)
        return mine & ~Q(organisation__in=works_for(access))  # nobody handles what their own organisation brings


class GrantQuerySet(ScopedQuerySet):
    def held_by(self, access: Access) -> "GrantQuerySet":
        """The grants of this person that count now: for principals that they still hold."""
        rows = self.filter(user=access.user_id, principal__in=access.principals)
        return rows._scoped(f"case grants of user {access.user_id}")


class InquiryQuerySet(ScopedQuerySet):
    def asked_of(self, viewer) -> "InquiryQuerySet":
        """The questions put to an office that `viewer` holds; never to a person who is complained about, even where it
        is their own office that is asked, nor to an office that is itself complained about by now (F3)."""
        access = as_access(viewer)
        concerned = apps.get_model("feedback", "Concerned").objects.for_system("who is never asked")
        theirs = Q(user=access.user_id, through=None) | Q(principal=OuterRef("principal"))
        rows = self.filter(~Exists(concerned.filter(theirs, case=OuterRef("case"))), principal__in=access.principals)
        return rows._scoped(f"questions to user {access.user_id}")

    def of_cases(self, cases) -> "InquiryQuerySet":
        """The questions asked in `cases`, a question that starts from what its reader handles."""
        return self.filter(case__in=cases)._scoped("questions of cases that the reader handles")


class LessonQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "LessonQuerySet":
        """Published ones for partners, the bodies, the desks and DSS; others for whoever handles the case."""
        access = as_access(viewer)
        cases = apps.get_model("feedback", "Case").objects.handled_by(access)
        seen = Q(case__in=cases.values("pk"))
        if reads_lessons(access):
            seen |= Q(state="published")
        return self.filter(seen)._scoped(f"lessons for user {access.user_id}")


def reads_lessons(access: Access) -> bool:
    """Whether this person reads published lessons: partners, DSS, NGO mechanisms, desks and both bodies (F4)."""
    return any(name.partition(":")[0] in READERS for name in access.principals)
