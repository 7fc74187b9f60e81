"""What every answer says about copies of itself."""

import pytest
from django.test import Client

from tests.factories.incidents import file_report


def test_no_page_may_be_kept(cast, sign_in):
    ref = file_report(cast).incident.item.ref
    reporter, focal_point = sign_in(cast["field@alba.example"]), sign_in(cast["hq@alba.example"])
    for path in ("/", "/incidents/", "/areas/", f"/incidents/{ref}/", f"/incidents/{ref}/receipt/"):
        response = reporter.get(path)
        assert response.status_code == 200
        assert {"no-store", "private"} <= set(response.headers["Cache-Control"].split(", ")), path
    for path in ("/people/", "/accounts/profile/", "/accounts/2fa/recovery-codes/", "/no/such/page/"):
        assert "no-store" in focal_point.get(path, follow=True).headers["Cache-Control"], path


def test_the_report_form_may_come_back_with_what_was_typed(cast, sign_in):
    client = sign_in(cast["field@alba.example"])
    assert client.post("/incidents/report/", {}).headers["Cache-Control"] == "private, no-cache"
    assert client.get("/incidents/report/").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/invitations/none/", "/incidents/"])
def test_nor_what_strangers_see(path):
    assert "no-store" in Client().get(path).headers["Cache-Control"]


def test_static_files_are_answered_before_and_kept(settings):
    order = settings.MIDDLEWARE
    assert order.index("whitenoise.middleware.WhiteNoiseMiddleware") < order.index("slt_portal.middleware.NoStore")


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/incidents/drafts/", "/incidents/"),
        ("/language/", "/"),
        ("/incidents/REF/desk/acknowledge/", "/incidents/REF/desk/"),
        ("/incidents/REF/desk/answer/00000000-0000-0000-0000-000000000000/", "/incidents/REF/desk/"),
    ],
)
def test_an_address_that_only_acts_leads_to_the_page_above_it(cast, sign_in, path, above):
    """Opened bare, or by way of another language after a form on it was refused."""
    ref = file_report(cast).incident.item.ref
    path, above = path.replace("REF", ref), above.replace("REF", ref)
    client = sign_in(cast["field@alba.example" if path == "/incidents/drafts/" else "dss.field@un.example"])
    answer = client.post("/language/", {"language": "fr", "next": path}, follow=True)
    assert (answer.redirect_chain[-1], answer.status_code) == ((above, 302), 200)


def test_what_is_sent_to_a_page_that_takes_nothing_is_answered_with_a_page(cast, sign_in):
    answer = sign_in(cast["io@lake.example"]).post("/incidents/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert "Nothing was changed" in answer.content.decode()
    assert "<h1>" in sign_in(cast["io@lake.example"]).put("/areas/").content.decode()
