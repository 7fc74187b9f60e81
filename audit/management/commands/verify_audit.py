"""Checks the audit chain from its first event to its head."""

from itertools import islice

from django.core.management.base import BaseCommand, CommandError

from audit.chain import faults, head_fits
from audit.models import ChainHead, Event

MOST = 100  # faults that are said: what is cut in pieces has no end of them
SAID_EVERY = 100_000


def _known(head):
    number, _, digest = (head or "0:").partition(":")
    return int(number), digest


class Command(BaseCommand):
    help = "Finds changed, removed or inserted audit events. Ends with an error if there is one."

    def add_arguments(self, parser):
        parser.add_argument(
            "--head", help="A head printed earlier (number:hash) and kept elsewhere; finds a chain cut back since."
        )
        parser.add_argument("--since", help="Such a head, up to which all was well: only what follows it is read.")

    def handle(self, *args, **options):
        # The head first: what is appended meanwhile is not looked at, and is no fault.
        head = ChainHead.objects.first() or ChainHead()
        found = self._missing_head(options["head"]) or self._missing_head(options["since"])
        if not found:
            found = list(
                islice(faults(self._events(head, options["since"]), head, after=_known(options["since"])), MOST)
            )
        if not found and not head_fits():
            last = Event.objects.order_by("number").last()
            found = [f"The chain ends at event {last.number if last else 0}, but its head says {head.number}."]
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write(f"{head.number} events, chain intact. Head: {head.number}:{head.hash}")

    def _events(self, head, since):
        """The events to read, a few thousand in memory at a time; says how far it is."""
        events = Event.objects.filter(number__gt=_known(since)[0], number__lte=head.number).order_by("number")
        for event in events.iterator(chunk_size=2000):
            if event.number % SAID_EVERY == 0:
                self.stderr.write(f"... {event.number} of {head.number}")
            yield event

    def _missing_head(self, known):
        if not known:
            return []
        number, _, digest = known.partition(":")
        if number.isdigit() and Event.objects.filter(number=number, hash=digest).exists():
            return []
        return [f"The head {number} that you kept is no longer in the chain."]
