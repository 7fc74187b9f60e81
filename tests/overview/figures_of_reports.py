"""Figures for tests of reports, whatever figures the portal has: every sort of value, and one that data can disturb."""

from governance.models import Decision
from overview.figures import registry
from overview.figures.registry import NO_DATA, Figure


class Visits(Figure):
    """Things that happen in a time, in steps, not known, and not counted."""

    code, title, definition = "trial.visits", "Visits", "Every visit in the time, whoever made it."
    suppression, unit, key_name, columns, chart = "Fewer than five are 1–4.", "visits", "Area", ("all", "long"), "bars"
    on_dashboard = False

    def count(self, period):
        """Less in the time before, in which two rows are not the same."""
        if period.first.year % 2:
            return [("south-sudan", [12, [1, 4]]), ("chad", [[5, 9], 0]), ("kenya", [None, NO_DATA]), ("=1+1", [0, 0])]
        return [("south-sudan", [1204, [1, 4]]), ("gone", [3, None])]

    def label(self, key):
        """Also what a spreadsheet would take for a formula."""
        return {"south-sudan": "South Sudan", "=1+1": '=HYPERLINK("x")'}.get(key, key.capitalize())


class Quarters(Visits):
    """Rows that are times themselves."""

    code, title, definition, columns, key_name = "trial.quarters", "Visits by quarter", "As above.", ("all",), "Quarter"
    suppression, chart, unit = "", "trend", ""

    def count(self, period):
        """Four."""
        return [(f"{period.first.year}-Q{at}", [[5 * at, 5 * at + 4]]) for at in range(1, 5)]

    def label(self, key):
        """As it is."""
        return key


class Present(Figure):
    """How things stand, from dated rows: what is recorded later does not count."""

    code, title, definition, key_name = "trial.present", "Decisions", "Those opened by then.", "Question"
    columns, is_of_moment, on_dashboard = ("number",), True, False

    def count(self, period):
        """By question."""
        rows = Decision.objects.for_system("a test counts").filter(opened_at__lt=period.as_of).order_by("question")
        questions = list(rows.values_list("question", flat=True))
        return [(question, [questions.count(question)]) for question in dict.fromkeys(questions)]

    def label(self, key):
        """The code."""
        return key


def trial_figures(monkeypatch) -> None:
    """Only these three, for one test."""
    monkeypatch.setattr(registry, "_figures", {one.code: one() for one in (Visits, Quarters, Present)})
