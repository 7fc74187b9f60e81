"""The lists of areas at the reinforced level: all, one, its files, and whether a file is ours (§5e; L4, L8)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from audit.actions import record
from documents.files import FileBroken
from documents.issue import document_of
from implementation_levels.actions.distribution import note_opening
from implementation_levels.forms.lists import FingerprintForm, ListOnFilter
from implementation_levels.list_contents import LANGUAGES, changes_in_words, in_words, why_in_words
from implementation_levels.lists import (
    ListFile,
    content_of,
    file_with,
    files_of,
    list_after,
    list_on,
    lists,
    next_due,
    tables_of,
)
from implementation_levels.models import LevelList
from implementation_levels.policies import reads_distribution
from partners.views.memoranda import download

from .readers import LevelsMixin

PAGE = 50
MEDIA = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


class Lists(LevelsMixin, TemplateView):
    """All lists, newest first; and which of them was in force on a day."""

    template_name = "implementation_levels/lists.html"

    def get_context_data(self, **kwargs):
        form = ListOnFilter(self.request.GET or None)
        page = Paginator(lists(), PAGE).get_page(self.request.GET.get("page"))
        newest = page.object_list[0] if page.number == 1 and page.object_list else lists().first()
        asked = form.is_valid() and form.cleaned_data["on"]
        return super().get_context_data(
            page=page,
            items=list(page.object_list),
            filter_form=form,
            is_filtered=bool(asked),
            newest=newest,
            next_due=next_due(),
            is_invented=any(row.is_invented for row in page.object_list),
            **(_in_force_on(asked) if asked else {}),
            **kwargs,
        )


def _in_force_on(day):
    """The list of a day, and the one that should have been in force by then but was made late."""
    late = lists().filter(due_on__lte=day, on__gt=day).last()
    return {"on": day, "found": list_on(day), "late": late}


class _OneList(LevelsMixin):
    @cached_property
    def level_list(self) -> LevelList:
        """The list of the address; 404 where there is none."""
        return get_object_or_404(LevelList, number=self.kwargs["number"])


class ListPage(_OneList, TemplateView):
    """One list: whether it is in force, what changed, the areas, its files. That somebody opened it is noted once."""

    template_name = "implementation_levels/list.html"

    def get(self, request, *args, **kwargs):
        note_opening(self.level_list, user=request.user, by_link=request.GET.get("from") == "mail")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        row, content = self.level_list, content_of(self.level_list)
        beside = {one.number: one for one in lists().filter(number__in=(row.number - 1, row.number + 1))}
        after = beside.get(row.number + 1)
        page = Paginator(in_words(content["areas"]), PAGE).get_page(self.request.GET.get("page"))
        files = files_of(row)
        return super().get_context_data(
            level_list=row,
            before=beside.get(row.number - 1),
            after=after,
            newest=lists().first() if after else row,
            next_due=None if after else next_due(),
            why=why_in_words(row.reason, row.number - 1),
            changes=changes_in_words(content["changes"]),
            page=page,
            items=page.object_list,
            files=files,
            own_pdf=next(one for one in files if one.kind == "pdf" and one.language == _language()),
            is_invented=row.is_invented,
            reads_distribution=reads_distribution(self.access),
            **kwargs,
        )


def _language():
    return "fr" if get_language() == "fr" else "en"


class ListTable(_OneList, View):
    """A file of a list with the bytes as they were frozen; each time is noted."""

    def get(self, request, number, name):
        """JSON or a table; 404 for any other name."""
        file = next((one for one in tables_of(self.level_list) if one.name == name), None)
        if file is None:
            raise Http404
        _note(self.level_list, file.kind, file.language, by=request.user)
        return download(file.text(), media_type=MEDIA[file.kind], name=name)


class ListPdf(_OneList, View):
    """The PDF as it was made once; each time is noted."""

    def get(self, request, number, language):
        """The bytes; back to the page with a sentence while it is being made."""
        if language not in LANGUAGES:
            raise Http404
        document = document_of(self.level_list.document_number, language)
        if document is None:
            messages.info(request, _("This PDF is still being made. Try again in a few minutes."))
            return redirect("implementation_levels:list", number)
        try:
            content = document.file.read()
        except FileBroken as broken:
            messages.error(request, str(broken))
            return redirect("implementation_levels:list", number)
        _note(self.level_list, "pdf", language, by=request.user)
        name = ListFile(self.level_list, "pdf", language).name
        return download(content, media_type="application/pdf", name=name)


def _note(level_list, kind, language, *, by):
    """One audit event for each file that leaves the portal (C9)."""
    facts = {"format": kind, "language": language}
    ref = str(level_list.number)
    record("implementation_levels.list_downloaded", by=by, object_type="level_list", object_ref=ref, facts=facts)


class ListCheck(LevelsMixin, TemplateView):
    """Whether a file is ours as we made it, and whether its list is in force: asked with its SHA-256."""

    template_name = "implementation_levels/list_check.html"

    def get_context_data(self, **kwargs):
        form = FingerprintForm(self.request.GET if "digest" in self.request.GET else None)
        found = form.is_valid() and file_with(form.cleaned_data["digest"])
        return super().get_context_data(
            form=form,
            is_asked=form.is_valid(),
            found=found,
            after=list_after(found.level_list) if found else None,
            newest=lists().first() if found else None,
            is_invented=bool(found and found.level_list.is_invented),
            **kwargs,
        )
