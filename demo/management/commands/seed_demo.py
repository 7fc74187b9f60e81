"""`manage.py seed_demo`: areas, cast and invented incidents, so that a first visitor finds a portal in use."""

import uuid
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from areas.models import Area
from demo.actions import install_cast
from demo.cast import CHAD, ORGANISATIONS, SOUTH_SUDAN
from demo.feedback import tell_feedback
from demo.incidents import KEPT_BACK, STORIES, Story
from demo.levels import tell_levels
from demo.partnership import tell_partnership
from demo.restricted import tell_restricted
from demo.sequels import tell_on
from demo.year import DAYS, tell_year
from incidents.account import Account, Sharing
from incidents.actions import file_incident
from incidents.codes import TimePrecision
from incidents.kept_back import Warned, Withheld
from incidents.models import Report
from notifications.actions import follow
from notifications.models import Subscription
from notifications.outbox import drain
from organisations.models import Organisation
from overview.figures.stored import refresh
from slt_portal.environment import text

NAMESPACE = uuid.UUID("3c4fbb2e-3f0e-4d5e-9d6c-5f0f2a3f7a11")


class Command(BaseCommand):
    """Safe to repeat: only adds what is missing."""

    help = "Installs the demonstration: areas, cast, invented incidents and the mails they caused."

    def add_arguments(self, parser):
        """--past DAYS: how far back; --awsd FILE: also import a public data set, which the portal does not bring."""
        parser.add_argument("--past", metavar="DAYS", type=int, default=DAYS, help="so far back invented incidents go")
        parser.add_argument("--awsd", metavar="FILE", default=text("SLT_DEMO_AWSD", ""))

    def handle(self, *, awsd: str, past: int, **options) -> None:
        """Seed; says in one line what is there now."""
        if awsd and not Path(awsd).is_file():
            raise CommandError(f"There is no file {awsd} to import.")
        call_command("load_areas", verbosity=0)
        Area.objects.filter(code=CHAD).update(has_dss_office=False)
        people = install_cast()
        call_command("load_bodies", verbosity=0)
        self._follow(people)
        filed = {number: self._file(number, story, people) for number, story in enumerate(STORIES)}
        for number, story in enumerate(KEPT_BACK, start=1000):
            self._file(number, story, people)
        new = {number: report for number, report in filed.items() if report}
        if new:
            areas = {area.code: area for area in Area.objects.filter(code__in=[SOUTH_SUDAN, CHAD])}
            tell_on(new, people, areas, {member.key: member.name for member in ORGANISATIONS}, NAMESPACE)
        told = [tell_partnership(people), tell_levels(people)]
        new_of_past = tell_year(people, NAMESPACE, past)
        told.append(tell_restricted(people))
        told.append(tell_feedback(people))  # last: its report counts what happened before
        if any(told) or new:
            drain()
        refresh()  # the first visitor of a dashboard finds figures
        if awsd:
            call_command("import_incidents", awsd, source="awsd", stdout=self.stdout)
        self.stdout.write(
            f"Demonstration: {len(people)} people, {len(STORIES)} invented incidents ({len(new)} new), "
            f"{new_of_past} new of the past."
        )

    def _follow(self, people):
        """Headquarters follow South Sudan, unless somebody has chosen already."""
        area = Area.objects.get(code=SOUTH_SUDAN)
        for email in ("dss.hq@un.example", "ocha@un.example", "hq@alba.example", "hq@benu.example"):
            if not Subscription.objects.filter(user=people[email]).exists():
                follow(area, by=people[email])

    def _file(self, number: int, story: Story, people) -> Report | None:
        """File one story unless an earlier run did; the report if it is new."""
        submission = uuid.uuid5(NAMESPACE, str(number))
        if Report.objects.for_system("seed the demonstration").filter(submission=submission).exists():
            return None
        names = {member.key: member.name for member in ORGANISATIONS}
        organisations = {
            key: Organisation.objects.get(name=names[key]) for key in (story.organisation, *story.organisations)
        }
        area = Area.objects.get(code=story.area)
        sharing = Sharing(
            marking=story.marking,
            choices=list(story.choices),
            organisations=[organisations[key] for key in story.organisations],
            persons=[people[email] for email in story.persons],
            shows_originator=story.shows_originator,
        )
        return file_incident(
            by=people[story.author],
            originator=organisations[story.organisation],
            area=area,
            account=_account(story, area),
            sharing=sharing,
            submission=submission,
            withheld=_withheld(story, sharing),
        )


def _withheld(story, sharing) -> Withheld | None:
    warning = Warned(story.warning, sharing) if story.warning else None
    return Withheld(story.ground, was_asked_again=True, warning=warning) if story.ground else None


def _account(story: Story, area: Area) -> Account:
    moment = (timezone.now() - timedelta(hours=story.hours)).replace(minute=0, second=0, microsecond=0)
    if story.precision == TimePrecision.DAY:
        moment = moment.replace(hour=0)
    return Account(
        texts=dict(story.texts),
        occurred_from=moment,
        time_precision=story.precision,
        time_zone=area.time_zone,
        coded=dict(story.coded),
        groups=[dict(group) for group in story.groups],
    )
