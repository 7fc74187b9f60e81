"""The detail page: what each reader's release says, who read it, and what is said when a text cannot be opened."""

import re

import pytest

from documents.models import DataKey
from incidents.models import IncidentRelease
from organisations.models import Membership, Standing
from sharing.grants import revoke
from sharing.models import Reading, Release
from tests.factories.incidents import TEXTS, an_account, file_report

pytestmark = pytest.mark.django_db
SHARED = {"CANARY-WHAT", "CANARY-PLACE", "CANARY-ACTOR", "CANARY-CONSEQUENCES", "CANARY-ACTIONS"}
FULL = SHARED | {"CANARY-EXACT", "CANARY-PERSONS", "4.41, 32.57"}


@pytest.fixture
def shown(cast, sign_in):
    """What the detail page shows to somebody of all that was written; None if there is no such page."""
    cast.people["field@benu.example"].language = "en"
    type(cast["hq@alba.example"]).objects.update(language="en")

    def canaries(email, ref):
        response = sign_in(cast[email]).get(f"/incidents/{ref}/")
        if response.status_code == 404:
            return None
        page = response.content.decode()
        return {word for word in FULL if word in page}

    return canaries


@pytest.mark.slow
def test_who_reads_what_of_it(cast, shown):
    ref = file_report(cast).incident.item.ref
    full = {"field@alba.example", "hq@alba.example", "dss.hq@un.example", "dss.field@un.example"}
    shared = {"do@un.example", "wfp.security@un.example", "hq@benu.example", "field@benu.example", "io@lake.example"}
    expected = {email: FULL if email in full else SHARED if email in shared else None for email in cast.people}
    assert {email: shown(email, ref) for email in cast.people} == expected


def test_originator_withheld_or_shown(cast, sign_in):
    for shows, name in [(False, "withheld"), (True, "INGO Alba")]:
        ref = file_report(cast, shows_originator=shows).incident.item.ref
        page = sign_in(cast["io@lake.example"]).get(f"/incidents/{ref}/").content.decode()
        assert name in page
        assert ("INGO Alba" in page) is shows
        assert "INGO Alba" in sign_in(cast["dss.field@un.example"]).get(f"/incidents/{ref}/").content.decode()


def test_single_persons_are_not_described_in_the_shared_release(cast, sign_in):
    ref = file_report(cast).incident.item.ref
    for email, groups in [("io@lake.example", 0), ("dss.field@un.example", 2)]:
        assert len(sign_in(cast[email]).get(f"/incidents/{ref}/").context["groups"]) == groups


def test_opening_is_written_to_the_reader_log(cast, sign_in):
    report = file_report(cast)
    ref = report.incident.item.ref
    client = sign_in(cast["io@lake.example"])
    client.get("/")
    client.get("/incidents/")
    client.get(f"/incidents/{ref}/receipt/")
    assert not Reading.objects.exists()
    for times in (1, 2):
        client.get(f"/incidents/{ref}/")
        assert Reading.objects.count() == times
    [row] = Reading.objects.order_by("pk")[:1]
    assert (row.item_ref, row.reader, row.organisation, row.role, row.how) == (
        ref, cast["io@lake.example"].pk, "IO Lake", "partner_field", "opened",
    )  # fmt: skip
    assert row.release == Release.objects.for_system("test").get(depth=1).pk
    sign_in(cast["field@cedar.example"]).get(f"/incidents/{ref}/")
    assert Reading.objects.count() == 2


@pytest.mark.parametrize("ref", ["INC-AAAAAA", "x", "inc-lower", "INC-" + "A" * 300, "-", "%00", "INC-AAAAAA%27"])
def test_what_does_not_exist(cast, sign_in, ref):
    client = sign_in(cast["dss.hq@un.example"])
    assert client.get(f"/incidents/{ref}/").status_code == 404
    assert client.get(f"/incidents/{ref}/receipt/").status_code == 404


def test_access_ends_at_the_next_request(cast, shown):
    """A membership, a standing, a grant: whatever opened it, taking it away closes it."""
    ref = file_report(cast).incident.item.ref
    assert shown("io@lake.example", ref) == SHARED
    Standing.objects.create(organisation=cast.organisations["lake"], area=cast.areas["south-sudan"], kind="suspended")
    assert shown("io@lake.example", ref) is None
    assert shown("wfp.security@un.example", ref) == SHARED
    Membership.objects.filter(user=cast["wfp.security@un.example"]).delete()
    assert shown("wfp.security@un.example", ref) is None
    red = file_report(cast, marking="TLP:RED", choices=["named_persons"], persons=["ocha@un.example"])
    assert shown("ocha@un.example", red.incident.item.ref) == SHARED
    release = Release.objects.for_system("test").get(item=red.incident.item, depth=1)
    revoke(release, cast["ocha@un.example"], by=cast["field@alba.example"])
    assert shown("ocha@un.example", red.incident.item.ref) is None


def test_a_suspended_organisation_still_reads_its_own(cast, shown):
    ref = file_report(cast).incident.item.ref
    Standing.objects.create(organisation=cast.organisations["alba"], kind="suspended")
    assert shown("field@alba.example", ref) == FULL
    assert shown("hq@alba.example", ref) == FULL


