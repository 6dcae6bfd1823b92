"""When simulated customers write, and who they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from frontdesk.simulators.customers import HOUR, Line, SimulatedCustomer, moments, rating_delay

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def a_customer(*lines: str | Line, **changes: Any) -> SimulatedCustomer:
    said = tuple(line if isinstance(line, Line) else Line(text=line) for line in lines or ("Hello",))
    described: dict[str, Any] = {"name": "somebody", "language": "en", "minute": 10, "lines": said}
    return SimulatedCustomer(**described | changes)


def test_the_first_line_falls_into_the_minute_that_is_written_down() -> None:
    (first,) = moments(a_customer(minute=10), until=NOW)
    assert NOW - HOUR + timedelta(minutes=10) <= first < NOW - HOUR + timedelta(minutes=11)


def test_a_longer_line_takes_longer_to_type() -> None:
    start, short, long = moments(a_customer("Hello", "Yes", "Yes, " * 40), until=NOW)
    assert long - short > short - start


def test_a_pause_that_is_written_down_is_kept() -> None:
    start, then = moments(a_customer("Hello", Line(text="Still there?", after_s=200)), until=NOW)
    assert then - start == timedelta(seconds=200)


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_a_talk_that_does_not_fit_is_hurried_so_that_all_of_it_lies_in_the_hour(minute: int) -> None:
    lines = [Line(text=f"{number}", after_s=900) for number in range(20)]
    sent = moments(a_customer(*lines, minute=minute), until=NOW)
    assert list(sent) == sorted(set(sent))
    assert sent[0] > NOW - HOUR
    assert sent[-1] <= NOW - timedelta(seconds=29)


def test_an_answer_is_rated_before_the_next_line() -> None:
    assert rating_delay(until_next=timedelta(minutes=5)) == timedelta(seconds=9)
    assert rating_delay(until_next=timedelta(seconds=2)) == timedelta(seconds=1)


def test_a_name_always_gives_the_same_conversation() -> None:
    assert a_customer("Hello").conversation_id == a_customer("Goodbye").conversation_id
    assert a_customer(name="another").conversation_id != a_customer().conversation_id


def test_only_who_is_signed_in_has_more_rights_than_the_public() -> None:
    assert a_customer().principal.audiences.labels == {"public"}
    member = a_customer(subject="cust-1", audiences=("members",)).principal
    assert member.is_verified
    assert member.audiences.labels == {"public", "members", "customer:cust-1"}
