"""A form as it was typed, to keep it and to show it again unchanged."""

import re

from django.http import QueryDict

_LISTS = {"audience", "organisations"}
MOST_ROWS = 12
_ROW = re.compile(r"affected-(\d{1,3})-(\w+)")


_NOT_TYPED = {"csrfmiddlewaretoken", "keep", "revision", "see", "asked", "answer"}


def typed_in(post: QueryDict) -> dict[str, list[str]]:
    """Everything the form holds, without its tokens and its button."""
    return {name: post.getlist(name) for name in post if name not in _NOT_TYPED}


def initial_of(typed: dict[str, list[str]]) -> tuple[dict, list[dict]]:
    """The initial values of the form and of the rows of people affected, from what was typed."""
    initial: dict = {"audience": [], "organisations": []}
    rows: dict[int, dict] = {}
    for name, values in typed.items():
        if match := _ROW.fullmatch(name):
            rows.setdefault(int(match[1]), {})[match[2]] = values[-1]
        else:
            initial[name] = values if name in _LISTS else values[-1]
    filled = [rows[number] for number in sorted(rows) if _says_something(rows[number])]
    return initial, filled[:MOST_ROWS]


def _says_something(row):
    return any(value not in {"", "unknown"} for value in row.values())


# How the forms open: what is in these fields when nobody has written anything.
_AS_OPENED = {
    *("submission", "originator", "area", "time_precision", "clock", "marking", "audience", "page"),
    *("source", "place_limit", "time_limit"),
}


def is_empty(typed: dict[str, list[str]]) -> bool:
    """Whether a form was sent as it was opened, at most with another choice of area, clock or audience."""
    return not any(
        value.strip() not in {"", "unknown"}
        for name, values in typed.items()
        if name not in _AS_OPENED and not name.endswith("_FORMS")
        for value in values
    )


def whole_number(text: str | None) -> int | None:
    """The number in a hidden field or an address; None where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
