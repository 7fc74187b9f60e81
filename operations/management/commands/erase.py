"""`manage.py erase INC-XXXXX`: destroys the text of one incident, on a decision. Without --yes it only looks."""

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from operations import erasure
from operations.backup_keys import KeyFileBroken


class Command(BaseCommand):
    help = (
        "Destroys the text of one incident: nobody can read it again, not from a backup either. "
        "Says what it would do; --yes does it. Killed at any point, run it again."
    )

    def add_arguments(self, parser):
        parser.add_argument("ref", nargs="?", help="The reference of the incident: INC-...")
        parser.add_argument("--reason", choices=sorted(erasure.REASONS), help="Why, as the audit log keeps it.")
        parser.add_argument("--by", help="The address of whose decision it is: an account of this portal.")
        parser.add_argument("--yes", action="store_true", help="Does it. Nothing brings the text back.")
        parser.add_argument(
            "--even-if-open", action="store_true", help="Also while a question or a proposed text waits about it."
        )
        parser.add_argument(
            "--restored", action="store_true", help="After restoring an older backup: erases again what was erased."
        )

    def handle(self, *args, **options):
        """Erase one, or after a restore all that were erased since that backup."""
        by = self._person(options["by"])
        try:
            if options["restored"]:
                self._again(by, options["yes"])
            else:
                self._one(by, options)
        except erasure.NotErased as refused:
            raise CommandError(str(refused)) from refused
        except (OSError, KeyFileBroken) as error:
            raise CommandError(
                f"The keys in the backups could not all be dropped: {error} Mend that and run this again: until then "
                "a backup may still open the text."
            ) from error

    def _one(self, by, options):
        if not options["ref"] or not options["reason"]:
            raise CommandError(f"Say which incident, and --reason: {', '.join(sorted(erasure.REASONS))}.")
        item = erasure.found(options["ref"].upper())
        self._say(item)
        if not options["yes"]:
            self.stdout.write("Nothing was done. Say --yes to destroy it for good.")
            return
        erasure.erase(item, by=by, reason=options["reason"], even_if_open=options["even_if_open"])
        self._finish([item.ref], by)

    def _again(self, by, is_meant):
        items = erasure.restored()
        for item in items:
            self._say(item)
            if is_meant:
                erasure.erase(item, by=by, reason="decision", even_if_open=True)
        if not is_meant:
            self.stdout.write(f"{len(items)} incidents. Nothing was done. Say --yes to erase them again.")
            return
        self._finish([item.ref for item in items], by)

    def _finish(self, refs, by):
        refs = sorted({*refs, *erasure.unfinished()})
        dropped = erasure.finish(refs, by=by)
        self.stdout.write(f"Done: {', '.join(refs) or 'nothing'}. Copies of keys dropped from backups: {dropped}.")

    def _say(self, item):
        if item.state == item.State.ERASED:
            self.stdout.write(f"{item.ref}: its text was destroyed on {item.data_key.destroyed_at:%Y-%m-%d}.")
            return
        numbers = ", ".join(f"{number} {what}" for what, number in erasure.contents(item).items())
        self.stdout.write(f"{item.ref}: {numbers}.")
        for sentence in erasure.open_matters(item):
            self.stdout.write(f"  {sentence}")

    def _person(self, address):
        person = User.objects.filter(email=(address or "").lower(), is_active=True, is_mailbox=False).first()
        if person is None:
            raise CommandError("Say --by: the address of whose decision it is, an active account of this portal.")
        return person
