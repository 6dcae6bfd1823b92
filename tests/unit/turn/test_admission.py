from collections import Counter
from typing import Any

import pytest

from frontdesk.ports.stores import Crowd
from frontdesk.turn.running.admission import (
    FEWEST_WAITING,
    LONGEST_RETRY_S,
    STANDS_AFTER_S,
    Admission,
    WaitingRoom,
)


def an_admission(**changes: Any) -> Admission:
    facts: dict[str, Any] = {"has_free_hands": False, "hands": 8, "room": 8, "max_kept": 20, "retry_after_s": 3}
    return Admission(**{**facts, **changes})


def a_room(**changes: Any) -> WaitingRoom:
    return WaitingRoom(**{"max_wait_s": 2.0, "max_kept": 20, **changes})


def test_runs_at_once_where_hands_are_free_and_nobody_waits() -> None:
    assert an_admission(has_free_hands=True).place_of("anna") == "run"


def test_does_not_jump_the_queue_even_where_hands_have_just_become_free() -> None:
    crowd = Crowd(waiting={"ben": 1})
    assert an_admission(has_free_hands=True, crowd=crowd).place_of("anna") == "wait"


@pytest.mark.parametrize(
    ("waiting", "kept", "place"), [(0, 0, "wait"), (7, 0, "wait"), (8, 0, "keep"), (8, 19, "keep"), (8, 20, "refuse")]
)
def test_lets_wait_then_keeps_then_refuses(waiting: int, kept: int, place: str) -> None:
    crowd = Crowd(waiting=_apart(waiting), kept=_apart(kept))
    admission = an_admission(crowd=crowd)
    assert admission.place_of("anna") == place
    assert admission.is_full is (place == "refuse")


def test_counts_those_that_are_about_to_wait() -> None:
    crowd = Crowd(waiting=_apart(5))
    assert an_admission(crowd=crowd, undecided=2).place_of("anna") == "wait"
    assert an_admission(crowd=crowd, undecided=3).place_of("anna") == "keep"


def test_a_party_that_is_alone_has_the_whole_room() -> None:
    assert an_admission(crowd=Crowd(waiting={"flood": 7})).place_of("flood") == "wait"
    assert an_admission(crowd=Crowd(waiting={"flood": 8})).place_of("flood") == "keep"


def test_a_party_has_no_more_than_its_share_once_others_wait() -> None:
    crowd = Crowd(running={"flood": 3}, waiting={"flood": 1, "anna": 1})
    assert an_admission(crowd=crowd).place_of("flood") == "keep"  # a quarter of eight hands and eight places
    assert an_admission(crowd=crowd).place_of("anna") == "wait"


def test_a_room_that_one_party_filled_still_has_a_place_for_the_next() -> None:
    crowd = Crowd(running={"flood": 8}, waiting={"flood": 8})
    assert an_admission(crowd=crowd).place_of("anna") == "wait"
    assert an_admission(crowd=crowd).place_of("flood") == "keep"


def test_what_one_party_has_kept_leaves_room_for_others() -> None:
    crowd = Crowd(waiting=_apart(8), kept={"flood": 5, "ben": 1})
    assert an_admission(crowd=crowd).place_of("flood") == "refuse"
    assert an_admission(crowd=crowd).place_of("anna") == "keep"


def test_hands_that_are_free_make_room_for_those_who_wait() -> None:
    crowd = Crowd(waiting=_apart(9))
    assert an_admission(crowd=crowd).place_of("anna") == "keep"
    assert an_admission(crowd=crowd, has_free_hands=True, free=2).place_of("anna") == "wait"


class Clock:
    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


def test_a_queue_that_stands_holds_what_was_seen_to_end_and_not_what_was_hoped() -> None:
    clock = Clock()
    room = a_room(monotonic=clock.monotonic)
    for _ in range(100):
        room.learn(0.1)
    room.see(Crowd(waiting=_apart(1)), mean_age_s=0.0)
    hoped = room.admission(hands=10, free=0, undecided=0).room
    for _ in range(30):
        clock.now_s += 0.1
        room.learn(0.1)
    seen = room.admission(hands=10, free=0, undecided=0).room
    assert hoped == pytest.approx(200, abs=1)
    assert seen == pytest.approx(20, abs=2)  # ten ended each second, for two seconds


