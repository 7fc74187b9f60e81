"""What the rules of retention ask and do: which rows are over and held open by nothing, and how they are removed."""

from contextlib import suppress
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import ActionLink, Session, User
from audit.actions import record
from coordination.models import Assignment
from documents.models import DataKey
from feedback.actions.texts import destroy_texts
from feedback.models import Case
from incidents.codes import ReportKind
from incidents.drafts import discard_draft
from incidents.models import DeskEntry, Draft, Export, IncidentRelease, Proposal, Question, Report, SavedSearch
from notifications.models import AccountMail, Bounce, DigestEntry, DigestStop, Message, Subscription
from organisations.models import AddressException, Invitation, Membership
from partners.models import Confirmation, Interest
from restricted.actions.ticks import erase_report
from restricted.models import Handler as RestrictedHandler
from restricted.models import Report as RestrictedReport
from restricted.years import count_year
from sharing.markings import Depth
from sharing.models import ConsentRequest, Grant, Item

from . import erasure

WHY = "retention"
FORGOTTEN = "@forgotten.invalid"  # no such domain can exist: nobody receives anything there
NOBODY = "—"
_State = Message.State
_OPEN = [_State.QUEUED, _State.SENDING, _State.FAILED, _State.BOUNCED]
# Who was told of an incident is the originator's to know (C6), in a mail of its own or as a line of a summary; who was
# told of a decision, a suspension or a list stands in its record.
_IS_ON_RECORD = Q(kind="notifications.digest")
for _app in ("incidents", "sharing", "governance", "partners", "implementation_levels", "feedback", "overview"):
    _IS_ON_RECORD |= Q(kind__startswith=f"{_app}.")
_WITHOUT_INCIDENT = "incidents.mass_export"


def delete(rows: list, by) -> None:
    """Delete these rows."""
    if rows:
        type(rows[0])._base_manager.filter(pk__in=[row.pk for row in rows]).delete()


def ended_sessions(before: datetime) -> QuerySet:
    """Sessions that ended before."""
    return Session.objects.filter(expire_date__lt=before)


def dead_links(before: datetime) -> QuerySet:
    """Expired links that no invitation and no request for confirmation names."""
    rows = ActionLink.objects.filter(expires_at__lt=before)
    for named in (Invitation.objects.all(), Confirmation.objects.for_system(WHY)):
        rows = rows.filter(~Exists(named.filter(link=OuterRef("pk"))))
    return rows


def _messages_of(subject="subject"):
    return Message.objects.filter(subject=OuterRef(subject))


def undelivered_account_mails(before: datetime) -> QuerySet:
    """Texts of mails that nobody tries any more."""
    alive = _messages_of("pk").filter(Q(state__in=[_State.QUEUED, _State.SENDING]) | Q(created_at__gte=before))
    return AccountMail.objects.filter(~Exists(alive))


def old_messages(before: datetime) -> QuerySet:
    """What was sent or dropped, and stands in no record."""
    rows = Message.objects.filter(~_IS_ON_RECORD | Q(kind=_WITHOUT_INCIDENT), created_at__lt=before)
    waits = Bounce.objects.filter(message=OuterRef("pk"), settled_at=None)
    return rows.filter(~Exists(waits), state__in=[_State.SENT, _State.DROPPED])


def unlisted_lines(before: datetime) -> QuerySet:
    """What stood in no summary that was sent; while a summary waits it may yet."""
    waits = Message.objects.filter(subject=OuterRef("digest__subject"), state__in=_OPEN)
    rows = DigestEntry.objects.filter(digest__isnull=False, is_listed=False, created_at__lt=before)
    return rows.filter(~Exists(waits))


def settled_bounces(before: datetime) -> QuerySet:
    """What came back and was settled."""
    return Bounce.objects.filter(settled_at__isnull=False, at__lt=before)


def contacts_of_ended_functions(before: datetime) -> QuerySet:
    """Functions that ended, with or without the membership that they rest on, whose addresses are still there."""
    over = Q(ended_on__lt=before.date()) | Q(membership__ends_at__lt=before)
    return Assignment.objects.filter(over).exclude(email="", phone="")


def empty_contacts(rows: list, by) -> None:
    """The name stays."""
    Assignment.objects.filter(pk__in=[row.pk for row in rows]).update(email="", phone="")


def old_invitations(before: datetime) -> QuerySet:
    """Accepted, withdrawn or over."""
    waits = _messages_of().filter(state__in=_OPEN)
    return Invitation.objects.filter(~Exists(waits), link__expires_at__lt=before)


