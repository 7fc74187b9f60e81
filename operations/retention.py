"""How long what is kept: one table of rules. `manage.py retention` shows what would go, `--yes` removes it.

A rule says what is due and never gives out an open matter: what somebody waits for, has to do, or can still use.
Append-only tables lose no row (the database refuses): there the text is destroyed with its key (operations.erasure).
docs/retention.md is printed from this table.
"""

from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.actions import record

from . import retention_questions as due
from .kept_records import KEPT

BATCH = 200
_YEAR = 365


@dataclass(frozen=True)
class Rule:
    """One kind of record: how long it is kept, since when, what is done then, and what holds it open.

    `due(before)` gives the rows whose time was over at that moment and that nothing holds open; `remove(rows, by)`
    takes some of them away. A `daily` rule also runs by itself; the others wait for the operator.
    """

    code: str
    kind: str
    models: tuple[str, ...]
    days: Callable[[], int]  # negative: never
    since: str
    done: str
    because: str
    held_by: str
    due: Callable[[datetime], QuerySet]
    daily: bool = True
    remove: Callable[[Collection, object], None] = due.delete
    needs_person: bool = False

    @property
    def how_long(self) -> str:
        """In words, with the setting where there is one."""
        days = self.days()
        if days < 0:
            return "for ever (the organisation decides: see the settings)"
        if days == 0:
            return "not at all"
        return f"{days // _YEAR} years" if days > _YEAR else "a year" if days == _YEAR else f"{days} days"

    def rows(self, now: datetime | None = None) -> QuerySet:
        """The rows that would go at the moment `now`."""
        days = self.days()
        if days < 0:
            return apps.get_model(self.models[0])._base_manager.none()
        return self.due((now or timezone.now()) - timedelta(days=days))


def _after(days: int) -> Callable[[], int]:
    return lambda: days


def _years(setting: str) -> Callable[[], int]:
    return lambda: getattr(settings, setting) * _YEAR or -1


def _restricted(times: int = 1) -> Callable[[], int]:
    return lambda: times * settings.RETENTION_RESTRICTED_MONTHS * _YEAR // 12 or -1


_RESTRICTED_GONE = "destroyed with its key, in backups at the next erasure; reference, months and openings stay"

