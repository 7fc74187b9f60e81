"""What waits, read from the tables: one query of like columns, each source limited to its oldest rows.

Each source begins with what its reader may see and says of each row whose turn it is (`turn`, a code of
partners.queues.TURNS). Whoever watches (DSS headquarters, the Working Group) is also told what waits for others.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.functions import Cast, Coalesce, Concat, RowNumber
from django.utils.translation import get_language

from documents.issue import late_documents
from governance.models import Closing, Decision, Exclusion, Position, Seat
from governance.querysets import held_by, is_secretariat
from organisations.models import Membership
from sharing.access import Access
from slt_portal.prepared import NotPrepared, prepared

from .models import (
    Application,
    Basis,
    Confirmation,
    EligibilityCase,
    Interest,
    ListedMember,
    MemberList,
    Memorandum,
    Signature,
    Suspension,
)
from .policies import is_dss_headquarters, is_working_group
from .querysets import areas_of, platforms_of

_STANDING = frozenset({"oversight_committee", "working_group"})  # only these have chairs
_SEATED = _STANDING | {"dss", "mechanism", "ocha"}
# The principals and offices of who has something to do with partnership.
KINDS = _SEATED | {"agency", "applicant", "designated_official", "dss_world"}
# With the kinds of who has something waiting of another app (`register_source`).
QUEUE_KINDS = set(KINDS)
_NOON = timedelta(hours=12)  # of a day in UTC: the same day nearly everywhere
ENDING_DAYS = 90  # so long before its end a basis is in the queue
_NO_MOMENT, _NO_NUMBER, _NO_WORDS = Cast(None, DateTimeField()), Cast(None, BigIntegerField()), Value("")


class Row(NamedTuple):
    """One row that waits; `party` is the organisation whose turn it may be, `named` a name to show for it, `place`
    its place among the rows of this turn, oldest first."""

    turn: str
    ref: str
    party: int | None
    organisation: str
    area_id: int | None
    area_en: str
    area_fr: str
    since: datetime
    due: datetime | None
    named: str
    place: int

    @property
    def area(self) -> str:
        """The name of its area in the reader's language; empty: everywhere."""
        return self.area_fr if (get_language() or "en").startswith("fr") else self.area_en


def watches(access: Access) -> bool:
    """Whether this person is also told what waits for others: DSS headquarters and the Working Group."""
    return is_dss_headquarters(access) or is_working_group(access)


def rows_for(access: Access, most: int) -> list[Row]:
    """The `most` oldest of each turn that concern this person, all in one query; none for who has no part in it.

    The SQL is written once for all who hold the same kinds of offices (slt_portal.prepared): writing it takes many
    times as long as answering it, and the home page asks each time.
    """
    held = [tuple(sorted(_ids_of(access, kind))) for kind in sorted(QUEUE_KINDS)]
    try:
        rows = _prepared_rows(access.user_id, access.on, most, *held)
    except NotPrepared:  # a combination of offices of which one makes no difference beside the other
        rows = _rows(access.user_id, access.on, most, *held)
    return [Row(*row) for row in rows]


def _ids_of(access, kind):
    """The ids with which this person holds principals of a kind: (organisation, area), (area,), or none. Where somebody
    files makes no difference to what waits, and a value that stands nowhere in the SQL could not be prepared."""
    found = (name.split(":") for name in access.principals)
    most = 1 if kind == "originator_in_area" else None
    return {tuple(map(int, ids[:most])) for name, *ids in found if name == kind}


def _rows(user_id, on, most, *held):
    """What waits for whoever holds `held`, the ids of each of QUEUE_KINDS in their order."""
    kinds = zip(sorted(QUEUE_KINDS), held, strict=True)
    names = [":".join([kind, *map(str, ids)]) for kind, each in kinds for ids in each]
    access = Access(user_id, on, tuple(names), (), offices=frozenset(names))
    found = [rows for source in _SOURCES if (rows := source(access)) is not None]
    if not found:
        return Interest.objects.none().values_list()
    first, *others = [rows.filter(q_place__lte=most).order_by().values_list(*_COLUMNS) for rows in found]
    return first.union(*others, all=True)


_prepared_rows = prepared(_rows)