def delete_invitations(rows: list, by) -> None:
    """With the links they name."""
    delete(rows, by)
    ActionLink.objects.filter(pk__in=[row.link_id for row in rows]).delete()


def settled_interests(before: datetime) -> QuerySet:
    """Expressions of interest that came to nothing; those of an application stay with it."""
    over = [Interest.State.DECLINED, Interest.State.LOCAL]
    waits = _messages_of().filter(state__in=_OPEN)
    return Interest.objects.filter(~Exists(waits), state__in=over, settled_at__lt=before)


def delete_interests(rows: list, by) -> None:
    """With their keys."""
    delete(rows, by)
    DataKey.objects.filter(pk__in=[row.data_key_id for row in rows]).delete()


def old_exceptions(before: datetime) -> QuerySet:
    """Refused, or over, and nothing rests on them."""
    State = AddressException.State
    over = Q(state=State.REFUSED, decided_at__lt=before) | Q(state=State.APPROVED, expires_at__lt=before)
    rows = AddressException.objects.filter(over)
    for model in (Membership, Invitation):
        rows = rows.filter(~Exists(model.objects.filter(exception=OuterRef("pk"))))
    return rows.filter(~Exists(_messages_of().filter(state__in=_OPEN)))


def old_exports(before: datetime) -> QuerySet:
    """Those without a file."""
    over = [Export.State.FAILED, Export.State.EXPIRED]
    return Export.objects.for_system(WHY).filter(state__in=over, file=None, asked_at__lt=before)


def _who_left(before, user="pk"):
    """The condition that this person had a role once, and the last one ended before."""
    roles = Membership.objects.filter(user=OuterRef(user))
    later = roles.filter(Q(ends_at=None) | Q(ends_at__gte=before))
    return Q(Exists(roles)) & ~Q(Exists(later))


def searches_of_those_who_left(before: datetime) -> QuerySet:
    """Saved searches."""
    return SavedSearch.objects.for_system(WHY).filter(_who_left(before, "owner"))


def subscriptions_of_those_who_left(before: datetime) -> QuerySet:
    """Choices by area."""
    return Subscription.objects.filter(_who_left(before, "user"))


def delete_choices(rows: list, by) -> None:
    """With the wish to get no summary."""
    delete(rows, by)
    DigestStop.objects.filter(user__in=[row.user_id for row in rows]).delete()


_OPEN_ITEMS = [Item.State.SHARED, Item.State.WITHHELD]


def untouched_drafts(before: datetime) -> QuerySet:
    """Drafts that nobody saved since."""
    full = IncidentRelease.objects.for_system(WHY).filter(
        release__item=OuterRef("item"), release__depth=Depth.FULL, release__item__state__in=_OPEN_ITEMS
    )
    rows = Draft.objects.for_system(WHY).filter(saved_at__lt=before)
    return rows.filter(~Exists(full.exclude(stage=ReportKind.FINAL))).select_related("data_key")


def discard_drafts(rows: list, by) -> None:
    """With their keys."""
    for row in rows:
        discard_draft(row)


def old_incidents(before: datetime) -> QuerySet:
    """Reported here, finished or withdrawn, and nobody did anything with them since."""
    about = {"incident__item": OuterRef("pk")}
    rows = Item.objects.for_system(WHY).filter(originator__isnull=False).exclude(state=Item.State.ERASED)
    final = IncidentRelease.objects.for_system(WHY).filter(
        release__item=OuterRef("pk"), release__depth=Depth.FULL, stage=ReportKind.FINAL
    )
    rows = rows.filter(Q(state=Item.State.WITHDRAWN) | Q(Exists(final)))
    for holds in (
        Report.objects.for_system(WHY).filter(filed_at__gte=before, **about),
        DeskEntry.objects.for_system(WHY).filter(at__gte=before, **about),
        Question.objects.for_system(WHY).filter(Q(state=Question.State.OPEN) | Q(answered_at__gte=before), **about),
        Proposal.objects.for_system(WHY).filter(Q(state=Proposal.State.OPEN) | Q(decided_at__gte=before), **about),
        ConsentRequest.objects.for_system(WHY).filter(_consent_since(before), item=OuterRef("pk")),
        Draft.objects.for_system(WHY).filter(item=OuterRef("pk")),
    ):
        rows = rows.filter(~Exists(holds))
    return rows.select_related("data_key", "area")


def _consent_since(before):
    """Passing it on was asked, allowed or ended since, or is allowed now."""
    live = Q(state__in=[ConsentRequest.State.OPEN, ConsentRequest.State.GIVEN])
    return live | Q(decided_at__gte=before) | Q(ended_at__gte=before)


