"""Invites somebody from the command line: the first administrator or DSS headquarters of a new installation."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.actions import token_of
from areas.models import Area
from notifications.kinds import site_link
from organisations.actions import add_organisation, invite
from organisations.models import Organisation
from organisations.policies import KINDS_OF_ROLE
from organisations.roles import MAILBOXES, ROLES


class Command(BaseCommand):
    help = "Invites a person by mail. They set their password and second factor themselves."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="The person's name.")
        parser.add_argument("--organisation", required=True, help="Name, acronym or reference of their organisation.")
        parser.add_argument(
            "--kind", choices=Organisation.Kind.values, help="Makes the organisation, of this kind, if it is not there."
        )
        parser.add_argument("--role", required=True, choices=sorted(set(ROLES) - MAILBOXES))
        parser.add_argument("--area", help="Code of the area, for roles that are held in one.")
        parser.add_argument("--language", choices=["en", "fr"], default="en")
        parser.add_argument("--print-link", action="store_true", help="Shows the link: whoever has it can accept.")

    @transaction.atomic  # a refusal after the organisation was made leaves nothing behind
    def handle(self, *args, **options):
        self._check_address(options["email"])
        organisation = self._organisation(options)
        area = self._area(options)
        if organisation.kind not in KINDS_OF_ROLE[options["role"]]:
            raise CommandError(f"{options['role']} is no role of this kind of organisation ({organisation.kind}).")
        try:
            invitation = invite(
                email=options["email"],
                name=options["name"],
                organisation=organisation,
                area=area,
                role=options["role"],
                language=options["language"],
                by=None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Invited {options['email']} to {organisation}. The mail is in the outbox.")
        if options["print_link"]:
            path = reverse("organisations:accept", kwargs={"token": token_of(invitation.link)})
            self.stdout.write(site_link(path))

    def _check_address(self, email):
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _organisation(self, options):
        name = options["organisation"]
        found = Organisation.objects.filter(Q(name=name) | Q(acronym=name) | Q(ref=name))[:2]
        if len(found) > 1:
            raise CommandError(f"Several organisations are called {name}: give the reference.")
        if found:
            return found[0]
        if not options["kind"]:
            raise CommandError(f"There is no organisation {name}. Add --kind to make it.")
        return add_organisation(name=name, kind=options["kind"], by=None)

    def _area(self, options):
        code, scope = options["area"], ROLES[options["role"]].scope
        if scope == "area" and not code:
            raise CommandError(f"{options['role']} is held in an area: add --area CODE.")
        if scope == "world" and code:
            raise CommandError(f"{options['role']} is world-wide: leave --area out.")
        area = Area.objects.current().filter(code=code).first()
        if code and not area:
            raise CommandError(f"There is no area {code}. The command load_areas loads the reference list.")
        return area
