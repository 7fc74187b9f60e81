"""The number of cases walked, in pytest's summary. A plugin: in a run over several processes the controlling one, which
adds up, loads no conftest of a folder.
"""

from collections import Counter

_walked: Counter = Counter()


def pytest_runtest_logreport(report):
    """Add up what a test counted; runs in the controlling process."""
    if report.when == "call":
        for name, value in report.user_properties:
            if name == "walked":
                what, _, number = value.rpartition("=")
                _walked[what] += int(number)


def pytest_terminal_summary(terminalreporter):
    """Say how many cases were walked."""
    if _walked:
        parts = ", ".join(f"{number:,} {what}" for what, number in sorted(_walked.items()))
        terminalreporter.write_line(f"Visibility: {sum(_walked.values()):,} cases walked ({parts}).")