def erase_incidents(rows: QuerySet[Item], by) -> None:
    """Destroy their texts. The backups follow, once for all: erasure.finish."""
    for item in rows:
        with suppress(erasure.NotErased):  # somebody wrote or asked something about it since these rows were read
            erasure.erase(item, by=by, reason="retention", only_among=rows)


def old_cases(before: datetime) -> QuerySet:
    """Feedback cases that were closed before and still have their text."""
    rows = Case.objects.for_system(WHY).filter(state=Case.State.CLOSED, closed_at__lt=before)
    return rows.filter(data_key__destroyed_at=None)


def destroy_cases(rows: list, by) -> None:
    """Destroy the text of these cases, in backups too."""
    for row in rows:
        with transaction.atomic():  # killed in between, nothing is gone that nobody noted
            destroy_texts(row)
            facts = {"reason": "retention"}
            record("feedback.text_destroyed", by=by, object_type="case", object_ref=row.ref, facts=facts)
    erasure.forget_in_backups()


def closed_reports(before: datetime) -> QuerySet:
    """Reports of the restricted track that were closed in a month that was over before."""
    return _ended_reports(RestrictedReport.State.CLOSED, before)


def withdrawn_reports(before: datetime) -> QuerySet:
    """Those that were withdrawn in a month that was over before."""
    return _ended_reports(RestrictedReport.State.WITHDRAWN, before)


def _ended_reports(state, before):
    month = before.date().replace(day=1)
    return RestrictedReport.objects.for_system(WHY).filter(state=state, ended_in__lt=month)


def unclosed_reports(before: datetime) -> QuerySet:
    """Those that nobody closed, sent in a month that was over before."""
    month = before.date().replace(day=1)
    return RestrictedReport.objects.for_system(WHY).filter(state__in=RestrictedReport.OPEN, month__lt=month)


def unread_reports(before: datetime) -> QuerySet:
    """Those of them that nobody can read any more."""
    readers = RestrictedHandler.objects.in_force().filter(report=OuterRef("pk"))
    return unclosed_reports(before).filter(~Exists(readers))


def destroy_reports(rows: list, by) -> None:
    """Destroy everything in these reports, once the year that is over is counted with them.

    Keys in backups lie where a worker does not reach: the next erasure there forgets these too
    (erasure.forget_in_backups), or they go with their backup.
    """
    count_year()
    for row in rows:
        erase_report(row)


def people_who_left(before: datetime) -> QuerySet:
    """People and mailboxes whose roles are all over, or who never accepted one, and for whom nothing waits."""
    never = ~Exists(Membership.objects.filter(user=OuterRef("pk"))) & Q(created_at__lt=before)
    rows = User.objects.filter(_who_left(before) | never).exclude(email__endswith=FORGOTTEN)
    for holds in (
        Invitation.objects.filter(user=OuterRef("pk"), link__used_at=None, link__expires_at__gte=before),
        Draft.objects.for_system(WHY).filter(owner=OuterRef("pk")),
        Message.objects.filter(recipient=OuterRef("pk"), state__in=_OPEN),
        Question.objects.for_system(WHY).filter(asked_by=OuterRef("pk"), state=Question.State.OPEN),
        Proposal.objects.for_system(WHY).filter(proposed_by=OuterRef("pk"), state=Proposal.State.OPEN),
        ConsentRequest.objects.for_system(WHY).waiting().filter(asked_by=OuterRef("pk")),
        AddressException.objects.filter(requested_by=OuterRef("pk"), state=AddressException.State.REQUESTED),
        Confirmation.objects.for_system(WHY).filter(addressee=OuterRef("pk"), settled_at=None),
        Export.objects.for_system(WHY).filter(owner=OuterRef("pk"), file__isnull=False),
    ):
        rows = rows.filter(~Exists(holds))
    return rows


def forget_people(rows: list, by) -> None:
    """Nothing is left that names them or lets them in; what they wrote and read stays, as somebody's who left."""
    pks = [row.pk for row in rows]
    for row in rows:
        row.email, row.name, row.is_active = f"left-{row.pk}{FORGOTTEN}", NOBODY, False
        row.set_unusable_password()
        row.save(update_fields=["email", "name", "is_active", "password"])
    Authenticator.objects.filter(user__in=pks).delete()
    Session.objects.filter(user__in=pks).delete()
    Grant.objects.for_system(WHY).filter(user__in=pks).delete()
    SavedSearch.objects.for_system(WHY).filter(owner__in=pks).delete()
    Subscription.objects.filter(user__in=pks).delete()
    DigestStop.objects.filter(user__in=pks).delete()
    Bounce.objects.filter(recipient__in=pks).delete()  # they hold the address
