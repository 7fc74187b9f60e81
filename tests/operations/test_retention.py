"""Retention: what is over goes, and nothing that somebody waits for, has to do or can still use."""

import io
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import ActionLink, Session, User
from audit.models import Event
from documents.models import DataKey
from feedback.models import Case
from incidents.control import take_back
from incidents.drafts import save_draft
from incidents.models import DeskEntry, Draft, Export, Report, SavedSearch
from incidents.searches import save_search
from notifications.actions import follow
from notifications.models import AccountMail, Bounce, Digest, DigestEntry, Message, Subject, Subscription
from operations import erasure, retention
from operations.backup_keys import write_keys
from operations.retention_questions import FORGOTTEN
from operations.tasks import sweep_daily
from organisations.actions import invite
from organisations.models import AddressException, Membership
from partners.models import Interest
from sharing.models import Item
from tests.factories.coordination import an_assignment
from tests.factories.desk import asked
from tests.factories.feedback import a_case
from tests.factories.incidents import file_report, followed_up

from .retention_worlds import NOW, OLD, restricted, unclosed, unread, withdrawn

pytestmark = pytest.mark.django_db
ALBA, HQ, LAKE = "field@alba.example", "dss.hq@un.example", "io@lake.example"
RULES = {rule.code: rule for rule in retention.RULES}


def message(user, *, state="sent", kind="organisations.invitation", at=OLD) -> Message:
    held = {"lease": uuid.uuid4(), "leased_until": at} if state == "sending" else {}
    sent_at = at if state in {"sent", "bounced"} else None
    return Message.objects.create(
        kind=kind, subject=Subject.objects.create(), event_key=str(uuid.uuid4()), recipient=user, state=state,
        created_at=at, sent_at=sent_at, **held,
    )  # fmt: skip


def sessions(cast):
    [over, alive] = [
        Session.objects.create(session_key=uuid.uuid4().hex, session_data="", expire_date=at, user=cast[ALBA])
        for at in (OLD, NOW + timedelta(hours=1))
    ]
    return over, [alive]


def links(cast):
    def link(at):
        digest = uuid.uuid4().hex
        return ActionLink.objects.create(
            purpose="trial", subject="x", digest=digest, created_at=at - timedelta(days=1), expires_at=at
        )

    named = invitation(cast, "named@alba.example", OLD)
    return link(OLD), [link(NOW + timedelta(days=1)), named.link]


def invitation(cast, email, at):
    terms = {"organisation": cast.organisations["alba"], "area": cast.areas["south-sudan"], "role": "partner_field"}
    row = invite(email=email, name="New", language="en", by=cast["hq@alba.example"], **terms)
    Message.objects.filter(subject=row.subject).update(state="sent", sent_at=at)
    ActionLink.objects.filter(pk=row.link_id).update(created_at=at - timedelta(days=14), expires_at=at)
    return row


def invitations(cast):
    over = invitation(cast, "one@alba.example", OLD)
    works = invitation(cast, "two@alba.example", NOW + timedelta(days=1))
    failed = invitation(cast, "three@alba.example", OLD)
    Message.objects.filter(subject=failed.subject).update(state="failed", sent_at=None)
    return over, [works, failed]


def interests(cast):
    def interest(state, at=OLD):
        row = Interest(
            data_key=DataKey.objects.make(),
            subject=Subject.objects.create(),
            language="en",
            state=state,
            settled_at=None if state == "received" else at,
        )
        row.write({"name": "Somebody"})
        row.save(force_insert=True)
        return row

    unanswered, opened, late = interest("received"), interest("opened"), interest("declined", NOW)
    failed = interest("declined")
    Message.objects.filter(pk=message(cast[ALBA], state="failed").pk).update(subject=failed.subject)
    return interest("local"), [unanswered, opened, late, failed]


def account_mails(cast):
    kind = "notifications.account"
    rows = [message(cast[ALBA], state=state, kind=kind) for state in ("failed", "queued", "sending")]
    [over, *waiting] = [AccountMail.objects.create(subject=row.subject, sealed=b"x") for row in rows]
    return over, waiting


