"""The registers: who is a partner, where, on what, since when; and the lists that were sent (P8)."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from areas.models import Area
from documents.issue import document_of
from documents.models import DocumentOrder
from partners.actions.register_issues import changes
from partners.forms.bases import RegisterFilter
from partners.models import RegisterIssue
from partners.policies import is_dss_headquarters
from partners.register_sheets import (
    Sheet,
    csv_of,
    in_words,
    may_open,
    note_document,
    order_pdf,
    sheet_of,
    sheet_of_issue,
)
from partners.registers import (
    areas_read,
    end_of,
    is_dss_of,
    local_arrangements,
    members,
    narrowed,
    reads_area,
    reads_global,
    rows_of,
)
from sharing.views import ReaderMixin
from slt_portal.views import is_signed_in

PAGE = 50
LOCAL = "local"  # the part of an area's register that lists its local arrangements


class ReadersMixin(ReaderMixin):
    """A page for readers of a register; absent for everybody else, whatever there is."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_read():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def may_read(self) -> bool:
        """Whether the reader of this request may."""
        return reads_global(self.access)


class AreaMixin(ReadersMixin):
    """A page about one area, `code` in its address."""

    @cached_property
    def area(self) -> Area | None:
        """The area of the address."""
        return Area.objects.filter(code=self.kwargs["code"]).first()

    def may_read(self) -> bool:
        """Whether the reader reads the register of this area."""
        return self.area is not None and reads_area(self.access, self.area)


class DssMixin(AreaMixin):
    """A page on which DSS of the area, or DSS headquarters, records something."""

    def may_read(self) -> bool:
        """Whether the reader records there."""
        return self.area is not None and is_dss_of(self.access, self.area)


class GlobalRegister(ReadersMixin, TemplateView):
    """All organisations with status at the global level: the day, the filters, a page of rows."""

    template_name = "partners/register.html"
    area = None

    def get(self, request, *args, **kwargs):
        given = request.GET.copy()
        given.setdefault("area", self.area.code if self.area else "")
        self.form = RegisterFilter(given, areas=areas_read(self.access), has_global=reads_global(self.access))
        if self.form.is_valid() and self.form.cleaned_data["area"] != self.area:
            return redirect(_url_of(self.form.cleaned_data["area"], given))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        context = {
            "filter_form": self.form,
            "is_filtered": self.form.is_narrowing,
            "area": self.area,
            "is_dss": is_dss_of(self.access, self.area),
            "may_give": is_dss_headquarters(self.access),
            "reads_global": reads_global(self.access),
            "clear_url": self.request.path,
        }
        return super().get_context_data(**context, **(self._found() if self.form.is_valid() else {}), **kwargs)

    def _found(self):
        data = self.form.cleaned_data
        today = timezone.now().date()
        on = data["on"] or today
        moment, is_local = end_of(on), self.area is not None and data["which"] == LOCAL
        organisations = local_arrangements(self.area, moment) if is_local else members(self.area, moment)
        organisations = narrowed(organisations, name=data["q"], kind="" if is_local else data["kind"])
        page = Paginator(organisations, PAGE).get_page(self.request.GET.get("page"))
        return {
            "on": on,
            "is_today": on == today,
            "is_local": is_local,
            "page": page,
            "count_label": page.paginator.count,
            "items": rows_of(page.object_list, self.area, moment),
            "export_query": f"?area={self.area.code if self.area else ''}&on={on.isoformat()}",
        }


class AreaRegister(AreaMixin, GlobalRegister):
    """Who is confirmed and active in an area; its local arrangements apart."""


def _url_of(area, given):
    """The same day and name in another register."""
    kept = {name: given[name] for name in ("q", "kind", "on") if given.get(name)}
    path = reverse("partners:register_area", args=[area.code]) if area else reverse("partners:register")
    return f"{path}?{urlencode(kept)}" if kept else path


