"""The table of OWASP ASVS 5.0 is complete, counts right and names only what exists; and what it says of the code."""

import ast
import re
from collections import Counter
from functools import cache

import pytest

from tests.conftest import REPOSITORY

TABLE = REPOSITORY / "docs" / "asvs.md"
NUMBERS = REPOSITORY / "tests" / "hardening" / "asvs_numbers.txt"  # numbers and levels of 5.0.0, nothing else
STATES = ["met", "not applicable", "operator", "open"]
APPS = [path.parent.name for path in REPOSITORY.glob("*/apps.py")]


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.fixture(scope="module")
def rows():
    """The rows of the table: number, level, topic, state, where, test."""
    return [cells(line) for line in TABLE.read_text().splitlines() if re.match(r"\| \d+\.\d+\.\d+ \|", line)]


@cache
def names_in(path):
    tree = ast.parse((REPOSITORY / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_table_is_complete_and_true(rows):
    expected = [tuple(line.split()) for line in NUMBERS.read_text().splitlines()]
    assert len(expected) == 253
    assert [(row[0], row[1]) for row in rows] == expected
    assert {len(row) for row in rows} == {6}
    assert {row[3] for row in rows} == set(STATES)


def test_the_counts_at_its_top_are_right(rows):
    counted = Counter((row[3], row[1]) for row in rows)
    said = {row[0]: row[1:] for row in map(cells, TABLE.read_text().splitlines()) if row[0] in [*STATES, "all"]}
    for state in STATES:
        one, two = counted[state, "1"], counted[state, "2"]
        assert said[state] == [str(one), str(two), str(one + two)]
    assert said["all"] == ["70", "183", "253"]


def test_every_file_and_test_in_it_exists(rows):
    wrong = []
    for number, _level, topic, state, where, test in rows:
        for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", test):
            if not (REPOSITORY / path).is_file() or name not in names_in(path):
                wrong.append(f"{number}: {path}::{name}")
        for path in re.findall(r"`((?:[\w-]+/)+[\w.-]+)`", where) + re.findall(r"\]\(([\w-]+\.md)\)", where):
            if not (REPOSITORY / path).exists() and not (TABLE.parent / path).exists():
                wrong.append(f"{number}: {path}")
        if not topic or (state != "not applicable" and not where and "::" not in test):
            wrong.append(f"{number}: says nothing")
    assert wrong == []


def test_no_code_is_made_of_text():
    """No eval, exec, pickle, marshal, yaml or shell in what runs in production."""
    wrong = []
    for path in [path for app in [*APPS, "slt_portal"] for path in (REPOSITORY / app).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            name = getattr(called, "id", "")
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            shell = isinstance(node, ast.keyword) and node.arg == "shell"
            if name in {"eval", "exec", "compile", "__import__"} or shell:
                wrong.append(f"{path}:{node.lineno}")
            if {"pickle", "marshal", "yaml", "shelve", "dill"} & set(imported):
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == []


def test_scripts_write_text_and_nothing_else():
    """Our scripts make no HTML of strings, run none, keep nothing in the browser and talk to no other window."""
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(['\"]"
    forbidden += r"|localStorage|sessionStorage|indexedDB|document\.cookie|postMessage|__proto__|https?://"
    scripts = list((REPOSITORY / "static").rglob("*.js"))
    assert len(scripts) >= 4
    assert [(path.name, re.findall(forbidden, path.read_text())) for path in scripts] == [
        (path.name, []) for path in scripts
    ]
