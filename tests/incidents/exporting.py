"""Asking for exports, making them at once, and reading the tables back."""

import csv
import io

from incidents.export_runs import run_due
from incidents.exports import ask_export
from incidents.models import Export

LAKE, DESK, ALBA = "io@lake.example", "dss.hq@un.example", "field@alba.example"
PURPOSE = "Route planning for the convoy of Tuesday"


def ask(cast, email=LAKE, **how) -> Export:
    return ask_export(**{"by": cast[email], "format": "csv", "purpose": PURPOSE, **how})


def made(cast, email=LAKE, **how) -> Export:
    export = ask(cast, email, **how)
    run_due()
    return Export.objects.of(cast[email]).select_related("file__data_key").get(pk=export.pk)


def address(export, file=True) -> str:
    return f"/incidents/exports/{export.pk}/" + ("file/" if file else "")


def download(cast, sign_in, export, email=LAKE):
    return sign_in(cast[email]).get(address(export))


def table(response) -> list[dict]:
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def read_as(cast, sign_in, email, **how):
    return table(download(cast, sign_in, made(cast, email, **how), email))
