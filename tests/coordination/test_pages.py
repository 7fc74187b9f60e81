"""Who reads and keeps the page of an area, what can be done there, by whom, and what stays when two press at once."""

import logging

import pytest
from django.http import QueryDict
from django.urls import reverse

from areas.models import Area
from audit.models import Event
from coordination.actions import assign, confirm, end, record_mechanism
from coordination.forms import AssignmentForm, DayForm, GapFilter
from coordination.models import Assignment, Mechanism
from coordination.picture import pictures
from coordination.policies import keeps, reads_coordination, reads_gaps
from organisations.models import Membership, Standing
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.coordination import DO, DSS, GRACE, SOUTH_SUDAN, a_mechanism, an_assignment, days_ago

HQ, OCHA, CSFP, ALBA = "dss.hq@un.example", "ocha@un.example", "csfp@un.example", "field@alba.example"
LOCAL, DUNE, SUSPENDED, ADMIN = (
    "local@nngo.example",
    "applicant@dune.example",
    "hq@suspended.example",
    "admin@portal.example",
)
WG, CHAIR, HANDLER = "wg@icva.example", "chair@gisf.example", "handler@un.example"
PAGE, ALL, TABLE = "/coordination/south-sudan/", "/coordination/", "/coordination/table.csv"
RECORD, NAME = f"{PAGE}mechanisms/record/", f"{PAGE}name/"
SLT = f"{NAME}?function=slt_focal_point"
CANARY = "canary@un.example"
TODAY = {"since": days_ago(0).isoformat()}
PAGE_QUERIES, LIST_QUERIES = 9, 10


READERS = {  # of who is there in one area, and of the gaps in all
    HQ: (True, True), OCHA: (True, True), WG: (True, True), DSS: (True, False), ALBA: (True, False),
    GRACE: (True, False), LOCAL: (False, False), SUSPENDED: (False, False),
}  # fmt: skip


def text_of(client, path=PAGE):
    return client.get(path).content.decode()


# --- Who reads, who keeps ----------------------------------------------------------------------------------------


def test_who_reads_which_page(cast, sign_in):
    an_assignment(cast, who=None, name="CANARYNAME", email=CANARY, phone="+211 77 CANARY")
    for email, (reads, reads_all) in READERS.items():
        client = sign_in(cast[email])
        answers = [client.get(path) for path in (PAGE, f"{PAGE}?on={days_ago(1)}", ALL, TABLE)]
        expected = [reads, reads, reads_all, reads_all]
        assert [answer.status_code == 200 for answer in answers] == expected, email
        shown = [b"canary@" in answer.content or b"77 CANARY" in answer.content for answer in answers]
        # Addresses stand on the page of today only: the other is a record of who it was.
        assert shown == [reads, False, False, False], email


def test_every_role_before_the_policies(cast):
    """The pages ask nothing else (above, for some of each sort)."""
    area, accesses = cast.areas[SOUTH_SUDAN], {email: access_of(user) for email, user in cast.people.items()}
    assert {email for email, access in accesses.items() if keeps(access, area)} == {HQ, DSS, DO}
    assert {email for email, access in accesses.items() if reads_gaps(access)} == {HQ, OCHA, WG, CHAIR} | {
        "dss.chair@un.example",
        "wfp@un.example",
    }
    shut_out = {email for email, access in accesses.items() if not reads_coordination(access)}
    assert shut_out == {LOCAL, DUNE, SUSPENDED, ADMIN, HANDLER, "nobody@elsewhere.example"}
    part = Area.objects.create(code="malakal", name_en="Malakal", name_fr="Malakal", kind="part", parent=area)
    assert {email for email, access in accesses.items() if keeps(access, part)} == {HQ, DSS, DO}


