"""Reports on one event, for tests: filed by several organisations, put together by a desk through its page."""

from dataclasses import replace
from datetime import timedelta

from documents.models import DataKey
from incidents.models import Incident, IncidentRelease
from incidents.models.incident import release_context
from incidents.same_event import merge
from sharing.models import Audience, Item, Kind, Release
from sharing.search import index_release
from tests.cast import signed_in

from .desk import FIELD, desk_of_area
from .incidents import TEXTS, USUAL, WHEN, an_account, file_report

AUTHORS = {"alba": "field@alba.example", "benu": "field@benu.example", "lake": "io@lake.example"}


def told(cast, organisation="alba", *, hours=0, choices=USUAL, coded=None, texts=None, precision="about", **options):
    """The item of a report on the ambush by one of these organisations, as many hours later."""
    account = an_account(texts={**TEXTS, **(texts or {})}, occurred_from=WHEN + timedelta(hours=hours))
    account = replace(account, time_precision=precision, coded={**account.coded, **(coded or {})})
    by = options.pop("by", None) or AUTHORS[organisation]
    filed = file_report(cast, by=by, organisation=organisation, choices=choices, account=account, **options)
    return filed.incident.item


def together(cast, one, other, *, by=FIELD) -> None:
    """The desk of South Sudan, or headquarters, says that two reports are about one event."""
    merge(one, other, by=cast[by], desk=desk_of_area(cast) if by == FIELD else desk_of_area(cast, area=None))


def say(cast, email, one, other, what="same-event"):
    """What the page of the desk answers somebody who presses a button beside a suggestion."""
    other = other.ref if isinstance(other, Item) else other
    return signed_in(cast[email]).post(f"/incidents/{one.ref}/desk/{what}/", {"same-ref": other})


def published(cast, *, days=0, what="Gunmen shot at a convoy.", area="south-sudan", category="road_attack") -> Item:
    """An incident of a public source, as the import makes it: known to the day."""
    place, at = cast.areas[area], WHEN.replace(hour=0, minute=0) + timedelta(days=days)
    item = Item.objects.create(kind=Kind.INCIDENT, area=place, marking="TLP:CLEAR", data_key=DataKey.objects.make())
    release = Release.objects.create(item=item, depth=1, area=place, sort_at=at)
    Incident.objects.create(item=item)
    sealed = item.data_key.seal_json({"what": what}, context=release_context(release.pk))
    IncidentRelease.objects.create(
        release=release,
        credit="A public source",
        category=category,
        occurred_from=at,
        time_precision="day",
        sealed=sealed,
    )
    Audience.objects.create(principal="everyone", kind=Kind.INCIDENT, sort_at=at, release=release)
    index_release(release, [what])
    return item


def of_same_event(cast) -> dict[str, str]:
    """Three reports that a desk put together, and one that may be on the same event."""
    one, other = told(cast), told(cast, "benu", hours=2, shows_originator=True, coded={"actor": "unknown"})
    together(cast, one, other)
    together(cast, other, published(cast))
    told(cast, "lake", hours=4)
    return {"same": one.ref}