def _moment(access) -> Cast:
    """The moment for which it is asked, to reckon with in the database."""
    return Cast(access.on, DateTimeField())


_COLUMNS = tuple(f"q_{name}" for name in Row._fields)


def waiting(
    rows, turn, *, since, due=_NO_MOMENT, ref="ref", party=None, organisation="organisation", area=None, **more
):
    """`rows` with the columns of Row; those with an empty turn wait for nobody (`queue_of` drops the few that come)."""
    name = F(f"{organisation}__name") if organisation else _NO_WORDS
    columns = {
        "q_turn": turn,
        "q_ref": F(ref),
        "q_party": F(f"{party or organisation}__pk") if party or organisation else _NO_NUMBER,
        "q_organisation": name,
        "q_area_id": F(f"{area}__pk") if area else _NO_NUMBER,
        "q_area_en": Coalesce(F(f"{area}__name_en"), _NO_WORDS) if area else _NO_WORDS,
        "q_area_fr": Coalesce(F(f"{area}__name_fr"), _NO_WORDS) if area else _NO_WORDS,
        "q_since": since,
        "q_due": due,
        "q_named": more.get("named", _NO_WORDS),
    }
    order = [F("q_since").asc(), F("pk").asc()]
    oldest = Window(RowNumber(), partition_by=F("q_turn"), order_by=order, output_field=BigIntegerField())
    return rows.annotate(**columns, q_place=oldest)


def turns(*cases, default="") -> Case:
    """The turn of a row: that of the first (condition, turn) that holds."""
    return Case(*(When(condition, Value(turn)) for condition, turn in cases), default=Value(default))


def _of_oneself(access, path="organisation"):
    """The condition of a row being about an organisation of the reader, who is nothing else to it (P11)."""
    return Exists(Membership.objects.on(access.on).filter(user=access.user_id, organisation=OuterRef(path)))


def _interests(access):
    if not is_dss_headquarters(access):
        return None
    rows = Interest.objects.filter(state=Interest.State.RECEIVED)
    return waiting(rows, Value("interest.received"), since=F("received_at"), organisation="")


def _applications(access):
    """One's own in whatever state: the clock (P11). Of others what waits, for who watches."""
    own = Q(organisation__in=access.offices_for("applicant"))
    shown = own
    if watches(access):
        state = Application.State
        waits = Q(state__in=[state.SUBMITTED, state.QUESTIONED, state.RECOMMENDED, state.APPROVED])
        shown |= waits & ~_of_oneself(access)
    elif not access.offices_for("applicant"):
        return None
    turn = Case(
        When(own, Concat(Value("own."), F("state"))),
        default=Concat(Value("application."), F("state")),
    )
    return waiting(Application.objects.visible_to(access).filter(shown), turn, since=F("state_since"))


def _memoranda(access):
    own = Q(application__organisation__in=access.offices_for("applicant"))
    if not (watches(access) or access.offices_for("applicant")):
        return None
    signed = {side: Exists(Signature.objects.filter(memorandum=OuterRef("pk"), side=side)) for side in Signature.Side}
    turn = turns(
        (own & Q(signed["partner"]), ""),
        (own, "own.sign"),
        (_of_oneself(access, "application__organisation"), ""),
        (signed["dss"], "memorandum.partner"),
        default="memorandum.dss",
    )
    visible = Application.objects.visible_to(access).filter(state=Application.State.CONCLUDING)
    rows = Memorandum.objects.filter(state__in=["issued", "half_signed"], application__in=visible.values("pk"))
    rows = rows if watches(access) else rows.filter(own)
    return waiting(rows, turn, since=F("issued_at"), ref="number", organisation="application__organisation")