@pytest.mark.parametrize(("email", "keeps_it"), [(OCHA, True), (CSFP, False)])
def test_who_keeps_it(cast, sign_in, email, keeps_it):
    Membership.objects.filter(user=cast[OCHA]).update(area=cast.areas[SOUTH_SUDAN])  # somebody of OCHA there
    client, mechanism, row = sign_in(cast[email]), a_mechanism(cast), an_assignment(cast)
    typed = {"community": "io", "kind": "forum", "name": "Forum", **TODAY}
    named = {"name": "Somebody", "email": "some@un.example", **TODAY}
    asked = [
        (RECORD, typed), (SLT, named), (f"{NAME}?mechanism={mechanism.ref}", named),
        (reverse("coordination:assignment_confirm", args=[row.ref]), {}),
        (reverse("coordination:assignment_end", args=[row.ref]), {"on": days_ago(0)}),
        (reverse("coordination:mechanism_confirm", args=[mechanism.ref]), {}),
        (reverse("coordination:mechanism_end", args=[mechanism.ref]), {"on": days_ago(0)}),
    ]  # fmt: skip
    assert [client.get(path).status_code in ({200, 302} if keeps_it else {404}) for path, _ in asked] == [True] * 7
    assert [client.post(path, data).status_code for path, data in asked] == [302 if keeps_it else 404] * 7
    assert Mechanism.objects.filter(name="Forum").exists() is keeps_it
    row.refresh_from_db()
    assert (row.ended_on is not None) is keeps_it
    assert ("Name somebody" in text_of(client)) is keeps_it


def test_a_representative_keeps_its_own_mechanism_only(cast, sign_in):
    own, other = a_mechanism(cast, organisation=cast.organisations["platform"]), a_mechanism(cast, name="Forum")
    client = sign_in(cast[GRACE])
    confirm_own, confirm_other = (reverse("coordination:mechanism_confirm", args=[row.ref]) for row in (own, other))
    Mechanism.objects.update(confirmed_on=days_ago(300), confirmed_by=cast[DSS])
    assert client.post(confirm_own, {"is_operational": "no"}).status_code == 302
    assert client.post(confirm_other).status_code == 404
    own.refresh_from_db()
    assert (own.confirmed_on, own.confirmed_by, own.is_operational) == (days_ago(0), cast[GRACE], False)
    named = {"name": "A deputy", "email": "deputy@platform.example", **TODAY}
    assert client.post(f"{NAME}?mechanism={own.ref}", named).status_code == 302
    assert client.post(f"{NAME}?mechanism={other.ref}", named).status_code == 404
    assert client.post(SLT, named).status_code == 404
    assert client.post(RECORD, {"community": "ngo", "kind": "forum", "name": "x", **TODAY}).status_code == 404
    deputy = Assignment.objects.get()
    assert client.get(reverse("coordination:mechanism_end", args=[own.ref])).status_code == 404
    assert (
        client.post(reverse("coordination:assignment_end", args=[deputy.ref]), {"on": days_ago(0)}).status_code == 302
    )
    # Suspended: they read nothing and keep nothing, at once.
    Standing.objects.create(organisation=cast.organisations["platform"], kind="suspended")
    assert [client.get(PAGE).status_code, client.post(confirm_own).status_code] == [404, 404]


def test_whoever_is_suspended_there_reads_nothing_there(cast, sign_in):
    Standing.objects.create(organisation=cast.organisations["benu"], area=cast.areas[SOUTH_SUDAN], kind="suspended")
    client = sign_in(cast["field@benu.example"])
    assert [client.get(path).status_code for path in (PAGE, "/coordination/chad/")] == [404, 200]
    assert f'href="{PAGE}"'.encode() not in client.get("/areas/south-sudan/").content


def test_whom_one_may_choose(cast, sign_in):
    """Those who keep the area know who is there; a mechanism is no directory of its members' staff."""
    platform = a_mechanism(cast, organisation=cast.organisations["platform"])
    community = a_mechanism(cast, community="io", name="IOs", kind="focal_point")

    def people(email, query):
        form = sign_in(cast[email]).get(f"{NAME}?{query}").context["form"]
        return sorted(row.user.email for row in form.people.values())

    assert people(DSS, f"mechanism={platform.ref}") == ["field@alba.example", "field@benu.example", GRACE]
    assert people(DSS, f"mechanism={community.ref}") == ["io@lake.example"]
    assert people(GRACE, f"mechanism={platform.ref}") == [GRACE]
    assert people(DSS, "function=sioc") == [DO, DSS, "wfp.security@un.example"]
    assert people(DSS, "function=ocha") == [DO, DSS, OCHA, "wfp.security@un.example"]
    Standing.objects.create(organisation=cast.organisations["alba"], area=cast.areas[SOUTH_SUDAN], kind="suspended")
    assert people(DSS, f"mechanism={platform.ref}") == ["field@benu.example", GRACE]


