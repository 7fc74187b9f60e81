"""What stands on every page when it is looked at: reports, drafts, people and files of everybody's."""

import uuid
from datetime import timedelta

from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.utils import timezone

from accounts.actions import token_of
from accounts.models import User
from demo.actions import PASSWORD
from incidents.control import take_back
from incidents.drafts import save_draft
from incidents.export_runs import run_due
from incidents.exports import ask_export
from incidents.imports.runs import run_due as check_imports
from incidents.models import ReferenceRecord
from incidents.searches import save_search
from notifications.actions import follow
from notifications.bounce_actions import note_bounce
from notifications.models import Message
from notifications.outbox import drain
from notifications.stopping import area_topic, stop_link
from organisations.actions import add_mailbox, invite
from organisations.address_actions import add_domain, approve_exception, request_exception
from organisations.models import Membership
from organisations.name_actions import add_name
from tests.factories.applications import of_the_applicant
from tests.factories.areas import of_areas
from tests.factories.attachments import add
from tests.factories.consents import of_consents
from tests.factories.consulting import of_consultation
from tests.factories.coordination import of_coordination
from tests.factories.deciding import of_decisions
from tests.factories.desk import worked_on
from tests.factories.distribution import of_distribution
from tests.factories.emergency import of_emergency
from tests.factories.filing import of_filing
from tests.factories.handling import of_handling
from tests.factories.incidents import as_lists, file_report, followed_up, typed
from tests.factories.intake import of_intake
from tests.factories.lessons import of_lessons
from tests.factories.level_reviews import of_recommendations
from tests.factories.level_tasks import of_tasks
from tests.factories.levels import of_levels
from tests.factories.lists import of_lists
from tests.factories.measures import of_dashboards, of_measures
from tests.factories.member_lists import of_member_lists
from tests.factories.memoranda import of_memoranda
from tests.factories.registers import of_registers
from tests.factories.reports import of_reports
from tests.factories.restricted import of_restricted
from tests.factories.reviews import of_the_bodies
from tests.factories.same_event import of_same_event
from tests.factories.suspensions import of_suspensions
from tests.factories.withholding import of_withholding
from tests.incidents.awsd_files import brought, incident
from tests.incidents.test_lists import make_reference

ALBA, BENU, HQ, BENU_HQ = "field@alba.example", "field@benu.example", "dss.hq@un.example", "hq@benu.example"
NOBODY, FRESH, HALF = "nobody@elsewhere.example", "fresh@alba.example", "half@alba.example"
UNDATED = {"occurred_on": None, "occurred_at": None, "time_precision": "not_sure"}


def withdrawn_of(cast):
    """A report of Alba that nobody else sees any more."""
    item = file_report(cast).incident.item
    take_back(item, by=cast[ALBA], version=item.version)
    return item


def drafts_of(cast, item):
    """Drafts of Alba: half a sentence, a whole report, and an update on `item`."""
    kept = (
        ({"what": "half a sentence"}, None),
        (typed(cast, **UNDATED), None),
        (typed(cast, **UNDATED, kind="update", after="2", news="They are back."), item),
    )
    return [
        save_draft(by=cast[ALBA], submission=data.get("submission", uuid.uuid4()), typed=as_lists(data), item=of)
        for data, of in kept
    ]


