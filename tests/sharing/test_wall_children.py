"""The second wall and what hangs on an item: of reports, acts of desks, files, requests and grounds raw SQL gets no
more than the pages show, whether it is shared, warned of, withheld, passed on or opened in an emergency."""

import pytest
from django.db import connection

from accounts.models import User
from incidents import desk
from incidents.account import Sharing
from incidents.attachments import remove_attachment
from incidents.kept_back import Warned, Withheld
from incidents.models import Report
from incidents.withholding import withdraw_report
from sharing.access import access_of
from sharing.wall import NOBODY, reading_as, surrounded_by, walled
from tests.factories.attachments import add
from tests.factories.consents import DESKS_AND_BENU, asked, asked_and_given, loaded, shared_with_benu
from tests.factories.desk import FIELD, desk_of_area, worked_on
from tests.factories.emergency import of_emergency
from tests.factories.incidents import followed_up
from tests.factories.withholding import withheld_report

from .rights import expected
from .test_wall import PEOPLE, bound, seen  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such wall"),
]
ALBA, BENU, BENU_HQ, LAKE = "field@alba.example", "field@benu.example", "hq@benu.example", "io@lake.example"
# What of a report is for those who read all of it, or for one side alone.
FULL = ("Change", "DeskEntry", "Proposal", "Question", "Recall", "ReportCodes", "Withholding")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR, settings.EMERGENCY_ACCESS = tmp_path, True


def lived(cast):
    """A report that was followed up, worked on, illustrated and read; one file was removed."""
    item = shared_with_benu(cast)
    followed_up(cast, Report.objects.for_system("test").select_related("incident__item").get(incident__item=item))
    worked_on(cast, item)
    add(cast, item, is_shared=True)
    add(cast, item)
    remove_attachment(add(cast, item, is_shared=True), by=cast[ALBA])
    return item


def warned(cast, item):
    """It is withdrawn: the desks and Benu keep a warning; the desk notes something after that."""
    sharing = Sharing("TLP:AMBER", DESKS_AND_BENU, organisations=[cast.organisations["benu"]])
    withheld = Withheld("risk", was_asked_again=True, warning=Warned("PLOVER-WARNING avoid the road", sharing))
    withdraw_report(loaded(item), withheld, by=cast[ALBA], version=loaded(item).version)
    desk.note(loaded(item), by=cast[FIELD], desk=desk_of_area(cast), text="Since the warning.")
    return item


def shown(access) -> dict[str, set]:
    with reading_as(access):
        return {model.__name__: seen(model) for model in walled().values()}


@pytest.mark.slow
def test_raw_sql_gets_what_pages_show(cast, sign_in):
    """Everybody's rows of every table, beside the rights by hand."""
    passed_on, kept = lived(cast), lived(cast)
    asked_and_given(cast, passed_on)
    for item, email in ((passed_on, BENU), (passed_on, LAKE), (kept, BENU), (kept, FIELD)):
        assert sign_in(cast[email]).get(f"/incidents/{item.ref}/").status_code == 200
    warned(cast, kept)
    withheld_report(cast)
    of_emergency(cast)
    found = {}
    for email in (*PEOPLE, LAKE, "second.of.dss@un.example"):
        access = access_of(User.objects.get(email=email))
        found[email] = shown(access)
        assert found[email] == {model.__name__: keys for model, keys in expected(access).items()}, email
    assert {name for rows in found.values() for name, keys in rows.items() if keys} >= {*FULL, "Reading", "Attachment"}
    with surrounded_by(NOBODY):
        assert {model.__name__: seen(model) for model in walled().values() if seen(model)} == {}


def test_who_gets_a_warning_gets_nothing_of_what_it_stands_for(cast):
    kept = warned(cast, lived(cast))
    rows = shown(access_of(cast[BENU_HQ]))
    assert rows["Item"] == {kept.pk}
    assert {name: len(rows[name]) for name in (*FULL, "Attachment", "ConsentRequest")} == dict.fromkeys(
        (*FULL, "Attachment", "ConsentRequest"), 0
    )
    first = Report.objects.for_system("test").get(incident__item=kept, number=1)
    assert rows["Report"] == {first.pk}, "that it was followed up is not told"
    at_desk = shown(access_of(cast[FIELD]))
    assert {name: len(at_desk[name]) for name in (*FULL, "Attachment")} == {
        **dict.fromkeys((*FULL, "Attachment"), 0),
        "DeskEntry": 2,  # that it was received, and the note since
    }


def test_a_request_is_of_both_sides_and_of_nobody_who_reads_what_was_passed_on(cast):
    request = asked_and_given(cast, lived(cast))
    other = asked(cast, shared_with_benu(cast))
    sides = {email: shown(access_of(cast[email])) for email in (ALBA, BENU, BENU_HQ, LAKE, FIELD)}
    assert {email: rows["ConsentRequest"] for email, rows in sides.items()} == {
        **dict.fromkeys((ALBA, BENU, BENU_HQ), {request.pk, other.pk}),
        **dict.fromkeys((LAKE, FIELD), set()),
    }
    assert request.release_id in sides[LAKE]["Release"]
    assert len(sides[BENU_HQ]["ConsentRequest_named"]) == 2
    assert sides[LAKE]["ConsentRequest_named"] == sides[LAKE]["ConsentEntry"] == set()
