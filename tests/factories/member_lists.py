"""Two lists of the platform of South Sudan, one after the other, so that rows of every outcome are there."""

from organisations.models import Organisation
from partners.actions import member_settling as settling
from partners.actions.member_lists import bring_list
from partners.member_files import read_members
from partners.models import MemberList

PLATFORM, DSS = "platform@southsudan.example", "dss.field@un.example"
FIRST = "name\nCedar\nDune\nSalaam Youth Development\nUnheard Relief\nLake\nINGO Alba\n"
SECOND = """name,acronym,type,website,headquarters
CEDAR,,INGO,cedar.example,Lebanon
Dune International,,INGO,dune.example,Mongolia
Benu Worldwide,,INGO,benu.example,Belgium
INGO Suspended,,INGO,,
National NGO Nhial,,national NGO,,Juba
Nhial,,national NGO,,Juba
Unheard Relief,UR,,,
INGO Alba,,INGO,,
ALBA,,INGO,,
Society for the Protection of Displaced Families and of their Livelihoods in the Upper Valleys,SPDFLUV,,,
جمعية الأمل للإغاثة والتنمية,,,amal.example,
"""


def bring(cast, text: str, *, platform: str = "platform", area: str = "south-sudan", by: str = PLATFORM) -> MemberList:
    """The platform brings `text` as its list."""
    data = text.encode()
    terms = {"platform": cast.organisations[platform], "area": cast.areas[area], "by": cast[by]}
    return bring_list(listings=read_members(data), data=data, **terms)[0]


def states(row):
    """The state of each row, by its name."""
    return {member.name: member.state for member in row.members.all()}


def member(row, name):
    """One row, with what actions read of it."""
    return row.members.select_related("list__area", "list__platform", "organisation").get(name=name)


def url(row, name=None):
    """The address of a list, or of a row of it."""
    base = f"/partnership/member-lists/{row.ref}/"
    return f"{base}rows/{member(row, name).pk}/" if name else base


def two_lists(cast) -> MemberList:
    """The second of two lists; of the first, most was recorded and one rejected."""
    first = bring(cast, FIRST)
    rows = {row.name: row for row in first.members.select_related("list__area", "list__platform", "organisation")}
    settling.call_national(rows["Salaam Youth Development"], by=cast[DSS])
    settling.reject(rows["Unheard Relief"], reason="Nobody in the area knows it.", by=cast[DSS])
    settling.record_all(first, seen=5, by=cast[DSS])
    return bring(cast, SECOND)


def of_member_lists(cast) -> dict[str, object]:
    """What the paths of the pages name: the lists, and a row of each kind."""
    Organisation.objects.get_or_create(name="Amal Relief", defaults={"kind": "ingo"})
    row = two_lists(cast)
    rows = {member.name: member.pk for member in row.members.all()}
    return {
        "list": row.ref,
        "list_before": MemberList.objects.get(platform=row.platform, replaced_at__isnull=False).ref,
        "row_likely": rows["Benu Worldwide"],
        "row_unclear": rows["جمعية الأمل للإغاثة والتنمية"],
        "row_suspended": rows["INGO Suspended"],
        "row_national": rows["Nhial"],
        "row_gone": rows["Lake"],
        "row_rejected": rows["Unheard Relief"],
    }
