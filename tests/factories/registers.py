"""Organisations in registers, as rows: with a basis from a day on, without the way there."""

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from documents.issue import make_due
from notifications.models import Subject
from organisations.models import Organisation, Standing
from partners.actions.bases import lapse_basis
from partners.actions.cases import open_case, settle_case
from partners.actions.register_issues import send_global_list
from partners.models import Basis, BasisEntry
from partners.register_sheets import order_pdf, sheet_of

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def a_basis(organisation, kind="partner", *, area=None, since=LONG_AGO, ends_on: date | None = None, **fields) -> Basis:
    """A standing of `organisation` since a moment with the basis on which it rests, recorded at that moment."""
    standing, _ = Standing.objects.get_or_create(
        organisation=organisation, kind=kind, area=area, ends_at=None, defaults={"starts_at": since}
    )
    route = "memorandum" if kind == "partner" and area is None else "country"
    values = {"route": route, "confirmed_by": "Ms Mwangi", **fields}
    basis = Basis.objects.create(
        standing=standing, subject=Subject.objects.create(), recorded_at=since, ends_on=ends_on, **values
    )
    BasisEntry.objects.create(basis=basis, what="recorded", at=since, ends_on=ends_on, confirmed_by=basis.confirmed_by)
    return basis


def partners(number: int, area=None, *, prefix: str = "Many") -> list[Organisation]:
    """So many global partners, each with a basis; in `area` each is active as well."""
    names = [f"{prefix} {count:04}" for count in range(number)]
    rows = Organisation.objects.bulk_create(Organisation(kind="ingo", name=name) for name in names)
    for row in rows:
        a_basis(row, entity=None)
        if area:
            a_basis(row, "active", area=area, route="dss", since=timezone.now())
    return rows


def of_registers(cast) -> dict[str, object]:
    """References by what the paths of the pages call them: bases, lists, questions of eligibility, documents."""
    organisations, areas, now = cast.organisations, cast.areas, timezone.now()
    wfp, hq, soon = organisations["wfp"], cast["dss.hq@un.example"], now.date() + timedelta(days=20)
    send_global_list(now - timedelta(days=3))
    world = a_basis(organisations["benu"], ends_on=soon, entity=wfp)
    a_basis(organisations["benu"], "active", area=areas["chad"], route="dss", confirmed_by="")
    lapsed = a_basis(organisations["cedar"], area=areas["chad"], entity=wfp, ends_on=date(2026, 3, 1))
    lapse_basis(lapsed)
    Organisation.objects.create(kind="ingo", name="منظمة الأمل الدولية للإغاثة والتنمية", acronym="أمل")
    a_basis(Organisation.objects.get(acronym="أمل"), ends_on=date(2027, 12, 31), entity=wfp)
    send_global_list(now - timedelta(days=1))
    why = "The embassy does not know them, and the country office of WFP has no agreement on file."
    asked = open_case(organisation=organisations["dune"], area=areas["south-sudan"], why=why, by=hq)
    answered = open_case(organisation=organisations["dune"], area=areas["kenya"], why=why, by=hq)
    settle_case(answered, is_eligible=False, reasons="UNICEF ended its contract in 2024.", by=cast["wg@icva.example"])
    ready = order_pdf(sheet_of(areas["chad"], now.date()), language="en")
    make_due()
    return {
        "basis": world.ref,
        "basis_lapsed": lapsed.ref,
        "case": asked.ref,
        "case_answered": answered.ref,
        "register_document": ready.number,
        "register_waiting": order_pdf(sheet_of(None, now.date()), language="en").number,
        **{f"org_{key}": organisations[key].ref for key in ("alba", "benu", "cedar", "dune", "nngo")},
    }
