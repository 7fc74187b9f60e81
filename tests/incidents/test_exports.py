"""Exports: who may ask for them, and what they hold (C9)."""

import io
import re
import uuid

import pikepdf
import pytest
import time_machine
from django.template.loader import render_to_string
from django.utils import timezone

from incidents import export_runs
from incidents.codes import Category, Outcome, Severity, StaffOf
from incidents.export_rows import COLUMNS, STAMPED, entries_of
from incidents.export_runs import rows_of, run_due
from incidents.exports import Busy
from incidents.models import Export, IncidentRelease
from sharing.access import access_of
from tests.factories.incidents import TEXTS, an_account, file_report, followed_up

from .exporting import DESK, LAKE, PURPOSE, address, ask, download, made, read_as, table
from .test_lists import make_reference

pytestmark = pytest.mark.django_db


class TestAsking:
    def test_the_way_through_the_pages(self, cast, sign_in, django_capture_on_commit_callbacks):
        ref = file_report(cast).incident.item.ref
        client = sign_in(cast[LAKE])
        assert 'href="/incidents/export/?"' in client.get("/incidents/").content.decode()
        page = client.get("/incidents/export/?q=torit").content.decode()
        assert "1 incident, as you see it on its page." in page
        assert "more than 100 confidential incidents" in page
        answer = client.post("/incidents/export/?q=torit", {"purpose": PURPOSE, "format": "csv", "with_hxl": "on"})
        export = Export.objects.of(cast[LAKE]).get()
        assert (answer.status_code, answer.url) == (302, address(export, file=False))
        assert "This is being made." in client.get(answer.url).content.decode()
        assert client.get(address(export)).status_code == 302
        assert run_due() == 1
        page = client.get(answer.url).content.decode()
        assert address(export) in page
        assert PURPOSE in page
        assert [row["Reference"] for row in table(client.get(address(export)))] == ["#event+id", ref]
        assert address(export, file=False) in client.get("/incidents/export/").content.decode()

    @pytest.mark.parametrize(
        ("post", "field"),
        [({"purpose": ""}, "purpose"), ({"purpose": " x "}, "purpose"), ({"purpose": "y" * 201}, "purpose"),
         ({"purpose": "a\x00bcdefg"}, "purpose"), ({"format": "xlsx"}, "format"), ({"format": ""}, "format")],
    )  # fmt: skip
    def test_what_is_missing_is_said_and_nothing_is_queued(self, cast, sign_in, post, field):
        file_report(cast)
        answer = sign_in(cast[LAKE]).post("/incidents/export/", {"purpose": PURPOSE, "format": "csv", **post})
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {field}
        assert not Export.objects.of(cast[LAKE]).exists()

    def test_nothing_to_export_and_filters_without_sense(self, cast, sign_in):
        client = sign_in(cast[LAKE])
        page = client.get("/incidents/export/")
        assert "There is nothing to export here." in page.content.decode()
        assert client.post("/incidents/export/", {"purpose": PURPOSE, "format": "csv"}).status_code == 422
        assert client.get("/incidents/export/?severity=9").url == "/incidents/?severity=9"
        assert not Export.objects.of(cast[LAKE]).exists()

    def test_limits(self, cast, sign_in, monkeypatch):
        make_reference(3)
        monkeypatch.setitem(export_runs.MOST, "pdf", 2)
        client = sign_in(cast[LAKE])
        answer = client.post("/incidents/export/", {"purpose": PURPOSE, "format": "pdf"})
        assert "A PDF holds 2 incidents at most." in answer.content.decode()
        monkeypatch.setitem(export_runs.MOST, "csv", 2)
        assert "These are more than 2 incidents." in client.get("/incidents/export/").content.decode()
        assert client.post("/incidents/export/", {"purpose": PURPOSE, "format": "csv"}).status_code == 422
        export = made(cast)  # it grew between asking and making
        assert (export.state, export.problem, export.file) == ("failed", "too_many", None)
        assert "Narrow the list" in client.get(address(export, file=False)).content.decode()

    def test_a_pdf_of_too_many_cannot_be_chosen(self, cast, sign_in, monkeypatch):
        make_reference(3)
        client = sign_in(cast[LAKE])
        assert " disabled" not in str(client.get("/incidents/export/").context["form"])
        monkeypatch.setitem(export_runs.MOST, "pdf", 2)
        form = str(client.get("/incidents/export/").context["form"])
        assert "A PDF holds 2 incidents at most; these are more." in form
        assert re.findall(r'value="(\w+)"[^>]* disabled', form) == ["pdf"]

    def test_one_finds_ones_exports_again(self, cast, sign_in):
        file_report(cast)
        client = sign_in(cast[LAKE])
        for page in ("/incidents/", "/incidents/?category=safety", "/incidents/export/", "/accounts/profile/"):
            assert 'href="/incidents/exports/"' in client.get(page).content.decode(), page
        assert "No exports yet." in client.get("/incidents/exports/").content.decode()
        ready, other = made(cast), made(cast, DESK, purpose="Of somebody else")
        waiting = ask(cast, purpose="<b>Another")
        page = client.get("/incidents/exports/").content.decode()
        assert [word in page for word in ("ready", "waiting", PURPOSE, "&lt;b&gt;Another")] == [True] * 4
        assert address(ready, file=False) in page
        assert address(waiting, file=False) in page
        assert "Of somebody else" not in page
        assert address(other, file=False) not in page
        with time_machine.travel(ready.expires_at):
            assert "removed" in re.sub("is removed after", "", sign_in(cast[LAKE]).get("/incidents/exports/").text)

    @pytest.mark.parametrize("number", [1, 3])
    def test_the_list_of_exports_asks_the_same(self, cast, sign_in, number, django_assert_num_queries):
        file_report(cast)
        for _ in range(number):
            made(cast)
        client = sign_in(cast[LAKE])
        client.get("/incidents/exports/")
        with django_assert_num_queries(6):
            assert len(client.get("/incidents/exports/").context["items"]) == number

    def test_one_at_a_time(self, cast, sign_in):
        file_report(cast)
        first = ask(cast)
        with pytest.raises(Busy) as busy:
            ask(cast)
        assert busy.value.export == first
        ask(cast, DESK)
        client = sign_in(cast[LAKE])
        answer = client.post("/incidents/export/", {"purpose": PURPOSE, "format": "csv"}, follow=True)
        assert answer.redirect_chain == [(f"{address(first, file=False)}?busy=1", 302)]
        assert "One export at a time" in answer.content.decode()
        run_due()
        assert ask(cast).pk != first.pk

    @pytest.mark.parametrize(
        "email",
        ["do@un.example", "platform@southsudan.example", "dss.chair@un.example", "wg@icva.example",
         "handler@un.example", "admin@portal.example", "applicant@dune.example", "nobody@elsewhere.example"],
    )  # fmt: skip
    def test_to_see_is_not_to_export(self, cast, sign_in, email):
        ref = file_report(cast, marking="TLP:CLEAR", choices=["everyone"]).incident.item.ref
        client = sign_in(cast[email])
        assert "/incidents/export/" not in client.get("/incidents/").content.decode()
        for page in ("/incidents/export/", f"/incidents/{ref}/export/", f"/incidents/exports/{uuid.uuid4()}/"):
            assert client.get(page).status_code == 404
        assert client.get("/incidents/exports/").status_code == 404
        assert "/incidents/exports/" not in client.get("/accounts/profile/").content.decode()
        assert client.post("/incidents/export/", {"purpose": PURPOSE, "format": "csv"}).status_code == 404
        assert not Export.objects.for_system("test").exists()

    def test_one_incident(self, cast, sign_in):
        ref, other = (file_report(cast).incident.item.ref for _ in range(2))
        hidden = file_report(cast, choices=["dss_desks"]).incident.item.ref
        client = sign_in(cast[LAKE])
        assert client.get(f"/incidents/{hidden}/export/").status_code == 404
        assert client.post(f"/incidents/{hidden}/export/", {"purpose": PURPOSE, "format": "csv"}).status_code == 404
        client.post(f"/incidents/{ref}/export/", {"purpose": PURPOSE, "format": "csv"})
        run_due()
        [row] = table(client.get(address(Export.objects.of(cast[LAKE]).get())))
        assert row["Reference"] == ref != other


