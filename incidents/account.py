"""What a reporter says happened, whom they share it with, and what a release of it says."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from organisations.models import Organisation
from sharing.audiences import Chosen
from sharing.markings import Depth
from sharing.models import Item
from slt_portal.crypto import keyed_digest

from . import codes
from .coarser import is_place_kept_back, place_codes_said, place_said, sorted_at, time_said

# What the shared release says; persons, the exact place and the position stay with the originator and DSS (C4).
SHARED_TEXTS = ("what", "news", "place", "actor_name", "consequences", "actions_taken")
FULL_TEXTS = (*SHARED_TEXTS, "exact_place", "position", "persons")
CODED = ("category", "means", "context", "actor", "place_type", "place_precision")
GROUP = ("outcome", "staff_of", "nationality", "sex", "count")
_TIMED = {codes.TimePrecision.EXACT, codes.TimePrecision.ABOUT}
_COUNTED = ("killed", "wounded", "kidnapped", "detained")


@dataclass(frozen=True)
class Account:
    """What a reporter says happened: codes, texts by name (FULL_TEXTS), groups of people affected."""

    texts: dict[str, object]
    occurred_from: datetime | None = None
    time_precision: str = codes.TimePrecision.NOT_SURE
    time_zone: str = "UTC"
    coded: dict[str, object] = field(default_factory=dict)
    groups: list[dict] = field(default_factory=list)

    def counts(self) -> dict[str, int | None]:
        """How many were killed, wounded, kidnapped, detained; None where no such group was named or counted."""
        totals = {}
        for outcome in _COUNTED:
            known = [group["count"] for group in self.groups if group["outcome"] == outcome]
            totals[outcome] = sum(known) if known and None not in known else None
        return totals

    @property
    def category(self) -> str:
        """The category, `unknown` where none was given."""
        return self.coded.get("category", codes.Category.UNKNOWN)

    @property
    def place(self) -> str:
        """The place in words that may be told to readers, as it was reported."""
        return self.texts.get("place") or ""

    @property
    def place_precision(self) -> str:
        """How exact the place is."""
        return self.coded.get("place_precision", codes.PlacePrecision.UNKNOWN)

    @property
    def consequence(self) -> str:
        """The worst that befell anybody."""
        return codes.worst_of({group["outcome"] for group in self.groups})

    @property
    def severity(self) -> codes.Severity:
        """How grave it was, by its consequence."""
        near_miss = bool(self.coded.get("is_near_miss"))
        return codes.severity_of(category=self.category, is_near_miss=near_miss, outcome=self.consequence)

    @property
    def is_life_safety(self) -> bool:
        """Whether somebody's life or liberty is at stake (G8)."""
        if codes.LIFE_SAFETY_OUTCOMES.intersection(group["outcome"] for group in self.groups):
            return True  # whoever came to harm outweighs the tick "near miss"
        return self.category in codes.LIFE_SAFETY_CATEGORIES and not self.coded.get("is_near_miss")

    def as_json(self) -> dict:
        """Everything the author wrote and chose, as it is sealed into their report: the texts, and `facts` beside."""
        facts = asdict(self)
        texts = facts.pop("texts")
        facts["occurred_from"] = self.occurred_from.isoformat() if self.occurred_from else None
        return {**texts, "facts": facts}


@dataclass(frozen=True)
class Limits:
    """How exactly readers of the shared release learn place and time, at most (C4)."""

    place: str = codes.PlaceLimit.WITHIN_25_KM
    time: str = codes.TimeLimit.AS_REPORTED


@dataclass(frozen=True)
class Sharing:
    """Who may see it: marking, audience choices, whom the originator named; and how exactly readers learn where and
    when. `place_shown` is the place in words for readers, where the limit is coarser than what was reported. `source`
    is where the information comes from (Item.Source)."""

    marking: str
    choices: list[str]
    organisations: list[Organisation] = field(default_factory=list)
    persons: list[User] = field(default_factory=list)
    shows_originator: bool = False
    limits: Limits = Limits()
    place_shown: str = ""
    source: str = Item.Source.OWN

    @property
    def chosen(self) -> Chosen:
        """The same by ids, as it is read back from an item."""
        return Chosen(
            marking=self.marking,
            choices=frozenset(self.choices),
            organisation_ids=frozenset(organisation.pk for organisation in self.organisations),
            person_ids=frozenset(person.pk for person in self.persons),
        )


def fingerprint_of(account: Account, *context) -> str:
    """A keyed digest of all that was sent: the same form sent twice is recognised, another text is not swallowed."""
    return keyed_digest("report", json.dumps([*context, asdict(account)], default=str, sort_keys=True))


def fingerprint_of_sharing(sharing: Sharing) -> list:
    """What of the audience belongs to a fingerprint. Of what is left as the form opens nothing is added: a form that
    was sent before these questions were asked is recognised as well."""
    named = [sorted(row.pk for row in rows) for rows in (sharing.organisations, sharing.persons)]
    asked = [sharing.limits.place, sharing.limits.time, sharing.place_shown, sharing.source]
    as_opened = asked == [*asdict(Limits()).values(), "", Item.Source.OWN]
    more = [] if as_opened else [list(map(str, asked))]
    return [sharing.marking, sorted(sharing.choices), named, sharing.shows_originator, *more]


