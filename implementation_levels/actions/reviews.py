"""Reviews of levels: every six months by itself, early when somebody asks; partners are asked first (§5c, §5d; L3)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from areas.models import Area
from audit.actions import record
from documents.models import DataKey
from governance.seats import committee, people_of_body, working_group
from implementation_levels.levels import levels_on, reinforced_on
from implementation_levels.messages.reviews import (
    Consultation,
    ConsultationClosed,
    ConsultationEnding,
    RequestMade,
    RequestSettled,
    RequestWaits,
    ReviewLate,
    ReviewOverdue,
)
from implementation_levels.models import Answer, Review, ReviewedArea, ReviewRequest
from implementation_levels.policies import opens_reviews, parties_in_area, parties_to_review
from implementation_levels.voices import Voice, principals_asked, voices_of
from notifications.actions import announce
from notifications.models import Message, Subject
from sharing.access import access_of
from sharing.holdings import holdings, people_of
from slt_portal.months import months_later
from slt_portal.states import StaleState, move, steps_open

State, Kind = Review.State, Review.Kind
_ASKED = ReviewRequest.State
REMIND_DAYS = 3  # before the last day of a consultation, unless it is urgent
_WHY = "the portal looks after reviews"


class AlreadyInReview(Exception):
    """One of the areas stands in a review that is not done: `review`. Nothing was opened."""

    def __init__(self, reviewed: ReviewedArea):
        super().__init__(reviewed.review.ref)
        self.reviewed, self.review = reviewed, reviewed.review


class AlreadyAsked(Exception):
    """This person has asked for a review of this area before, and it waits: `request`. Nothing was added."""

    def __init__(self, request: ReviewRequest):
        super().__init__(request.ref)
        self.request = request


def in_review(areas: Iterable[Area]) -> list[ReviewedArea]:
    """Where one of `areas` stands in a review that is not done, and nobody has decided on it yet; one query."""
    settled = (ReviewedArea.State.DECIDED, ReviewedArea.State.OVERTAKEN)
    rows = ReviewedArea.objects.for_system("an area stands in one review at a time").exclude(state__in=settled)
    rows = rows.filter(area__in=[area.pk for area in areas]).exclude(review__state=State.DONE)
    return list(rows.select_related("review", "area").order_by("pk"))


# --- Opening -----------------------------------------------------------------------------------------------------


def next_cycle_on(today: date) -> date | None:
    """The day on which the next six-monthly review opens; None: not before something happens.

    The first: at once, when an area is at the reinforced level. Each other: six months after the one before was opened;
    never while that one is not done (§5d).
    """
    last = Review.objects.for_system(_WHY).filter(kind=Kind.CYCLE).order_by("-cycle").first()
    if last is None:
        return today if reinforced_on(today) else None
    if last.state != State.DONE:
        return None
    return months_later(last.opened_on, settings.LEVEL_REVIEW_MONTHS)


def open_cycle(now: datetime | None = None) -> Review | None:
    """Open the six-monthly review if its day has come: of every area of today, but for those that stand in an early
    review. One, however many days were missed; None if another worker was faster, or it is not the day."""
    day = (now or timezone.now()).date()
    due = next_cycle_on(day)
    if due is None or due > day:
        return None
    try:
        with transaction.atomic():
            areas = _locked(Area.objects.current(day))
            if next_cycle_on(day) != due:  # another worker opened it while this one waited for the areas
                return None
            reviewed = {row.area_id for row in in_review(areas)}
            areas = [area for area in areas if area.pk not in reviewed]
            cycle = Review.objects.for_system(_WHY).filter(kind=Kind.CYCLE).count() + 1
            return _open(areas, day, kind=Kind.CYCLE, cycle=cycle) if areas else None
    except IntegrityError:  # another worker had the same tick
        return None


@transaction.atomic
def open_early(
    *, areas: Iterable[Area], why: str, by, is_urgent: bool = False, requests: Iterable[ReviewRequest] = ()
) -> Review:
    """A review of some areas now (§5d): by the Working Group, a member of the Committee, or DSS headquarters.

    Open requests about these areas are taken up with it; `requests` are those that it answers: if one of them was
    settled meanwhile, StaleState. AlreadyInReview if an area stands in a review that is not done; urgency waits for
    another urgent one only, and what is decided first overtakes the other. PermissionDenied.
    """
    if not opens_reviews(access_of(by)):
        raise PermissionDenied("who opens a review is of a body, or of DSS headquarters")
    areas = _locked(Area.objects.filter(pk__in=[area.pk for area in areas]))
    if found := [row for row in in_review(areas) if row.review.is_urgent or not is_urgent]:
        raise AlreadyInReview(found[0])
    asked = [request.pk for request in requests]
    rows = ReviewRequest.objects.for_system("is it still open").filter(pk__in=asked, state=_ASKED.OPEN)
    if len(rows.select_for_update(no_key=True)) != len(asked):  # a count would lock nothing
        raise StaleState("a request was settled meanwhile")
    return _open(areas, timezone.now().date(), kind=Kind.EARLY, why=why, is_urgent=is_urgent, by=by)


def _locked(rows) -> list[Area]:
    """These areas, so that each of them is put into one review only."""
    return list(rows.select_for_update(no_key=True).order_by("pk"))


def _open(areas, day, *, kind, why="", is_urgent=False, cycle=None, by=None) -> Review:
    """The review with its areas; partners are asked, open requests are taken up."""
    until, recommend_by, due_on = days_of(day, is_urgent=is_urgent)
    review = Review(
        kind=kind,
        cycle=cycle,
        is_urgent=is_urgent,
        opened_on=day,
        opened_by=by,
        consult_until=until,
        recommend_by=recommend_by,
        due_on=due_on,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
    )
    if why:
        review.write({"why": why})
    review.save(force_insert=True)
    rows = [ReviewedArea(review=review, area=row.area, level_before=row.level) for row in levels_on(areas, day)]
    ReviewedArea.objects.bulk_create(rows)
    requests = ReviewRequest.objects.for_system("taken up in a review").filter(area__in=areas, state=_ASKED.OPEN)
    for request in requests.select_for_update(of=("self",), no_key=True).select_related("subject").order_by("pk"):
        _take_up(request, review, by=by)
    people = people_of(principals_asked(area.pk for area in areas))
    announce(Consultation, subject=review.subject, event_key=f"review:{review.ref}:asked", recipients=people)
    _record("implementation_levels.review_opened", review, by=by, kind=str(kind), areas=len(areas), urgent=is_urgent)
    return review


def days_of(day: date, *, is_urgent: bool) -> tuple[date, date, date]:
    """The last day for answers, for the recommendation, and for the decision, of a review opened on `day`."""
    consultation, recommendation, decision = (
        (settings.URGENT_CONSULTATION_DAYS, settings.URGENT_DECISION_DAYS, settings.URGENT_DECISION_DAYS)
        if is_urgent
        else (settings.CONSULTATION_DAYS, settings.RECOMMENDATION_DAYS, settings.DECISION_DAYS)
    )
    until = day + timedelta(days=consultation)
    recommend_by = until + timedelta(days=recommendation)
    return until, recommend_by, recommend_by + timedelta(days=decision)


@transaction.atomic
def close_consultation(review: Review, *, reason: str = "", by=None) -> None:
    """No more answers: the Working Group recommends next. By the portal after the last day; of an urgent review the
    Working Group need not wait, and says why. Raises StaleState; PermissionDenied for who is not of it."""
    if by is not None and "close_consultation" not in steps_open(review, parties_to_review(access_of(by), review)):
        raise StaleState("the consultation is closed") if review.state != State.CONSULTING else PermissionDenied
    if reason:
        review.write({**review.texts, "closed_early": reason})
    move(review, State.RECOMMENDING, state_since=timezone.now(), sealed=review.sealed)
    people = people_of_body(working_group())
    announce(ConsultationClosed, subject=review.subject, event_key=f"review:{review.ref}:closed", recipients=people)
    _record("implementation_levels.consultation_closed", review, by=by)


# --- The days of a review ----------------------------------------------------------------------------------------


def open_due(now: datetime | None = None) -> Review | None:
    """Close consultations whose last day has passed, remind, say once what is late; then open the six-monthly review if
    it is due, and return it. Run twice, or twice at once, it does nothing twice (§5c, §5d)."""
    now = now or timezone.now()
    reviews = Review.objects.for_system(_WHY).exclude(state=State.DONE).select_related("subject", "data_key")
    for review in reviews.order_by("pk"):
        _look_after(review, now.date())
    asked = ReviewRequest.objects.for_system(_WHY).filter(state=_ASKED.OPEN)
    for request in asked.filter(asked_at__lte=now - timedelta(days=settings.REQUEST_ANSWER_DAYS)):
        _once(RequestWaits, request, "request", "waits", lambda: people_of_body(working_group()))
    return open_cycle(now)


def _look_after(review, today):
    """What the day asks for: the consultation ends soon, or has ended; the recommendation, or the decision, is late."""
    if review.state == State.CONSULTING and review.consult_until < today:
        try:
            close_consultation(review)
        except StaleState:  # another worker had the same tick
            return
    left = review.consult_until - today
    if review.state == State.CONSULTING and not review.is_urgent and left <= timedelta(days=REMIND_DAYS):
        _once(ConsultationEnding, review, "review", "ending", lambda: people_without_answer(review))
    if review.due_on < today:
        both = (working_group, committee)
        _once(ReviewOverdue, review, "review", "overdue", lambda: set().union(*(people_of_body(b()) for b in both)))
    elif review.recommend_by < today and review.state == State.RECOMMENDING:
        _once(ReviewLate, review, "review", "late", lambda: people_of_body(working_group()))


def _once(kind, row, noun, event, people):
    """Tell `people` (called only then) if nobody was told before."""
    key = f"{noun}:{row.ref}:{event}"
    if not Message.objects.filter(event_key=key).exists():
        announce(kind, subject=row.subject, event_key=key, recipients=people())


def people_without_answer(review: Review) -> set[int]:
    """The ids of the people who are asked in `review` about an area of which their side of their organisation has said
    nothing yet."""
    areas = ReviewedArea.objects.for_system(_WHY).filter(review=review).values_list("area", flat=True)
    said = Answer.objects.for_system(_WHY).filter(reviewed__review=review)
    said = set(said.order_by().values_list("reviewed__area", "organisation", "is_headquarters"))
    return {
        held.user_id
        for held in holdings(principals=principals_asked(areas))
        if not held.is_mailbox
        and (int(held.principal.split(":")[1]), held.organisation_id, held.area_id is None) not in said
    }


# --- What partners say -------------------------------------------------------------------------------------------


@transaction.atomic
def answer(reviewed: ReviewedArea, *, organisation, is_headquarters: bool, view: str, text: str, by) -> Answer:
    """What one side of a partner organisation thinks of the level of an area (§5c); its newest answer counts.

    The same said again by the same person is one answer. StaleState once the consultation is closed; PermissionDenied
    for who does not answer for that side there.
    """
    voice = Voice(reviewed.area_id, organisation.pk, organisation.name, is_headquarters)
    if voice not in voices_of(access_of(by)):
        raise PermissionDenied("who answers is asked about the area on behalf of the organisation")
    rows = Review.objects.for_system("is it still open").select_for_update(no_key=True)
    if rows.get(pk=reviewed.review_id).state != State.CONSULTING:
        raise StaleState("the consultation is closed")
    said = Answer.objects.for_system("the same said twice").filter(
        reviewed=reviewed, organisation=organisation, is_headquarters=is_headquarters
    )
    newest = said.select_related("reviewed__review__data_key").order_by("-pk").first()
    if newest and (newest.by_id, newest.view, newest.texts.get("text", "")) == (by.pk, view, text):
        return newest
    row = Answer(reviewed=reviewed, organisation=organisation, is_headquarters=is_headquarters, by=by)
    row.view = Answer.View(view)
    row.write({"text": text})
    row.save(force_insert=True)
    facts = {"area": reviewed.area.code, "organisation": organisation.ref, "headquarters": is_headquarters}
    _record("implementation_levels.answered", reviewed.review, by=by, **facts)
    return row


# --- Requests ----------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_for_review(*, area: Area, level: str, why: str, party: str, by) -> ReviewRequest:
    """Somebody of the field, of a body or of DSS headquarters asks for a review of `area` now (§5d).

    The Working Group is told at once. While the area is being reviewed the request goes into that review. The same
    asked twice is one request; AlreadyAsked for another one while it waits; PermissionDenied for who is no such party.
    """
    if party not in parties_in_area(access_of(by), area):
        raise PermissionDenied("who asks is of the field there, of a body, or of DSS headquarters")
    _locked(Area.objects.filter(pk=area.pk))
    review = next((row.review for row in in_review([area]) if row.review.state != State.DECIDING), None)
    if known := _asked_before(area, review, by):
        if (known.level, known.texts.get("why")) == (level, why):
            return known
        if known.state == _ASKED.OPEN:
            raise AlreadyAsked(known)
    request = ReviewRequest(
        area=area,
        level=level,
        party=party,
        asked_by=by,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
    )
    request.write({"why": why})
    request.save(force_insert=True)
    _tell_group(RequestMade, request, "made")
    _record("implementation_levels.review_requested", request, by=by, area=area.code, party=party)
    if review is not None:
        _take_up(request, review, by=None)
    return request


def _asked_before(area, review, by):
    """The newest request of this person about this area that waits, or that the review of it has taken up."""
    rows = ReviewRequest.objects.for_system("one request of a person").filter(area=area, asked_by=by)
    rows = rows.filter(Q(state=_ASKED.OPEN) | Q(review__isnull=False, review=review))
    return rows.select_related("data_key").order_by("-pk").first()


@transaction.atomic
def decline(request: ReviewRequest, *, answer: str, by) -> None:
    """The Working Group does not take a request up before the next review; who asked reads why. Raises StaleState."""
    request.write({**request.texts, "answer": answer})
    settled = {"settled_by": by, "settled_at": timezone.now(), "sealed": request.sealed}
    move(request, _ASKED.DECLINED, **settled)
    _tell_asker(request)
    _record("implementation_levels.request_declined", request, by=by, area=request.area.code)


def _take_up(request, review, *, by):
    """The request goes into the review; who asked is told, but for who has just opened the review."""
    move(request, _ASKED.TAKEN_UP, review=review, settled_by=by, settled_at=timezone.now())
    _tell_asker(request, but={by.pk} if by else set())
    _record("implementation_levels.request_taken_up", request, by=by, review=review.ref)


def _tell_group(kind, request, event):
    people = people_of_body(working_group()) - {request.asked_by_id}
    announce(kind, subject=request.subject, event_key=f"request:{request.ref}:{event}", recipients=people)


def _tell_asker(request, but=frozenset()):
    people = {request.asked_by_id} - but
    announce(RequestSettled, subject=request.subject, event_key=f"request:{request.ref}:settled", recipients=people)


def _record(verb, row, *, by, **facts):
    kinds = {Review: "review", ReviewRequest: "review_request"}
    record(verb, by=by, object_type=kinds[type(row)], object_ref=row.ref, facts=facts)
