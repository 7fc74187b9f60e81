"""Reading the list of members that a platform brings: whatever people bring, members or one clear sentence."""

import io
import zipfile

import openpyxl
import pytest

from partners import member_files
from partners.member_files import Listing, read_members
from slt_portal.tables import TableError


def workbook(*rows) -> bytes:
    """A workbook of one sheet."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    """A small workbook that unpacks to twenty megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"<row/>" * 3_500_000)
    return out.getvalue()


READ = {
    "only names": (b"Name\nAlba\nBenu\n", [Listing(2, "Alba"), Listing(3, "Benu")]),
    "all columns, other order, French": (
        "Membres;;;\nType;Sigle;Nom;Site web\nONG nationale;SEC;Secours  de l’Est;est.example\n".encode(),
        [Listing(3, "Secours de l’Est", "SEC", "ONG nationale", "est.example")],
    ),
    "organisation, not the person's name": (
        b"Organisation,Name,HQ\nAlba,Jane,IE\n",
        [Listing(2, "Alba", said_more="IE")],
    ),
    "tags": (b"Who,What\n#org,#org+type\nAlba,INGO\n", [Listing(3, "Alba", said_kind="INGO")]),
    "right to left": ("\ufeffname\nجمعية الأمل\n".encode(), [Listing(2, "جمعية الأمل")]),
    "workbook": (workbook(["Name", "Acronym"], ["Alba", "A"], [None, None], ["Benu"]),
                 [Listing(2, "Alba", "A"), Listing(4, "Benu")]),
    "program, disarmed by being text": (b'name\n"@SUM(A1)"\n', [Listing(2, "@SUM(A1)")]),
}  # fmt: skip
REFUSED = {
    "empty": (b"  \n", "This file is empty."),
    "header only": (b"name,acronym\n\n,,\n", "This list has no members"),
    "no column of names": (b"colour,number\nred,1\n", "not found: “name”"),
    "one column without header": (b"Alba\nBenu\n", "not found: “name”"),
    "too many": (b"name\n" + b"Alba\n" * 2_001, "more than 2,000 rows"),
    "no name": (b"name,type\nAlba,INGO\n,INGO\n", "Row 3 has no name."),
    "formula": (b'name\n"=HYPERLINK(""http://evil.example"")"\n', "Row 2 has a formula"),
    "signs only": ("name\n– –\n".encode(), "Row 2 has no letters"),
    "long": (b"name\n" + b"A" * 201 + b"\n", "Row 2 has a cell of more than 200 characters."),
    "many errors": (b"name,type\n" + b",INGO\n" * 9, "Row 6 has no name. 4 more rows like this."),
    "formula without a result": (workbook(["name"], ["=1+1"]), "Row 2 has a formula"),
    "not UTF-8": ("name\nMédecins\n".encode("latin-1"), "not UTF-8"),
    "quotation mark": (b'name\n"Alba\nBenu\n', "quotation mark is not closed"),
    "picture": (b"\x89PNG\r\n", "This is a picture"),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
    "JSON": (b' [{"name": "Alba"}]', "This is no table."),
    "damaged workbook": (b"PK\x03\x04" + b"x" * 100, "This workbook is damaged"),
    "swelling workbook": (bomb(), "unpacks to more than 2 MB"),
    "twins": (b"name,name\nAlba,Benu\n", "two columns “name”"),
}


@pytest.mark.parametrize("case", READ)
def test_a_list_is_read(case):
    data, expected = READ[case]
    assert read_members(data) == expected


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_list_gets_one_sentence(case):
    data, sentence = REFUSED[case]
    assert len(data) < 2 * 1024 * 1024
    with pytest.raises(TableError) as caught:
        read_members(data)
    assert sentence in str(caught.value)


def test_as_many_as_there_may_be():
    data = b"name\n" + b"".join(b"Member %d\n" % n for n in range(member_files.MAX_ROWS))
    assert len(read_members(data)) == member_files.MAX_ROWS
