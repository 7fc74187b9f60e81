"""Who helps: kept by handlers and DSS headquarters, shown to everybody, marked when nobody confirmed it (C10)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Event
from restricted.models import SupportService
from tests.factories.restricted import ALBA, HANDLER, HQ, a_service

pytestmark = pytest.mark.django_db
LIST, NEW = "/support/services/", "/support/services/new/"
FORM = {
    "kind": "medical",
    "area": "",
    "name": "Clinic <b>x</b> ليلى",
    "telephone": "+41 22",
    "what": "",
    "languages": "",
    "hours": "",
}


@pytest.mark.parametrize("person", [HANDLER, HQ])
def test_it_is_added_changed_confirmed_and_taken_out(cast, sign_in, person):
    client = sign_in(cast[person])
    assert client.post(NEW, FORM)["Location"] == LIST
    row = SupportService.objects.get()
    assert client.post(NEW, FORM).status_code == 422  # a double click
    page = sign_in(cast[ALBA]).get("/support/").content.decode()
    assert "Clinic &lt;b&gt;x&lt;/b&gt; ليلى" in page
    edit = f"{LIST}{row.ref}/"
    assert client.get(edit).context["form"].initial["name"] == FORM["name"]
    assert client.post(edit, {**FORM, "area": "chad", "telephone": "+235 1"}).status_code == 302
    SupportService.objects.update(confirmed_on=timezone.now().date() - timedelta(days=200))
    assert "Not confirmed since" in sign_in(cast[ALBA]).get("/support/").content.decode()
    assert client.post(f"{edit}confirm/").status_code == 302
    assert "Not confirmed since" not in sign_in(cast[ALBA]).get("/support/").content.decode()
    assert client.post(f"{edit}end/").status_code == 302
    assert client.post(f"{edit}end/").status_code == 404
    assert "Clinic" not in sign_in(cast[ALBA]).get("/support/").content.decode()
    assert set(Event.objects.filter(object_type="service").values_list("actor", flat=True)) == {str(cast[person].pk)}
    assert client.post(NEW, FORM).status_code == 302  # the name is free again


@pytest.mark.parametrize("person", [ALBA, "admin@portal.example", "wg@icva.example"])
def test_nobody_else_keeps_them(cast, sign_in, person):
    row, client = a_service(cast), sign_in(cast[person])
    assert client.post(NEW, FORM).status_code == 404
    for end in ("", "confirm/", "end/"):
        assert client.post(f"{LIST}{row.ref}/{end}", FORM).status_code == 404
    assert SupportService.objects.filter(ended_on=None).count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"name": ""}, "name"), ({"telephone": ""}, "telephone"), ({"kind": "x"}, "kind"), ({"what": "x" * 201}, "what")],
)
def test_what_is_wrong_is_said_at_its_field(cast, sign_in, changes, field):
    answer = sign_in(cast[HQ]).post(NEW, {**FORM, **changes})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


@pytest.mark.parametrize("item_count", [1, 3])
def test_the_list_asks_the_same_for_one_and_three(cast, sign_in, django_assert_num_queries, item_count):
    for number in range(item_count):
        a_service(cast, f"Clinic {number}", area=cast.areas["chad"])
    client = sign_in(cast[HQ])
    client.get(LIST)
    with django_assert_num_queries(7):
        client.get(LIST)
