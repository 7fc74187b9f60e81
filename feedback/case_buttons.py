"""What the reader of a case can do there now: the next step as a button, everything else as a list of links."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .case_page import CasePage
from .models import Case

# In which order they are offered; the first groups move the case on. Who takes a case in leads it: that comes first.
_TAKE = {"take": _("Take it in")}
_NEXT = {
    "accept": _("Accept the resolution"),
    "refuse": _("Do not accept"),
    "hand_over": _("Hand it to the Working Group"),
    "propose": _("Propose a resolution"),
    "conclude": _("Close it with reasons"),
    "reopen": _("Open it again"),
}
_MORE = {
    "assign": _("Say who leads it"),
    "escalate": _("Put it to the Oversight Committee"),
    "take_back": _("Take the proposal back"),
    "redirect": _("It is not a matter of Saving Lives Together"),
    "divert": _("It is about sexual exploitation or abuse by aid staff"),
    "withdraw": _("Take it back"),
}
_OF_ALL = {"case_pdf": _("Keep it as a PDF")}
_OF_HANDLERS = {
    "classify": _("Say what it is about"),
    "ask": _("Ask an office for its view"),
    "link": _("Link it to something"),
    "concerned": _("Somebody else is concerned"),
    "people": _("Who handles it, and who read it"),
    "lesson_new": _("Write a lesson"),
}
_WHILE_OPEN = frozenset({"classify", "link", "concerned"})


@dataclass(frozen=True)
class Button:
    """One thing to do: its page, and whether it is the next step."""

    name: str
    label: str
    href: str


def buttons_of(page: CasePage) -> dict[str, list[Button]]:
    """`next_steps` and `more_steps` for the reader of `page`."""
    open_steps = set(page.steps) | _of_handlers(page) | (set() if page.is_gone else set(_OF_ALL))
    is_led = page.case.owner_id is not None
    return {
        "next_steps": _buttons(page.case, _NEXT if is_led else _TAKE | _NEXT, open_steps),
        "more_steps": _buttons(page.case, (_TAKE if is_led else {}) | _MORE | _OF_HANDLERS | _OF_ALL, open_steps),
    }


def _of_handlers(page) -> set[str]:
    """What takes no step, for those who handle it."""
    if "handler" not in page.parties:
        return set()
    case, found = page.case, {"people"}
    if page.is_gone:
        return found
    if case.state in Case.OPEN:
        found |= _WHILE_OPEN
    else:
        found.add("lesson_new")
    if case.state == Case.State.HANDLING and case.suspension_id is None:
        found.add("ask")
    return found


def _buttons(case, labels, names) -> list[Button]:
    return [
        Button(name, label, reverse(f"feedback:{name}", args=[case.ref]))
        for name, label in labels.items()
        if name in names
    ]