def test_nobody_is_named_for_nothing(cast, sign_in):
    client = sign_in(cast[DSS])
    for query in ("", "?function=", "?function=representative", "?function=x%00", "?mechanism=MEC-0", "?mechanism=%00"):
        assert client.get(NAME + query).status_code == 404, query
    assert client.get(f"{SLT}&instead=%00").status_code == 200
    assert client.get(f"{RECORD}?organisation=%00&community=%00").status_code == 200


# --- The way through it ------------------------------------------------------------------------------------------


def test_from_a_gap_to_a_successor(cast, sign_in, caplog):
    client = sign_in(cast[DSS])
    caplog.set_level(logging.DEBUG)
    answer = client.post(SLT, {"name": "مكتب", "email": CANARY.upper(), "phone": "+211 77", **TODAY}, follow=True)
    page = answer.content.decode()
    first = Assignment.objects.get()
    assert first.email == CANARY  # small letters
    for word in ("مكتب", CANARY, "tel:+21177", "Recorded, and confirmed by you today."):
        assert word in page, word
    assert "No SLT focal point named" not in page
    # A new number of the same person: since when stays.
    Assignment.objects.update(since=days_ago(90))
    again = f"{SLT}&instead={first.ref}"
    for _ in range(2):  # pressed twice
        client.post(again, {"name": "مكتب", "email": CANARY, "phone": "+211 88", "since": ""})
    second = Assignment.objects.get(ended_on=None)
    assert (second.since, second.phone) == (days_ago(90), "+211 88")
    # Whose row was replaced cannot be replaced once more; what was typed stays.
    answer = client.post(again, {"name": "Other", "email": "o@un.example", **TODAY})
    assert b"Somebody else changed this first" in answer.content
    assert b'value="Other"' in answer.content
    # Somebody else begins on a day.
    following = f"{SLT}&instead={second.ref}"
    answer = client.post(following, {"person": Membership.objects.get(user=cast[DO]).ref, "since": ""})
    assert answer.context["form"].errors["since"] == ["Somebody else begins: say since when."]
    answer = client.post(following, {"name": "x", "email": "x@un.example", "since": days_ago(91)})
    assert answer.context["form"].errors["since"] == ["That is before the one they follow began."]
    client.post(following, {"person": Membership.objects.get(user=cast[DO]).ref, "since": days_ago(2)})
    assert "مكتب" in text_of(client, f"{PAGE}?on={days_ago(3)}")
    assert "مكتب" not in text_of(client)
    assert "مكتب" not in text_of(client, f"{PAGE}?on={days_ago(91)}")
    # Neither the audit chain nor the log knows names, addresses or numbers.
    told = (
        str(list(Event.objects.filter(verb__startswith="coordination").values_list("facts", flat=True))) + caplog.text
    )
    assert "asg" in told.lower()
    assert not [word for word in ("مكتب", "canary", "+211", "x@un") if word in told]