RULES = [
    Rule(
        code="sessions",
        kind="Sign-in sessions",
        models=("accounts.Session",),
        days=_after(0),
        since="they ended",
        done="deleted",
        because="of no use afterwards",
        held_by="a session that has not ended",
        due=due.ended_sessions,
    ),
    Rule(
        code="links",
        kind="Links that act once, used or expired, that nothing names any more",
        models=("accounts.ActionLink",),
        days=_after(30),
        since="they expired",
        done="deleted",
        because="of no use afterwards; only a digest of the link was ever stored",
        held_by="a link that still works; an invitation or a request for confirmation that names it",
        due=due.dead_links,
    ),
    Rule(
        code="account_mails",
        kind="Texts of mails about accounts that could not be delivered",
        models=("notifications.AccountMail",),
        days=_after(7),
        since="they were queued",
        done="deleted",
        because="their links ran out after three days; those that are sent are deleted at once",
        held_by="a mail that is still tried",
        due=due.undelivered_account_mails,
    ),
    Rule(
        code="messages",
        kind="Outbox: who was told what about accounts, roles and exports",
        models=("notifications.Message",),
        days=_after(_YEAR),
        since="they were queued",
        done="deleted",
        because="to answer who was told; they hold no text. Who was told of an incident (C6) or of a decision is kept",
        held_by="waiting, being sent, failed or came back; a bounce nobody settled",
        due=due.old_messages,
    ),
    Rule(
        code="digest_lines",
        kind="Lines put aside for a daily summary that did not stand in it",
        models=("notifications.DigestEntry",),
        days=_after(90),
        since="they were put aside",
        done="deleted",
        because="nobody was told by them, so they answer nothing (C6)",
        held_by="a line or a summary that still waits",
        due=due.unlisted_lines,
    ),
    Rule(
        code="bounces",
        kind="Mails that came back",
        models=("notifications.Bounce",),
        days=_after(_YEAR),
        since="they came back",
        done="deleted",
        because="they show which address to mend",
        held_by="one that nobody settled",
        due=due.settled_bounces,
    ),
    Rule(
        code="invitations",
        kind="Invitations, with their links",
        models=("organisations.Invitation",),
        days=_after(_YEAR),
        since="their link expired",
        done="deleted",
        because="personal data (C4); the audit log keeps that somebody was invited",
        held_by="a link that still works; a mail that waits, failed or came back",
        due=due.old_invitations,
        remove=due.delete_invitations,
    ),
    Rule(
        code="interests",
        kind="Expressions of interest that came to no application",
        models=("partners.Interest",),
        days=_after(_YEAR),
        since="DSS headquarters answered",
        done="deleted with their keys",
        because="personal data of people without an account (C4)",
        held_by="one that nobody answered; a mail that waits, failed or came back",
        due=due.settled_interests,
        remove=due.delete_interests,
    ),
    Rule(
        code="exceptions",
        kind="Exceptions for personal addresses that were refused or are over",
        models=("organisations.AddressException",),
        days=_after(_YEAR),
        since="they were refused or ended",
        done="deleted",
        because="personal data (I7, C4)",
        held_by="one that waits for a decision; a role or an invitation that rests on it",
        due=due.old_exceptions,
    ),
    Rule(
        code="contacts",
        kind="E-mail and phone of people who had a function in an area and have it no longer",
        models=("coordination.Assignment",),
        days=_after(90),
        since="the function ended",
        done="emptied; who it was stays, for a day that is gone",
        because="personal data (C4); pages of past days never show them",
        held_by="a function that is in force",
        due=due.contacts_of_ended_functions,
        remove=due.empty_contacts,
    ),
    Rule(
        code="exports",
        kind="Exports: what was asked for, and why (the file itself goes after a day)",
        models=("incidents.Export",),
        days=_after(_YEAR),
        since="they were asked for",
        done="deleted",
        because="reader log and audit log keep who took out what (C6, C9)",
        held_by="waiting, being made, or with a file",
        due=due.old_exports,
    ),
    Rule(
        code="searches",
        kind="Saved searches of people who left",
        models=("incidents.SavedSearch",),
        days=_after(90),
        since="their last role ended",
        done="deleted",
        because="personal data (C4)",
        held_by="a role that is in force or begins later",
        due=due.searches_of_those_who_left,
    ),
    Rule(
        code="subscriptions",
        kind="What people who left had chosen to be told",
        models=("notifications.Subscription", "notifications.DigestStop"),
        days=_after(90),
        since="their last role ended",
        done="deleted",
        because="personal data (C4)",
        held_by="a role that is in force or begins later",
        due=due.subscriptions_of_those_who_left,
        remove=due.delete_choices,
    ),
    Rule(
        code="drafts",
        kind="Drafts that nobody touched, with their keys",
        models=("incidents.Draft",),
        days=_after(_YEAR),
        since="they were saved last",
        done="deleted and its key destroyed",
        because="confidential words that were never sent (I1, C7)",
        held_by="a further report on an incident whose final report is due",
        due=due.untouched_drafts,
        remove=due.discard_drafts,
        daily=False,
    ),
    Rule(
        code="incidents",
        kind="Texts of incidents",
        models=("sharing.Item",),
        days=_years("RETENTION_INCIDENT_YEARS"),
        since="the last report or act of a desk",
        done="the text is destroyed with its key, also in backups; codes, area, day and reader log stay",
        because="SLT_RETENTION_INCIDENT_YEARS (0: for ever); the guidelines leave it to the organisations",
        held_by="no final report yet (unless withdrawn); a question, a proposed text or a draft about it",
        due=due.old_incidents,
        remove=due.erase_incidents,
        daily=False,
        needs_person=True,
    ),
    Rule(
        code="feedback",
        kind="Texts of feedback cases",
        models=("feedback.Case",),
        days=_years("RETENTION_FEEDBACK_YEARS"),
        since="the case was closed",
        done="the text is destroyed with its key, also in backups; codes, history and reader log stay",
        because="SLT_RETENTION_FEEDBACK_YEARS (0: for ever); DSS keeps the records (F4), the guidelines name no time",
        held_by="a case that is open, or was opened again",
        due=due.old_cases,
        remove=due.destroy_cases,
        daily=False,
        needs_person=True,
    ),
    Rule(
        code="restricted",
        kind="The restricted track: everything in a report, who could read it, and what leads to its sender",
        models=("restricted.Report", "restricted.Handler"),
        days=_restricted(),
        since="the end of the month in which it was closed",
        done=_RESTRICTED_GONE,
        because="SLT_RETENTION_RESTRICTED_MONTHS (0: for ever); the less is kept, the less can be found (C10)",
        held_by="one that is not closed",
        due=due.closed_reports,
        remove=due.destroy_reports,
    ),
    Rule(
        code="unread",
        kind="Reports of the restricted track that nobody closed and no handler can read any more",
        models=("restricted.Report", "restricted.Handler"),
        days=_restricted(),
        since="the end of the month in which it was sent",
        done=_RESTRICTED_GONE,
        because="SLT_RETENTION_RESTRICTED_MONTHS; until then its sender can choose other handlers",
        held_by="a handler who can read it",
        due=due.unread_reports,
        remove=due.destroy_reports,
    ),
    Rule(
        code="unclosed",
        kind="Reports of the restricted track that nobody closed",
        models=("restricted.Report", "restricted.Handler"),
        days=_restricted(times=2),
        since="the end of the month in which it was sent",
        done=_RESTRICTED_GONE,
        because="twice SLT_RETENTION_RESTRICTED_MONTHS: forgotten, it must not lie there for ever (C10)",
        held_by="nothing",
        due=due.unclosed_reports,
        remove=due.destroy_reports,
    ),
    Rule(
        code="withdrawn",
        kind="What leads to the sender of a report of the restricted track that was withdrawn",
        models=("restricted.Report",),
        days=_after(30),
        since="the end of the month in which it was withdrawn",
        done="emptied; its text was destroyed at once",
        because="so long its sender sees that it is gone (C10)",
        held_by="nothing",
        due=due.withdrawn_reports,
        remove=due.destroy_reports,
    ),
    Rule(
        code="people",
        kind="Names and addresses of people who left",
        models=("accounts.User",),
        days=_years("RETENTION_PEOPLE_YEARS"),
        since="their last role ended; without any, they were invited",
        done="replaced by nothing that names anybody; second factors, grants and choices deleted",
        because="SLT_RETENTION_PEOPLE_YEARS (0: for ever); who read or wrote what stays, without the name (C4, C6)",
        held_by="a role in force, an invitation, a draft, a mail that waits, their open question or request",
        due=due.people_who_left,
        remove=due.forget_people,
        daily=False,
    ),
]


