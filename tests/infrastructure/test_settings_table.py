"""docs/settings.md names every setting that the code and the deployment read, with the default it has there."""

import ast
import re

from tests.infrastructure.commands import REPOSITORY
from tests.test_architecture import APPS

NAME = re.compile(r"(?:SLT_[A-Z0-9_]+|PORT)")
READERS = {"text", "number", "flag", "words"}
# What a start script tells its own configuration, and no operator sets.
INTERNAL = {"SLT_PROXY_PAGES"}
SCRIPTS = ["docker-compose.yml", "deploy/start", "deploy/healthy", "deploy/nginx/start", "deploy/postgresql/make-roles"]


def trees():
    """Every module of the portal, parsed."""
    for package in [*APPS, "slt_portal"]:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            yield path, ast.parse(path.read_text())


def table() -> dict[str, tuple[str, ...]]:
    """The rows of all tables in docs/settings.md, by name."""
    lines = (REPOSITORY / "docs/settings.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    names = [row[0].strip("`") for row in rows]
    assert len(names) == len(set(names)), "each setting once"
    assert all(len(row) == 5 and all(row) for row in rows), "name, needed, default, meaning, example"
    return dict(zip(names, (tuple(row[1:]) for row in rows), strict=True))


def names_in_code() -> set[str]:
    strings = {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text.removesuffix("_FILE") for text in strings if NAME.fullmatch(text) and not text.startswith("SLT_TEST_")}


def names_in_scripts() -> set[str]:
    found = set()
    for name in SCRIPTS:
        text = (REPOSITORY / name).read_text()
        found |= set(re.findall(r"\$\{(SLT_[A-Z_]+|PORT)\b", text)) | set(re.findall(r"^ +(SLT_[A-Z_]+): ", text, re.M))
    return {name.removesuffix("_FILE") for name in found} - INTERNAL


def test_the_table_names_what_is_read_and_nothing_else():
    assert set(table()) == names_in_code() | names_in_scripts()


def test_no_name_is_put_together():
    """Else nobody finds it by looking for it, this test least of all."""
    for path, tree in trees():
        for node in ast.walk(tree):
            parts = node.values if isinstance(node, ast.JoinedStr) else []
            made = [part.value for part in parts[:-1] if isinstance(part, ast.Constant)]
            assert not any(re.search(r"SLT_[A-Z_]*_$", part) for part in made), f"{path}:{node.lineno}"


def test_the_defaults_are_those_of_the_code():
    rows = table()
    for path, tree in trees():
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and len(call.args) == 2 and _called(call) in READERS):
                continue
            name, default = (argument.value if isinstance(argument, ast.Constant) else None for argument in call.args)
            if not (isinstance(name, str) and NAME.fullmatch(name)) or default in {None, ""} or "embedded" in path.name:
                continue
            shown = {True: "yes", False: "no"}.get(default, str(default)) if isinstance(default, bool) else str(default)
            assert shown in rows[name][1], f"{path}:{call.lineno}"


def test_everything_that_starts_in_production_without_a_default_is_said_to_be_needed():
    rows = table()
    for path, tree in trees():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and len(call.args) == 1 and _called(call) == "text":
                name = call.args[0]
                if isinstance(name, ast.Constant) and NAME.fullmatch(str(name.value)):
                    assert rows[name.value][0] == "yes", f"{path}:{call.lineno}"


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
