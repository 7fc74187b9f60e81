"""What is sealed, in the reader's language."""

from django.utils.translation import gettext as _

from areas.models import Area

from .codes import Affected, Form, Harm, Language, Medical, NoteKind, Sex, Staff, Wish
from .contents import Done, may_be_contacted, wish_of
from .forms.report import month_words
from .models import Report

_LISTS = {"harm": Harm, "affected": Affected, "staff": Staff, "sex": Sex, "medical": Medical}


def wish_words(report: Report) -> str:
    """What the handlers are asked to do; empty once it is destroyed."""
    wish = wish_of(report)
    return str(Wish(wish).label) if wish else ""


def wish_in_list(report: Report, consents: frozenset[str]) -> str:
    """What the handlers are asked to do as far as they may; empty once it is destroyed."""
    if report.texts and not may_be_contacted(report, consents):
        return _("do not contact the sender")
    return wish_words(report)


def note_words(done: Done) -> str:
    """What a handler did."""
    return str(NoteKind(done.what).label)


def facts_of(report: Report, *, for_handler: bool = False) -> list[dict[str, str]]:
    """The codes of a report as (label, value) for components/summary.html; of “call me” there are none. At most one
    query. To a handler "me" is the sender."""
    texts = report.texts
    if texts.get("form") != Form.REPORT:
        return []
    labels = {
        "harm": _("What it was"),
        "affected": _("Whom it happened to"),
        "staff": _("The person affected works as"),
        "sex": _("The person affected is a"),
        "medical": _("Was there medical help?"),
    }
    area = Area.objects.filter(code=texts["area"]).first() if texts.get("area") else None
    coded = [{"label": label, "value": _LISTS[name](texts[name]).label} for name, label in labels.items()]
    if for_handler and texts["affected"] == Affected.SELF:
        coded[1]["value"] = _("the sender")
    return [
        *coded[:2],
        {"label": _("In which month"), "value": month_words(texts.get("month", ""))},
        {"label": _("In which country or area"), "value": str(area) if area else _("I prefer not to say")},
        *coded[2:],
    ]


def contact_of(report: Report) -> list[dict[str, str]]:
    """How to reach the sender, as (label, value); for handlers ask contents.may_be_contacted first."""
    texts = report.texts
    may_leave = _("yes") if texts.get("leave_word") else _("no: leave no word, speak to nobody else")
    return [
        {"label": _("Number or address"), "value": texts.get("reach", "")},
        {"label": _("When it is safe"), "value": texts.get("when", "")},
        {"label": _("In which language"), "value": Language(texts.get("language") or "unsaid").label},
        {"label": _("A message may be left"), "value": may_leave},
    ]