def _confirmations(access):
    """Requests without an answer, for the entity that is asked; for who watches also what came of none."""
    state = Confirmation.State
    waits = Q(state__in=Confirmation.WAITING)
    agency = Q(entity__in=access.offices_for("agency"))
    rows = Confirmation.objects.visible_to(access)
    if not watches(access):
        if not access.offices_for("agency"):
            return None
        rows = rows.filter(waits & agency)
    else:
        others = Confirmation.objects.for_system("whether somebody else was asked").exclude(pk=OuterRef("pk"))
        others = others.filter(application=OuterRef("application"))
        settled = others.filter(state__in=[*Confirmation.WAITING, state.CONFIRMED])
        fruitless = Q(state__in=[state.NO_ANSWER, state.UNKNOWN]) & ~Exists(settled)
        rows = rows.filter(waits | (fruitless & Q(application__state__in=["submitted", "questioned"])))
        rows = rows.exclude(_of_oneself(access))
    late = Q(state=state.ESCALATED)
    turn = turns((late, "confirmation.late"), (waits, "confirmation.waiting"), default="confirmation.fruitless")
    since = Coalesce(F("settled_at"), F("asked_at"))
    due = Case(When(waits, F("due_at")), default=_NO_MOMENT)
    return waiting(rows, turn, since=since, due=due, party="entity", named=F("entity__name"))


def _decisions(access):
    """What the reader's seats have to say or to sign; for the secretariat what is late or could not be carried out.

    The first three say in one question what governance.waiting.step_for says of one decision after the other (a test
    keeps them equal); where a chair is vacant or recused, the page of decisions alone knows who signs instead.
    """
    secretariat, kinds = is_secretariat(access), {name.partition(":")[0] for name in access.principals}
    if not (secretariat or _SEATED & kinds):
        return None
    held = Seat.objects.filter(held_by(access), closed_at=None, body=OuterRef("body"))
    said = _counts(access, Position).filter(decision=OuterRef(OuterRef("pk")), seat=OuterRef("pk"))
    choice = _counts(access, Position).filter(decision=OuterRef("pk"))
    # Where everybody must agree, a person speaks for one seat only (governance.boards).
    speaks = ~Q(rule=Decision.Rule.UNANIMOUS) | ~Exists(choice.filter(by=access.user_id))
    cases = [(Q(Exists(held.filter(~Exists(said)))) & speaks, "decision.position")]
    if _STANDING & kinds:
        in_chair = Q(Exists(held.filter(is_co_chair=True)))
        proposed = _counts(access, Closing).filter(decision=OuterRef("pk"), confirms=None)
        by_others = proposed.exclude(by=access.user_id).filter(~Exists(Closing.objects.filter(confirms=OuterRef("pk"))))
        cases += [
            (in_chair & Q(Exists(by_others)), "decision.confirm"),
            (in_chair & Exists(choice.filter(choice="object")) & ~Exists(proposed), "decision.close"),
        ]
    if secretariat:
        cases = [(~Q(trouble=""), "decision.trouble"), *cases, (Q(deadline__lte=access.on), "decision.overdue")]
    rows = Decision.objects.visible_to(access).filter(state=Decision.State.OPEN)
    # To a seat that recused itself nothing more is told of it, whatever else its holder is.
    rows = rows.exclude(Exists(choice.filter(Q(seat__in=_seats_held(access)) | Q(by=access.user_id), choice="recuse")))
    terms = {"organisation": "concerns", "area": "area", "named": F("question")}
    return waiting(rows, turns(*cases), since=F("opened_at"), due=F("deadline"), **terms)


def _counts(access, model):
    """What was said in decisions, without what whoever is kept out by now had said before, as a person or by their
    organisation (F3; of offices the page of the decision alone knows who held them)."""
    colleagues = Membership.objects.on(access.on).filter(organisation=OuterRef("organisation")).values("user")
    kept_out = Exclusion.objects.filter(decision=OuterRef("decision"))
    theirs = Q(user=OuterRef("by")) | Q(Exists(colleagues.filter(user=OuterRef(OuterRef("by")))))
    return model.objects.exclude(Q(decision__has_exclusions=True) & Q(Exists(kept_out.filter(theirs))))


def _seats_held(access):
    return Seat.objects.filter(held_by(access)).order_by().values("pk")


