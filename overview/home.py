"""The home page: what waits for me first, then the newest in my areas. It knows roles only to choose its words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from incidents.codes import Category
from incidents.imports.totals import reference_totals
from incidents.models import Draft, IncidentRelease
from notifications.models import Message, Subscription
from notifications.querysets import failed_messages
from organisations.memberships import memberships_of
from organisations.models import Standing
from organisations.roles import ROLES
from sharing.access import EVERYONE
from sharing.models import Reading
from sharing.views import ReaderMixin

from .policies import WATCHERS, has_home

NEW_FOR_DAYS = 14
SHOWN = 5


@dataclass(frozen=True)
class Task:
    """Something that waits for the reader, with its age."""

    title: str
    href: str
    since: datetime
    note: str = ""
    marking: str = ""


class Home(ReaderMixin, View):
    """What waits for me, oldest first; the newest in my areas; the roles I have."""

    policy = has_home

    def get(self, request):
        """One page for every role; what a role has not, the page does not mention."""
        memberships = memberships_of(request)
        roles = {membership.role for membership in memberships}
        areas = self._areas(memberships)
        rows = IncidentRelease.objects.visible_to(self.access).with_release()
        unread = list(self._unread(rows, areas))
        context = {
            "tasks": self._tasks(unread[:SHOWN], roles),
            "has_more": len(unread) > SHOWN,
            "newest": list(rows.in_areas(areas).by_date(oldest_first=False)[:SHOWN]) if areas else [],
            "has_areas": bool(areas),
            "roles": [ROLES[role] for role in sorted(roles)],
            "can_file": any(ROLES[role].may_file for role in roles),
            "reads_incidents": bool(self.access.plain or self.access.excepted),
            "is_member": self.access.is_member,
            "suspended": [] if EVERYONE in self.access.plain else _suspended(memberships),
            "reference": reference_totals() if self.access.is_member else None,
        }
        return render(request, "overview/home.html", context)

    def _areas(self, memberships):
        followed = Subscription.objects.filter(user=self.request.user).values_list("area_id", flat=True)
        return {membership.area_id for membership in memberships if membership.area_id} | set(followed)

    def _tasks(self, unread, roles):
        tasks = [
            Task(_("Finish your draft report"), f"{reverse('incidents:file')}?draft={draft.submission}", draft.saved_at)
            for draft in Draft.objects.of(self.request.user)
        ]
        tasks += [_to_read(row) for row in unread]
        if roles & WATCHERS:
            tasks += _outbox()
        return sorted(tasks, key=lambda task: task.since)

    def _unread(self, rows, areas):
        """What others shared lately in the reader's areas, or told the reader of, and is not opened; oldest first."""
        opened = Reading.objects.filter(reader=self.request.user.pk, item_ref=OuterRef("release__item__ref"))
        fresh = timezone.now() - timedelta(days=NEW_FOR_DAYS)
        told = Message.objects.filter(recipient=self.request.user).values("subject")
        concerning = Q(release__area__in=areas) | Q(release__area__parent__in=areas) | Q(report__subject__in=told)
        rows = rows.filter(concerning, ~Exists(opened), report__filed_at__gte=fresh)
        return rows.shared(self.access).select_related("report").order_by("report__filed_at")[: SHOWN + 1]


def _to_read(row):
    item = row.release.item
    known = row.category != Category.UNKNOWN
    what = row.get_category_display() if known else _("incident")
    title = _("New: %(category)s, %(area)s") % {"category": what, "area": row.release.area}
    return Task(title, reverse("incidents:detail", args=[item.ref]), row.report.filed_at, item.ref, item.marking)


def _outbox():
    oldest = failed_messages().order_by("created_at").first()
    if oldest is None:
        return []
    return [Task(_("Messages could not be sent"), reverse("overview:outbox"), oldest.created_at)]


def _suspended(memberships):
    """The organisations of the reader that are suspended now, with where."""
    organisations = {membership.organisation_id for membership in memberships}
    rows = Standing.objects.on().filter(organisation__in=organisations, kind=Standing.Kind.SUSPENDED)
    return list(rows.select_related("organisation", "area"))


def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers. Says nothing else."""
    return HttpResponse("ok", content_type="text/plain")
