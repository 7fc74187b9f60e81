"""By which names an organisation is known: who keeps them, and what a change of name leaves behind (P12)."""

import pytest

from audit.models import Event
from organisations.duplicates import likely
from organisations.models import Organisation, OrganisationName
from organisations.name_actions import add_name, remove_name, rename
from slt_portal.states import StaleState

HQ, DSS, FIELD, ADMIN = "hq@alba.example", "dss.hq@un.example", "dss.field@un.example", "admin@portal.example"


def of(cast, tail="", key="alba"):
    return f"/people/{cast.organisations[key].ref}/{tail}"


def names_of(cast, key="alba"):
    return set(OrganisationName.objects.filter(organisation=cast.organisations[key]).values_list("name", "kind"))


def test_dss_headquarters_adds_and_removes_names(cast, sign_in):
    dss, name = sign_in(cast[DSS]), {"name": "  Secours   de l'Aube ", "kind": "variant"}
    for _twice in range(2):
        assert dss.post(of(cast, "names/add/"), name).url == of(cast)
    assert names_of(cast) == {("Secours de l'Aube", "variant")}
    assert likely("SECOURS DE L’AUBE")[0].organisation == cast.organisations["alba"]
    remove = of(cast, f"names/{OrganisationName.objects.get().pk}/remove/")
    assert "Secours de l&#x27;Aube" in dss.get(of(cast)).content.decode()
    assert remove in dss.get(of(cast)).content.decode()
    assert remove not in sign_in(cast[HQ]).get(of(cast)).content.decode()
    assert dss.get(remove).status_code == 200
    assert dss.post(remove).url == of(cast)
    assert names_of(cast) == set()
    assert dss.post(remove).status_code == 404
    verbs = [(row.verb, row.facts) for row in Event.objects.filter(verb__startswith="organisations.name_")]
    assert verbs == [
        ("organisations.name_added", {"kind": "variant"}),
        ("organisations.name_removed", {"kind": "variant"}),
    ]


def test_nobody_else_touches_the_names(cast, sign_in):
    row = add_name(organisation=cast.organisations["alba"], name="Canary", kind="former", by=cast[DSS])
    for tail in ("names/add/", "rename/", f"names/{row.pk}/remove/"):
        for email in (HQ, FIELD, ADMIN):
            client = sign_in(cast[email])
            assert client.get(of(cast, tail)).status_code == 404
            assert client.post(of(cast, tail), {"name": "Evil", "kind": "former"}).status_code == 404
    assert sign_in(cast[DSS]).get(of(cast, f"names/{row.pk}/remove/", "benu")).status_code == 404
    assert names_of(cast) == {("Canary", "former")}


def test_a_former_name_is_kept(cast, sign_in):
    alba = cast.organisations["alba"]
    was, page = alba.name, sign_in(cast[DSS])
    assert page.post(of(cast, "rename/"), {"name": "Aube Internationale"}).url == of(cast)
    alba.refresh_from_db()
    assert (alba.name, names_of(cast)) == ("Aube Internationale", {(was, "former")})
    rename(alba, name=was, by=cast[DSS])
    assert (alba.name, names_of(cast)) == (was, {("Aube Internationale", "former")})
    stale = Organisation(pk=alba.pk, ref=alba.ref, name="Something else")
    for row, name in ((stale, "New"), (alba, cast.organisations["benu"].name)):
        with pytest.raises(StaleState):
            rename(row, name=name, by=cast[DSS])


@pytest.mark.parametrize(
    ("tail", "typed"),
    [
        ("names/add/", {"name": "", "kind": "variant"}),
        ("names/add/", {"name": "x" * 201, "kind": "variant"}),
        ("names/add/", {"name": "INGO Alba", "kind": "variant"}),
        ("names/add/", {"name": "ingo  BENU", "kind": "former"}),
        ("rename/", {"name": "I.N.G.O. Benu"}),
        ("rename/", {"name": "ingo benu"}),
    ],
)
def test_what_would_confuse_is_refused_at_the_field(cast, sign_in, tail, typed):
    page = sign_in(cast[DSS]).post(of(cast, tail), typed)
    assert list(page.context["form"].errors) == ["name"]
    assert page.context["form"]["name"].value() == typed["name"]
    assert names_of(cast) == set()


def test_removing_twice_is_stale(cast):
    row = add_name(organisation=cast.organisations["alba"], name="Dawn", kind="acronym", by=cast[DSS])
    OrganisationName.objects.all().delete()
    with pytest.raises(StaleState):
        remove_name(row, by=cast[DSS])