def test_newcomers_may_take_half_of_the_room_and_only_free_hands_once_the_queue_stands() -> None:
    clock = Clock()
    room = a_room(monotonic=clock.monotonic)

    def lets_in(*, coming: int, free: int = 0) -> bool:
        return room.has_room_for_newcomers(hands=10, free=free, coming=coming)

    for _ in range(100):
        room.learn(0.5)  # 20 a second, 40 in the longest wait
    room.see(Crowd(waiting=_apart(10)), mean_age_s=0.0)
    begins = [lets_in(coming=9), lets_in(coming=10), lets_in(coming=11, free=2)]
    clock.now_s += STANDS_AFTER_S
    stands = [lets_in(coming=0), lets_in(coming=0, free=10), lets_in(coming=0, free=11)]
    room.see(Crowd(), mean_age_s=0.0)
    assert begins == [True, False, True]
    assert stands == [False, False, True]
    assert lets_in(coming=0)


def test_the_room_is_as_large_as_what_is_answered_in_the_longest_wait() -> None:
    room = a_room()
    for _ in range(100):
        room.learn(0.1)
    admission = room.admission(hands=10, free=0, undecided=0)
    assert admission.room == pytest.approx(200, abs=1)  # 10 hands, 0.1 s each: 100 a second, for two seconds


def test_the_room_shrinks_when_turns_hang_before_any_of_them_has_ended() -> None:
    room = a_room()
    room.learn(0.1)
    room.see(Crowd(), mean_age_s=20.0)
    assert room.admission(hands=10, free=0, undecided=0).room == FEWEST_WAITING


def test_before_anything_is_known_as_many_may_wait_as_there_are_hands() -> None:
    assert a_room().admission(hands=10, free=0, undecided=0).room == 10


def test_counts_the_hands_of_all_processes() -> None:
    room = a_room()
    room.see(Crowd(workers=3), mean_age_s=0.0)
    assert room.admission(hands=10, free=0, undecided=0).hands == 30


def test_the_time_to_come_again_grows_with_what_is_kept_and_stays_bounded() -> None:
    room = a_room()
    room.learn(1.0)
    waits = []
    for kept in (0, 100, 10_000):
        room.see(Crowd(kept=_apart(kept)), mean_age_s=0.0)
        waits.append(room.admission(hands=10, free=0, undecided=0).retry_after_s)
    assert waits == [1, 10, LONGEST_RETRY_S]


def test_what_was_added_and_taken_since_the_last_look_counts() -> None:
    room = a_room()
    room.add("anna", "normal")
    room.add("anna", "normal")
    room.add("ben", "kept")
    room.take("anna", "normal")
    crowd = room.admission(hands=1, free=0, undecided=0).crowd
    assert (crowd.waiting, crowd.kept) == ({"anna": 1}, {"ben": 1})
    room.take("anna", "normal")
    room.take("nobody", "normal")
    assert room.crowd.waiting == {}


@pytest.mark.parametrize("kept", [0, 1], ids=["not yet seen", "seen already"])
def test_what_is_added_during_a_look_is_counted_once(kept: int) -> None:
    room = a_room()
    room.add("early", "normal")
    room.look()
    room.add("anna", "kept")
    room.see(Crowd(waiting={"early": 1}, kept=Counter(anna=kept), queued=1 + kept), mean_age_s=0.0)
    assert (room.crowd.waiting, room.crowd.kept) == ({"early": 1}, {"anna": 1})


def test_what_is_stored_before_a_look_and_told_after_it_is_counted_once() -> None:
    room = a_room()
    room.in_flight = 1
    room.look()
    room.see(Crowd(kept={"anna": 1}, queued=1), mean_age_s=0.0)
    room.in_flight = 0
    room.add("anna", "kept")
    assert room.crowd.kept == {"anna": 1}


def test_looks_count_even_where_something_is_added_during_each_of_them() -> None:
    room = a_room()
    for _ in range(10):
        room.look()
        room.add("anna", "normal")
        room.see(Crowd(waiting={"elsewhere": 3}, queued=3), mean_age_s=0.0)
    assert room.crowd.waiting["elsewhere"] == 3
    assert room.crowd.waiting["anna"] <= 6
    room.look()
    room.see(Crowd(), mean_age_s=0.0)
    assert not room.has_queue


def _apart(turns: int) -> Counter[str]:
    return Counter(f"party-{number}" for number in range(turns))
