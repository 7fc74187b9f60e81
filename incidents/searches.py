"""Searches that a person keeps under a name. The filters stay in the address; this only remembers the address."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import QueryDict

from accounts.models import User
from slt_portal.crypto import SealBroken
from slt_portal.prepared import prepared

from .filters import IncidentFilter
from .models import SavedSearch

MOST = 20
LONGEST_NAME = 60


class TooManySearches(Exception):
    """This person keeps as many searches as one may."""


@dataclass(frozen=True)
class Kept:
    """A kept search as the list shows it."""

    id: UUID
    name: str
    query: str


def plain_query(query: str) -> str:
    """The filters of an address, without the place in the list and without what is no filter of ours."""
    given, plain = QueryDict(query), QueryDict(mutable=True)
    for name in IncidentFilter.base_filters:
        if value := given.get(name, ""):
            plain[name] = value
    return plain.urlencode()


@transaction.atomic
def save_search(*, by: User, name: str, query: str) -> SavedSearch:
    """Keep the filters `query` for `by` as `name`; under a name that is there already they take its place.

    Raises TooManySearches.
    """
    User.objects.select_for_update().get(pk=by.pk)  # two tabs at once must not pass the limit together
    rows = list(SavedSearch.objects.of(by))
    row = next((row for row in rows if _content(row).get("name") == name), None)
    if row is None:
        if len(rows) >= MOST:
            raise TooManySearches
        row = SavedSearch(owner=by)
    row.seal_content(name=name, query=plain_query(query))
    row.save()
    return row


def remove_search(search: SavedSearch) -> None:
    """Forget one."""
    SavedSearch.objects.for_system("remove").filter(pk=search.pk).delete()


def searches_of(user: User) -> list[Kept]:
    """What `user` keeps, by name; one that cannot be opened is left out."""
    rows = [(row, _content(row)) for row in _kept_by(user.pk)]
    kept = [Kept(row.pk, content["name"], content["query"]) for row, content in rows if content]
    return sorted(kept, key=lambda search: search.name.casefold())


@prepared
def _kept_by(user_id):
    return SavedSearch.objects.of(User(pk=user_id))


def _content(row) -> dict:
    try:
        return row.content
    except SealBroken:
        return {}