def test_a_text_whose_key_was_destroyed(cast, sign_in):
    """Erasure: the facts stay, the page says that the text is gone, and the key is nowhere."""
    report = file_report(cast)
    DataKey.objects.filter(pk=report.incident.item.data_key_id).delete()
    response = sign_in(cast["field@alba.example"]).get(f"/incidents/{report.incident.item.ref}/")
    assert response.status_code == 200
    assert "The text of this incident was destroyed." in response.content.decode()
    assert "CANARY" not in response.content.decode()
    assert sign_in(cast["field@alba.example"]).get("/incidents/").status_code == 200


@pytest.mark.parametrize("how", ["changed", "swapped", "empty"])
def test_a_text_that_was_tampered_with_is_not_shown(cast, sign_in, how):
    """Changed bytes, or the text of another release of the very same item."""
    report = file_report(cast)
    rows = IncidentRelease.objects.for_system("test").filter(release__item=report.incident.item)
    shared, full = rows.order_by("release__depth")
    forged = {"changed": bytes(full.sealed)[:-1] + b"\x00", "swapped": bytes(full.sealed), "empty": b""}[how]
    rows.filter(pk=shared.pk).update(sealed=forged)
    response = sign_in(cast["io@lake.example"]).get(f"/incidents/{report.incident.item.ref}/")
    assert response.status_code == 200
    page = response.content.decode()
    assert "cannot be opened" in page
    assert not [word for word in FULL if word in page]


def test_what_is_not_known_is_said_not_guessed(cast, sign_in):
    account = an_account(texts={"what": "x"}, occurred_from=None, time_precision="not_sure", coded={}, groups=[])
    ref = file_report(cast, account=account).incident.item.ref
    page = sign_in(cast["io@lake.example"]).get(f"/incidents/{ref}/").content.decode()
    assert "date not sure" in page
    assert "Category not known yet" in page
    assert "0 killed" not in page
    facts = re.findall(r"<dt>(.*?)</dt><dd>(?:<bdi>)?(.*?)(?:</bdi>)?</dd>", page.partition("<h2>Facts</h2>")[2])
    missing = "when, town, district or road, how exact is the place, kind of place, who did it, name of the group, "
    missing += "by what means, in what circumstances, casualties"
    assert [fact for fact in facts if fact[0] not in {"Originator", "Who can see it"}] == [
        ("Severity", "not known yet: treated as if lives were at risk"),
        ("Kind of organisation", "withheld"),
        ("Not known", missing),
    ]


@pytest.mark.parametrize(
    ("precision", "words"),
    [
        ("exact", "14 Mar 2026, 08:30 (06:30 UTC)"),
        ("about", "about 14 Mar 2026, 08:30 (06:30 UTC)"),
        ("day_part", "14 Mar 2026, morning"),
        ("day", "14 Mar 2026"),
        ("month", "March 2026"),
        ("year", "2026"),
        ("not_sure", "14 Mar 2026, not sure"),
    ],
)
def test_a_time_is_no_more_exact_than_it_is_known(cast, sign_in, precision, words):
    ref = file_report(cast, account=an_account(time_precision=precision)).incident.item.ref
    client = sign_in(cast["io@lake.example"])
    in_detail = re.search(
        r"<dt>When</dt>\s*<dd[^>]*>(.*?)</dd>", client.get(f"/incidents/{ref}/").content.decode(), re.S
    )
    in_list = re.search(
        r'<td role="cell" class="when" data-label="When">(.*?)</td>', client.get("/incidents/").content.decode(), re.S
    )
    assert [" ".join(re.sub(r"<[^>]+>", "", found[1]).split()) for found in (in_detail, in_list)] == [words, words]


def test_all_texts_have_a_place_on_the_page(cast, sign_in):
    ref = file_report(cast).incident.item.ref
    page = sign_in(cast["dss.field@un.example"]).get(f"/incidents/{ref}/").content.decode()
    missing = [text for name, text in TEXTS.items() if name != "position" and text not in page]
    assert missing == []


def test_the_log_names_the_organisation_for_which_one_works_there(cast, sign_in):
    """Somebody of two organisations reads an incident of Chad as the one that works in Chad."""
    person = cast["field@alba.example"]
    Membership.objects.create(
        user=person, organisation=cast.organisations["cedar"], area=cast.areas["chad"], role="partner_field"
    )
    report = file_report(cast, by="field@benu.example", organisation="benu", area="chad")
    assert sign_in(person).get(f"/incidents/{report.incident.item.ref}/").status_code == 200
    assert Reading.objects.get(reader=person.pk).organisation == cast.organisations["cedar"].name


def test_what_nobody_knows_yet_is_not_called_moderate(cast, sign_in):
    nothing = {"texts": {"what": "x"}, "groups": []}
    words = "not known yet: treated as if lives were at risk"
    for coded, said in [({}, True), ({"is_near_miss": True}, False), ({"category": "assault"}, False)]:
        ref = file_report(cast, account=an_account(**nothing, coded=coded)).incident.item.ref
        page = sign_in(cast["field@alba.example"]).get(f"/incidents/{ref}/").content.decode()
        assert (words in page) is said, coded
