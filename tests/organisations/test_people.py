"""The people of an organisation: who reaches the pages, what they list, ending a role."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Event
from organisations.actions import add_standing, end_membership, end_standing, invite
from organisations.models import Membership, Organisation, Standing
from slt_portal.states import StaleState

# Session, user, second factor with rules; roles, organisation; people, contacts, domains, invitations, bounces (2);
# head.
PEOPLE_QUERIES = 12


def of(cast, key, tail=""):
    return f"/people/{cast.organisations[key].ref}/{tail}"


def member(cast, email, key="alba"):
    return Membership.objects.get(user=cast[email], organisation=cast.organisations[key])


def test_who_reaches_the_people_of_an_organisation(cast, sign_in):
    for tail in ("", "invite/"):
        reached = {
            (email, key)
            for email, person in cast.people.items()
            for key in ("alba", "benu", "dss", "suspended")
            if sign_in(person).get(of(cast, key, tail)).status_code == 200
        }
        assert reached == {
            ("hq@alba.example", "alba"),
            ("hq@benu.example", "benu"),
            ("dss.hq@un.example", "alba"),
            ("dss.hq@un.example", "benu"),
            ("dss.hq@un.example", "dss"),
            ("dss.hq@un.example", "suspended"),
            ("admin@portal.example", "dss"),
        }


def test_for_everybody_else_the_pages_do_not_exist(cast, sign_in):
    row = member(cast, "field@alba.example")
    paths = ["/people/", *(of(cast, "alba", tail) for tail in ("", "invite/", f"roles/{row.ref}/end/"))]
    for email in ("field@alba.example", "nobody@elsewhere.example", "hq@suspended.example", "do@un.example"):
        client = sign_in(cast[email])
        assert [client.get(path).status_code for path in paths] == [404] * 4
        assert [client.post(path).status_code for path in paths] == [404] * 4
    other = sign_in(cast["hq@benu.example"])
    assert [other.post(path).status_code for path in paths[1:]] == [404] * 3
    assert {Client().get(path).status_code for path in paths} == {302}
    assert member(cast, "field@alba.example").ends_at is None


def test_a_control_character_in_the_address_is_no_fault_of_the_portal(cast, sign_in):
    client = sign_in(cast["hq@alba.example"])
    for path in ("/people/%00/", of(cast, "alba", "roles/%00/end/")):
        assert client.get(path).status_code == 404


def test_with_one_organisation_the_page_leads_to_it(cast, sign_in):
    assert sign_in(cast["hq@alba.example"]).get("/people/").url == of(cast, "alba")


def test_dss_headquarters_finds_an_organisation_by_name(cast, sign_in):
    client = sign_in(cast["dss.hq@un.example"])
    assert len(client.get("/people/").context["items"]) == Organisation.objects.count()
    assert [row.name for row in client.get("/people/?q=lake").context["items"]] == ["IO Lake"]
    assert client.get("/people/?q=a%00b").status_code == 200


def test_the_list_names_everybody_with_a_role_now(cast, sign_in):
    page = sign_in(cast["hq@alba.example"]).get(of(cast, "alba"))
    assert [(row.user.email, row.role, can_end) for row, can_end in page.context["items"]] == [
        ("hq@alba.example", "partner_headquarters", False),
        ("field@alba.example", "partner_field", True),
    ]
    assert "hq@benu.example" not in page.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions_for_one_row_and_for_three(
    cast, sign_in, django_assert_num_queries, count
):
    Membership.objects.filter(user=cast["field@alba.example"]).delete()
    for number in range(count - 1):
        Membership.objects.create(
            user=cast[f"field@{'benu' if number else 'cedar'}.example"],
            organisation=cast.organisations["alba"],
            area=cast.areas["south-sudan"],
            role="partner_field",
        )
    for number in range(count):
        invite(
            email=f"new{number}@alba.example",
            name="New",
            organisation=cast.organisations["alba"],
            area=cast.areas["south-sudan"],
            role="partner_field",
            language="en",
            by=cast["hq@alba.example"],
        )
    client = sign_in(cast["hq@alba.example"])
    client.get(of(cast, "alba"))
    with django_assert_num_queries(PEOPLE_QUERIES):
        page = client.get(of(cast, "alba"))
    assert (len(page.context["items"]), len(page.context["invitations"])) == (count, count)


def test_ending_a_role_closes_the_portal_at_the_next_request(cast, sign_in):
    field, headquarters = sign_in(cast["field@alba.example"]), sign_in(cast["hq@alba.example"])
    path = of(cast, "alba", f"roles/{member(cast, 'field@alba.example').ref}/end/")
    assert field.get("/areas/").status_code == 200
    assert "From their next click" in headquarters.get(path).content.decode()
    assert field.get("/areas/").status_code == 200
    assert headquarters.post(path).url == of(cast, "alba")
    assert field.get("/areas/").status_code == 404
    assert "field@alba.example" not in headquarters.get(of(cast, "alba")).content.decode()
    [event] = Event.objects.filter(verb="organisations.membership_ended")
    assert (event.actor, event.object_ref) == (str(cast["hq@alba.example"].pk), cast.organisations["alba"].ref)
    assert "had ended already" in headquarters.post(path, follow=True).content.decode()
    assert Event.objects.filter(verb="organisations.membership_ended").count() == 1


def test_nobody_ends_their_own_role(cast, sign_in):
    path = of(cast, "alba", f"roles/{member(cast, 'hq@alba.example').ref}/end/")
    assert sign_in(cast["hq@alba.example"]).post(path).status_code == 404
    assert member(cast, "hq@alba.example").ends_at is None


def test_a_role_of_another_organisation_is_not_there(cast, sign_in):
    path = of(cast, "alba", f"roles/{member(cast, 'hq@benu.example', 'benu').ref}/end/")
    assert sign_in(cast["hq@alba.example"]).post(path).status_code == 404


def test_an_invitation_is_withdrawn_from_the_list(cast, sign_in):
    invitation = invite(
        email="new@alba.example",
        name="New",
        organisation=cast.organisations["alba"],
        area=None,
        role="partner_headquarters",
        language="en",
        by=cast["hq@alba.example"],
    )
    client = sign_in(cast["hq@alba.example"])
    assert "new@alba.example" in client.get(of(cast, "alba")).content.decode()
    path = of(cast, "alba", f"invitations/{invitation.subject_id}/withdraw/")
    assert sign_in(cast["hq@benu.example"]).post(path).status_code == 404
    assert client.get(path).status_code == 200
    assert client.post(path).url == of(cast, "alba")
    assert "new@alba.example" not in client.get(of(cast, "alba")).content.decode()
    assert "accepted meanwhile" in client.post(path, follow=True).content.decode()


def test_a_role_that_has_not_begun_can_be_ended(cast):
    later = timezone.now() + timedelta(days=3)
    row = member(cast, "field@alba.example")
    Membership.objects.filter(pk=row.pk).update(starts_at=later)
    row.refresh_from_db()
    end_membership(row, by=cast["hq@alba.example"])
    row.refresh_from_db()
    assert row.ends_at == later


def test_standings_begin_and_end_with_an_event(cast):
    alba, chad, by = cast.organisations["alba"], cast.areas["chad"], cast["dss.hq@un.example"]
    standing = add_standing(organisation=alba, kind="active", area=chad, by=by)
    assert Standing.objects.on().filter(organisation=alba, area=chad, kind="active").exists()
    end_standing(standing, by=by)
    assert not Standing.objects.on().filter(organisation=alba, area=chad).exists()
    with pytest.raises(StaleState):
        end_standing(standing, by=by)
    assert list(Event.objects.values_list("verb", "object_ref", "facts")) == [
        ("organisations.standing_added", alba.ref, {"area": "chad", "standing": "active"}),
        ("organisations.standing_ended", alba.ref, {"area": "chad", "standing": "active"}),
    ]


@pytest.mark.parametrize("kind", ["", "friend", None])
def test_an_unknown_standing_is_refused(cast, kind):
    with pytest.raises(ValueError, match="not a valid"):
        add_standing(organisation=cast.organisations["alba"], kind=kind, by=None)