class _SheetMixin(ReaderMixin):
    """Finds the register that is asked for: of an area, the global one, or a list as it was sent."""

    policy = is_signed_in

    def sheet(self, asked) -> Sheet:
        """The sheet of `asked` (area, on, issue); Http404 for what the reader does not read or what makes no sense."""
        if "issue" in asked:
            if not reads_global(self.access) or not asked["issue"].isdecimal() or len(asked["issue"]) > 9:
                raise Http404
            return sheet_of_issue(get_object_or_404(RegisterIssue, number=int(asked["issue"])))
        area = None
        if asked.get("area"):
            area = get_object_or_404(Area, code=asked["area"].replace("\x00", ""))
        if not (reads_area(self.access, area) if area else reads_global(self.access)):
            raise Http404
        form = RegisterFilter({"on": asked.get("on", "")}, areas=Area.objects.none(), has_global=True)
        if not form.is_valid():
            raise Http404
        return sheet_of(area, form.cleaned_data["on"] or timezone.now().date())


class RegisterFile(_SheetMixin, View):
    """The whole register of a day as a table."""

    def get(self, request):
        """The file; its name says nothing but the number."""
        sheet = self.sheet(request.GET)
        headers = {"Content-Disposition": f'attachment; filename="{sheet.number}.csv"'}
        content = csv_of(sheet, by=request.user)
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


class RegisterPdf(_SheetMixin, View):
    """The button “PDF”: orders the document once, and leads to where it will be."""

    def get(self, request):
        """Came back here after signing in: to where the button is."""
        if not reads_global(self.access):
            raise Http404
        return redirect("partners:register")

    def post(self, request):
        """The order; the same content is the same document."""
        order = order_pdf(self.sheet(request.POST), language=get_language())
        return redirect("partners:register_document", order.number, order.language)


class _DocumentMixin(ReaderMixin):
    policy = is_signed_in

    def order(self) -> DocumentOrder:
        """The order of the address, if the reader reads that register."""
        rows = DocumentOrder.objects.select_related("data_key")
        order = get_object_or_404(rows, number=self.kwargs["number"], language=self.kwargs["language"])
        if not may_open(order, self.access):
            raise Http404
        return order


class RegisterDocument(_DocumentMixin, TemplateView):
    """How far a document is: being made, or ready."""

    template_name = "partners/register_document.html"

    def get_context_data(self, **kwargs):
        order = self.order()
        texts = order.texts
        return super().get_context_data(
            order=order,
            on=parse_date(texts["day"]),
            document=document_of(order.number, order.language),
            back_url=_page_of(texts),
            **kwargs,
        )


def _page_of(texts):
    """The page that a document was ordered from."""
    if texts["issue"]:
        return reverse("partners:issue", args=[texts["issue"]])
    area = texts["area"]
    path = reverse("partners:register_area", args=[area]) if area else reverse("partners:register")
    return f"{path}?{urlencode({'on': texts['day']})}"


class RegisterDocumentFile(_DocumentMixin, View):
    """The document itself; each time is noted."""

    def get(self, request, **kwargs):
        """The PDF as it was made."""
        order = self.order()
        document = document_of(order.number, order.language)
        if document is None:
            raise Http404
        content = document.file.read()
        note_document(order, by=request.user)
        headers = {"Content-Disposition": f'attachment; filename="{order.number}.pdf"'}
        return HttpResponse(content, content_type="application/pdf", headers=headers)


class Issues(ReadersMixin, TemplateView):
    """The global lists as they were sent, newest first."""

    template_name = "partners/issue_list.html"

    def get_context_data(self, **kwargs):
        rows = RegisterIssue.objects.defer("rows").order_by("-number")
        page = Paginator(rows, PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(page=page, items=list(page.object_list), **kwargs)


class IssuePage(ReadersMixin, TemplateView):
    """One list as it was sent, and what was different from the one before."""

    template_name = "partners/issue.html"

    def get_context_data(self, **kwargs):
        issue = get_object_or_404(RegisterIssue, number=self.kwargs["number"])
        before = RegisterIssue.objects.filter(number__lt=issue.number).order_by("-number").first()
        page = Paginator(issue.rows, PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            issue=issue,
            before=before,
            changes=[(_what()[what], rows) for what, rows in changes(issue, before).items()] if before else [],
            page=page,
            items=in_words(page.object_list),
            count_label=page.paginator.count,
            **kwargs,
        )


def _what() -> dict[str, str]:
    return {
        "added": _("New on the list"),
        "removed": _("No longer on the list"),
        "suspended": _("Suspended"),
        "lifted": _("Suspension lifted"),
        "changed": _("Changed: name, basis or date"),
    }
