"""One of everything that levels, reviews, lists and coordination hold, each secret text with a word that occurs nowhere
else; and, written by hand, who may read each of these words. Imports no rule of the portal.
"""

import hashlib
import json
from datetime import timedelta

from django.utils import timezone

from documents.issue import order_document
from documents.models import DataKey
from governance.models import Position, Seat
from implementation_levels.models import (
    Answer,
    Delivery,
    Distribution,
    LevelList,
    LevelTask,
    ListMail,
    Proposal,
    ReviewedArea,
    ReviewRequest,
    Statement,
)
from notifications.kinds import site_link
from notifications.models import Message, Subject
from tests.factories.coordination import a_mechanism, an_assignment
from tests.factories.levels import SOUTH_SUDAN, a_level, a_review, area
from tests.factories.partnership import a_decision, bodies
from tests.visibility.oracle import (
    ALBA_FIELD,
    BENU_FIELD,
    BENU_HQ,
    COMMUNITY,
    CSFP,
    DO,
    DSS_CHAIR,
    DSS_FIELD,
    DSS_HQ,
    GISF_CHAIR,
    ICVA,
    OCHA,
    PLATFORM,
    WFP,
)
from tests.visibility.secrets import SecretWorld, sealed

SECRETARIAT, GROUP, COMMITTEE = {DSS_HQ, OCHA}, {ICVA}, {DSS_CHAIR, GISF_CHAIR, WFP}
BODIES = SECRETARIAT | GROUP | COMMITTEE
READS_LEVELS = COMMUNITY | BODIES | {PLATFORM}  # no local arrangement, no handler, nobody outside
# Who may read each word.
READERS = {
    "level-reasons": READS_LEVELS,
    "list-reasons": READS_LEVELS,
    "mail-text": SECRETARIAT,
    "review-why": BODIES,
    "recommended": BODIES,  # reasons that are not decided yet
    "internal": BODIES,
    "answer": BODIES | {BENU_HQ, BENU_FIELD},
    "request-why": BODIES | {DSS_FIELD},
    "statement": READS_LEVELS,
    "mechanism": READS_LEVELS,
    "assignment": READS_LEVELS,
    "assignment-email": READS_LEVELS,
    "assignment-phone": READS_LEVELS,
    "opened-why": BODIES,
    "closed-early": BODIES,
    "declined-why": BODIES | {DO},
    "declined": BODIES | {DO},  # the answer of the Working Group, for who asked
    "gone-request": BODIES,  # of somebody who holds the office no more
    "position": SECRETARIAT | COMMITTEE,
}
WORDS = {name: f"zv{name.replace('-', '')}vz" for name in READERS}
NUMBER = 1


class World(SecretWorld):
    """Everything there is of levels and coordination."""

    prefixes = ("implementation_levels:", "coordination:", "overview:level_evidence", "areas:", "governance:")
    kinds = ("implementation_levels.", "coordination.", "governance.")
    words, readers = WORDS, READERS
    in_mails = frozenset({"level-reasons", "list-reasons", "mail-text"})  # the list itself goes by mail

    @property
    def pools(self) -> dict[str, list]:
        """All reviews and requests, the one list, the task; everything in South Sudan."""
        rows = self.rows
        return {
            "reviews": [rows[name].ref for name in ("review", "put_review", "urgent")],
            "consultation": [rows["review"].ref, rows["urgent"].ref],
            "requests": [rows[name].ref for name in ("request", "declined", "gone")],
            "lists": [NUMBER],
            "sent": [rows["delivery"].pk],
            "tasks": [rows["task"].ref],
            "areas": [SOUTH_SUDAN],
            "coordination": [SOUTH_SUDAN],
            "mechanisms": [rows["mechanism"].ref],
            "people": [rows["assignment"].ref, rows["outside"].ref],
            "decisions": [rows["decision"].ref],
        }


def make_world(cast) -> World:
    """The rows of all of it, without the way there."""
    committee, _group = bodies(cast)
    level = a_level(cast, reasons=WORDS["level-reasons"])
    rows = {"level": level, **_reviews(cast, committee), **_requests(cast), **_urgent(cast)}
    rows |= {**_list(cast, level), **_area(cast, level)}
    return World(cast, rows)


def _own(**fields):
    return {"data_key": DataKey.objects.make(), "subject": Subject.objects.create(), **fields}


