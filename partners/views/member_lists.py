"""A platform's lists of members: bringing one, what became of each row, and settling rows (§3; P8)."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView, TemplateView

from areas.models import Area
from organisations.models import Organisation
from partners.actions.member_lists import bring_list
from partners.actions.member_settling import AT_ONCE, ready_to_record, record_all
from partners.forms.member_lists import MemberListForm, RowFilter
from partners.member_rows import Reader, counts_of, narrowed, shown
from partners.models import ListedMember, MemberList
from partners.querysets import areas_of, platforms_of
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in

PAGE = 50


class ListsMixin(ReaderMixin):
    """A page for platforms, DSS field and DSS headquarters; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_enter():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def may_enter(self) -> bool:
        """Whether lists can concern the reader at all."""
        access = self.access
        return "dss_world" in access.principals or bool(areas_of(access, "dss") or platforms_of(access))


class OneListMixin(ListsMixin):
    """A page about one list that the reader sees."""

    @cached_property
    def list(self) -> MemberList:
        """The list of the address."""
        rows = MemberList.objects.visible_to(self.access).select_related("platform", "area", "uploaded_by")
        return get_object_or_404(rows, ref=self.kwargs["ref"])

    @cached_property
    def is_dss(self) -> bool:
        """Whether the reader is DSS there."""
        return bool(self.access.principals & {"dss_world", f"dss:{self.list.area_id}"})

    @cached_property
    def reader(self) -> Reader:
        """As whom the reader looks at it."""
        return Reader.of(self.list, is_dss=self.is_dss)

    def list_url(self) -> str:
        """Where one goes back to."""
        return reverse("partners:member_list", args=[self.list.ref])


class MemberLists(ListsMixin, TemplateView):
    """The lists that one sees: those that count first, then the newest."""

    template_name = "partners/member_lists.html"

    def get_context_data(self, **kwargs):
        rows = MemberList.objects.visible_to(self.access).select_related("platform", "area")
        state = ListedMember.State
        rows = rows.annotate(
            rows_count=Count("members", filter=Q(members__number__isnull=False)),
            to_choose=Count("members", filter=Q(members__state=state.LIKELY)),
            waiting=Count("members", filter=Q(members__state__in=ListedMember.OPEN)),
        ).order_by(F("replaced_at").desc(nulls_first=True), "-uploaded_at", "-pk")
        page = Paginator(rows, PAGE).get_page(self.request.GET.get("page"))
        own, old = platforms_of(self.access), timezone.now() - _age()
        items = [
            {
                "row": row,
                "is_old": row.is_newest and row.uploaded_at < old,
                "mine": row.to_choose if (row.platform_id, row.area_id) in own else row.waiting,
            }
            for row in page.object_list
        ]
        count = page.paginator.count
        return super().get_context_data(items=items, page=page, count_label=count, can_bring=bool(own), **kwargs)


def _age():
    return timedelta(days=settings.MEMBER_LIST_DAYS)


class MemberListUpload(ListsMixin, FormView):
    """Brings a list: for who represents a platform."""

    form_class = MemberListForm
    template_name = "partners/member_list_upload.html"

    def may_enter(self) -> bool:
        """Representatives of a platform in an area."""
        return bool(platforms_of(self.access))

    @cached_property
    def platforms(self) -> list[tuple]:
        """(value, label, platform, area) of each that the person represents, by name."""
        pairs = platforms_of(self.access)
        platforms = Organisation.objects.in_bulk({platform for platform, _area in pairs})
        areas = Area.objects.in_bulk({area for _platform, area in pairs})
        found = [(platforms[platform], areas[area]) for platform, area in pairs]
        labels = [(f"{p.ref}:{a.code}", f"{p.name}, {a}", p, a) for p, a in found]
        return sorted(labels, key=lambda entry: entry[1])

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "platforms": self.platforms}

    def form_valid(self, form):
        platform, area = form.platforms[form.cleaned_data["whose"]]
        row, is_new = bring_list(
            platform=platform, area=area, listings=form.listings, data=form.data_of_file, by=self.request.user
        )
        if is_new:
            messages.success(self.request, _("Your list has arrived. DSS of the area has been told."))
        else:
            messages.info(self.request, _("This very list is here already. Nothing was changed."))
        return redirect("partners:member_list", row.ref)

    def get_context_data(self, **kwargs):
        only = self.platforms[0] if len(self.platforms) == 1 else None
        return super().get_context_data(only=only, cancel_url=reverse("partners:member_lists"), **kwargs)


class MemberListPage(OneListMixin, TemplateView):
    """One list: what waits, what is different from the list before, and every row with its outcome."""

    template_name = "partners/member_list.html"

    def get_context_data(self, **kwargs):
        row, reader = self.list, self.reader
        form = RowFilter(self.request.GET)
        data = form.cleaned_data if form.is_valid() else {"show": "", "q": ""}
        page = Paginator(narrowed(row, reader, show=data["show"], words=data["q"]), PAGE)
        page = page.get_page(self.request.GET.get("page"))
        lists = MemberList.objects.filter(platform=row.platform, area=row.area)
        return super().get_context_data(
            list=row,
            is_dss=self.is_dss,
            is_mine=(row.platform_id, row.area_id) in platforms_of(self.access),
            before=lists.filter(pk__lt=row.pk).order_by("-pk").first(),
            newest=None if row.is_newest else lists.newest().first(),
            is_old=row.is_newest and row.uploaded_at < timezone.now() - _age(),
            counts=counts_of(row, reader),
            items=shown(page.object_list, reader, row.area),
            page=page,
            count_label=page.paginator.count,
            filter_form=form,
            is_filtered=bool(data["show"] or data["q"]),
            clear_url=self.request.path,
            **kwargs,
        )


class MemberListRecord(OneListMixin, View):
    """Shows the rows that nobody doubts, then records them with one button: DSS of the area."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and self.may_enter() and not (self.is_dss and self.list.is_newest):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, **kwargs):
        """Exactly the rows that the button records."""
        ready = ready_to_record(self.list)
        context = {
            "list": self.list,
            "items": shown(ready[:AT_ONCE], self.reader, self.list.area),
            "seen": len(ready),
            "later": max(len(ready) - AT_ONCE, 0),
            "back_url": self.list_url(),
        }
        return render(request, "partners/member_list_record.html", context)

    def post(self, request, **kwargs):
        """Record what was on the page; if that has changed, look again."""
        seen = request.POST.get("seen", "")
        try:
            number = record_all(self.list, seen=int(seen) if seen.isdecimal() else -1, by=request.user)
        except StaleState:
            messages.info(request, _("The list has changed meanwhile. Nothing was recorded: look again."))
            return redirect(self.list_url())
        messages.success(request, _("Recorded: %(count)s.") % {"count": number})
        return redirect(self.list_url())
