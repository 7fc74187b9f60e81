"""`manage.py retention`: what would go by the rules of docs/retention.md; `--yes` removes it."""

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from operations import erasure, retention
from operations.backup_keys import KeyFileBroken


class Command(BaseCommand):
    help = "Says what is due to be removed by the rules of retention; --yes removes it. Open matters are never touched."

    def add_arguments(self, parser):
        parser.add_argument("--yes", action="store_true", help="Removes it.")
        codes = [rule.code for rule in retention.RULES]
        parser.add_argument("--rule", action="append", choices=codes, help="Only this one; may be repeated.")
        parser.add_argument("--by", help="The address of whose decision it is; needed where incidents are due.")
        parser.add_argument("--table", action="store_true", help="Prints docs/retention.md.")

    def handle(self, *args, **options):
        """Count, remove, or print the rules."""
        if options["table"]:
            self.stdout.write(retention.table(), ending="")
            return
        chosen = options["rule"] or [rule.code for rule in retention.RULES]
        rules = [rule for rule in retention.RULES if rule.code in chosen]
        if options["yes"]:
            counts = self._sweep(rules, options["by"])
        else:
            counts = {rule.code: rule.rows().count() for rule in rules}
        for rule in rules:
            since = "" if rule.days() < 0 else f" after {rule.since}"
            self.stdout.write(f"{rule.code:14} {counts[rule.code]:>8,}  {rule.kind}; kept {rule.how_long}{since}")
        self.stdout.write("Removed." if options["yes"] else "Nothing was removed. Say --yes to remove it.")

    def _sweep(self, rules, address):
        by = User.objects.filter(email=(address or "").lower(), is_active=True, is_mailbox=False).first()
        if address and by is None:
            raise CommandError("--by is no active account of this portal.")
        try:
            counts = retention.sweep(rules, by=by)
            if left := erasure.unfinished():
                erasure.finish(left, by=by)
        except retention.NeedsPerson as missing:
            raise CommandError("Incidents are due: say --by, the address of whose decision it is.") from missing
        except (OSError, KeyFileBroken) as error:
            raise CommandError(f"The keys in the backups could not all be dropped: {error} Run it again.") from error
        return counts
