"""`manage.py rebuild_search`: make the search tokens anew, after a change of how words are compared."""

from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from incidents.models import IncidentRelease
from sharing.markings import Depth
from sharing.models import Audience, SearchToken
from sharing.search import index_releases
from slt_portal.crypto import SealBroken

BATCH = 500


class Command(BaseCommand):
    """Safe to repeat and to break off; people can search meanwhile."""

    help = "Indexes the words of all incidents again. Prints how far it is."

    def add_arguments(self, parser):
        """--missing: only what no word leads to, as after an upgrade from a version without search."""
        parser.add_argument("--missing", action="store_true")

    def handle(self, *, missing: bool, **options) -> None:
        """Batch by batch in the order of releases; says at the end what could not be opened."""
        rows = IncidentRelease.objects.for_system("rebuild the search").with_release().order_by("pk")
        standing = Audience.objects.for_system("rebuild the search").filter(release=OuterRef("release"))
        rows = rows.filter(Q(release__depth__gt=Depth.CONSENT) | Exists(standing))  # a consent that ended is not found
        if missing:
            rows = rows.filter(
                ~Exists(SearchToken.objects.for_system("rebuild the search").filter(release=OuterRef("pk")))
            )
        total, done, broken, last = rows.count(), 0, 0, 0
        while batch := _index(rows.filter(pk__gt=last)):
            done, last = done + len(batch), batch[-1][0]
            broken += sum(not is_readable for _, is_readable in batch)
            self.stdout.write(f"{done:,} of {total:,} releases")
        self.stdout.write(f"Indexed {done - broken:,} releases; {broken:,} could not be opened.")


@transaction.atomic
def _index(rows) -> list[tuple[int, bool]]:
    """Index the first few; returns which, and whether they could be read. Their items are locked: what is erased or
    written anew meanwhile comes after it, and is not indexed by what it said before."""
    pairs, done = [], []
    for facts in rows.select_for_update(of=("release__item",), no_key=True)[:BATCH]:
        texts = _texts(facts)
        pairs.append((facts.release, (texts or {}).values()))
        done.append((facts.pk, texts is not None))
    index_releases(pairs)
    return done


def _texts(facts):
    try:
        return facts.texts
    except SealBroken:
        return None
