"""What `drill crash` prints and how it ends; the campaign itself is rehearsed in the integration tests."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

import frontdesk.drills.crash as crash
from frontdesk.cli.main import app
from frontdesk.drills.crash import CrashOptions, Findings, Progress, Report
from frontdesk.drills.invariants import Violation

LOST = Violation(invariant="I2", harm="lost", where="turn_1", what="no event ends it")
KILLS = Findings(
    rounds=100, turns=2000, in_flight=1950, taken_over_s=(1.0, 3.2), silences_s=(4.0,), asked_for_person=200
)
CUTS = Findings(rounds=5, turns=100, cuts=500, continued_elsewhere=211)


@pytest.fixture
def campaign(monkeypatch: pytest.MonkeyPatch) -> list[CrashOptions]:
    """In place of the campaign; what it was asked for."""
    asked: list[CrashOptions] = []

    async def run(options: CrashOptions, *, tell: Progress) -> Report:
        asked.append(options)
        tell("kills", 1, options.kills, KILLS)
        kills = KILLS + Findings(violations=(LOST,)) if options.seed == 13 else KILLS
        return Report(
            database="PostgreSQL",
            servers=2,
            signal=options.signal,
            seed=options.seed,
            seconds=700,
            kills=kills,
            cuts=CUTS,
        )

    monkeypatch.setattr(crash, "run_crash_drill", run)
    return asked


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["drill", "crash", *arguments])


def test_prints_what_happened_with_its_bound_and_ends_well(campaign: list[CrashOptions]) -> None:
    result = run("--signal", "term", "--kills", "7", "--database-url", "postgresql://somewhere/else")
    assert result.exit_code == 0
    assert "2000" in result.output
    assert "0.15%" in result.output
    assert "500 streams cut; 211 went on at another server" in result.output
    assert "Every promise held." in result.output
    (options,) = campaign
    assert (options.signal, options.kills, options.database_url) == ("term", 7, "postgresql://somewhere/else")


def test_one_broken_promise_is_named_and_ends_with_1(campaign: list[CrashOptions]) -> None:
    result = run("--seed", "13")
    assert result.exit_code == 1
    assert "I2 lost: turn_1: no event ends it" in result.output
    assert "Promises were broken." in result.output


def test_the_json_holds_the_same_and_ends_the_same(campaign: list[CrashOptions]) -> None:
    result = run("--json", "--seed", "13")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["is_clean"] is False
    assert told["kills"]["harms"]["lost"] == 1
    assert told["kills"]["at_most"] is None
    assert told["kills"]["taken_over_s"] == {"median": 3.2, "longest": 3.2}
    assert told["cuts"]["cuts"] == 500
    assert told["cuts"]["at_most"] == pytest.approx(0.0295, abs=0.0001)


def test_the_database_is_restarted_by_a_command_where_there_is_one(campaign: list[CrashOptions]) -> None:
    assert run("--restart-database", "true", "--database-url", "postgresql://somewhere").exit_code == 0
    assert (campaign[0].signal, campaign[0].restart_database) == ("database", "true")
    refused = run("--restart-database", "true")
    assert refused.exit_code == 2
    assert "--database-url" in refused.output


@pytest.mark.parametrize(
    "arguments",
    [("--kills", "-1"), ("--turns", "0"), ("--replicas", "99"), ("--signal", "hup")],
    ids=lambda one: one[0],
)
def test_what_makes_no_sense_is_refused_by_name(campaign: list[CrashOptions], arguments: tuple[str, str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.output
    assert campaign == []
