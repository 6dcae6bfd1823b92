"""`frontdesk user`: staff keys by command, on an installation that stands still and on one that runs."""

import io
from pathlib import Path

import pytest

from command import Run
from running import running


def _names(run: Run) -> list[str]:
    return [row["name"] for row in run("user", "list", "--json").json]


def test_a_key_is_printed_once_and_listed_by_its_name(run: Run) -> None:
    added = run("user", "add", "ana")
    assert added.code == 0
    assert added.out.startswith("fd_")
    assert "shown this once" in added.err
    listed = run("user", "list")
    assert "ana" in listed.out
    assert added.out.strip() not in listed.out


def test_json_has_the_key_and_nothing_else_on_stdout(run: Run) -> None:
    made = run("user", "add", "ana", "--json").json
    assert set(made) == {"name", "staff_key"}
    assert _names(run) == ["ana"]


def test_a_name_is_taken_once(run: Run) -> None:
    run("user", "add", "ana")
    again = run("user", "add", "ana")
    assert again.code == 1
    assert "named ana already" in again.err


def test_a_name_that_cannot_be_one_is_explained(run: Run) -> None:
    refused = run("user", "add", "a/b")
    assert refused.code == 1
    assert "letters, digits" in refused.err


def test_removing_the_last_key_is_done_with_a_warning(run: Run) -> None:
    run("user", "add", "ana")
    run("user", "add", "ben")
    assert "last staff key" not in run("user", "remove", "ana").err
    last = run("user", "remove", "ben")
    assert last.code == 0
    assert "That was the last staff key" in last.err
    assert _names(run) == []


def test_removing_nobody_says_so(run: Run) -> None:
    missed = run("user", "remove", "nobody")
    assert missed.code == 1
    assert "no such staff key" in missed.err


def test_listing_makes_no_database(run: Run, tmp_path: Path) -> None:
    listed = run("user", "list")
    assert listed.code == 0
    assert "no staff key yet" in listed.err
    assert not (tmp_path / ".frontdesk").exists()


def test_while_a_server_runs_it_goes_through_the_server(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = run("init", "assistant", "--json").json["staff_key"]
    with running(tmp_path, "up") as server:
        _answer(monkeypatch, "")
        refused = run("user", "add", "ana")
        assert refused.code == 1
        assert f"A server runs on this data folder, at {server.first_line}" in refused.err

        _answer(monkeypatch, key)
        made = run("user", "add", "ana", "--json").json
        assert _names(run) == ["owner", "ana"]

        _answer(monkeypatch, key)
        assert run("user", "remove", "ana", "--json").json["keys_left"] == 1

        _answer(monkeypatch, made["staff_key"])
        assert "The key is not valid" in run("user", "add", "ben").err


def _answer(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """What is sent on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))


def test_times_have_their_zone(run: Run) -> None:
    run("user", "add", "ana")
    (row,) = run("user", "list", "--json").json
    assert row["created_at"].endswith("+00:00")
