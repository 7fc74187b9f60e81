"""Two to three contacts (I6), leaving, the mail that asks for a successor, who has not acknowledged the rules (C9)."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import RulesAcknowledgement, User
from audit.models import Event
from notifications.models import Message
from notifications.outbox import drain
from organisations.actions import LastOfRole, add_standing, end_membership
from organisations.models import Membership, Standing
from organisations.querysets import contacts_in, people_of
from sharing.holdings import holdings
from slt_portal.states import StaleState

HQ, FIELD, DSS, PLATFORM = "hq@alba.example", "field@alba.example", "dss.hq@un.example", "platform@southsudan.example"


def of(cast, tail="", key="alba"):
    return f"/people/{cast.organisations[key].ref}/{tail}"


def member(cast, email, key="alba", **terms):
    return Membership.objects.get(user=cast[email], organisation=cast.organisations[key], **terms)


def person(email):
    return User.objects.create_user(email, name=email)


def join(cast, email, role="partner_field", area="south-sudan", key="alba", **fields):
    place = cast.areas[area] if area else None
    terms = {"organisation": cast.organisations[key], "role": role, "area": place}
    return Membership.objects.create(user=person(email), **terms, **fields)


def leave(sign_in, user, row):
    return sign_in(user).post(f"/roles/{row.ref}/leave/")


def successor_mails():
    rows = Message.objects.filter(kind="organisations.successor")
    return sorted(rows.values_list("recipient__email", flat=True))


# --- How many contacts --------------------------------------------------------------------------------------


def counted(cast, key="alba"):
    organisation = cast.organisations[key]
    found = contacts_in(organisation, people_of(organisation))
    return [(place.area.code if place.area else "", place.count, place.in_words) for place in found]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 of 2–3 contacts"),
        (1, "1 of 2–3 contacts"),
        (2, "2 contacts"),
        (3, "3 contacts"),
        (4, "more than three: the list calls for two to three"),
    ],
)
def test_the_page_says_whether_there_are_two_to_three(cast, sign_in, count, words):
    Membership.objects.filter(user=cast[FIELD]).delete()
    for number in range(count):
        join(cast, f"p{number}@alba.example")
    assert counted(cast)[1] == ("south-sudan", count, words)
    page = sign_in(cast[HQ]).get(of(cast)).content.decode()
    assert words in page
    link = f'<strong>{words}</strong> · <a href="{of(cast, "invite/")}">invite a colleague'
    assert (link in page) is (count < 2)


def test_only_people_who_are_contacts_now_in_areas_where_it_works(cast):
    join(cast, "later@alba.example", starts_at=timezone.now() + timedelta(days=1))
    gone = join(cast, "gone@alba.example")
    User.objects.filter(pk=gone.user_id).update(is_active=False)
    Membership.objects.create(
        user=cast[FIELD], organisation=cast.organisations["alba"], role="applicant"
    )  # no contact of anything
    assert [row[:2] for row in counted(cast)] == [("", 1), ("south-sudan", 1)]
    assert [row[:2] for row in counted(cast, "benu")] == [("", 1), ("chad", 1), ("south-sudan", 1)]
    assert counted(cast, "wfp") == []  # UN entities name their people otherwise


# --- Leaving ------------------------------------------------------------------------------------------------


def test_leaving_closes_everything_at_once_and_keeps_the_session(cast, sign_in):
    client, row = sign_in(cast[FIELD]), member(cast, FIELD)
    assert f"/roles/{row.ref}/leave/" in client.get("/roles/").content.decode()
    assert "/roles/" in client.get("/accounts/profile/").content.decode()
    assert client.get("/areas/").status_code == 200
    path = f"/roles/{row.ref}/leave/"
    assert client.get(path).status_code == 200
    assert member(cast, FIELD).ends_at is None  # looking changes nothing
    for _ in range(2):
        assert client.post(path).url == "/roles/"
    assert list(holdings(user=cast[FIELD])) == []
    assert client.get("/areas/").status_code == 404
    assert client.get("/accounts/profile/").status_code == 200
    assert "You have no role." in client.get("/roles/").content.decode()
    [event] = Event.objects.filter(verb="organisations.membership_ended")
    assert event.actor == str(cast[FIELD].pk)
    assert successor_mails() == [HQ]


def test_nobody_leaves_for_somebody_else(cast, sign_in):
    for email in (HQ, DSS, "hq@benu.example", "admin@portal.example"):
        path = f"/roles/{member(cast, FIELD).ref}/leave/"
        assert sign_in(cast[email]).get(path).status_code == 404
        assert sign_in(cast[email]).post(path).status_code == 404
    assert sign_in(cast[HQ]).get("/roles/%00/leave/").status_code == 404
    assert member(cast, FIELD).ends_at is None


@pytest.mark.parametrize("email", [DSS, "admin@portal.example"])
def test_the_last_of_those_who_run_the_portal_stays(cast, sign_in, email):
    row = member(cast, email, "dss")
    page = leave(sign_in, cast[email], row)
    assert "Name a successor first" in page.content.decode()
    row.refresh_from_db()
    assert row.ends_at is None
    Membership.objects.create(user=person("second@un.example"), organisation=row.organisation, role=row.role)
    assert leave(sign_in, cast[email], row).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_the_last_two_who_leave_together_one_stays(cast):
    first = member(cast, DSS, "dss")
    second = join(cast, "second@un.example", first.role, None, "dss")
    found = []

    def follow():
        try:
            end_membership(second, by=second.user)
        except LastOfRole as refused:
            found.append(refused)
        finally:
            connection.close()

    other = threading.Thread(target=follow)
    with transaction.atomic():
        end_membership(first, by=first.user)
        other.start()
        other.join(1)
        assert other.is_alive()  # waits for the first to be gone, or not
    other.join(30)
    assert len(found) == 1
    assert list(Membership.objects.on().filter(role=first.role)) == [second]


# --- The successor ------------------------------------------------------------------------------------------


def test_the_mail_asks_with_role_and_area_filled_in(cast, sign_in):
    join(cast, "second@alba.example", "partner_headquarters", None)
    leave(sign_in, cast[FIELD], member(cast, FIELD))
    assert drain() == 2
    assert sorted(message.to[0] for message in mail.outbox) == [HQ, "second@alba.example"]
    [message] = [message for message in mail.outbox if message.to == [HQ]]
    assert "INGO Alba" in message.subject
    assert "Nobody is left there." in message.body
    assert cast[FIELD].name not in message.body
    path = f"{of(cast, 'invite/')}?role=partner_field&area=south-sudan"
    assert f"http://testserver{path}" in message.body
    form = sign_in(cast[HQ]).get(path).context["form"]
    assert (form["role"].value(), form["area"].value()) == ("partner_field", cast.areas["south-sudan"].pk)


@pytest.mark.parametrize(
    "query", ["role=dss_headquarters", "role=%00&area=%00", "area=chad", "area=x'--&exception=%00"]
)
def test_a_forged_link_fills_in_nothing_that_may_not_be_given(cast, sign_in, query):
    page = sign_in(cast[HQ]).get(f"{of(cast, 'invite/')}?{query}")
    assert page.status_code == 200
    assert page.context["form"]["area"].value() is None
    assert "checked" not in page.content.decode().split('name="role"', 1)[1].split('name="area"', 1)[0]


def test_with_two_left_nobody_is_asked(cast):
    for number in range(2):
        join(cast, f"p{number}@alba.example")
    end_membership(member(cast, FIELD), by=cast[HQ])
    assert successor_mails() == []
    end_membership(Membership.objects.get(user__email="p0@alba.example"), by=cast[HQ])
    assert successor_mails() == [HQ]


def test_without_a_focal_point_dss_headquarters_is_asked_and_never_who_left(cast, sign_in):
    leave(sign_in, cast[HQ], member(cast, HQ))
    assert successor_mails() == [DSS]
    assert drain() == 1
    assert "role=partner_headquarters" in mail.outbox[0].body


def test_a_suspended_organisation_is_asked_through_dss_headquarters(cast):
    add_standing(organisation=cast.organisations["alba"], kind="suspended", by=None)
    end_membership(member(cast, FIELD), by=cast[DSS])
    assert successor_mails() == [DSS]


def test_who_leaves_one_of_two_roles_is_not_asked_themselves(cast):
    Membership.objects.create(
        user=cast[HQ], organisation=cast.organisations["alba"], role="partner_field", area=cast.areas["south-sudan"]
    )
    end_membership(member(cast, FIELD), by=cast[HQ])
    Message.objects.all().delete()
    end_membership(member(cast, HQ, role="partner_field"), by=cast[HQ])
    assert successor_mails() == [DSS]


def test_the_mail_is_dropped_if_somebody_followed_meanwhile(cast):
    end_membership(member(cast, FIELD), by=cast[HQ])
    for number in range(2):
        join(cast, f"p{number}@alba.example")
    assert drain() == 0
    assert mail.outbox == []


def test_the_end_of_another_role_asks_nobody(cast):
    end_membership(member(cast, "ocha@un.example", "ocha"), by=cast[DSS])
    assert successor_mails() == []


def test_ending_twice_asks_once(cast):
    row = member(cast, FIELD)
    end_membership(row, by=cast[HQ])
    with pytest.raises(StaleState):
        end_membership(row, by=cast[FIELD])
    assert successor_mails() == [HQ]


# --- Who has not acknowledged the rules ---------------------------------------------------------------------


def test_the_focal_point_and_dss_headquarters_see_who_has_not(cast, sign_in):
    join(cast, "new@alba.example")
    for email in (HQ, DSS):
        rows = sign_in(cast[email]).get(of(cast)).context["items"]
        assert {row.user.email: row.has_acknowledged for row, _ in rows} == {
            HQ: True,
            FIELD: True,
            "new@alba.example": False,
        }


def test_the_platform_sees_numbers_of_its_members_and_no_names(cast, sign_in):
    join(cast, "new@alba.example")
    page = sign_in(cast[PLATFORM]).get("/people/rules/")
    [(area, items)] = page.context["areas"]
    assert area.code == "south-sudan"
    assert [(row.organisation.name, row.acknowledged, row.people) for row in items] == [
        ("INGO Alba", 2, 3),
        ("INGO Benu", 2, 2),
        ("IO Lake", 1, 1),
    ]
    text = page.content.decode()
    assert "2 of 3 people have acknowledged" in text
    assert not any(user.name in text or user.email in text for user in cast.people.values() if user != cast[PLATFORM])
    assert "INGO Suspended" not in text
    assert "INGO Cedar" not in text


def test_old_acknowledgements_do_not_count_for_the_platform(cast, sign_in):
    old = timezone.now() - timedelta(days=366)
    row = join(cast, "old@alba.example")
    RulesAcknowledgement.objects.create(user=row.user, version=1, at=old)
    RulesAcknowledgement.objects.create(user=row.user, version=1, at=old - timedelta(days=365))
    [(_, items)] = sign_in(cast[PLATFORM]).get("/people/rules/").context["areas"]
    assert (items[0].acknowledged, items[0].people) == (2, 3)


def test_for_everybody_else_the_page_does_not_exist(cast, sign_in):
    reached = {email for email in cast.people if sign_in(cast[email]).get("/people/rules/").status_code == 200}
    assert reached == {PLATFORM}
    Membership.objects.filter(user=cast[PLATFORM]).update(ends_at=timezone.now())
    assert sign_in(cast[PLATFORM]).get("/people/rules/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions_for_one_row_and_for_three(
    cast, sign_in, django_assert_num_queries, count
):
    keep = [cast.organisations[key] for key in ("alba", "benu", "lake")[:count]]
    Standing.objects.filter(kind="active").exclude(organisation__in=keep).delete()
    client = sign_in(cast[PLATFORM])
    client.get("/people/rules/")
    with django_assert_num_queries(7):
        page = client.get("/people/rules/")
    assert len(page.context["areas"][0][1]) == count
