"""The cast: the same invented people in the demo, in tests and in the documentation.

Organisations are fictional, but for the UN entities and NGO consortia that a portal like this cannot do without; no
person exists. Areas are named by their code; `None` is world-wide.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

SOUTH_SUDAN = "south-sudan"
CHAD = "chad"


@dataclass(frozen=True)
class Member:
    """A fictional or real organisation, with its standings as (kind, area)."""

    key: str
    kind: str
    name: str
    acronym: str = ""
    country: str = ""
    standings: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Person:
    """One of the cast; `roles` are (organisation, role, area)."""

    email: str
    name: str
    group: str
    roles: tuple[tuple[str, str, str | None], ...] = ()
    language: str = "en"
    time_zone: str = "UTC"


UN, BODIES, PARTNERS, COMMUNITIES, OUTSIDE = "un", "bodies", "partners", "communities", "outside"
GROUPS = {
    UN: _("United Nations"),
    BODIES: _("Oversight Committee and Working Group"),
    PARTNERS: _("Partner organisations"),
    COMMUNITIES: _("NGO mechanism and local arrangement"),
    OUTSIDE: _("People who see next to nothing"),
}

ORGANISATIONS = [
    Member("dss", "unsms_entity", "United Nations Department of Safety and Security", "DSS", "US"),
    Member("ocha", "unsms_entity", "Office for the Coordination of Humanitarian Affairs", "OCHA", "US"),
    Member("wfp", "unsms_entity", "World Food Programme", "WFP", "IT", (("active", SOUTH_SUDAN),)),
    Member(
        "unhcr",
        "unsms_entity",
        "Office of the United Nations High Commissioner for Refugees",
        "UNHCR",
        "CH",
        (("active", CHAD),),
    ),
    Member("unmiss", "unsms_entity", "United Nations Mission in South Sudan", "UNMISS", "SS"),
    Member("unfpa", "unsms_entity", "United Nations Population Fund", "UNFPA", "US"),
    Member("gisf", "consortium", "Global Interagency Security Forum", "GISF", "GB"),
    Member("icva", "consortium", "International Council of Voluntary Agencies", "ICVA", "CH"),
    Member("alba", "ingo", "INGO Alba", "Alba", "IE", (("partner", None), ("active", SOUTH_SUDAN))),
    Member("benu", "ingo", "INGO Benu", "Benu", "BE", (("partner", None), ("active", SOUTH_SUDAN), ("active", CHAD))),
    Member("cedar", "ingo", "INGO Cedar", "Cedar", "LB", (("partner", CHAD), ("active", CHAD))),
    Member("lake", "io", "IO Lake", "Lake", "TZ", (("partner", None), ("active", SOUTH_SUDAN))),
    Member(
        "suspended",
        "ingo",
        "INGO Suspended",
        "",
        "CZ",
        (("partner", None), ("active", SOUTH_SUDAN), ("suspended", None)),
    ),
    Member("dune", "ingo", "INGO Dune", "", "MN"),
    Member("platform", "platform", "NGO Security Platform South Sudan", "", "SS"),
    Member("nngo", "nngo", "National NGO Nhial", "", "SS", (("local_arrangement", SOUTH_SUDAN),)),
]

_JUBA, _NDJAMENA = "Africa/Juba", "Africa/Ndjamena"

PEOPLE = [
    Person("dss.hq@un.example", "Ingrid Halvorsen", UN, (("dss", "dss_headquarters", None),), "en", "America/New_York"),
    Person("dss.field@un.example", "Josephine Achol Deng", UN, (("dss", "dss_field", SOUTH_SUDAN),), "en", _JUBA),
    Person(
        "csfp@un.example",
        "Mahamat Idriss Saleh",
        UN,
        (("unhcr", "country_security_focal_point", CHAD),),
        "fr",
        _NDJAMENA,
    ),
    Person("do@un.example", "Thandiwe Mokoena", UN, (("unmiss", "designated_official", SOUTH_SUDAN),), "en", _JUBA),
    Person("ocha@un.example", "Lucía Fernández Rojas", UN, (("ocha", "ocha", None),), "en", "Europe/Zurich"),
    Person("wfp.security@un.example", "Bikram Thapa", UN, (("wfp", "un_security_officer", SOUTH_SUDAN),), "en", _JUBA),
    Person(
        "dss.chair@un.example",
        "Robert Okonkwo",
        BODIES,
        (("dss", "oversight_committee_member", None),),
        "en",
        "America/New_York",
    ),
    Person(
        "chair@gisf.example",
        "Hannah Whitfield",
        BODIES,
        (("gisf", "oversight_committee_member", None), ("gisf", "consortium_desk", None)),
        "en",
        "Europe/London",
    ),
    Person(
        "wfp@un.example",
        "Giulia Bernardi",
        BODIES,
        (("wfp", "oversight_committee_member", None), ("wfp", "agency_confirmer", None)),
        "en",
        "Europe/Rome",
    ),
    Person(
        "wg@icva.example",
        "Noémie Gauthier-Lavoie",
        BODIES,
        (("icva", "working_group_member", None),),
        "fr",
        "Europe/Zurich",
    ),
    Person(
        "hq@alba.example",
        "Aoife Ní Bhriain",
        PARTNERS,
        (("alba", "partner_headquarters", None),),
        "en",
        "Europe/Dublin",
    ),
    Person(
        "field@alba.example", "Peter Lokiru Ochan", PARTNERS, (("alba", "partner_field", SOUTH_SUDAN),), "en", _JUBA
    ),
    Person(
        "hq@benu.example",
        "Élodie Tshibanda",
        PARTNERS,
        (("benu", "partner_headquarters", None),),
        "fr",
        "Europe/Brussels",
    ),
    Person(
        "field@benu.example",
        "Abakar Youssouf Hassane",
        PARTNERS,
        (("benu", "partner_field", SOUTH_SUDAN), ("benu", "partner_field", CHAD)),
        "fr",
        _NDJAMENA,
    ),
    Person("field@cedar.example", "ليلى حداد", PARTNERS, (("cedar", "partner_field", CHAD),), "fr", _NDJAMENA),
    Person("io@lake.example", "Nguyễn Thị Minh Hạnh", PARTNERS, (("lake", "partner_field", SOUTH_SUDAN),), "en", _JUBA),
    Person(
        "platform@southsudan.example",
        "Grace Keji Wani",
        COMMUNITIES,
        (("platform", "platform_representative", SOUTH_SUDAN),),
        "en",
        _JUBA,
    ),
    Person(
        "local@nngo.example", "Nyandeng Malual", COMMUNITIES, (("nngo", "local_focal_point", SOUTH_SUDAN),), "en", _JUBA
    ),
    Person(
        "hq@suspended.example",
        "Karel Dvořák",
        OUTSIDE,
        (("suspended", "partner_headquarters", None),),
        "en",
        "Europe/Prague",
    ),
    Person(
        "applicant@dune.example",
        "Oyunbileg Batsaikhan",
        OUTSIDE,
        (("dune", "applicant", None),),
        "en",
        "Asia/Ulaanbaatar",
    ),
    Person(
        "handler@un.example",
        "Sunita Rajapaksa",
        OUTSIDE,
        (("unfpa", "restricted_track_handler", None),),
        "en",
        "America/New_York",
    ),
    Person(
        "admin@portal.example", "Tomasz Wiśniewski", OUTSIDE, (("dss", "administrator", None),), "en", "Europe/Warsaw"
    ),
    Person("nobody@elsewhere.example", "Sam Smith", OUTSIDE),
]
