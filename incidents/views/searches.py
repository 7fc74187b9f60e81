"""Keeping a search under a name, and forgetting it."""

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from incidents import policies
from incidents.models import SavedSearch
from incidents.searches import LONGEST_NAME, MOST, TooManySearches, plain_query, remove_search, save_search, searches_of
from sharing.views import ReaderMixin


class SearchForm(forms.Form):
    """The name of a search."""

    name = forms.CharField(
        label=gettext_lazy("Name of this search"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )


class SearchSave(ReaderMixin, View):
    """Keep the filters in the address under a name; and the searches that are kept, with a button to forget each."""

    policy = policies.can_read_lists

    def get(self, request):
        """Ask for the name."""
        return self._page(request, SearchForm())

    def post(self, request):
        """Keep it and lead back to the list; what is wrong is said at the field."""
        form = SearchForm(request.POST)
        if form.is_valid():
            query = plain_query(request.META["QUERY_STRING"])
            try:
                save_search(by=request.user, name=form.cleaned_data["name"], query=query)
            except TooManySearches:
                form.add_error("name", _("You keep %(most)s searches already. Remove one first.") % {"most": MOST})
            else:
                return redirect(f"{reverse('incidents:list')}?{query}")
        return self._page(request, form, status=422)

    def _page(self, request, form, status=200):
        query = plain_query(request.META["QUERY_STRING"])
        context = {
            "form": form,
            "query": query,
            "searches": searches_of(request.user),
            "back_url": f"{reverse('incidents:list')}?{query}",
        }
        return render(request, "incidents/search_save.html", context, status=status)


class SearchRemove(ReaderMixin, View):
    """Forget a kept search. 404 for everybody but its owner."""

    policy = policies.can_read_lists

    def post(self, request, pk):
        """One press, no question: it is made again in a moment."""
        search = get_object_or_404(SavedSearch.objects.of(request.user), pk=pk)
        remove_search(search)
        messages.success(request, _("The search is removed."))
        return redirect("incidents:search_save")
