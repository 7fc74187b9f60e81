"""A register as it leaves the portal: as a table, or as a numbered document that a worker makes (P8, C9)."""

from dataclasses import dataclass, field
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Area, Country
from audit.actions import record
from documents.issue import order_document
from documents.models import DocumentOrder
from organisations.models import Organisation
from sharing.access import Access
from slt_portal.tables import write_csv
from slt_portal.templatetags.portal import day_text

from .models import RegisterIssue
from .registers import (
    STATES,
    digest_of,
    end_of,
    local_arrangements,
    members,
    reads_area,
    reads_global,
    route_label,
    rows_of,
)

PURPOSE = gettext_lazy(
    "To know who takes part in the security arrangements of Saving Lives Together. For its readers only; not public."
)
TEMPLATE = "partners/pdf/register.html"


@dataclass(frozen=True)
class Sheet:
    """One register on one day, or one list as it was sent (`issue`): rows as `Row.frozen` says them."""

    area: Area | None
    on: date
    rows: list[dict]
    local: list[dict] = field(default_factory=list)
    issue: int | None = None

    @property
    def number(self) -> str:
        """The number of its document: the same content, the same number, for good."""
        content = [self.area.code if self.area else None, self.on.isoformat(), self.issue, self.rows, self.local]
        return f"REG-{digest_of(content)[:8].upper()}-{self.on:%Y%m%d}"

    @property
    def title(self) -> str:
        """What it is, without naming any organisation."""
        if self.issue:
            return _("Global list %(number)s of partner organisations") % {"number": self.issue}
        if self.area:
            return _("Register of partner organisations: %(area)s") % {"area": self.area}
        return _("Global register of partner organisations")


def sheet_of(area: Area | None, on: date) -> Sheet:
    """The whole register of an area, or the global one (no area), as it stood at the end of the day `on`."""
    moment = end_of(on)
    rows = [row.frozen() for row in rows_of(members(area, moment), area, moment)]
    local = rows_of(local_arrangements(area, moment), area, moment) if area else []
    return Sheet(area, on, rows, [row.frozen() for row in local])


def sheet_of_issue(issue: RegisterIssue) -> Sheet:
    """A list as it was sent."""
    return Sheet(None, issue.on, issue.rows, issue=issue.number)


def columns() -> list[str]:
    """The names of the columns of every table of a register."""
    return [
        _("Organisation"),
        _("Acronym"),
        _("Kind"),
        _("Headquarters"),
        _("State"),
        _("Basis"),
        _("Confirmed by"),
        _("Since"),
        _("Until"),
    ]


def in_words(rows: list[dict]) -> list[dict]:
    """Frozen rows with their codes in the reader's language, for pages, tables and documents."""
    countries = {row.code: str(row) for row in Country.objects.filter(code__in={row["headquarters"] for row in rows})}
    return [
        {
            **row,
            "kind_label": str(Organisation.Kind(row["kind"]).label),
            "headquarters_name": countries.get(row["headquarters"], ""),
            "state_label": str(STATES[row["state"]]),
            "route_label": str(route_label(row["route"], is_global=row["is_global"])),
            "since_on": parse_date(row["since"]),
            "until_on": parse_date(row["until"]) if row["until"] else None,
        }
        for row in rows
    ]


_CELLS = ("name", "acronym", "kind_label", "headquarters_name", "state_label", "route_label", "confirmed")


def csv_of(sheet: Sheet, *, by) -> bytes:
    """The table, with day, purpose and for whom on each row; noted in the audit chain (C9)."""
    end = [sheet.on.isoformat(), str(PURPOSE), by.name]
    rows = [
        [part, *(row[name] for name in _CELLS), row["since"], row["until"], *end]
        for part, some in _parts(sheet)
        for row in in_words(some)
    ]
    note_export(sheet, by=by, format="csv")
    return write_csv(rows, [_("List"), *columns(), _("Day"), _("Purpose"), _("Made for")])


def _parts(sheet):
    """Its tables by heading: partners, and apart from them local arrangements."""
    return [(_("Partner organisations"), sheet.rows), (_("Local arrangements (national NGOs)"), sheet.local)]


@transaction.atomic
def order_pdf(sheet: Sheet, *, language: str) -> DocumentOrder:
    """The order of its document; asked for twice, or by two, it is one."""
    known = DocumentOrder.objects.filter(number=sheet.number, language=language)
    if order := known.first():
        return order
    with translation.override(language):
        context = _context(sheet)
        try:
            with transaction.atomic():
                return order_document(
                    number=sheet.number, language=language, template=TEMPLATE, title=sheet.title, context=context
                )
        except IntegrityError:  # a second click, or a colleague, at the same moment
            return known.get()


def _context(sheet):
    return {
        "area": sheet.area.code if sheet.area else None,
        "issue": sheet.issue,
        "on": day_text(sheet.on),
        "day": sheet.on.isoformat(),
        "purpose": str(PURPOSE),
        "columns": [_("Organisation"), _("Kind"), _("Based in"), _("State"), _("Basis"), _("Since"), _("Until")],
        "tables": [
            {"title": title, "rows": [_printed(row) for row in in_words(rows)]} for title, rows in _parts(sheet)
        ],
    }


def _printed(row):
    """As narrow as paper: the acronym after the name, who confirmed after what it rests on."""
    name = f"{row['name']} ({row['acronym']})" if row["acronym"] else row["name"]
    basis = f"{row['route_label']} · {row['confirmed']}" if row["confirmed"] else row["route_label"]
    since, until = day_text(row["since_on"]), day_text(row["until_on"]) if row["until_on"] else ""
    return [name, row["kind_label"], row["headquarters_name"], row["state_label"], basis, since, until]


def may_open(order: DocumentOrder, access: Access) -> bool:
    """Whether this person reads the register that the document is of."""
    texts = order.texts
    if not order.number.startswith("REG-") or "area" not in texts:
        return False
    if texts["area"] is None:
        return reads_global(access)
    area = Area.objects.filter(code=texts["area"]).first()
    return area is not None and reads_area(access, area)


def note_export(sheet: Sheet, *, by, format: str) -> None:
    """One audit event for each file that leaves the portal."""
    _note(sheet.number, sheet.area.code if sheet.area else None, sheet.on.isoformat(), by=by, format=format)


def note_document(order: DocumentOrder, *, by) -> None:
    """The same, for a document that was made before."""
    _note(order.number, order.texts["area"], order.texts["day"], by=by, format="pdf")


def _note(number, area, day, *, by, format):
    facts = {"area": area, "on": day, "format": format}
    record("partners.register_exported", by=by, object_type="register", object_ref=number, facts=facts)
