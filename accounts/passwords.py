"""Which passwords are refused: common ones, and long ones that are made of nothing but one or two of those.

Django's list holds few passwords as long as ours must be. What people do with a short one is to write it twice, to
put a year or another word behind it, or to write an e as 3: that is looked through here. There is no rule about kinds
of characters, and no largest length.
"""

import re

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# Words that everybody around this portal would try first.
# fmt: off
CONTEXT_WORDS = frozenset({
    "saving", "lives", "together", "slt", "portal", "security", "secure", "incident", "undss", "dss", "unsms",
    "gisf", "ocha", "icva", "interaction", "unhcr", "unicef", "wfp", "undp", "ngo", "ingo", "humanitarian",
    "relief", "mission", "united", "nations", "focal", "point", "welcome", "change", "changeme",
})
# fmt: on
FEWEST_PIECES = 3  # different words or runs of digits that nobody would guess first
_LEET = str.maketrans("0134578@$!|", "oleastbasil")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "01234567890")
_BEFORE_OR_BEHIND = re.compile(r"^[\W\d_]{1,8}(?=[^\W\d_])|(?<=[^\W\d_])[\W\d_]{1,8}$")  # a date, an exclamation mark
_YEAR = re.compile(r"(19|20)\d{2}")
_LONGEST_LOOKED_AT = 64  # what is longer is not made of two words


class NotCommonValidator(CommonPasswordValidator):
    """Refuses common passwords, and what is made of one or two of them (ASVS 6.2.4, 6.2.11, 6.2.12)."""

    def validate(self, password: str, user=None) -> None:
        """Raises ValidationError for such a password."""
        super().validate(password, user)
        if len(password) > _LONGEST_LOOKED_AT:
            return
        word = _BEFORE_OR_BEHIND.sub("", password.lower())
        for text in {word, word.translate(_LEET)}:
            plain = "".join(filter(str.isalnum, text))
            if plain and _pieces_of(plain, self.passwords) < FEWEST_PIECES:
                raise ValidationError(self.get_error_message(), code="password_too_common")


def _pieces_of(text, common):
    """The fewest different pieces that `text` can be put together from; many if it cannot."""
    best: list[frozenset | None] = [frozenset()] + [None] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(end):
            before, piece = best[start], text[start:end]
            if before is None or not _is_guessable(piece, common):
                continue
            found = before if _is_free(piece) else before | {piece}
            if best[end] is None or len(found) < len(best[end]):
                best[end] = found
    return FEWEST_PIECES if best[-1] is None else len(best[-1])


def _is_guessable(piece, common):
    return _is_free(piece) or (len(piece) > 2 and (piece in common or piece in CONTEXT_WORDS))


def _is_free(piece):
    """What costs who guesses next to nothing: one character again and again, a row of keys, a year."""
    if len(piece) < 3:
        return False
    in_a_row = any(piece in row or piece[::-1] in row for row in _ROWS)
    return len(set(piece)) == 1 or in_a_row or bool(_YEAR.fullmatch(piece))