def of_benu(cast) -> dict[str, object]:
    """What an organisation's people see of each other: invited, a mailbox, a domain, addresses outside it."""
    benu = cast.organisations["benu"]
    asked = {"organisation": benu, "area": cast.areas["chad"], "role": "partner_field", "by": cast[BENU_HQ]}
    invited = [invite(email=f"{name}@benu.example", name=name, language="en", **asked) for name in ("one", "two")]
    add_domain(organisation=benu, domain="benu.example", by=cast[HQ])
    other = add_name(organisation=benu, name="Bénou Secours", kind="variant", by=cast[HQ])
    mailbox = {"email": "duty@benu.example", "name": "Duty, N'Djamena", "language": "fr", "by": cast[BENU_HQ]}
    mailbox = add_mailbox(**mailbox, organisation=benu, area=cast.areas["chad"])
    wanted = [request_exception(organisation=benu, email=f"{name}@personal.example", reason="No server in Chad yet.",
                                by=cast[BENU_HQ]) for name in ("one", "two")]  # fmt: skip
    approve_exception(wanted[1], until=timezone.now() + timedelta(days=30), by=cast[HQ])
    return {
        "organisation": benu.ref,
        "other_name": other.pk,
        "membership": Membership.objects.get(user=cast["field@benu.example"], area=cast.areas["chad"]).ref,
        "invitation": invited[0].subject_id,
        "token": token_of(invited[1].link),
        "mailbox": token_of(mailbox.link),
        "asked": wanted[0].ref,
        "approved": wanted[1].ref,
    }


def half_there(cast) -> None:
    """Two people on their way in: without a second factor, and before its code."""
    for email in (FRESH, HALF):
        cast.people[email] = User.objects.create_user(email, PASSWORD, name="New")
    TOTP.activate(cast[HALF], "JBSWY3DPEHPK3PXP")


PARTS = (
    of_benu,
    of_suspensions,
    of_the_applicant,
    of_decisions,
    of_memoranda,
    of_the_bodies,
    of_registers,
    of_member_lists,
    of_consultation,
    of_lists,
    of_recommendations,
    of_coordination,
    of_distribution,
    of_areas,
    of_levels,
    of_tasks,
    of_measures,
    of_reports,
    of_filing,
    of_handling,
    of_intake,
    of_dashboards,
    of_lessons,
    of_same_event,
    of_consents,
    of_emergency,
    of_restricted,
    of_withholding,
)


def furnish(cast) -> dict[str, object]:
    """Something on every page, and all the areas there are; returns what the paths of the pages name."""
    call_command("load_areas", verbosity=0)
    item, withdrawn = worked_on(cast, followed_up(cast, file_report(cast)).incident.item), withdrawn_of(cast)
    attachment = add(cast, item)
    for number in range(26):
        area = "chad" if number % 2 else "south-sudan"
        file_report(cast, by="hq@benu.example", organisation="benu", area=area, marking="TLP:GREEN",
                    choices=["dss_desks", "community"], shows_originator=True)  # fmt: skip
    make_reference(2)
    ReferenceRecord.objects.create(source="awsd", source_id="1", digest="x", year=2020, killed=2)
    draft, whole, update = drafts_of(cast, item)
    export = ask_export(by=cast[HQ], format="csv", purpose="Planning of the week")
    run_due()
    save_search(by=cast[HQ], name="Near Torit", query="q=torit")
    follow(cast.areas["south-sudan"], by=cast[HQ])
    checked = brought([incident(1, Day="31"), incident(1)], by=cast[HQ])
    check_imports()
    people = {}
    for part in PARTS:
        people |= part(cast)
    drain()
    for email, kind in ((BENU, "permanent"), (BENU_HQ, "auto_reply"), ("one@benu.example", "permanent")):
        note_bounce(Message.objects.filter(recipient__email=email).first(), kind=kind, status="5.1.1", address=email)
    Message.objects.filter(state="sent", pk__in=Message.objects.values("pk")[:3]).update(state="failed", sent_at=None)
    half_there(cast)
    return people | {
        "ref": item.ref,
        "withdrawn": withdrawn.ref,
        "export": export.pk,
        "draft": draft.submission,
        "whole": whole.submission,
        "update": update.submission,
        "orphan": save_draft(by=cast[BENU], submission=uuid.uuid4(), typed={"news": ["Mine."]}, item=item).submission,
        "attachment": attachment.number,
        "checked": checked.ref,
        "stop": stop_link(cast[HQ].pk, area_topic(cast.areas["south-sudan"].pk)),
    }
