import pytest

from frontdesk.drills.crash import Findings, Report
from frontdesk.drills.crash.findings import bound, spread
from frontdesk.drills.invariants import Violation

LOST = Violation(invariant="I2", harm="lost", where="turn_1", what="no event ends it")


def a_report(
    *, servers: int = 2, signal: str = "kill", kills: Findings | None = None, cuts: Findings | None = None
) -> Report:
    return Report(
        database="PostgreSQL",
        servers=servers,
        signal=signal,
        seed=1,
        seconds=1.0,
        kills=kills or Findings(),
        cuts=cuts or Findings(),
    )


def test_none_of_two_thousand_allows_fifteen_in_ten_thousand_at_most() -> None:
    assert bound(2000) == pytest.approx(0.0015, rel=0.01)
    assert bound(0) == 1


def test_rounds_add_up() -> None:
    one, two = Findings(rounds=1, turns=20, taken_over_s=(1.0,)), Findings(rounds=1, turns=20, violations=(LOST,))
    assert one + two == Findings(rounds=2, turns=40, taken_over_s=(1.0,), violations=(LOST,))


def test_a_turn_that_is_lost_in_two_ways_is_lost_once() -> None:
    found = Findings(violations=(LOST, Violation(invariant="I2", harm="lost", where="turn_1", what="it is running")))
    assert found.harms == {"lost": 1, "doubled": 0, "mixed": 0, "late": 0, "wrong": 0}


def test_one_violation_anywhere_makes_the_report_unclean_and_takes_its_bound_away() -> None:
    assert a_report(kills=Findings(turns=20)).is_clean
    broken = a_report(kills=Findings(turns=20), cuts=Findings(turns=20, violations=(LOST,)))
    assert not broken.is_clean
    assert broken.as_json()["kills"]["at_most"] == bound(20)
    assert broken.as_json()["cuts"]["at_most"] is None


def test_a_take_over_that_takes_longer_than_5_s_is_unclean_where_another_server_lives() -> None:
    slow = Findings(turns=20, taken_over_s=(1.0, 5.2))
    assert not a_report(servers=2, kills=slow).is_clean
    assert a_report(servers=1, kills=slow).is_clean
    assert a_report(servers=2, signal="database", kills=slow).is_clean


def test_a_customer_who_waits_longer_than_5_s_for_a_word_while_the_database_restarts_is_unclean() -> None:
    slow = Findings(turns=20, words_s=(0.1, 5.2))
    assert not a_report(signal="database", kills=slow).is_clean
    assert a_report(signal="kill", kills=slow).is_clean


def test_names_what_is_not_checked_yet_with_the_reason() -> None:
    listed = {one["id"]: one for one in a_report().as_json()["invariants"]}
    assert list(listed) == [f"I{number}" for number in range(1, 11)]
    assert listed["I8"]["violations"] is None
    assert listed["I8"]["note"]


def test_of_nothing_there_is_no_spread() -> None:
    assert spread(()) is None
    assert spread((3.0, 1.0, 2.0)) == {"median": 2.0, "longest": 3.0}
