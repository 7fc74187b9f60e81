"""Signs that tell who somebody is, wherever a text is looked"
" through: addresses of mail, references, telephone numbers."""

import re
from collections.abc import Iterator

from organisations.names import folded

WORD = re.compile(r"[^\W_]+")
EMAIL = re.compile(r"(?<![A-Za-z0-9.+%'_-])[A-Za-z0-9.+%'_-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+)+")
REFERENCE = re.compile(r"\b[A-Z]{3}-(?:\d{4}-\d{3,}|[0-9A-Z]{6,8})\b")
ADDRESSED = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Mme|Mlle|Monsieur|Madame|M\.|MM\.)\.?\s+(?!\d)\w+")
# Days, years from to, times: no telephone numbers.
DAY = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b|\b(?:19|20)\d{2} ?[-/–] ?(?:19|20)\d{2}\b"
    r"|\b\d{1,2}:\d{2}(?::\d{2})?\b"
)
DOCUMENT = re.compile(r"\b[A-Z]{1,4}(?:/[A-Z0-9]{1,8}){1,5}+")  # S/2024/312
SUM = re.compile(r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})+")
_TELEPHONE = re.compile(
    r"(?<![A-Za-z0-9])(?:(?<!\d[.,])|(?=[0+]))(?:\+ ?|00)?\(?\d(?:[ ().\-/]{0,2}\d){6,19}(?![A-Za-z0-9])"
)
_CALLED = re.compile(
    r"(?:\b(?:tel|t[eé]l[eé](?:phone|fono)\w*|phone|mobile|cell|call(?:ed)?|whats ?app|viber"
    r"|num[eé]ro|n[uú]mero|celular"
    r"|llame\w*|appele\w*|joindre)\b|\bтел|\bномер|\bзвони|هاتف|الرقم|رقمه|جوال|اتصل|电话|手机)[^\d\n]{0,24}$",
    re.IGNORECASE,
)
_IN_YEAR = re.compile(r"^\d{1,4} \((?:19|20)\d\d$")  # resolution 2690 (2023)
_BEFORE = 40


def telephones(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what may be telephone numbers: no days, references, sums of money."""
    rest = text
    for pattern in (REFERENCE, DOCUMENT, DAY):
        rest = pattern.sub(lambda found: "¤" * len(found[0]), rest)
    for found in _TELEPHONE.finditer(rest):
        number = found[0]
        if _IN_YEAR.search(number):
            continue
        is_called = number[0] in "+0(" or _CALLED.search(rest[max(0, found.start() - _BEFORE) : found.start()])
        if is_called or not (
            SUM.fullmatch(number) or number.endswith("000") or re.fullmatch(r"(?:19|20)\d{6}", number)
        ):
            yield found.span()


def stands_in(name: str, plain: str) -> bool:
    """Whether a name stands as whole words in a folded text."""
    wanted = r"\W+".join(map(re.escape, WORD.findall(folded(name))))
    return bool(wanted) and re.search(rf"(?<!\w){wanted}(?!\w)", plain) is not None
