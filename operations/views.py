"""Whether the portal works: for probes in one word per check, for administrators in sentences. Never any content."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from notifications.trouble import bounce_counts
from slt_portal.views import PolicyMixin, is_signed_in

from .backups import last_backup
from .checks import CHECKS, Check, Portal, free_megabytes, outcomes
from .manifests import release
from .models import Tick
from .policies import can_see_status

_WORDS = {True: "ok", False: "failed", None: "not asked"}
# Numbers and ages in steps: one more mail, or the minute of the oldest, would tell of single reports.
_NUMBERS = [
    (0, gettext_lazy("none")),
    (9, gettext_lazy("fewer than 10")),
    (99, gettext_lazy("fewer than 100")),
    (999, gettext_lazy("fewer than 1,000")),
]
_AGES = [
    (timedelta(minutes=10), gettext_lazy("less than ten minutes")),
    (timedelta(hours=1), gettext_lazy("less than an hour")),
    (timedelta(days=1), gettext_lazy("less than a day")),
]
GIGABYTE = 1024


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers. Says nothing else."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether this instance can serve pages (503 if not), and which checks fail: names and words, no numbers."""
    found = outcomes(Portal())
    is_ready = all(found[check.name] for check in CHECKS if check.is_vital)
    word = ("ready" if all(found.values()) else "degraded") if is_ready else "not ready"
    answer = {"status": word, "checks": {name: _WORDS[holds] for name, holds in found.items()}}
    return JsonResponse(answer, status=200 if is_ready else 503)


@dataclass(frozen=True)
class Finding:
    """A check and what came out."""

    check: Check
    holds: bool | None


@dataclass(frozen=True)
class Job:
    """An entry of the schedule and when it last ran."""

    name: str
    tick: Tick | None
    is_stopped: bool


class Status(PolicyMixin, TemplateView):
    """What works and what does not, with what to do about it."""

    policy = is_signed_in
    template_name = "operations/status.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not can_see_status(request):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        portal = Portal()
        found = outcomes(portal, is_bounded=False)
        findings = [Finding(check, found[check.name]) for check in CHECKS]
        outbox = portal.outbox
        return super().get_context_data(
            wrong=[finding for finding in findings if not finding.holds],
            well=[finding for finding in findings if finding.holds],
            waiting=in_steps(outbox.queued + outbox.sending),
            waits_for=age_in_steps(portal.now, outbox.oldest_queued_at),
            failed=in_steps(outbox.failed),
            bounces=bounce_counts(),
            jobs=_jobs(portal),
            free=_("%(number)s GB") % {"number": free_megabytes() // GIGABYTE},
            release=release(),
            last_backup=last_backup(),
            **kwargs,
        )


def in_steps(number: int) -> str:
    """`number` as a step."""
    return str(next((words for most, words in _NUMBERS if number <= most), _("1,000 or more")))


def age_in_steps(now: datetime, since: datetime | None) -> str:
    """How long ago `since` is, as a step; "" for never."""
    if since is None:
        return ""
    return str(next((words for most, words in _AGES if now - since < most), _("a day or more")))


def _jobs(portal):
    stopped = set(portal.stopped_jobs())
    entries = settings.CELERY_BEAT_SCHEDULE.items()
    return [Job(name, portal.ticks.get(entry["task"]), name in stopped) for name, entry in entries]