def occurred_there(account: Account, zone: str) -> datetime | None:
    """When it began, for everybody who sees it, in an area with this time zone: a mere day is the day there."""
    if account.occurred_from is None or account.time_precision in _TIMED:
        return account.occurred_from
    local = account.occurred_from.astimezone(ZoneInfo(account.time_zone))
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def sort_dates(account: Account, zone: str, *, limits: Limits, filed_at: datetime) -> dict[Depth, datetime]:
    """By which date each release is sorted, in an area with this time zone: when it happened or, where nobody knows,
    `filed_at`. That of the shared one is as coarse as what it says: the order of a list must not tell more (C4)."""
    exact = occurred_there(account, zone)
    if exact is None:
        return {Depth.FULL: filed_at, Depth.SHARED: sorted_at(filed_at, limits.time, zone)}
    coarse, _ = time_said(exact, account.time_precision, limits.time, zone)
    return {Depth.FULL: exact, Depth.SHARED: sorted_at(coarse, limits.time, zone)}


def facts_said(
    account: Account, depth: Depth, *, stage: str, zone: str, limits: Limits | None = None
) -> dict[str, object]:
    """The columns of an IncidentRelease of this depth. What is shared is never more exact than within 25 km and than
    `limits` (C4), and on the clock of the area (`zone`): the reporter's own clock would tell where their office is."""
    said = {
        "occurred_from": account.occurred_from,
        "time_precision": account.time_precision,
        "time_zone": account.time_zone,
        "stage": stage,
        "severity": account.severity,
        "consequence": account.consequence,
        **account.coded,
        **account.counts(),
    }
    return said if depth == Depth.FULL else {**said, **_coarse_facts(account, zone, limits or Limits())}


def _coarse_facts(account, zone, limits):
    occurred, precision = time_said(occurred_there(account, zone), account.time_precision, limits.time, zone)
    return {
        "occurred_from": occurred,
        "time_precision": precision,
        "time_zone": zone,
        **place_codes_said(account.coded, limits.place),
        "place_limit": limits.place,
        "time_limit": limits.time,
    }


def texts_said(
    account: Account, depth: Depth, *, limits: Limits | None = None, place_shown: str = ""
) -> dict[str, object]:
    """The texts of a release of this depth; in a shared one the place is no more exact than `limits`, or what the
    originator wrote for readers instead (`place_shown`)."""
    if depth == Depth.FULL:
        return {name: account.texts[name] for name in FULL_TEXTS if account.texts.get(name)}
    texts = {name: account.texts[name] for name in SHARED_TEXTS if account.texts.get(name)}
    place = place_said(account.place, account.place_precision, (limits or Limits()).place, place_shown)
    return {name: text for name, text in {**texts, "place": place}.items() if text}


def shared_texts_after(
    account: Account, *, before: dict, shown: dict, limits: Limits | None = None
) -> dict[str, object]:
    """The texts of the shared release after a further report, where `before` were the full release's texts and `shown`
    the shared one's: what a desk edited with the originator's agreement stays as long as the originator leaves that
    text as it was; what they write anew goes out as written. A new place goes out if it is no more exact than the
    `limits`; else readers get none until the originator says which (C4)."""
    texts, agreed = texts_said(account, Depth.SHARED, limits=limits), agreed_texts(before, shown)
    if is_place_kept_back(account.place_precision, (limits or Limits()).place):
        agreed["place"] = shown.get("place") or ""
    for name, text in agreed.items():
        if name != "news" and (account.texts.get(name) or "") == (before.get(name) or ""):
            texts[name] = text
    return {name: text for name, text in texts.items() if text}


def place_shown_now(account: Account, shown: dict, limits: Limits) -> str:
    """The place in words that the originator wrote for readers, by what the full release says and the texts of the
    shared one. What was reported is none: it would stay when the limit becomes coarser."""
    place = shown.get("place") or ""
    is_reported = place == account.place and not is_place_kept_back(account.place_precision, limits.place)
    return "" if limits.place == codes.PlaceLimit.WITHIN_25_KM or is_reported else place


def limits_of(shared) -> Limits:
    """The limits that a shared release says itself."""
    return Limits(place=shared.place_limit, time=shared.time_limit)


def agreed_texts(full: dict, shared: dict) -> dict[str, str]:
    """What the shared release says otherwise than the full one, by name: the text that desk and originator agreed on,
    empty where they agreed to leave it out."""
    return {name: shared.get(name) or "" for name in SHARED_TEXTS if (shared.get(name) or "") != (full.get(name) or "")}


def groups_said(account: Account, depth: Depth) -> list[dict]:
    """The groups of people of a release: a single person's sex and nationality would identify them to readers who know
    the place, so that only the full one has them."""
    return account.groups if depth == Depth.FULL else []


def account_of(facts, texts: dict, groups) -> Account:
    """The account that a full release was written from: where a further report begins."""
    return Account(
        texts=dict(texts),
        occurred_from=facts.occurred_from,
        time_precision=facts.time_precision,
        time_zone=facts.time_zone,
        coded={name: getattr(facts, name) for name in (*CODED, "is_near_miss")},
        groups=[{name: getattr(group, name) for name in GROUP} for group in groups],
    )
