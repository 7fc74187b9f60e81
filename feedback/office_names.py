"""What the holder of a principal is called on pages of feedback: an office, never a person."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from areas.models import Area
from organisations.models import Organisation

_OF_ORGANISATION = frozenset(
    {"consortium_desk", "working_group", "oversight_committee", "mechanism", "applicant", "organisation"}
)


def names_of(principals: Iterable[str]) -> dict[str, str]:
    """The name of each principal in the reader's language; at most two queries."""
    parsed = {name: (name.split(":")[0], [int(part) for part in name.split(":")[1:]]) for name in principals}
    organisations = Organisation.objects.in_bulk({ids[0] for kind, ids in parsed.values() if kind in _OF_ORGANISATION})
    in_area = {ids[-1] for kind, ids in parsed.values() if ids and (kind not in _OF_ORGANISATION or ids[1:])}
    areas = Area.objects.in_bulk(in_area)
    return {name: _name(kind, ids, organisations, areas) for name, (kind, ids) in parsed.items()}


def _name(kind, ids, organisations, areas):
    words = {
        "dss_world": _("DSS headquarters"),
        "ocha": _("OCHA, %(area)s") if ids else _("OCHA headquarters"),
        "dss": _("DSS, %(area)s"),
        "designated_official": _("Designated Official, %(area)s"),
        "mechanism": _("%(name)s, %(area)s"),
        "consortium_desk": _("%(name)s, consortium desk"),
        "working_group": _("Working Group (%(name)s)"),
        "oversight_committee": _("Oversight Committee (%(name)s)"),
        "applicant": _("%(organisation)s, headquarters"),
        "organisation": _("%(organisation)s, headquarters"),
    }
    organisation = organisations.get(ids[0]) if ids else None
    area = areas.get(ids[-1]) if ids else None
    return words.get(kind, kind) % {"name": organisation, "organisation": organisation, "area": area}