def _bases(access):
    areas = areas_of(access, "dss")
    rows = Basis.objects.exclude(state=Basis.State.ENDED)
    if not is_dss_headquarters(access):
        if not areas:
            return None
        rows = rows.filter(standing__area__in=areas)
    confirmed = Coalesce(F("reviewed_at"), F("recorded_at"))  # without an end: anew every so many days (registers)
    anew = ExpressionWrapper(confirmed + timedelta(days=settings.BASIS_CONFIRM_DAYS), DateTimeField())
    last_day = ExpressionWrapper(Cast(F("ends_on"), DateTimeField()) + _NOON, DateTimeField())
    rows = rows.annotate(ends=Coalesce(last_day, anew))
    lapsed, there = Q(state=Basis.State.LAPSED), Q(standing__area__isnull=False)
    soon = Q(ends__lte=ExpressionWrapper(_moment(access) + timedelta(days=ENDING_DAYS), DateTimeField()))
    turn = turns(
        (lapsed & there, "basis.lapsed_there"),
        (lapsed, "basis.lapsed"),
        (soon & there, "basis.ending_there"),
        (soon, "basis.ending"),
    )
    return waiting(
        rows, turn, since=F("ends"), due=F("ends"), organisation="standing__organisation", area="standing__area"
    )


def _cases(access):
    if not watches(access):
        return None
    rows = EligibilityCase.objects.visible_to(access).filter(state=EligibilityCase.State.OPEN)
    return waiting(rows, Value("case.open"), since=F("opened_at"), area="area")


def _lists(access):
    areas, platforms = areas_of(access, "dss"), platforms_of(access)
    if not (is_dss_headquarters(access) or areas or platforms):
        return None
    own = Q(pk__in=[])
    for platform, area in platforms:
        own |= Q(platform=platform, area=area)
    members, state = ListedMember.objects.filter(list=OuterRef("pk")), ListedMember.State
    likely = Exists(members.filter(state=state.LIKELY))
    waits = Exists(members.filter(state__in=set(ListedMember.OPEN) - {state.LIKELY}))
    turn = turns(
        (own & likely, "list.choose"), (own & ~Q(area__in=areas), ""), (waits, "list.record"), (likely, "list.chosen")
    )
    rows = MemberList.objects.visible_to(access).newest()
    return waiting(rows, turn, since=F("uploaded_at"), organisation="platform", area="area")


def _suspensions(access):
    """One's own organisation: only that it is heard. Nothing of what others say about it."""
    if not _has_part_in_suspensions(access):
        return None
    own = _of_oneself(access)
    state = Suspension.State
    hearing = Q(state=state.HEARING)
    open_hearing = hearing & Q(heard_at=None, hearing_until__gt=access.on)
    official = Q(area__in=areas_of(access, "designated_official"))
    cases = [
        (Q(own) & hearing & Q(heard_at=None), "own.hearing"),
        (Q(own), ""),
        (~open_hearing & hearing & official, "suspension.ask"),
    ]
    if watches(access):
        cases += [
            (open_hearing, "suspension.hearing"),
            (hearing & Q(area=None), "suspension.put"),
            (hearing, "suspension.ask"),
            (Q(state=state.AGREEING), "suspension.agreeing"),
            (Q(state=state.ESCALATED), "suspension.recommend"),
            (Q(state__in=[state.COMMITTEE, state.LIFTING]), "suspension.committee"),
        ]
    rows = Suspension.objects.visible_to(access).exclude(state__in=Suspension.OVER)
    heard = Coalesce(F("heard_at"), F("hearing_until"))
    since = Case(When(hearing & ~open_hearing, heard), default=F("state_since"))
    due = Case(When(open_hearing, F("hearing_until")), default=_NO_MOMENT)
    return waiting(rows, turns(*cases), since=since, due=due, area="area")


def _has_part_in_suspensions(access):
    return watches(access) or access.offices_for("applicant") or areas_of(access, "designated_official")


def _documents(access):
    if not is_dss_headquarters(access):
        return None
    return waiting(
        late_documents(_moment(access)), Value("document.failed"), since=F("ordered_at"), ref="number", organisation=""
    )


_SOURCES = [
    _interests,
    _applications,
    _memoranda,
    _confirmations,
    _decisions,
    _bases,
    _cases,
    _lists,
    _suspensions,
    _documents,
]


def register_source(source: Callable[[Access], QuerySet | None], *, kinds: Iterable[str]) -> None:
    """Also ask `source` what waits: an app below this one calls it in its `queue.py`.

    `source` answers as those above, with `waiting`; None where it has nothing for this person. `kinds` are the kinds of
    principal by which it knows its people.
    """
    _SOURCES.append(source)
    QUEUE_KINDS.update(kinds)
