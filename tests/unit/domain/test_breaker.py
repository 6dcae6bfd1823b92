import pytest

from frontdesk.domain.breaker import (
    FAILURES_TO_OPEN,
    OPEN_S,
    RAMP_S,
    REFUSED_KEY_PAUSE_S,
    Breaker,
    Leave,
)
from frontdesk.domain.usage import AttemptResult


def ask(breaker: Breaker, now: float, result: AttemptResult, *, has_text: bool = False) -> Leave:
    """One request from its leave to its end."""
    leave = breaker.admit(now)
    if leave != "no":
        if has_text:
            breaker.heard()
        breaker.note(result, now, leave=leave, has_text=has_text)
    return leave


def opened(at: float = 1000.0, result: AttemptResult = "5xx") -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        assert ask(breaker, at, result) == "yes"
    assert breaker.state(at) == "open"
    return breaker


@pytest.mark.parametrize("result", ["5xx", "timeout_fb", "timeout_idle", "cut", "garbage"])
def test_opens_after_three_failures_of_a_kind_in_a_row(result: AttemptResult) -> None:
    breaker = opened(result=result)
    assert breaker.admit(1000.1) == "no"


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker()
    for result in ("5xx", "5xx", "ok", "5xx", "5xx"):
        assert ask(breaker, 1000.0, result, has_text=result == "ok") == "yes"
    assert breaker.state(1000.0) == "closed"


def test_failures_of_different_kinds_are_counted_apart() -> None:
    breaker = Breaker()
    for result in ("5xx", "timeout_fb", "garbage", "5xx", "timeout_fb", "garbage"):
        assert ask(breaker, 1000.0, result) == "yes"
    assert breaker.state(1000.0) == "closed"
    assert ask(breaker, 1000.0, "garbage") == "yes"
    assert (breaker.state(1000.0), breaker.opened_by) == ("open", "broken")


@pytest.mark.parametrize("result", ["cut", "timeout_idle", "garbage", "5xx", "429"])
def test_replies_that_begin_well_and_break_off_open_it_too(result: AttemptResult) -> None:
    breaker = Breaker()
    for second in range(FAILURES_TO_OPEN):
        assert ask(breaker, 1000.0 + 20.0 * second, result, has_text=True) == "yes"
    assert (breaker.opened_at is not None, breaker.opened_by) == (True, "broken")


def test_first_text_shows_that_a_vendor_is_there_before_the_reply_is_whole() -> None:
    breaker = Breaker()
    ask(breaker, 1000.0, "timeout_fb")
    ask(breaker, 1000.0, "timeout_fb")
    breaker.admit(1000.0)
    breaker.heard()
    ask(breaker, 1000.0, "timeout_fb")
    assert breaker.state(1000.0) == "closed"


@pytest.mark.parametrize("result", ["ctx", "filter", "refused", "cancelled"])
def test_failures_that_say_nothing_about_its_health_never_open_it(result: AttemptResult) -> None:
    breaker = Breaker()
    assert [ask(breaker, 1000.0, result) for _ in range(10)] == ["yes"] * 10


def test_refused_credentials_do_not_open_it_and_are_not_tried_again_for_every_turn() -> None:
    breaker = Breaker()
    assert ask(breaker, 1000.0, "auth") == "yes"
    assert breaker.state(1000.0) == "closed"
    assert breaker.admit(1000.0 + REFUSED_KEY_PAUSE_S - 0.1) == "no"
    assert breaker.admit(1000.0 + REFUSED_KEY_PAUSE_S) == "yes"


def test_lets_one_probe_through_after_fifteen_seconds() -> None:
    breaker = opened()
    assert breaker.admit(1000.0 + OPEN_S - 0.1) == "no"
    assert [breaker.admit(1000.0 + OPEN_S) for _ in range(3)] == ["probe", "no", "no"]
    breaker.note("ok", 1000.0 + OPEN_S, leave="probe")
    assert breaker.state(1000.0 + OPEN_S) == "closed"


def test_a_failed_probe_opens_it_again_for_as_long() -> None:
    breaker = opened()
    assert ask(breaker, 1000.0 + OPEN_S, "5xx") == "probe"
    assert breaker.admit(1000.0 + 2 * OPEN_S - 0.1) == "no"
    assert breaker.admit(1000.0 + 2 * OPEN_S) == "probe"


def test_an_outage_of_a_minute_sees_at_most_four_probes() -> None:
    breaker = Breaker()
    leaves = [ask(breaker, 1000.0 + tick / 10, "5xx") for tick in range(600)]
    assert leaves.count("yes") == FAILURES_TO_OPEN
    assert leaves.count("probe") <= 4