def messages(cast):
    over = message(cast[ALBA])
    states = [message(cast[ALBA], state=state) for state in ("queued", "sending", "failed", "bounced")]
    unsettled = message(cast[ALBA])
    Bounce.objects.create(message=unsettled, recipient=cast[ALBA], address=ALBA, kind="temporary", at=OLD)
    told = message(cast[ALBA], kind="incidents.filed")  # the originator may ask who was told (C6)
    return over, [*states, unsettled, told]


def digest_lines(cast):
    def line(state, **fields):
        subject = message(cast[ALBA], state=state, kind="notifications.digest").subject
        digest = Digest.objects.create(
            user=cast[ALBA], on=OLD.date() + timedelta(days=Digest.objects.count()), subject=subject
        )
        return entry(digest=digest, **fields)

    def entry(**fields):
        subject = Subject.objects.create()
        return DigestEntry.objects.create(
            user=cast[ALBA], subject=subject, kind="incidents.filed", created_at=OLD, **fields
        )

    return line("sent"), [line("queued"), line("failed"), line("sent", is_listed=True), entry()]


def bounces(cast):
    def bounce(settled_at):
        return Bounce.objects.create(
            message=message(cast[ALBA], kind="incidents.filed"), recipient=cast[ALBA], address=ALBA, kind="permanent",
            at=OLD, settled_at=settled_at,
        )  # fmt: skip

    return bounce(OLD), [bounce(None)]


def exceptions(cast):
    def exception(state, **fields):
        decided = {} if state == "requested" else {"decided_by": cast[HQ], "decided_at": OLD}
        return AddressException.objects.create(
            organisation=cast.organisations["alba"], email=f"{uuid.uuid4().hex[:8]}@personal.example", reason="x",
            state=state, requested_by=cast["hq@alba.example"], requested_at=OLD, subject=Subject.objects.create(),
            **decided, **fields,
        )  # fmt: skip

    soon = {"expires_at": OLD + timedelta(days=1)}
    rests = exception("approved", **soon)
    Membership.objects.filter(user=cast[ALBA]).update(exception=rests)
    return exception("approved", **soon), [exception("requested"), rests]


def contacts(cast):
    begun = {"since": OLD.date() - timedelta(days=9), "who": None, "function": "sioc"}
    return an_assignment(cast, ended_on=OLD.date(), **begun), [an_assignment(cast, **begun)]


def exports(cast):
    def export(state, email):
        row = Export(owner=cast[email], format="csv", state=state, asked_at=OLD)
        row.seal_wish({"purpose": "x", "query": "", "ref": ""})
        row.save()
        return row

    return export("expired", ALBA), [export(*pair) for pair in (("queued", ALBA), ("running", HQ), ("done", ALBA))]


def ended(user, at=OLD) -> None:
    Membership.objects.filter(user=user).update(starts_at=at - timedelta(days=1), ends_at=at)


def searches(cast):
    kept = [save_search(by=cast[email], name="x", query="q=y") for email in (LAKE, ALBA, HQ)]
    ended(cast[LAKE])
    ended(cast[HQ], NOW - timedelta(days=1))
    return kept[0], kept[1:]


def subscriptions(cast):
    for email in (LAKE, ALBA):
        follow(cast.areas["chad"], by=cast[email])
    ended(cast[LAKE])
    rows = {row.user.email: row for row in Subscription.objects.filter(area=cast.areas["chad"])}
    return rows[LAKE], [rows[ALBA]]


def drafts(cast):
    item = file_report(cast).incident.item
    own = {"by": cast[ALBA], "typed": {"what": ["x"]}}
    rows = [save_draft(submission=uuid.uuid4(), **own), save_draft(submission=uuid.uuid4(), item=item, **own)]
    Draft.objects.for_system("test").update(saved_at=OLD)
    late = save_draft(submission=uuid.uuid4(), **own)
    Draft.objects.for_system("test").filter(pk=late.pk).update(saved_at=NOW - timedelta(days=1))
    return rows[0], [rows[1], late]


def finished(cast, at=OLD) -> Item:
    with time_machine.travel(at, tick=False):
        return followed_up(cast, file_report(cast), kind="final").incident.item