class TestContent:
    def test_the_shared_release(self, cast, sign_in):
        file_report(cast)
        [row] = read_as(cast, sign_in, LAKE)
        assert (row["Originator"], row["Marking"], row["When"]) == (
            "withheld",
            "TLP:AMBER+STRICT",
            "2026-03-14T08:30+02:00",
        )
        assert (row["Killed"], row["Wounded"], row["Kidnapped"]) == ("1", "2", "")
        assert row["Severity"] == "4"
        assert row["What happened"] == TEXTS["what"]
        assert [row[name] for name in ("Persons", "Exact place", "Latitude", "People affected")] == [""] * 4
        assert "CANARY-EXACT" not in str(row)
        assert "Alba" not in str(row)

    def test_the_full_release(self, cast, sign_in):
        file_report(cast)
        [row] = read_as(cast, sign_in, DESK)
        assert (row["Originator"], row["Latitude"], row["Longitude"]) == ("INGO Alba", "4.41", "32.57")
        assert "CANARY-PERSONS" in row["Persons"]
        assert row["People affected"].startswith("2 wounded (ingo, national, male); 1 killed")

    def test_beside_each_code_its_words(self, cast, sign_in):
        file_report(cast, account=an_account(coded={"category": "road_attack"}))
        [row] = read_as(cast, sign_in, DESK)
        assert row["Category"] == "road_attack"
        assert row["Category, in words"] == str(Category.ROAD_ATTACK.label)
        assert row["Severity, in words"] == str(Severity(int(row["Severity"])).label)
        assert row["People affected, in words"].startswith(f"2 {Outcome.WOUNDED.label} ({StaffOf.INGO.label}, ")

    def test_an_export_says_what_it_is_for(self, cast, sign_in):
        file_report(cast)
        answer = sign_in(cast[LAKE]).post("/incidents/export/", {"purpose": " ", "format": "csv"})
        words = re.sub(r"<[^>]+>", " ", answer.content.decode())
        assert (answer.status_code, "Say what you need it for." in words, "for?:" in words) == (422, True, False)

    def test_every_row_says_for_what_by_whom_and_when(self, cast, sign_in):
        file_report(cast)
        make_reference(2)
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            rows = read_as(cast, sign_in, LAKE)
        said = {(row["Exported for"], row["Exported by"], row["Exported at"]) for row in rows}
        assert (len(rows), said) == (3, {(PURPOSE, cast[LAKE].name, f"{now:%Y-%m-%dT%H:%MZ}")})

    def test_formulas_and_negative_positions(self, cast, sign_in):
        texts = {**TEXTS, "what": '=HYPERLINK("http://x")', "place": "@SUM(1)", "position": [-4.41, -32.57]}
        file_report(cast, account=an_account(texts=texts))
        export = made(cast, DESK, purpose="=1+1 for planning")
        response = download(cast, sign_in, export, DESK)
        assert b",-4.41,-32.57," in response.content
        [row] = table(response)
        assert row["What happened"] == "'" + texts["what"]
        assert (row["Town, district or road"], row["Exported for"]) == ("'@SUM(1)", "'=1+1 for planning")

    @pytest.mark.parametrize(
        ("precision", "written"),
        [("exact", "2026-03-14T08:30+02:00"), ("day", "2026-03-14"), ("not_sure", "2026-03-14"), ("month", "2026-03"),
         ("year", "2026")],
    )  # fmt: skip
    def test_no_more_exact_than_known(self, cast, sign_in, precision, written):
        file_report(cast, account=an_account(time_precision=precision))
        assert read_as(cast, sign_in, LAKE)[0]["When"] == written

    def test_filters_and_order_are_those_of_the_list(self, cast, sign_in):
        refs = [
            file_report(cast, account=an_account(coded={"category": c})).incident.item.ref for c in ("safety", "threat")
        ]
        assert [row["Reference"] for row in read_as(cast, sign_in, LAKE, query="category=threat")] == refs[1:]
        rows = read_as(cast, sign_in, LAKE, query="order=oldest&q=torit")
        assert [row["Reference"] for row in rows] == refs

    def test_headings_and_tags_are_as_many_as_cells(self, cast, sign_in):
        file_report(cast)
        rows = read_as(cast, sign_in, LAKE, with_hxl=True)
        assert len(rows[0]) == len(COLUMNS) + len(STAMPED) == len({tag for _l, tag, *_c in [*COLUMNS, *STAMPED]})
        assert all(tag.startswith("#") for tag in rows[0].values())

    def test_in_the_language_of_the_reader(self, cast, sign_in):
        file_report(cast)
        cast[LAKE].language = "fr"
        cast[LAKE].save()
        export = made(cast)
        header = download(cast, sign_in, export).content.decode("utf-8-sig").split("\r\n")[0]
        assert '"Marking"' not in header or '"Reference"' not in header

    def test_a_text_that_cannot_be_opened_does_not_spoil_the_rest(self, cast, sign_in):
        broken, whole = (file_report(cast).incident.item for _ in range(2))
        IncidentRelease.objects.for_system("test").filter(release__item=broken).update(sealed=b"x")
        rows = {row["Reference"]: row for row in read_as(cast, sign_in, LAKE)}
        assert rows[broken.ref]["What happened"] == "cannot be opened"
        assert rows[whole.ref]["What happened"] == TEXTS["what"]

    def test_every_text_that_the_page_shows_is_in_the_table_and_in_the_dossier(self, cast, sign_in):
        report = followed_up(cast, file_report(cast), actor_name="CANARY-ACTOR")
        page = sign_in(cast[LAKE]).get(f"/incidents/{report.incident.item.ref}/").content.decode()
        shown = set(re.findall(r"CANARY-\w+", page))
        [row] = read_as(cast, sign_in, LAKE)
        assert set(re.findall(r"CANARY-\w+", " ".join(row.values()))) == shown >= {"CANARY-NEWS", "CANARY-WHAT"}
        rows = rows_of(access_of(cast[LAKE])).with_release().select_related("report")
        entries = entries_of(list(rows))
        dossier = render_to_string("incidents/export_dossier.html", {"entries": entries})
        assert set(re.findall(r"CANARY-\w+", dossier)) == shown

    @pytest.mark.slow
    def test_the_dossier(self, cast, sign_in):
        file_report(cast, marking="TLP:GREEN", choices=["community"])
        ref = file_report(cast).incident.item.ref
        export = made(cast, format="pdf")
        assert (export.state, export.problem) == ("done", "")
        response = download(cast, sign_in, export)
        assert response["Content-Type"] == "application/pdf"
        with pikepdf.open(io.BytesIO(response.content)) as pdf:
            assert "/Author" not in pdf.docinfo
            info = str(dict(pdf.docinfo)) + str(pdf.open_metadata())
        assert "Alba" not in info
        assert cast[LAKE].name not in info
        assert ref not in response["Content-Disposition"]
