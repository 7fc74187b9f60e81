"""Addresses, positions, plates, identity numbers: what has a form of its own. Every pattern starts only where a run of
its signs starts and is bounded, so that the time is proportional to the text."""

import re
from collections.abc import Iterator

from .hits import HitKind
from .signs import DAY, EMAIL, telephones

Found = tuple[HitKind, int, int]

_I = re.IGNORECASE
_WEB = re.compile(
    r"(?<![A-Za-z0-9])(?:https?://|www\.)[^\s<>\"'«»,;，。；）)]{3,500}+"
    r"|(?<![\w./])(?:t\.me|wa\.me|m\.me|fb\.me|(?:facebook|instagram|twitter|tiktok|linkedin|vk|x)\.com)/[\w.@/-]{2,60}"
    r"|(?<![\w@./])@[A-Za-z0-9_][A-Za-z0-9_.]{2,31}|(?<![A-Za-z0-9_])wxid_[A-Za-z0-9]{2,30}"
    r"|(?<![A-Za-z0-9._+-])[A-Za-z0-9._+-]{2,64}+ ?[(\[] ?(?:at|arobase|arroba|@) ?[)\]] ?[A-Za-z0-9-]{1,63}"
    r"(?: ?(?:\.|[(\[] ?(?:dot|point|punto|\.) ?[)\]]) ?[A-Za-z0-9-]{1,63}){1,4}",
    _I,
)
_ACCOUNT = re.compile(
    r"\b(?:skype|telegram|signal|instagram|facebook|twitter|tiktok|viber|snapchat|телеграм\w{0,3}|تلغرام|微信号?)"
    r" ?(?:id|name|username|compte|user)? ?[:=]? ?(?=[^\s,;]{0,30}[a-z])(live:[\w.]{2,40}"
    r"|[a-z][a-z0-9]{0,20}[._\d][\w.]{1,20})",
    _I,
)
_NUMBER = r"[-+]?\d{1,3}(?:\.\d{3,12}|,\d{4,12})"
_POLE = r"(?:[NSEWO]\b|[сю]\. ?ш\.?|[вз]\. ?д\.?|度)"
_DEGREES = rf"(?:[NSEW] ?)?{_NUMBER} ?°? ?{_POLE}?"
_LOOSE = r"[-+]?\d{1,3}[.,]\d{1,12} ?°? ?[NSEWO]?"
_DMS = r"(?:[NSEW] ?)?\d{1,3} ?° ?\d{1,2}(?:[.,]\d{1,6})? ?' ?(?:\d{1,2}(?:[.,]\d{1,4})? ?(?:\"|'')? ?)?(?:[NSEWO]\b)?"
_START = r"(?<![\w.,])"
_POSITION = re.compile(
    rf"{_START}{_DEGREES} ?[,;/ ] ?(?:东经|西经)?{_DEGREES}(?!\w)"
    rf"|{_START}{_DMS}(?:[ ,;]{{0,3}}{_DMS})?"
    rf"|\blat(?:itude)?[ .:=]{{0,3}}{_LOOSE}[ ,;]{{0,3}}(?:and |et |y )?lon(?:g(?:itude)?)?[ .:=]{{0,3}}{_LOOSE}"
    rf"|(?<=纬){_LOOSE}度? ?[,;]? ?[东西]经{_LOOSE}度?"
    r"|(?<!\w)\d{1,2}[C-X] ?[A-HJ-NP-Z]{2} ?\d{2,5} ?\d{2,5}(?!\w)"
    r"|(?<!\w)[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}(?!\w)"
    r"|(?<![\w/:])///[^\W\d_]{2,30}\.[^\W\d_]{2,30}\.[^\W\d_]{2,30}"
)
_CODE = r"[A-ZА-ЯІЇЄҐ0-9]{1,8}(?:[-· /]{1,2}[A-ZА-ЯІЇЄҐ0-9]{1,6}){0,3}"
_PLATED = re.compile(
    r"(?:\b(?i:plates?|plaques?|placas?|immatricul\w{0,4}|registration|matr[ií]cula)\b"
    r"|(?i:госномер\w{0,3}|номером|номерн\w{0,4})"
    r"|اللوحة|لوحة|رقم السيارة|车牌号?|车号|牌照)(?: ?(?i:numbers?|num[eé]ros?|n[o°º]\.?|de|del|is|was"
    r"|est|رقم)\b\.?){0,2}"
    rf" ?[为是:]? ?[\"'«(]? ?((?:[\u4e00-\u9fff] ?)?{_CODE})(?![A-Za-zа-я])"
)
_PLATE = re.compile(
    r"(?<![\w/-])(?:[A-Z]{2,3}[- ]?\d{2,4}[- ]?[A-Z]{1,3}|[A-Z] \d{3} [A-Z]{2,3}|\d{3,4}[- ]?[A-Z]{2}[- ]?\d{2}"
    r"|[А-ЯІЇЄ]{2} ?\d{4} ?[А-ЯІЇЄ]{2}|[А-Я] ?\d{3} ?[А-Я]{2} ?\d{2,3})(?![A-Za-z0-9А-я/])"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使] ?[A-Z] ?[·•.-]? ?[A-Z0-9]{5,6}(?![A-Za-z0-9])"
)
_SHORT_PLATE = re.compile(r"(?<![\w/.,-])(?:[A-Z]{2,3}[- ]?\d{3,5}|\d-\d{5}|[A-Z]{2} \d{2}-\d{2})(?![\w/.,]\d|\w)")
_VEHICLE = re.compile(
    r"\b(?:car|vehicle|truck|land cruiser|hilux|toyota|nissan|motor(?:cycle|bike)|pick-?up|bus|ambulance|v[eé]hicule"
    r"|voiture|camion(?:eta)?|cami[oó]n|moto|plaque|veh[ií]culo|carro|автомоб\w+|машин\w+)\b|سيار|车",
    _I,
)
_NO_CODE = frozenset(
    [
        "USD",
        "EUR",
        "GBP",
        "CFA",
        "XAF",
        "XOF",
        "NGN",
        "SDG",
        "SSP",
        "SYP",
        "YER",
        "AFN",
        "UAH",
        "RUB",
        "HTG",
        "MMK",
        "COP",
        "SOS",
        "ETB",
        "UGX",
        "KES",
        "CDF",
        "AK",
        "RPG",
        "PK",
        "BM",
        "UTC",
        "GMT",
        "RN",
        "RES",
        "SC",
        "GA",
        "ISO",
        "COVID",
        "FM",
        "JAN",
        "FEB",
        "MAR",
        "APR",
        "MAY",
        "JUN",
        "JUL",
        "AUG",
        "SEP",
        "OCT",
        "NOV",
        "DEC",
        "MI",
        "SU",
        "CH",
        "KM",
        "ET",
        "IN",
        "AT",
        "ON",
        "OF",
        "TO",
        "BY",
        "NO",
    ]
)
_IDENTITY = re.compile(
    r"(?:\b(?i:pass(?:port|eport|aporte)|(?:identity|id|bank|refugee|staff|credit|ration"
    r"|phone) ?cards?|badge|carnet|c[eé]dula"
    r"|national id|id (?:no|number)|staff (?:no|number|id)|employee (?:no|number|id)|index (?:no"
    r"|number)|imei|iban|nin|cni|nina"
    r"|account (?:no|number)|bank account|carte (?:d'identit[eé]|d'[eé]lecteur|bancaire"
    r"|consulaire)|compte bancaire|matricule"
    r"|cuenta bancaria|tazkira|driving licen[cs]e|permis de conduire)\b"
    r"|(?i:паспорт|удостоверени|инн\b|табельн|сч[её]т[аеу]?\b|карт[аеуы]\b)|جواز|هوية|الهوية"
    r"|البطاقة|بطاقة|حسابه?|护照|身份证|账号|工号|卡号)"
    r"[^\d\n.!?。+]{0,28}?(?:\b[nN][o°º]\.?[ :]{0,2}|№ ?)?"
    r"(?<![A-Za-z0-9])((?:[A-ZА-Я]{1,4}[-/ ]{0,1}){0,2}\d[\dA-Z]{0,24}(?:[ ./-]\d[\dA-Z]{0,24}){0,9})"
)
_NUMBERED = re.compile(
    r"(?<![\w-])(?:[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?|[A-Z]{1,2}\d{6,9}|[A-Z]{2,4}-\d{5,10}"
    r"|\d{17}[\dXx]|\d{15}|\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}(?: ?\d{3})?)(?![A-Za-z0-9])"
)
_NAMED = r"(?: [^\W\d_][\w'.-]{0,25}){1,4}"
_CAPITALS = r"(?:[A-Z][\w'.-]{0,25} ){1,4}"
_ROAD = r"(?:Road|Rd|Street|St|Avenue|Ave|Lane|Drive|Close|Crescent|Boulevard|Highway)\b"
_HOME = r"(?:House|Plot|Flat|Apartment|Apt\.?|Villa)(?: No\.?| number)? #?\d{1,5}[A-Z]?"
_EN = rf"\d{{1,5}}[A-Z]?,? {_CAPITALS}{_ROAD}"
_PLACE = r"(?:, [A-ZÀ-Ý][\w'-]{1,25}(?: [A-ZÀ-Ý0-9][\w'-]{0,25}){0,2})?"
_ADDRESS = re.compile(
    rf"\b{_HOME}(?:, (?:{_EN}|Street \d{{1,4}}|{_CAPITALS}{_ROAD}|[A-Z]+\d* {_ROAD}))?{_PLACE}|\b{_EN}{_PLACE}"
    r"|\b(?:B\.? ?P\.?|P\.? ?O\.? ?Box|Apartado|Casilla|а/я|صندوق بريد|ص\.ب\.?) ?:? ?\d{2,6}"
    rf"{_PLACE}"
    rf"|\b\d{{1,4}}(?: ?bis| ?ter)?,? (?:rue|avenue|av\.|boulevard|bd|all[eé]e|impasse|quai|ruelle|chemin){_NAMED}"
    r"|\b(?:rue|avenue|boulevard) \d{1,4}\b(?:, (?:porte|n[°o]|villa|appartement) ?\d{1,4})?"
    rf"|\b(?:rue|avenue|boulevard){_NAMED},? (?:porte |n[°o] ?|num[eé]ro )?\d{{1,4}}\b"
    r"|\b(?:parcelle|porte|villa|appartement)(?: n[°o])? \d{1,4}\b"
    rf"(?:, (?:rue|avenue|boulevard){_NAMED})?"
    r"|\b(?:Calle|Carrera|Cra\.?|Kr\.?|Av\.|Avenida|Diagonal|Transversal"
    r"|Manzana)(?: [^\W\d_][\w.]{0,20}){0,3} ?(?:#|No\.?|n[°º])? ?"
    r"\d{1,4}[A-Z]?(?: (?:#|No\.?) ?\d{1,4}[A-Z]?)?(?: ?- ?\d{1,4})?(?:, (?:apartamento|apto\.?"
    r"|casa|piso|torre) \w{1,8})?"
    r"|\b(?:ул\.|вул\.|улиц\w{1,3}|вулиц\w{1,3}|проспект\w{0,3}|пр-т|просп\.|переул\w{1,4}|пер\."
    r"|бульвар\w{0,2}|площад\w{1,3})"
    r" ?(?:[А-ЯІЇЄ][\w-]{1,25} ?){1,3},? ?(?:д\.|дом|буд\.)? ?\d{1,4}[а-я]?\b(?:, ?(?:кв|корп|оф|под|стр)\. ?\d{1,4})?"
    r"|(?<!\w)(?:شارع|حي|حارة|زقاق)(?: [\u0600-\u06ff]{1,20}){1,3}?,? (?:(?:بناية|عمارة|منزل|بيت) )?(?:رقم )?\d{1,5}\b"
    r"(?:,? (?:شقة|طابق|منزل) (?:رقم )?\d{1,4})?"
    r"|(?<!\w)(?:بناية|عمارة|منزل|بيت|شقة) رقم \d{1,5}\b"
    r"|[\u4e00-\u9fff]{1,4}(?:路|街|道|巷|弄|胡同)\d{1,5}号(?:[\dA-Z]{1,4}(?:栋|单元|楼|层|室|号楼|房)){0,4}"
)
_SHORTEST_CODE = 4


