"""The printed matrix of who sees what."""

import pytest
from django.core.management import CommandError, call_command

from organisations.roles import ROLES
from overview.management.commands import state_tables, who_sees_what
from sharing.markings import ALLOWED

from . import oracle


def test_the_printed_matrix_is_current():
    call_command("who_sees_what", check=True)


def test_an_old_matrix_is_found(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(who_sees_what, "PLACE", tmp_path / "docs" / "who-sees-what.md")
    with pytest.raises(CommandError, match="run manage.py who_sees_what"):
        call_command("who_sees_what", check=True)
    call_command("who_sees_what")
    call_command("who_sees_what", check=True)
    who_sees_what.PLACE.write_text("old", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("who_sees_what", check=True)


def test_the_matrix_has_every_role():
    printed = who_sees_what.matrix()
    assert all(f"| {role.label} |" in printed for role in ROLES.values())


def test_the_table_of_markings_is_the_one_of_the_architecture():
    assert {str(marking): {str(choice) for choice in choices} for marking, choices in ALLOWED.items()} == {
        marking: set(choices) for marking, choices in oracle.ALLOWED.items()
    }


def test_the_printed_states_are_current():
    call_command("state_tables", check=True)


def test_old_states_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(state_tables, "PLACE", tmp_path / "states.md")
    with pytest.raises(CommandError, match="older than the code"):
        call_command("state_tables", check=True)
