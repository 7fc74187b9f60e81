"""Every part is locked, with hashes; `make audit` asks for their weaknesses."""

import re

import pytest

from tests.conftest import REPOSITORY


@pytest.mark.parametrize("lock", ["requirements.txt", "tests/requirements.txt"])
def test_every_part_has_a_version_and_hashes(lock):
    text = re.sub(r"\s*\\\n\s*", " ", (REPOSITORY / lock).read_text())
    parts = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(parts) > 10
    for part in parts:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+( ; .+?)?( --hash=sha256:[0-9a-f]{64})+$", part), part[:60]


def test_what_is_wanted_is_locked():
    for wanted, lock in (("requirements.in", "requirements.txt"), ("tests/requirements.in", "tests/requirements.txt")):
        names = re.findall(r"^([a-z][a-z0-9-]+)", (REPOSITORY / wanted).read_text(), re.MULTILINE)
        locked = set(re.findall(r"^([a-z0-9._-]+)==", (REPOSITORY / lock).read_text(), re.MULTILINE))
        locked |= set(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])==", (REPOSITORY / lock).read_text(), re.MULTILINE))
        assert not [name for name in names if name not in locked]


def test_installing_demands_the_hashes():
    assert "--require-hashes" in (REPOSITORY / "bin" / "install").read_text()
