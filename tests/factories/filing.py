"""Feedback as its senders look at it: in conversation, with a proposal, closed, gone to the mandatory channels."""

from datetime import timedelta

from django.utils import timezone

from documents.models import DataKey
from feedback.models import CaseReading

from .feedback import DSS_HQ, ICVA, a_case, a_lesson, an_entry

SAID = "Since March nobody invites us to the weekly meeting in Juba. We asked twice and got no answer."


def _named(case, title, text=SAID, persons=""):
    case.write({"title": title, "text": text, "persons": persons, "about": ""})
    case.save()
    return case


def of_filing(cast) -> dict[str, object]:
    """Cases of Benu's field focal point, as places in the paths of looks."""
    talked = _named(a_case(cast, "handling"), "Nothing from DSS since March", persons="somebody@un.example")
    an_entry(talked, by=cast[ICVA], side="handler", text="Thank you. Which meetings were these, as far as you know?")
    an_entry(talked, by=cast[talked.sender.email], text="من الأسبوع الأول في مارس")
    an_entry(talked, by=cast[DSS_HQ], side="handler", kind="note", is_internal=True, text="The list is kept by hand.")
    CaseReading.objects.create(case_ref=talked.ref, reader=cast[ICVA].pk, party="handler", how="opened")
    late = timezone.now() - timedelta(days=2)
    proposed = _named(a_case(cast, "proposed", due_at=late), "Which level holds in our area?")
    an_entry(proposed, by=cast[ICVA], side="handler", kind="proposal", text="You are on the list again from Monday.")
    closed = _named(a_case(cast, "closed"), "Our application takes long")
    a_lesson(closed, by=cast[ICVA])
    gone = a_case(cast, "closed", outcome="diverted")
    DataKey.objects.filter(pk=gone.data_key_id).update(destroyed_at=timezone.now(), wrapped=b"")
    return {
        "fbk_mine": talked.ref,
        "fbk_proposed": proposed.ref,
        "fbk_closed": closed.ref,
        "fbk_gone": gone.ref,
    }