def _reviews(cast, committee):
    review = a_review(cast, codes=(), kind="early", state="consulting")
    review.write({"why": WORDS["review-why"]})
    review.save(update_fields=["sealed"])
    asked = sealed(ReviewedArea, {}, review=review, area=area(), level_before="reinforced")
    sealed(
        Answer,
        {"text": WORDS["answer"]},
        reviewed=asked,
        organisation=cast.organisations["benu"],
        is_headquarters=False,
        view="normal",
        by=cast[BENU_FIELD],
    )
    request = sealed(
        ReviewRequest,
        {"why": WORDS["request-why"]},
        area=area(),
        level="normal",
        party="dss",
        asked_by=cast[DSS_FIELD],
        **_own(),
    )
    put = a_review(cast, codes=(), state="deciding")
    decision = a_decision(cast, body=committee, question="implementation_levels.list")
    seat = Seat.objects.get(body=committee, organisation=cast.organisations["gisf"])
    position = {"decision": decision, "seat": seat, "by": cast[GISF_CHAIR], "choice": "object"}
    sealed(Position, {"reasons": WORDS["position"]}, **position)
    before = sealed(
        ReviewedArea,
        {"internal": WORDS["internal"]},
        review=put,
        area=area(),
        level_before="reinforced",
        state="put",
        verdict="remove",
        reasons=WORDS["recommended"],
        seen=1,
        recommended_by=cast[ICVA],
        recommended_at=timezone.now(),
        decision=decision,
    )
    verdict = {"area": SOUTH_SUDAN, "verdict": "remove", "level": "normal", "effective_from": None}
    Proposal.objects.create(review=put, decision=decision, verdicts=[verdict])
    rows = {"review": review, "asked": asked, "request": request, "put_review": put}
    return {**rows, "put": before, "decision": decision}


def _requests(cast):
    """One that was declined, and one of somebody who holds no office there."""
    settled = {"state": "declined", "settled_by": cast[ICVA], "settled_at": timezone.now(), "level": "normal"}
    texts = {"why": WORDS["declined-why"], "answer": WORDS["declined"]}
    terms = {"area": area(), "party": "designated_official", "asked_by": cast[DO], **settled}
    declined = sealed(ReviewRequest, texts, **terms, **_own())
    terms = {"area": area(), "level": "normal", "party": "dss", "asked_by": cast[CSFP]}
    gone = sealed(ReviewRequest, {"why": WORDS["gone-request"]}, **terms, **_own())
    return {"declined": declined, "gone": gone}


def _urgent(cast):
    urgent = a_review(cast, codes=(), kind="early", is_urgent=True, state="recommending", opened_by=cast[DSS_CHAIR])
    urgent.write({"why": WORDS["opened-why"], "closed_early": WORDS["closed-early"]})
    urgent.save(update_fields=["sealed"])
    sealed(ReviewedArea, {}, review=urgent, area=area(), level_before="reinforced")
    return {"urgent": urgent}


def _list(cast, level):
    day = level.effective_from
    row = {"code": SOUTH_SUDAN, "name_en": "South Sudan", "name_fr": "Soudan du Sud", "kind": "country"}
    row |= {"note_en": "", "note_fr": "", "decision": level.ref, "reasons": WORDS["list-reasons"]}
    row["made_by"] = level.ref
    row |= {name: day.isoformat() for name in ("since", "effective_from", "decided_on")}
    row["review_due"] = level.review_due.isoformat()
    content = {"number": NUMBER, "on": day.isoformat(), "reason": "first", "due_on": day.isoformat(), "previous": None}
    content |= {"is_invented": False, "areas": [row], "changes": {"added": [row], "removed": []}}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    made = LevelList.objects.create(
        number=NUMBER,
        on=day,
        due_on=day,
        reason="first",
        content=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        area_count=1,
        csv_en=f"Area,Why\r\nSouth Sudan,{WORDS['list-reasons']}\r\n",
        csv_fr=f"Zone,Raisons\r\nSoudan du Sud,{WORDS['list-reasons']}\r\n",
        csv_en_digest="1" * 64,
        csv_fr_digest="2" * 64,
        subject=Subject.objects.create(),
    )
    for language in ("en", "fr"):
        order_document(number=made.document_number, language=language, template="x.html", title="List", context={})
        ListMail.objects.create(
            list=made,
            language=language,
            subject_line="List 1",
            text=f"{WORDS['mail-text']} {site_link(f'/levels/lists/{NUMBER}/')}",
            html="",
            is_attached=False,
        )
    Distribution.objects.create(list=made, without_contact=[])
    key = f"levels:list:{NUMBER}"
    delivery = Delivery.objects.create(
        list=made,
        user=cast[ALBA_FIELD],
        organisation=cast.organisations["alba"],
        language="en",
        event_key=key,
    )
    Message.objects.create(
        kind="implementation_levels.list", subject=made.subject, event_key=key, recipient=cast[ALBA_FIELD]
    )
    return {"list": made, "delivery": delivery}


def _area(cast, level):
    task = LevelTask.objects.create(
        area=area(),
        level_decision=level,
        line="host_country",
        owner="designated_official",
        due_on=level.effective_from + timedelta(days=60),
        subject=Subject.objects.create(),
    )
    Statement.objects.create(
        area=area(),
        line="meetings",
        says="met",
        text=WORDS["statement"],
        by=cast[DSS_FIELD],
        holds_until=level.effective_from + timedelta(days=182),
    )
    mechanism = a_mechanism(cast, name=WORDS["mechanism"])
    assignment = an_assignment(cast, phone=WORDS["assignment-phone"], function="sioc")
    words = {"name": WORDS["assignment"], "email": f"{WORDS['assignment-email']}@un.example"}
    outside = an_assignment(cast, who=None, function="slt_focal_point", **words)
    return {"task": task, "mechanism": mechanism, "assignment": assignment, "outside": outside}
