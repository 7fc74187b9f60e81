"""Checks the audit chain from its first event to its head."""

from django.core.management.base import BaseCommand, CommandError

from audit.chain import faults
from audit.models import ChainHead, Event


class Command(BaseCommand):
    help = "Finds changed, removed or inserted audit events. Ends with an error if there is one."

    def add_arguments(self, parser):
        parser.add_argument(
            "--head", help="A head printed earlier (number:hash) and kept elsewhere; finds a chain cut back since."
        )

    def handle(self, *args, **options):
        found = list(faults(Event.objects.order_by("number").iterator(chunk_size=2000), ChainHead.objects.first()))
        found += self._missing_head(options["head"])
        if found:
            raise CommandError("\n".join(found))
        head = ChainHead.objects.first() or ChainHead()
        self.stdout.write(f"{head.number} events, chain intact. Head: {head.number}:{head.hash}")

    def _missing_head(self, known):
        if not known:
            return []
        number, _, digest = known.partition(":")
        if number.isdigit() and Event.objects.filter(number=number, hash=digest).exists():
            return []
        return [f"The head {number} that you kept is no longer in the chain."]
