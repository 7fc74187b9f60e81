"""Conventions, walked over everything: what docs/architecture.md says about shape is held here."""

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
# The total order: an app imports only apps above it.
APPS = [
    "audit",
    "accounts",
    "areas",
    "notifications",
    "organisations",
    "documents",
    "sharing",
    "governance",
    "partners",
    "coordination",
    "incidents",
    "restricted",
    "alerts",
    "implementation_levels",
    "feedback",
    "overview",
    "operations",
    "demo",
]
BANNED_NAMES = {"utils", "helpers", "common", "services", "core", "misc", "managers"}
LINES_OF_FILE = 400
LINES_OF_FUNCTION = 50
LINES_OF_TEMPLATE = 150
# slt_portal helps every app and knows none; these three put the whole together.
ASSEMBLY = {"slt_portal/urls.py", "slt_portal/celery.py"}
# Words that would bypass the one rule of who sees what; the wrapper alone may say them.
GRANTS = {"sharing/grants.py", "sharing/models/items.py", "feedback/grants.py", "feedback/models/cases.py"}
ASSEMBLED_HTML: set[str] = set()  # files allowed to mark a string as safe HTML, each with its reason
PACKAGES = [path for name in [*APPS, "slt_portal"] if (path := REPOSITORY / name).is_dir()]


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


