"""The roles, as one table that a person can check: who that is, over what, and which audiences a role belongs to.

`docs/who-sees-what.md` is printed from this table. A role opens nothing by itself: it makes its holder a member of the
audiences named in `holds`, and an originator's choice of audience does the rest. `offices` are what its holder has to
do with partnership and with the bodies: they open no item, only applications, decisions and suspensions.

In `holds`, `{org}` is the membership's organisation and `{area}` its area; for a world-wide membership a term with
`{area}` stands for every area in which the organisation is active.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

_OWN_WORLD = ("organisation:{org}", "originator:{org}")
_OWN_AREA = ("organisation_in_area:{org}:{area}", "originator_in_area:{org}:{area}")


@dataclass(frozen=True)
class Role:
    """One role: `scope` is world, area or either; `holds` are audience terms; `may_file` opens the report form.

    `offices` are principals beside the audiences.
    """

    code: str
    label: str
    description: str
    scope: str
    holds: tuple[str, ...]
    holds_in_area: tuple[str, ...] = ()
    may_file: bool = False
    offices: tuple[str, ...] = ()

    def terms(self, *, in_area: bool) -> tuple[str, ...]:
        """The audience terms of a membership with or without an area."""
        return self.holds_in_area if in_area and self.scope == "either" else self.holds


_TABLE = [
    Role(
        "dss_headquarters",
        _("DSS headquarters"),
        _("Runs admission, lists and records."),
        "world",
        ("everyone", "community", "dss_world", *_OWN_WORLD),
        may_file=True,
    ),
    Role(
        "dss_field",
        _("DSS field, SLT focal point"),
        _("DSS office of an area: security adviser, SLT focal point, information desk."),
        "area",
        ("everyone", "community", "dss:{area}", "un:{area}", *_OWN_AREA),
        may_file=True,
    ),
    Role(
        "country_security_focal_point",
        _("Country security focal point"),
        _("Holds the rights of DSS field in an area where DSS has no office."),
        "area",
        ("everyone", "community", "dss:{area}", "un:{area}", *_OWN_AREA),
        may_file=True,
    ),
    Role(
        "un_security_officer",
        _("UN security officer"),
        _("Security person of a UN agency, fund, programme, department or office."),
        "either",
        ("everyone", "community", "un:{area}", *_OWN_WORLD),
        ("everyone", "community", "un:{area}", *_OWN_AREA),
        may_file=True,
    ),
    Role(
        "ocha",
        _("OCHA"),
        _("With DSS headquarters the secretariat of the Oversight Committee; supports field coordination."),
        "either",
        ("everyone", "community", "ocha", *_OWN_WORLD),
        ("everyone", "community", "ocha:{area}", "un:{area}", *_OWN_AREA),
        may_file=True,
    ),
    Role(
        "designated_official",
        _("Designated Official"),
        _("Head of the security arrangements of an area."),
        "area",
        ("everyone", "community", "designated_official:{area}"),
    ),
    Role(
        "agency_confirmer",
        _("UN agency confirmer"),
        _("Confirms that an organisation is a partner of the agency; sees the requests sent to them."),
        "world",
        (),
        offices=("agency:{org}",),
    ),
    Role(
        "oversight_committee_member",
        _("Oversight Committee member"),
        _("Decides on partnership, levels and feedback. The seat opens no incident."),
        "world",
        ("everyone",),
        offices=("oversight_committee:{org}",),
    ),
    Role(
        "working_group_member",
        _("Working Group member"),
        _("Checks and recommends. The seat opens no incident."),
        "world",
        ("everyone",),
        offices=("working_group:{org}",),
    ),
    Role(
        "partner_headquarters",
        _("Headquarters focal point"),
        _("Security lead of a partner organisation at its headquarters."),
        "world",
        ("everyone", "community", "area_partners:{area}", *_OWN_WORLD),
        may_file=True,
        offices=("applicant:{org}",),
    ),
    Role(
        "partner_field",
        _("Field focal point"),
        _("Security person of a partner organisation in an area."),
        "area",
        ("everyone", "community", "area_partners:{area}", *_OWN_AREA),
        may_file=True,
    ),
    Role(
        "duty_mailbox",
        _("Functional mailbox"),
        _("Address of a duty desk of a partner organisation: gets the mails of its scope. Nobody signs in with it."),
        "either",
        ("everyone", "community", "area_partners:{area}", *_OWN_WORLD),
        ("everyone", "community", "area_partners:{area}", *_OWN_AREA),
    ),
    Role(
        "circulation",
        _("Distribution list"),
        _("Address of a department or situation centre: gets the lists of levels, and nothing else. Nobody signs in."),
        "world",
        (),
        offices=("circulation:{org}",),
    ),
    Role(
        "platform_representative",
        _("Representative of an NGO mechanism"),
        _("Represents a community of an area towards DSS."),
        "area",
        ("everyone", "organisation_in_area:{org}:{area}"),
        offices=("mechanism:{org}:{area}",),
    ),
    Role(
        "consortium_desk",
        _("Consortium desk"),
        _("Takes feedback in; sees the cases sent to it."),
        "world",
        ("everyone",),
        offices=("consortium_desk:{org}",),
    ),
    Role(
        "local_focal_point",
        _("Focal point of a local arrangement"),
        _("National NGO: sees what an originator released to it, and may report to DSS of the area."),
        "area",
        ("everyone", *_OWN_AREA),
        may_file=True,
    ),
    Role(
        "applicant",
        pgettext_lazy("role", "Applicant"),
        _("Of an organisation that is not a partner yet; sees its own application."),
        "world",
        (),
        offices=("applicant:{org}",),
    ),
    Role(
        "restricted_track_handler",
        _("Restricted-track handler"),
        _("Named few for sexual violence against aid workers; reads what its sender chose them for, and nothing else."),
        "either",
        ("everyone",),
        ("everyone",),
    ),
    Role(
        "administrator",
        _("Administrator"),
        _("Runs the software: accounts and settings, never incidents or feedback."),
        "world",
        (),
    ),
]

ROLES: dict[str, Role] = {role.code: role for role in _TABLE}
MAILBOX, CIRCULATION = "duty_mailbox", "circulation"
# The roles of functional mailboxes: nobody else holds one, and a mailbox holds no other.
MAILBOXES = frozenset({MAILBOX, CIRCULATION})