def taken_back(cast, at=OLD) -> Item:
    with time_machine.travel(at, tick=False):
        item = file_report(cast).incident.item
        take_back(item, by=cast[ALBA], version=item.version)
        return item


def incidents(cast):
    over, asked_about, drafted = taken_back(cast), finished(cast), finished(cast)
    with time_machine.travel(OLD, tick=False):
        unfinished = file_report(cast).incident.item
        asked(cast, asked_about)
        save_draft(by=cast[ALBA], submission=uuid.uuid4(), typed={"what": ["x"]}, item=drafted)
    recent = NOW - timedelta(days=1)
    return over, [asked_about, drafted, unfinished, finished(cast, recent), taken_back(cast, recent)]


def feedback(cast):
    over, recent, reopened = (a_case(cast, state) for state in ("closed", "closed", "handling"))
    rows = Case.objects.for_system("test")
    rows.filter(pk=over.pk).update(closed_at=OLD)
    rows.filter(pk=reopened.pk).update(filed_at=OLD, state_since=OLD)
    rows.filter(pk=recent.pk).update(filed_at=OLD, closed_at=NOW - timedelta(days=500))
    return over, [recent, reopened]


def people(cast):
    ended(cast[LAKE])
    Message.objects.all().update(state="dropped", sent_at=None)
    with_draft, waited_for, asking = cast["wfp.security@un.example"], cast["ocha@un.example"], cast["hq@benu.example"]
    asked(cast, file_report(cast).incident.item, by="hq@benu.example")
    Message.objects.all().update(state="dropped", sent_at=None)
    for user in (with_draft, waited_for, asking):
        ended(user)
    save_draft(by=with_draft, submission=uuid.uuid4(), typed={"what": ["x"]})
    message(waited_for, state="queued")
    return cast[LAKE], [with_draft, waited_for, asking, cast[ALBA]]


WORLDS = {
    make.__name__: make
    for make in (
        sessions, links, account_mails, messages, digest_lines, bounces, invitations, interests, exceptions, contacts,
        exports, searches, subscriptions, drafts, incidents, feedback, restricted, unread, unclosed, withdrawn, people,
    )
}  # fmt: skip


@pytest.fixture
def periods(settings):
    settings.RETENTION_INCIDENT_YEARS = settings.RETENTION_FEEDBACK_YEARS = settings.RETENTION_PEOPLE_YEARS = 2


@pytest.mark.parametrize("code", WORLDS)
def test_what_is_over_goes_and_open_matters_stay(cast, periods, code):
    """Each rule with one thing that is over and with an open matter of every sort, just as old."""
    rule = RULES[code]
    over, open_matters = WORLDS[code](cast)
    due = set(rule.rows(NOW).values_list("pk", flat=True))
    assert over.pk in due
    assert due.isdisjoint({row.pk for row in open_matters})
    assert not rule.rows(OLD - timedelta(days=30)).filter(pk=over.pk).exists(), "its time was not over then"
    assert retention.sweep([rule], by=cast[HQ], now=NOW)[code] == len(due)
    assert not rule.rows(NOW).exists()
    kept = type(over)._base_manager.filter(pk__in=[row.pk for row in open_matters])
    assert kept.count() == len(open_matters)
    [event] = Event.objects.filter(verb="retention.swept")
    assert (event.facts, event.actor) == ({code: len(due)}, str(cast[HQ].pk))


def test_every_rule_is_tried():
    assert set(WORLDS) == set(RULES)