def _plates(text) -> Iterator[tuple[int, int]]:
    for found in _PLATED.finditer(text):
        if sum(sign.isdigit() for sign in found[1]) > 1:
            yield found.span(1)
    for pattern in (_PLATE, _SHORT_PLATE):
        for found in pattern.finditer(text):
            letters = re.match(r"[A-Z]*", found[0])[0]
            around = text[max(0, found.start() - 60) : found.end() + 60]
            if pattern is _SHORT_PLATE and not _VEHICLE.search(around):
                continue
            if letters not in _NO_CODE or (pattern is _PLATE and letters == "SSP"):
                yield found.span()


def _identities(text) -> Iterator[tuple[int, int]]:
    for found in _IDENTITY.finditer(text):
        digits = sum(sign.isdigit() for sign in found[1])
        is_year = digits == _SHORTEST_CODE and re.search(r"(?:19|20)\d\d$", found[1])
        if digits >= _SHORTEST_CODE and not is_year and not DAY.fullmatch(found[1]):
            yield found.span(1)
    for found in _NUMBERED.finditer(text):
        yield found.span()


def _trimmed(text, start, end) -> tuple[int, int]:
    while end > start and text[end - 1] in " .,;:-":
        end -= 1
    return start, end


def found_in(text: str) -> Iterator[Found]:
    """Kind, start and end of each part of a plain text that has such a form; what comes first goes before."""
    for found in EMAIL.finditer(text):
        yield HitKind.EMAIL, *found.span()
    for found in _WEB.finditer(text):
        yield HitKind.EMAIL, *_trimmed(text, *found.span())
    for found in _ACCOUNT.finditer(text):
        yield HitKind.EMAIL, *_trimmed(text, *found.span(1))
    for found in _POSITION.finditer(text):
        yield HitKind.POSITION, *_trimmed(text, *found.span())
    for kind, spans in ((HitKind.PLATE, _plates), (HitKind.IDENTITY_NUMBER, _identities)):
        for span in spans(text):
            yield kind, *_trimmed(text, *span)
    for found in _ADDRESS.finditer(text):
        start = found.start()
        while text[start] in "住在位于到的是":
            start += 1
        yield HitKind.ADDRESS, *_trimmed(text, start, found.end())
    for start, end in telephones(text):
        yield HitKind.PHONE, start, end
