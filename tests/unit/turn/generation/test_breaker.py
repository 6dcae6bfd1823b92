import pytest

from frontdesk.domain.usage import AttemptResult
from frontdesk.turn.generation import Breakers
from frontdesk.turn.generation.breaker import FAILURES_TO_OPEN, OPEN_S


class Time:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breakers(time: Time) -> Breakers:
    return Breakers(monotonic=time)


def fail(breakers: Breakers, times: int, result: AttemptResult = "5xx") -> None:
    for _ in range(times):
        assert breakers.admit("acme", "large")
        breakers.note("acme", "large", result)


def test_opens_after_three_failures_in_a_row(breakers: Breakers) -> None:
    fail(breakers, FAILURES_TO_OPEN)
    assert not breakers.admit("acme", "large")
    assert breakers.states() == {("acme", "large"): "open"}


def test_a_success_in_between_starts_the_count_again(breakers: Breakers) -> None:
    fail(breakers, FAILURES_TO_OPEN - 1)
    breakers.note("acme", "large", "ok")
    fail(breakers, FAILURES_TO_OPEN - 1)
    assert breakers.admit("acme", "large")


def test_other_models_of_the_vendor_go_on(breakers: Breakers) -> None:
    fail(breakers, FAILURES_TO_OPEN)
    assert breakers.admit("acme", "small")


@pytest.mark.parametrize("result", ["ctx", "filter", "auth", "refused", "cancelled"])
def test_failures_that_say_nothing_about_its_health_never_open_it(breakers: Breakers, result: AttemptResult) -> None:
    fail(breakers, 10, result)
    assert breakers.admit("acme", "large")


def test_lets_one_probe_through_after_fifteen_seconds(breakers: Breakers, time: Time) -> None:
    fail(breakers, FAILURES_TO_OPEN)
    time.now += OPEN_S - 0.1
    assert not breakers.admit("acme", "large")
    time.now += 0.2
    assert [breakers.admit("acme", "large") for _ in range(3)] == [True, False, False]
    breakers.note("acme", "large", "ok")
    assert breakers.admit("acme", "large")
    assert breakers.states() == {("acme", "large"): "closed"}


def test_a_failed_probe_opens_it_again(breakers: Breakers, time: Time) -> None:
    fail(breakers, FAILURES_TO_OPEN)
    time.now += OPEN_S
    fail(breakers, 1)
    assert not breakers.admit("acme", "large")
    time.now += OPEN_S
    assert breakers.admit("acme", "large")


def test_an_outage_of_a_minute_sees_at_most_six_probes(breakers: Breakers, time: Time) -> None:
    asked = 0
    for _ in range(600):
        if breakers.admit("acme", "large"):
            asked += 1
            breakers.note("acme", "large", "5xx")
        time.now += 0.1
    assert asked <= FAILURES_TO_OPEN + 4


def test_a_cancelled_probe_lets_the_next_one_through(breakers: Breakers, time: Time) -> None:
    fail(breakers, FAILURES_TO_OPEN)
    time.now += OPEN_S
    assert breakers.admit("acme", "large")
    breakers.note("acme", "large", "cancelled")
    assert breakers.admit("acme", "large")


def test_nothing_is_sent_before_the_moment_the_vendor_named(breakers: Breakers, time: Time) -> None:
    breakers.note("acme", "large", "429", retry_after_s=2.0)
    time.now += 1.9
    assert not breakers.admit("acme", "large")
    time.now += 0.2
    assert breakers.admit("acme", "large")


def test_a_second_rate_limit_only_ever_extends_the_pause(breakers: Breakers, time: Time) -> None:
    breakers.note("acme", "large", "429", retry_after_s=10.0)
    breakers.note("acme", "large", "429", retry_after_s=1.0)
    time.now += 5.0
    assert not breakers.admit("acme", "large")
