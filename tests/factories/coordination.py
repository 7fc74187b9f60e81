"""Who is there, as rows: mechanisms of communities, and who has which function. Nobody was told, nothing is logged."""

from datetime import date, timedelta

from django.utils import timezone

from coordination.models import Assignment, Mechanism

SOUTH_SUDAN, CHAD = "south-sudan", "chad"
DSS, DO, GRACE = "dss.field@un.example", "do@un.example", "platform@southsudan.example"
LONG_AGO = date(2026, 1, 1)


def days_ago(days: int) -> date:
    """The day, in UTC, so many days before today."""
    return timezone.now().date() - timedelta(days=days)


def a_mechanism(cast, *, code: str = SOUTH_SUDAN, community: str = "ngo", by: str = DSS, **fields) -> Mechanism:
    """The NGO platform of South Sudan, confirmed today; `fields` for anything else. Nobody is its representative yet
    but who has the role for `organisation`."""
    usual = {"kind": "platform", "name": "NGO Security Platform", "since": LONG_AGO, "confirmed_on": days_ago(0)}
    return Mechanism.objects.create(
        area=cast.areas[code],
        community=community,
        confirmed_by=cast[by],
        recorded_by=cast[by],
        **{**usual, **fields},
    )


def an_assignment(
    cast, function: str = "slt_focal_point", *, code: str = SOUTH_SUDAN, who: str | None = DSS, by: str = DSS, **fields
) -> Assignment:
    """`who` of the cast has `function` there, confirmed today; None: somebody without an account (`name`, `email`).

    With `mechanism=` its representative. The membership is that in the area, or else a world-wide one.
    """
    area, membership = cast.areas[code], None
    if who is not None:
        rows = cast[who].memberships.order_by("pk")
        membership = rows.filter(area=area).first() or rows.filter(area=None).first() or rows.first()
    if "mechanism" in fields:
        function = "representative"
    if membership is None:
        fields = {"name": "Duty desk", "email": "desk@un.example"} | fields
    return Assignment.objects.create(
        area=area,
        function=function,
        membership=membership,
        confirmed_by=cast[by],
        recorded_by=cast[by],
        **{"since": LONG_AGO, "confirmed_on": days_ago(0), **fields},
    )


def of_coordination(cast) -> dict[str, object]:
    """South Sudan as pages show it: three mechanisms, one that nobody represents; some confirmed long ago."""
    alba, lake = "field@alba.example", "io@lake.example"
    platform = a_mechanism(cast, organisation=cast.organisations["platform"], is_operational=True)
    a_mechanism(cast, name="Forum of Malakal", place="Malakal", kind="forum", confirmed_on=days_ago(300))
    focal_point = a_mechanism(cast, community="io", name="SLT focal point of IOs", kind="focal_point")
    an_assignment(cast, mechanism=platform, who=alba, phone="+211 920 000 001")
    an_assignment(cast, mechanism=focal_point, who=lake, confirmed_on=days_ago(300))
    an_assignment(cast, "dss_office", phone="+211 920 000 002")
    slt = an_assignment(
        cast, who=None, name="مكتب السلامة", email="slt.southsudan@un.example", phone="+211 920 000 003"
    )
    an_assignment(cast, who=DO, since=days_ago(3))
    return {"mechanism": platform.ref, "assignment": slt.ref, "day_before": days_ago(20).isoformat()}
