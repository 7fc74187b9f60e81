"""`manage.py rotate_keys`: after a new master key was put first in SLT_MASTER_KEYS."""

from collections import Counter

from django.core.management.base import BaseCommand, CommandError

from operations.rotation import UNREADABLE, depends, rotate
from slt_portal.crypto import active_key_id


class Command(BaseCommand):
    help = (
        "Seals everything that lies under an older master key anew under the first one in SLT_MASTER_KEYS. "
        "The portal may be in use. Killed at any point, run it again."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--check", action="store_true", help="Changes nothing; says how much depends on which master key."
        )

    def handle(self, *args, **options):
        """Rotate, or only count; ends with an error when something cannot be opened."""
        if options["check"]:
            self._say(depends())
            return
        self._said = {}
        left = rotate(self._progress)
        self._say(left)
        broken = sum(counts[UNREADABLE] for counts in left.values())
        lost = sum(sum(counts.values()) - counts[active_key_id()] for counts in left.values()) - broken
        if lost or broken:
            raise CommandError(
                f"{lost} values still depend on another master key, {broken} cannot be read at all. Is every older "
                "key still in SLT_MASTER_KEYS, and does every process run with the new one? Then run it again."
            )

    def _progress(self, label, seen, changed):
        if seen % 10_000 < self._said.get(label, 0) % 10_000 or label not in self._said:
            self.stdout.write(f"{label}: {seen:,} looked at, {changed:,} sealed anew")
        self._said[label] = seen

    def _say(self, left: dict[str, Counter]):
        total: Counter = sum(left.values(), Counter())
        for label, counts in left.items():
            self.stdout.write(f"{label}: {_words(counts)}")
        self.stdout.write(f"In all: {_words(total)}. Active: {active_key_id()}.")


def _words(counts):
    named = {key_id: number for key_id, number in sorted(counts.items()) if key_id != UNREADABLE}
    words = [f"{number:,} under {key_id}" for key_id, number in named.items()]
    words += [f"{counts[UNREADABLE]:,} that no key opens"] if counts[UNREADABLE] else []
    return ", ".join(words) or "nothing"