def test_from_a_role_to_a_confirmed_row_in_one_click(cast, sign_in):
    """The button sends what the page knows; pressing it twice changes nothing more."""
    client, membership = sign_in(cast[DSS]), Membership.objects.get(user=cast[DO])
    page = text_of(client)
    assert f'name="person" value="{membership.ref}"' in page
    for _ in range(2):
        client.post(f"{NAME}?function=designated_official", {"person": membership.ref, "since": "2026-01-01"})
    row = Assignment.objects.get()
    assert (row.membership, row.name, row.email, row.confirmed_by) == (membership, "", "", cast[DSS])
    assert Event.objects.filter(verb="coordination.assigned").count() == 1
    platform = cast.organisations["platform"]
    record = f"{RECORD}?community=ngo&organisation={platform.ref}"
    assert record.replace("&", "&amp;") in page
    form = client.get(record).context["form"]
    assert form["name"].value() == platform.name
    typed = {name: form[name].value() or "" for name in form.fields}
    for _ in range(2):
        assert client.post(record, typed).status_code == 302
    assert Mechanism.objects.get().organisation == platform
    answer = client.post(record, typed | {"kind": "forum"})
    assert answer.context["form"].errors["name"] == ["A mechanism of this name is recorded here already. End it first."]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "person"),
        ({"name": "x"}, "email"),
        ({"name": "x", "email": "x@gmail.com"}, "email"),
        ({"name": "x" * 10_000_000, "email": "x@un.example"}, "name"),
        ({"name": "x", "email": "x@un.example", "since": "2999-01-01"}, "since"),
        ({"name": "x", "email": "x@un.example", "since": ""}, "since"),
        ({"name": "x", "email": "x@un.example", "since": "1990-01-01"}, "since"),
        ({"name": "x", "email": "x@un.example", "since": "yesterday"}, "since"),
        ({"name": "x", "email": "x@un.example", "phone": "1" * 41}, "phone"),
        ({"person": "MEM-NOBODY"}, "person"),
        ({"person": "own", "name": "x"}, "name"),
    ],
)
def test_what_is_typed_wrongly(cast, typed, field):
    own = Membership.objects.select_related("user", "organisation").get(user=cast[DSS])
    typed = {**TODAY, **typed, **({"person": own.ref} if typed.get("person") == "own" else {})}
    form = AssignmentForm(typed, people=[own])
    assert list(form.errors) == [field]
    assert len(form.errors[field]) == 1


def test_what_was_typed_comes_back(cast, sign_in):
    answer = sign_in(cast[DSS]).post(SLT, {"name": "<b>x</b>", "email": "x@gmail.com", "phone": "=1", "since": "y"})
    for word in ("&lt;b&gt;x&lt;/b&gt;", "x@gmail.com", "is a personal mail provider", 'value="=1"', 'value="y"'):
        assert word in answer.content.decode(), word
    assert not Assignment.objects.exists()


def test_whose_address_has_an_account_is_taken_from_the_account(cast, sign_in):
    sign_in(cast[DSS]).post(SLT, {"name": "T. Mokoena", "email": DO, **TODAY})
    row = Assignment.objects.get()
    assert (row.membership.user, row.name, row.email) == (cast[DO], "", "")
    answer = sign_in(cast[DSS]).post(SLT, {"person": row.membership.ref, "phone": "+211", **TODAY})
    assert answer.context["form"].errors["person"] == ["This person is recorded already. Use “Change” there."]


def test_ending_a_mechanism_ends_who_represents_it(cast, sign_in):
    mechanism = a_mechanism(cast, since=days_ago(30))
    an_assignment(cast, mechanism=mechanism, who=ALBA, since=days_ago(2))
    client, path = sign_in(cast[DSS]), reverse("coordination:mechanism_end", args=[mechanism.ref])
    for day, error in ((days_ago(31), "That is before it began."), (days_ago(-1), "This day is still to come.")):
        assert error in str(client.post(path, {"on": day}).context["form"].errors)
    client.post(path, {"on": days_ago(5)})
    assert Assignment.objects.get().ended_on == days_ago(2)  # not before it began
    assert client.get(path).status_code == 404
    assert b"NGO Security Platform South Sudan" in client.get(PAGE).content  # the role speaks again