SOURCES = {name_of(path): path for package in PACKAGES for path in sorted(package.rglob("*.py"))}
TESTS = {name_of(path): path for path in sorted((REPOSITORY / "tests").rglob("*.py"))}
WRITTEN = {name: path for name, path in (SOURCES | TESTS).items() if "/migrations/" not in name}
TEMPLATES = {name_of(path): path for path in sorted((REPOSITORY / "templates").rglob("*")) if path.is_file()}
STYLES = {name_of(path): path for path in sorted((REPOSITORY / "static").rglob("*.css"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in WRITTEN.items()}
CODE = {name: tree for name, tree in TREES.items() if name in SOURCES}


def imported(tree: ast.AST) -> set[str]:
    """The dotted names that a module imports, wherever in it; `from a import b` gives both a and a.b."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def apps_imported(name: str) -> set[str]:
    return {module.partition(".")[0] for module in imported(CODE[name])} & set(APPS)


def below(name: str) -> set[str]:
    """The apps that this file may not import."""
    app = name.partition("/")[0]
    if app == "slt_portal":
        return set() if name in ASSEMBLY or name.startswith("slt_portal/settings/") else set(APPS)
    return set(APPS[APPS.index(app) + 1 :])


def wrong(files: Iterable[str], check: Callable[[str], Any]) -> dict[str, Any]:
    """What `check` finds wrong, by file; files with nothing wrong are left out."""
    return {name: found for name in files if (found := check(name))}


def test_an_app_imports_only_apps_above_it():
    assert wrong(CODE, lambda name: apps_imported(name) & below(name)) == {}


def test_code_does_not_import_tests():
    importers = {name for name, tree in CODE.items() if any(m.split(".")[0] == "tests" for m in imported(tree))}
    assert importers == {"slt_portal/settings/testing.py"}


def test_the_walk_sees_imports_inside_functions():
    tree = ast.parse("def f():\n    from incidents.models import Incident\n    import alerts.views as v")
    assert imported(tree) == {"incidents.models", "incidents.models.Incident", "alerts.views"}


def test_every_installed_app_is_in_the_order(settings):
    ours = [app for app in settings.INSTALLED_APPS if (REPOSITORY / app).is_dir()]
    assert ours == [app for app in APPS if app in ours]
    folders = {path.parent.name for path in REPOSITORY.glob("*/apps.py")}
    assert folders == set(ours), "no app without being installed"


def test_no_module_is_named_after_nothing():
    assert wrong(WRITTEN, lambda name: {Path(part).stem for part in Path(name).parts} & BANNED_NAMES) == {}


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_a_file_has_at_most_400_lines():
    assert wrong(WRITTEN, lambda name: lines_of(WRITTEN[name]) > LINES_OF_FILE) == {}


def test_a_function_has_at_most_50_lines():
    def too_long(name):
        functions = [node for node in ast.walk(TREES[name]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        return [f.name for f in functions if f.end_lineno - f.lineno >= LINES_OF_FUNCTION]

    assert wrong(WRITTEN, too_long) == {}


def test_a_template_has_at_most_150_lines():
    assert wrong(TEMPLATES, lambda name: lines_of(TEMPLATES[name]) > LINES_OF_TEMPLATE) == {}


def names_used(tree: ast.AST) -> set[str]:
    """Every name and attribute that a module mentions in code, not in text."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {part for module in imported(tree) for part in module.split(".")}


def test_what_is_to_be_translated_is_found():
    """The gathering of texts knows the functions of Django by their names, and `_`: it misses any other name."""

    def found(name):
        imports = [node for node in ast.walk(CODE[name]) if isinstance(node, ast.ImportFrom)]
        rows = [alias for node in imports if node.module == "django.utils.translation" for alias in node.names]
        return [alias.asname for alias in rows if alias.asname not in {None, "_", alias.name}]

    assert wrong(CODE, found) == {}


def test_no_signals():
    signals = {"receiver", "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed"}
    assert wrong(CODE, lambda name: names_used(CODE[name]) & signals) == {}


def test_no_save_is_overridden():
    def overridden(name):
        return [
            f"{model.name}.{item.name}"
            for model in ast.walk(CODE[name])
            if isinstance(model, ast.ClassDef) and not model.name.endswith(("Form", "SessionStore"))
            for item in model.body
            if isinstance(item, ast.FunctionDef) and item.name == "save"
        ]

    assert wrong(CODE, overridden) == {}


def test_nobody_asks_django_or_guardian_who_may():
    def asks(name):
        modules = imported(CODE[name])
        if name in GRANTS:
            return {module for module in modules if module.startswith(("guardian.shortcuts", "guardian.mixins"))}
        permissions = {"has_perm", "has_perms", "is_superuser", "PermissionRequiredMixin"}
        return names_used(CODE[name]) & permissions | {m for m in modules if m.split(".")[0] == "guardian"}

    assert wrong(CODE, asks) == {}


def test_code_never_calls_a_string_safe():
    files = [name for name in CODE if name not in ASSEMBLED_HTML]
    assert wrong(files, lambda name: names_used(CODE[name]) & {"mark_safe", "SafeString", "SafeText"}) == {}


def test_a_template_escapes_everything_and_has_no_inline_style_or_script():
    def forbidden(name):
        patterns = {
            "the filter safe": r"\|\s*safe(seq)?\b",
            "autoescape off in HTML": r"autoescape\s+off" if name.endswith(".html") else r"(?!)",
            "a style attribute": r"<[^>]*\sstyle\s*=",
            "a handler attribute": r"<[^>]*\son[a-z]+\s*=",
            "a script in the page": r"<script(?![^>]*\ssrc=)[^>]*>",
            "a style sheet in the page": r"<style\b",
            "an address that runs": r"javascript:",
        }
        text = TEMPLATES[name].read_text(encoding="utf-8")
        return [what for what, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE)]

    assert wrong(TEMPLATES, forbidden) == {}


def test_style_sheets_use_logical_properties():
    physical = (
        r"(?:margin|padding|border)-(?:left|right)\b|(?:^|[;{\s])(?:left|right)\s*:|text-align\s*:\s*(?:left|right)"
    )

    def found(name):
        text = re.sub(r"/\*.*?\*/", "", STYLES[name].read_text(encoding="utf-8"), flags=re.DOTALL)
        return re.findall(physical, text)

    assert STYLES
    assert wrong(STYLES, found) == {}


def test_a_text_without_markup_names_days_without_markup():
    """A day is marked up: in plain text, in a subject and in the title of a mail the tags would be read."""
    marked = r"\|\s*(?:day|moment|age)\b(?!\s*\|\s*striptags)"

    def found(name):
        text = TEMPLATES[name].read_text(encoding="utf-8")
        if name.endswith(".html"):
            text = " ".join(re.findall(r"{% block preheader %}(.*?){% endblock %}", text))
        return re.findall(marked, text)

    mails = [name for name in TEMPLATES if name.endswith(".txt") or "/email/" in name]
    assert mails
    assert wrong(mails, found) == {}