class TestWhatBecomesOfThem:
    def test_a_draft_goes_with_its_key(self, cast):
        over, _kept = drafts(cast)
        retention.sweep([RULES["drafts"]], by=cast[HQ], now=NOW)
        assert not DataKey.objects.filter(pk=over.data_key_id).exists()

    def test_the_text_of_an_incident_is_destroyed_and_the_rest_stays(self, cast, periods):
        over, kept = finished(cast), finished(cast, NOW - timedelta(days=1))
        retention.sweep([RULES["incidents"]], by=cast[HQ], now=NOW)
        items = {item.pk: item.is_erased for item in Item.objects.for_system("test").select_related("data_key")}
        assert items == {over.pk: True, kept.pk: False}
        assert Event.objects.get(verb="incidents.erased").facts["reason"] == "retention"
        assert DeskEntry.objects.for_system("test").count() == 0
        assert Report.objects.for_system("test").filter(incident__item=over).count() == 2

    def test_what_somebody_took_up_again_since_it_was_found_stays(self, cast, periods, monkeypatch):
        """A batch takes minutes; what was due at its beginning may not be any more."""
        first, second = finished(cast), finished(cast)
        erase = erasure.erase

        def meanwhile(item, **options):
            erase(item, **options)
            left = second if item.pk == first.pk else first
            save_draft(by=cast[ALBA], submission=uuid.uuid4(), typed={"what": ["More"]}, item=left)

        monkeypatch.setattr(erasure, "erase", meanwhile)
        retention.sweep([RULES["incidents"]], by=cast[HQ], now=NOW)
        assert Item.objects.for_system("test").filter(state="erased").count() == 1
        assert Draft.objects.for_system("test").count() == 1

    def test_somebody_who_left_is_nobody_any_more(self, cast, periods, sign_in):
        over, _kept = people(cast)
        name = over.name
        SavedSearch.objects.for_system("test").all().delete()
        retention.sweep([RULES["people"]], by=cast[HQ], now=NOW)
        over = User.objects.get(pk=over.pk)
        assert (over.email, over.name, over.is_active) == (f"left-{over.pk}{FORGOTTEN}", "—", False)
        assert not over.has_usable_password()
        assert not User.objects.filter(name=name).exists()
        assert not RULES["people"].rows(NOW).exists(), "once is enough"


def test_for_ever_unless_the_organisation_decides(cast):
    taken_back(cast)
    ended(cast[LAKE])
    assert not RULES["incidents"].rows(NOW).exists()
    assert not RULES["people"].rows(NOW).exists()
    assert "for ever" in RULES["incidents"].how_long


def test_by_itself_only_what_is_safe(cast, periods):
    """No words that somebody wrote, no names: a person decides on those."""
    assert {rule.code for rule in retention.RULES} - {rule.code for rule in retention.daily_rules()} == {
        "drafts", "incidents", "feedback", "people",
    }  # fmt: skip
    over = message(cast[ALBA], at=timezone.now() - timedelta(days=400))
    sweep_daily()
    assert not Message.objects.filter(pk=over.pk).exists()
    assert Event.objects.get(verb="retention.swept").actor == ""
    sweep_daily()
    assert Event.objects.filter(verb="retention.swept").count() == 1, "nothing done, nothing said"


def test_in_batches(cast, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        message(cast[ALBA])
    assert retention.sweep([RULES["messages"]], now=NOW) == {"messages": 5}


def said(*args) -> str:
    out = io.StringIO()
    call_command("retention", *args, stdout=out)
    return out.getvalue()


class TestCommand:
    def test_it_looks_first(self, cast):
        at = timezone.now() - timedelta(days=400)
        over = message(cast[ALBA], at=at)
        assert "messages              1  Outbox" in said()
        assert "Nothing was removed." in said("--rule", "messages")
        assert Message.objects.filter(pk=over.pk).exists()
        assert said("--yes").endswith("Removed.\n")
        assert not Message.objects.filter(pk=over.pk).exists()

    def test_incidents_need_a_person_and_the_backups_forget_too(self, cast, periods, settings, tmp_path, monkeypatch):
        over = taken_back(cast)
        settings.BACKUP_KEYS_DIR = str(tmp_path)
        write_keys(tmp_path / "slt-1.keys", DataKey.objects.values())
        monkeypatch.setattr("operations.retention.timezone.now", lambda: NOW)
        with pytest.raises(CommandError, match="say --by"):
            said("--yes", "--rule", "incidents")
        with pytest.raises(CommandError, match="no active account"):
            said("--yes", "--rule", "incidents", "--by", "nobody@un.example")
        said("--yes", "--rule", "incidents", "--by", HQ)
        assert [event.object_ref for event in Event.objects.filter(verb="incidents.erasure_finished")] == [over.ref]
