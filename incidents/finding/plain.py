"""A text as the finder reads it: digits of all scripts and wide letters as ASCII, invisible signs left out; and where
each sign stood in the text as typed."""

import re
import sys
import unicodedata
from array import array
from dataclasses import dataclass
from functools import cached_property

# Zero width, soft hyphen, marks of direction, accents that stand apart, Arabic vowel signs and tatweel.
_INVISIBLE = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0f\ufeff]+"
)
_SAME = {
    **dict.fromkeys(map(ord, "\t\u00a0\u2007\u2009\u200a\u202f\u3000\x00"), " "),
    **dict.fromkeys(map(ord, "\r\v\f\u2028\u2029\x85"), "\n"),
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-"),
    **dict.fromkeys(map(ord, "’‘ʼ′´`"), "'"),
    **dict.fromkeys(map(ord, "“”„″〃"), '"'),
    ord("،"): ",",
    ord("，"): ",",
    ord("、"): ",",
    ord("٫"): ".",
    ord("٬"): ",",
    ord("；"): ";",
    ord("："): ":",
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；：－"},
}
_DIGITS = {code: str(unicodedata.decimal(chr(code))) for code in range(128, sys.maxunicode) if chr(code).isdecimal()}
_TABLE = _DIGITS | _SAME


@dataclass(frozen=True)
class Plain:
    """`text` as typed and `plain` as read."""

    text: str

    @cached_property
    def plain(self) -> str:
        """What the patterns look at."""
        return _INVISIBLE.sub("", self.text).translate(_TABLE)

    @cached_property
    def _positions(self) -> array | None:
        if not _INVISIBLE.search(self.text):
            return None
        positions, last = array("q"), 0
        for gap in _INVISIBLE.finditer(self.text):
            positions.extend(range(last, gap.start()))
            last = gap.end()
        positions.extend(range(last, len(self.text)))
        return positions

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in `text` a part of `plain` that is not empty stands; invisible signs within belong to it."""
        if self._positions is None:
            return start, end
        return self._positions[start], self._positions[end - 1] + 1
