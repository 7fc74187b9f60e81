"""What the pages of one incident share: they exist for whoever may read it, some only for its originator or a desk."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from documents.models import DataKey
from incidents import policies
from incidents.account import agreed_texts
from incidents.attachments import attachments_of
from incidents.changes import Erased
from incidents.control import shared_row
from incidents.models import AffectedGroup, IncidentRelease
from incidents.shown import opened_texts, shown
from sharing.actions import log_reading
from sharing.audiences import audience_of, is_by_emergency, phrases
from sharing.markings import Depth
from sharing.models import Reading
from sharing.views import ReaderMixin
from slt_portal.kept import kept_context


class IncidentMixin(ReaderMixin):
    """A page of the incident named in the address, as far as its reader may read it; 404 for everybody else."""

    policy = policies.can_read_lists
    outlives_its_text = False  # a page that is still there when the text of the incident was destroyed

    def dispatch(self, request, *args, **kwargs):
        """Of an incident whose text was destroyed most pages are gone: one sentence says so, and when. What somebody
        sent there comes back to them."""
        if request.user.is_authenticated and not self.outlives_its_text and self.item.is_erased:
            return self._erased(request)
        try:
            return super().dispatch(request, *args, **kwargs)
        except Erased:  # at this very moment
            return self._erased(request)

    def _erased(self, request):
        key = DataKey.objects.filter(pk=self.item.data_key_id).first()  # as it is now
        context = {"item": self.item, "key": key, **kept_context(request)}
        return render(request, "incidents/incident_erased.html", context, status=410)

    @cached_property
    def facts(self) -> IncidentRelease:
        """The deepest release that the reader may read; `is_own` says whether through their own organisation."""
        rows = IncidentRelease.objects.visible_to(self.access).with_release().marked_own(self.access)
        rows = rows.select_related("report", "release__item__area").with_waiting_work()
        return get_object_or_404(rows, release__item__ref=self.kwargs["ref"])

    @property
    def item(self):
        """The item of the incident."""
        return self.facts.release.item

    @property
    def is_full(self) -> bool:
        """Whether the reader gets everything."""
        return self.facts.release.depth == Depth.FULL

    @cached_property
    def audience(self) -> tuple[dict[str, Depth], set[int]]:
        """The principals and the persons who may read it."""
        return audience_of(self.item)

    @cached_property
    def is_by_emergency(self) -> bool:
        """Whether the reader reads it by emergency access: they were chosen for less of it, or for nothing (C8)."""
        return is_by_emergency(self.facts.release, self.access, self._opened_by)

    @property
    def _opened_by(self):
        """The principals that may read what the reader reads of it."""
        return [name for name, reads in self.audience[0].items() if reads == self.facts.release.depth]

    @property
    def may_export(self) -> bool:
        """Whether the reader may take away what they were chosen for, which may be less than they read (C8, C9)."""
        if not policies.may_export(self.request):
            return False
        rows = IncidentRelease.objects.visible_to(self.access.as_chosen())
        return not self.is_by_emergency or rows.filter(release__item=self.item).exists()

    def seen_by(self) -> list[str]:
        """Who can see it, in words."""
        principals, persons = self.audience
        if self.facts.release.depth == Depth.CONSENT:
            return [_("Those to whom it was passed on with the originator’s consent")]
        known = {"has_originator": bool(self.item.originator_id), "names_them": self.facts.is_own}
        return phrases(principals, self.item.area, persons, **known)

    @cached_property
    def shared(self) -> IncidentRelease | None:
        """What the shared report says, for who reads the full one; None for everybody else."""
        return shared_row(self.item) if self.is_full and self.facts.report is not None else None

    @cached_property
    def shared_texts(self) -> dict:
        """Its texts by name."""
        return (opened_texts(self.shared) or {}) if self.shared else {}

    @cached_property
    def agreed_texts(self) -> dict[str, str]:
        """What in it is another text than the originator wrote: as agreed with a desk, or a place made coarser."""
        if not self.shared_texts or self.shared.is_minimal:
            return {}
        return agreed_texts(opened_texts(self.facts) or {}, self.shared_texts)

    @cached_property
    def desk(self):
        """The desk in whose name the reader acts on it, or None. Also on what their own organisation reported: somebody
        must answer what is asked about it."""
        return policies.desk_reading(self.request, self.access, self.facts, self.audience[0])

    def shown(self, *, attached: bool = True) -> dict:
        """The context of incidents/incident_body.html: what the reader's release says, with the list of attachments if
        `attached`. Whoever shows it logs it."""
        facts, groups = self.facts, []
        if self.is_full:
            groups = list(AffectedGroup.objects.for_system("of a release that was opened").filter(facts=facts))
        files = attachments_of(facts) if attached else []
        return shown(facts, texts=opened_texts(facts), groups=groups, attachments=files, seen_by=self.seen_by())

    def log_opened(self) -> None:
        """Write to the reader log that the reader got to see what their release says (C6)."""
        self._log(Reading.How.OPENED)

    def log_downloaded(self) -> None:
        """The same of a file that it opens."""
        self._log(Reading.How.DOWNLOADED)

    def _log(self, how):
        if self.facts.release.depth == Depth.CONSENT:
            log_reading(self.facts.release, reader=self.request.user, how=how, access=self.access)
            return
        log_reading(self.facts.release, reader=self.request.user, how=how, access=self.access, names=self._opened_by)

    @property
    def may_report_on(self) -> bool:
        """Whether the reader reports for the originator: what becomes of the incident is theirs to decide."""
        is_theirs = self.facts.is_own and self.facts.report is not None
        return is_theirs and policies.can_report_on(self.request, self.item)

    @property
    def may_ask(self) -> bool:
        """Whether the reader may ask DSS about it: a headquarters focal point, if a desk may see it."""
        has_desk = any(name == "dss_world" or name.startswith("dss:") for name in self.audience[0])
        is_shared = self.facts.report is not None and self.facts.release.depth != Depth.CONSENT
        return is_shared and has_desk and self.desk is None and policies.can_ask(self.request)

    @cached_property
    def may_pass_on(self) -> bool:
        """Whether the reader may ask the originator to let others have it (C3)."""
        return policies.asks_to_pass_on(self.request, self.access, self.facts, self.audience[0]) is not None


class OriginatorMixin(IncidentMixin):
    """A page for those who report for the originator; for everybody else it does not exist."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_report_on:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class OthersDeskMixin(IncidentMixin):
    """A page for a desk about what another organisation reported: nobody receives or rewrites their own report."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and (self.desk is None or self.facts.is_own):
            raise Http404
        return super().dispatch(request, *args, **kwargs)