class NeedsPerson(Exception):
    """Destroying incidents or cases is somebody's decision: a person must be named."""


def sweep(rules: list[Rule], *, by=None, now: datetime | None = None) -> dict[str, int]:
    """Remove what these rules say is due; returns how much of each. In batches, each a transaction of its own that asks
    again what is still due. `by` is the person who decided, None for what runs by itself. Raises NeedsPerson.
    """
    if by is None and any(rule.needs_person and rule.rows(now).exists() for rule in rules):
        raise NeedsPerson
    counts = {rule.code: _sweep(rule, by, now) for rule in rules}
    if any(counts.values()):
        facts = {code: count for code, count in counts.items() if count}
        record("retention.swept", by=by, object_type="retention", object_ref="all", facts=facts)
    return counts


def _sweep(rule, by, now):
    removed, last = 0, None
    while pks := _next(rule.rows(now), last):
        # An erasure has a transaction of its own, and locks what it needs.
        with nullcontext() if rule.needs_person else transaction.atomic():
            rows = rule.rows(now).filter(pk__in=pks)
            rows = rows if rule.needs_person else list(rows.select_for_update(of=("self",)))
            rule.remove(rows, by)
        removed, last = removed + len(rows), pks[-1]
    return removed


def _next(rows, last):
    """The next few rows by primary key, so that one that cannot go does not keep the others waiting."""
    rows = rows.order_by("pk") if last is None else rows.filter(pk__gt=last).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def daily_rules() -> list[Rule]:
    """The rules that run by themselves."""
    return [rule for rule in RULES if rule.daily]


def table() -> str:
    """docs/retention.md: the rules and what is kept, as Markdown."""
    lines = [
        "# How long what is kept",
        "",
        "Printed by `manage.py retention --table` from `operations/retention.py`; a test compares the two. The sources",
        "name no periods: these are settings of the portal, and what they leave open is never removed by itself.",
        "",
        "| Kind | Kept for | Counted from | Then | By itself | Why | Never while |",
        "|---|---|---|---|---|---|---|",
    ]
    for rule in RULES:
        by_itself = "daily" if rule.daily else "no"
        cells = [rule.kind, rule.how_long, rule.since, rule.done, by_itself, rule.because, rule.held_by]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## What has no period, and why", "", "| Table | Why |", "|---|---|"]
    lines += [f"| `{label}` | {why} |" for label, why in sorted(KEPT.items())]
    return "\n".join(lines) + "\n"