def test_people_who_hang_up_during_probes_do_not_make_a_storm_of_them() -> None:
    breaker = opened()
    leaves = [ask(breaker, 1000.0 + OPEN_S + tick / 10, "cancelled") for tick in range(150)]
    assert leaves.count("probe") == 1
    assert ask(breaker, 1000.0 + 2 * OPEN_S, "ok") == "probe"


def test_a_probe_that_was_not_sent_after_all_is_made_by_the_next() -> None:
    breaker = opened()
    assert breaker.admit(1000.0 + OPEN_S) == "probe"
    breaker.give_back("probe")
    assert breaker.admit(1000.0 + OPEN_S) == "probe"


def test_requests_that_began_before_it_opened_neither_close_it_nor_keep_it_open() -> None:
    breaker = Breaker()
    for _ in range(2 + FAILURES_TO_OPEN):
        breaker.admit(1000.0)
    for _ in range(FAILURES_TO_OPEN):
        breaker.note("timeout_fb", 1002.0)
    assert breaker.note("ok", 1005.0) == ""
    assert breaker.note("timeout_fb", 1010.0) == ""
    assert breaker.state(1002.0 + OPEN_S - 0.1) == "open"
    assert breaker.admit(1002.0 + OPEN_S) == "probe"


def test_requests_come_back_little_by_little() -> None:
    breaker = opened()
    back = 1000.0 + OPEN_S
    ask(breaker, back, "ok", has_text=True)
    shares = []
    for second in range(12):
        leaves = [ask(breaker, back + second + tick / 100, "ok", has_text=True) for tick in range(100)]
        shares.append(leaves.count("yes") / 100)
    assert shares[0] <= 0.2
    assert 0.4 <= shares[4] <= 0.7
    assert shares[int(RAMP_S) + 1] == 1.0
    assert shares == sorted(shares)


def test_a_failure_while_requests_come_back_opens_it_at_once() -> None:
    breaker = opened()
    back = 1000.0 + OPEN_S
    ask(breaker, back, "ok", has_text=True)
    later = back + 0.9 * RAMP_S
    while ask(breaker, later, "5xx") == "no":
        later += 0.01
    assert breaker.state(later) == "open"


def test_at_the_brink_one_request_at_a_time_decides() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN - 1):
        ask(breaker, 1000.0, "5xx")
    assert [breaker.admit(1000.0) for _ in range(20)] == ["yes", *["no"] * 19]
    breaker.heard()
    assert breaker.admit(1000.0) == "yes"


def test_nothing_is_sent_before_the_moment_the_vendor_named() -> None:
    breaker = Breaker()
    breaker.admit(1000.0)
    breaker.note("429", 1000.0, retry_after_s=2.0)
    assert breaker.admit(1001.9) == "no"
    assert breaker.admit(1002.1) == "yes"


def test_an_overloaded_vendor_may_name_a_moment_too() -> None:
    breaker = Breaker()
    breaker.admit(1000.0)
    breaker.note("5xx", 1000.0, retry_after_s=20.0)
    assert breaker.admit(1019.0) == "no"
    assert breaker.admit(1020.0) == "yes"


def test_after_a_rate_limit_one_request_at_a_time_tries_whether_it_is_over() -> None:
    breaker = Breaker()
    breaker.admit(1000.0)
    breaker.note("429", 1000.0, retry_after_s=2.0)
    assert [breaker.admit(1002.1) for _ in range(3)] == ["yes", "no", "no"]
    breaker.heard()
    assert [breaker.admit(1002.5) for _ in range(3)] == ["yes"] * 3


def test_a_second_rate_limit_only_ever_extends_the_pause() -> None:
    breaker = Breaker()
    for _ in range(2):
        breaker.admit(1000.0)
    breaker.note("429", 1000.0, retry_after_s=10.0)
    breaker.note("429", 1000.0, retry_after_s=1.0)
    assert breaker.admit(1005.0) == "no"


def test_rate_limits_that_name_no_time_are_waited_out_twice_as_long_each_time() -> None:
    breaker = Breaker()
    now, waits = 1000.0, []
    for _ in range(2):
        assert ask(breaker, now, "429") == "yes"
        waits.append(breaker.not_before - now)
        now = breaker.not_before
    assert waits == [1.0, 2.0]


def test_a_failure_that_the_request_met_elsewhere_does_not_count() -> None:
    breaker = Breaker()
    for _ in range(10):
        breaker.admit(1000.0)
        breaker.note("5xx", 1000.0, counts=False)
    assert breaker.state(1000.0) == "closed"