def test_two_at_once(cast):
    mechanism, row, by = a_mechanism(cast), an_assignment(cast), cast[DSS]
    end(row, on=days_ago(0), by=by)
    end(mechanism, on=days_ago(0), by=by)
    about = {"area": mechanism.area, "since": days_ago(0), "by": by, "name": "x", "email": "x@un.example"}
    for again in (
        lambda: end(row, on=days_ago(0), by=by),
        lambda: confirm(row, by=by),
        lambda: confirm(mechanism, by=by),
        lambda: assign(**about, function="slt_focal_point", instead=row),
        lambda: assign(**about, function="representative", mechanism=mechanism),
    ):
        with pytest.raises(StaleState):
            again()
    assert Assignment.objects.count() == 1
    assert Event.objects.filter(verb="coordination.ended").count() == 2
    typed = {"community": "ngo", "kind": "forum", "name": "Forum", "since": days_ago(0)}
    rows = [record_mechanism(area=mechanism.area, by=by, **typed) for _ in range(2)]
    assert rows[0] == rows[1]


def test_too_late_says_so(cast, sign_in):
    row, client = an_assignment(cast, ended_on=days_ago(0)), sign_in(cast[DSS])
    answer = client.post(reverse("coordination:assignment_confirm", args=[row.ref]), follow=True)
    assert b"It has ended meanwhile. Nothing was changed." in answer.content


def test_a_day_that_makes_no_sense(cast, sign_in):
    for on in ("2999-01-01", "1990-01-01", "x", "\x00", "9" * 5000):
        assert DayForm({"on": on}).errors["on"], on
    answer = sign_in(cast[DSS]).get(PAGE, {"on": "2999-01-01"})
    assert answer.status_code == 200
    assert answer.context["is_today"]


# --- All areas ---------------------------------------------------------------------------------------------------

MISSING = {
    "": ["chad", "kenya", "south-sudan"],
    "gap=any": ["chad", "kenya", "south-sudan"],
    "community=ngo": ["chad", "kenya"],
    "community=io&gap=no_representative": ["south-sudan"],
    "gap=country_focal_point": ["kenya"],
    "gap=slt_focal_point": ["south-sudan"],
    "gap=dss_office": [],
    "gap=unconfirmed": ["chad", "south-sudan"],
    "gap=stale": ["south-sudan"],
}


def test_what_is_missing_where(cast, sign_in):
    a_mechanism(cast, community="io", name="=IOs", kind="focal_point", confirmed_on=days_ago(300))
    known = pictures(cast.areas.values())
    for query, codes in MISSING.items():
        form = GapFilter(QueryDict(query))
        assert form.is_valid()
        assert sorted(row.area.code for row in known.values() if form.takes(row)) == codes, query
    client = sign_in(cast[HQ])
    for query, codes in (("?q=sud", ["south-sudan"]), ("?gap=unconfirmed", MISSING["gap=unconfirmed"]), ("?gap=x", [])):
        assert [picture.area.code for picture in client.get(ALL + query).context["items"]] == codes
        lines = client.get(TABLE + query).content.decode("utf-8-sig").splitlines()
        assert [line.split(",")[0].strip('"') for line in lines[1:]] == codes
        assert ("south-sudan" in codes) == any('"\'=IOs"' in line for line in lines)


@pytest.mark.parametrize("number", [1, 3])
def test_what_the_pages_cost(cast, sign_in, django_assert_num_queries, number):
    for code in list(cast.areas)[:number]:
        mechanism = a_mechanism(cast, code=code)
        an_assignment(cast, mechanism=mechanism, who=ALBA, code=code)
        an_assignment(cast, code=code)
    for _ in range(number):
        an_assignment(cast, "sioc", who=None, name="Desk", email="d@un.example")
    client = sign_in(cast[HQ])
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(PAGE)
    for query in ("", "?gap=any"):
        with django_assert_num_queries(LIST_QUERIES):
            client.get(ALL + query)


def test_the_page_of_the_area_leads_here(cast, sign_in):
    assert f'href="{PAGE}"'.encode() in sign_in(cast[ALBA]).get("/areas/south-sudan/").content
    assert f'href="{PAGE}"'.encode() not in sign_in(cast[LOCAL]).get("/areas/south-sudan/").content
    for email, leads in ((HQ, True), (ALBA, False)):
        assert (f'href="{ALL}"'.encode() in sign_in(cast[email]).get("/areas/").content) is leads
