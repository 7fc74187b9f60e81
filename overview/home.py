"""The home page: what waits for me first, then the newest in my areas. It knows roles only to choose its words."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from accounts.rules import valid_until
from areas.models import Area
from incidents.desk_queue import at_the_desk
from incidents.imports.totals import credited_totals
from incidents.models import Draft, IncidentRelease, Report
from incidents.policies import DESK_ROLES, may_send
from incidents.reminders import owed_by
from notifications.models import DigestEntry, Message, Subscription
from organisations.memberships import memberships_of
from organisations.models import Standing
from organisations.policies import ENDS
from organisations.querysets import exceptions_to_decide
from organisations.roles import ROLES
from partners.queues import queue_of
from sharing.access import EVERYONE
from sharing.models import Reading
from sharing.querysets import OneOf
from sharing.views import ReaderMixin

from . import waiting, waiting_always
from .policies import WATCHERS, has_home

NEW_FOR_DAYS = 14
SHOWN = 5
DESKS = DESK_ROLES | {"dss_headquarters"}


class Home(ReaderMixin, View):
    """What waits for me (what is new about lives, what is to be done by its age, what else is new); the newest in my
    areas; the roles I have."""

    policy = has_home
    more_at_desk = False

    def get(self, request):
        """One page for every role; what a role has not, the page does not mention."""
        memberships = memberships_of(request)
        roles = {membership.role for membership in memberships}
        mine = self._in_my_areas(memberships)
        rows = IncidentRelease.objects.visible_to(self.access).with_release()
        unread = list(self._unread(rows, mine))
        queue = queue_of(self.access, most=SHOWN + 1)
        context = {
            "tasks": self._tasks(unread[:SHOWN], roles, queue.mine[:SHOWN]),
            "more_partnership": len(queue.mine) > SHOWN,
            "clocks": [clock for clock in queue.clocks if not clock.is_settled],
            "has_more": len(unread) > SHOWN,
            "more_at_desk": self.more_at_desk,
            "newest": list(rows.filter(mine).by_date(oldest_first=False).top(SHOWN)),
            "roles": [ROLES[role] for role in sorted(roles)],
            "can_file": any(ROLES[role].may_file for role in roles),
            "reads_incidents": bool(self.access.plain or self.access.excepted),
            "is_member": self.access.is_member,
            "suspended": [] if EVERYONE in self.access.plain else _suspended(memberships),
            "reference": credited_totals() if self.access.is_member else None,
        }
        return render(request, "overview/home.html", context)

    def _in_my_areas(self, memberships):
        """The condition of being in an area in which the reader works or which they follow, or in a part of one."""
        works_in = [membership.area_id for membership in memberships if membership.area_id]
        followed = Subscription.objects.filter(user=self.request.user).values("area")
        mine = Q(pk__in=works_in) | Q(parent__in=works_in) | Q(pk__in=followed) | Q(parent__in=followed)
        return Q(OneOf(F("release__area"), Area.objects.filter(mine).order_by().values("pk").query))

    def _tasks(self, unread, roles, lines):
        user = self.request.user
        tasks = [waiting.to_finish(draft, may_send=may_send(self.request, draft)) for draft in Draft.objects.of(user)]
        tasks += [waiting.in_partnership(line) for line in lines]
        if roles & DESKS:
            # The gravest are among those shown; the others are a link away.
            gravest_first = at_the_desk(self.request, self.access).order_by("-severity", "report__filed_at", "release")
            at_desk = list(gravest_first.top(SHOWN + 1))
            self.more_at_desk, at_desk = len(at_desk) > SHOWN, at_desk[:SHOWN]
            tasks += [waiting.to_receive(row) for row in at_desk]
            unread = [row for row in unread if row not in at_desk]  # said once, with what is to be done
        elif any(ROLES[role].may_file for role in roles):
            tasks += [waiting.to_report_on(row) for row in owed_by(self.access)[:SHOWN]]
        if "dss_headquarters" in roles:
            tasks += [waiting.to_decide(row) for row in exceptions_to_decide(user)[:SHOWN]]
        if roles & set(ENDS):
            held = [(row.role, row.organisation_id) for row in memberships_of(self.request) if not row.is_suspended]
            tasks += waiting.mail(held, watches=bool(roles & WATCHERS), most=SHOWN)
        tasks += waiting.rules(valid_until(self.request.user.rules_acknowledged_at))
        tasks += waiting_always.support(memberships_of(self.request))
        new = [waiting.to_read(row) for row in unread]
        return [
            *(task for task in new if task.is_urgent),
            *sorted(tasks, key=lambda task: task.since or timezone.now()),
            *(task for task in new if not task.is_urgent),
        ]

    def _unread(self, rows, mine):
        """What others shared lately in the reader's areas, or told the reader of, and is not opened: the gravest
        first, then the newest."""
        user = self.request.user
        opened = Reading.objects.filter(reader=user.pk, item_ref=OuterRef("release__item__ref"))
        opened = opened.filter(Q(version__gte=OuterRef("release__version")) | Q(version=None))
        fresh = timezone.now() - timedelta(days=NEW_FOR_DAYS)
        told = Message.objects.filter(recipient=user).order_by().values("subject")
        listed = DigestEntry.objects.filter(user=user).order_by().values("subject")
        known = Report.objects.for_system("what the reader was told of")
        known = known.filter(OneOf(F("subject"), told.union(listed).query)).order_by().values("incident")
        concerning = mine | Q(OneOf(F("report__incident"), known.query))
        rows = rows.new_since(fresh).filter(concerning, ~Exists(opened)).shared(self.access).with_lives_at_risk()
        return rows.newest_reported("-lives_at_risk", "-severity").top(SHOWN + 1)


def _suspended(memberships):
    """The organisations of the reader that are suspended now, with where."""
    organisations = {membership.organisation_id for membership in memberships}
    rows = Standing.objects.on().filter(organisation__in=organisations, kind=Standing.Kind.SUSPENDED)
    return list(rows.select_related("organisation", "area"))
