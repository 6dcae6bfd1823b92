"""Whom to answer now, who may wait, whose message is kept for a quieter moment, and when to say that it is too much.

Messages that come faster than they can be answered wait, no longer than `max_wait_s` as far as can be told. The next
ones are kept: their customers are told so at once, and they are answered while nobody else waits. Beyond that nothing
is kept and the sender is asked to come again. No party crowds the others out.

Newcomers, who have no conversation yet, may take half of the waiting room, and once people have been waiting for a
while only hands that are free: a queue that stands makes everybody wait and nobody's answer come sooner (Nichols and
Jacobson, Controlling Queue Delay, ACM Queue 2012). They are asked to come again before anything of theirs is read.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from frontdesk.domain.speed import blend
from frontdesk.domain.turn import Lane
from frontdesk.ports.stores import Crowd

Place = Literal["run", "wait", "keep", "refuse"]

FEWEST_WAITING = 8
"""So many may wait however slowly answers come, where there are as many hands; a guess."""
SHARE = 4
"""A party has at most one part in so many of the hands and the waiting room once others wait."""
LONGEST_RETRY_S = 30
_MOST_BLURRED = 5
"""Looks in a row during which something was stored; then they count all the same, or others' turns are never seen."""
STANDS_AFTER_S = 2.0
"""A queue that was never empty for so long stands; also the time over which the turns are counted that ended. A guess."""
_MEMORY = 0.1
"""Weight of the newest turn in the mean; the last ten count for two thirds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What there is room for at one moment."""

    has_free_hands: bool
    hands: int
    """Turns that can be worked on at once, in all processes."""
    room: int
    """Turns that may wait, so that they wait no longer than they should."""
    max_kept: int
    retry_after_s: int
    """Seconds after which there may be room again."""
    free: int = 0
    """Hands that those who wait longest are about to get."""
    undecided: int = 0
    """Messages that have just come and are about to wait as well."""
    crowd: Crowd = field(default_factory=Crowd)

    @property
    def is_full(self) -> bool:
        """Whether even somebody who has nothing under way is refused."""
        return self.place_of("") == "refuse"

    def place_of(self, party: str) -> Place:
        """Where the next message of this party goes."""
        if self.has_free_hands and not self.crowd.waiting:
            return "run"
        if self._may_wait(party):
            return "wait"
        return "keep" if self._may_be_kept(party) else "refuse"

    def _may_wait(self, party: str) -> bool:
        mine, room = self.crowd.waiting.get(party, 0), self.room + self.free
        if _is_alone(party, self.crowd.waiting):
            return mine + self.undecided < room
        held = mine + self.crowd.running.get(party, 0)
        return held < max(1, (self.hands + self.room) // SHARE) and self._waiting < room

    @property
    def _waiting(self) -> int:
        """How many wait, each party counted up to its share: whoever came first with many leaves room for others."""
        share = max(1, self.room // SHARE)
        return self.undecided + sum(min(turns, share) for turns in self.crowd.waiting.values())

    def _may_be_kept(self, party: str) -> bool:
        kept = self.crowd.kept
        if sum(kept.values()) + self.undecided >= self.max_kept:
            return False
        return _is_alone(party, kept) or kept.get(party, 0) < max(1, self.max_kept // SHARE)


OPEN = Admission(has_free_hands=True, hands=1, room=FEWEST_WAITING, max_kept=0, retry_after_s=1)
"""There is nobody else."""


def _is_alone(party: str, crowd: Mapping[str, int]) -> bool:
    return not crowd or set(crowd) == {party}


class WaitingRoom:
    """What one process knows of the crowd: as it saw it last, and what it has added and taken since."""

    def __init__(self, *, max_wait_s: float, max_kept: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._max_wait_s = max_wait_s
        self._monotonic = monotonic
        self._ends: deque[float] = deque(maxlen=1000)
        self._waited_since: float | None = None
        self._max_kept = max_kept
        self._running: Mapping[str, int] = {}
        self._waiting: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._added: list[tuple[str, Lane]] = []
        self._is_blurred = False
        self._blurred = 0
        self.in_flight = 0
        """Messages that are being stored."""
        self._seen = Crowd()
        self._mean_s = 0.0
        self._mean_age_s = 0.0
        self.has_queue = False
        """Whether some turn may be queued, behind others or behind one of its own conversation."""

    @property
    def crowd(self) -> Crowd:
        """As it is now; what comes later does not change it."""
        waiting, kept = Counter(self._waiting), Counter(self._kept)
        return replace(self._seen, running=self._running, waiting=waiting, kept=kept)

    def look(self) -> None:
        """What is added from now on may be missing from what will be seen."""
        self._added.clear()
        self._is_blurred = self.in_flight > 0

    def see(self, crowd: Crowd, *, mean_age_s: float) -> None:
        """What the database says, and how long this process has worked on its turns so far."""
        self._seen = crowd
        self._running = crowd.running
        self._mean_age_s = mean_age_s
        if not crowd.waiting:
            self._waited_since = None
        elif self._waited_since is None:
            self._waited_since = self._monotonic()
        self._blurred = self._blurred + 1 if self._is_blurred or self._added else 0
        if 0 < self._blurred < _MOST_BLURRED:  # it may hold some of what was added meanwhile; what is known is better
            return
        self._waiting, self._kept = Counter(crowd.waiting), Counter(crowd.kept)
        self.has_queue = crowd.queued > 0
        self._blurred, added, self._added = 0, self._added, []
        for party, lane in added:
            self.add(party, lane)

    def note_queued(self) -> None:
        self.has_queue = True

    def add(self, party: str, lane: Lane) -> None:
        self.has_queue = True
        self._added.append((party, lane))
        (self._kept if lane == "kept" else self._waiting)[party] += 1

    def take(self, party: str, lane: Lane) -> None:
        counted = self._kept if lane == "kept" else self._waiting
        if counted[party] > 1:
            counted[party] -= 1
        else:
            counted.pop(party, None)

    def learn(self, seconds: float) -> None:
        """How long a turn was worked on that has just ended."""
        self._ends.append(self._monotonic())
        self._mean_s = blend(self._mean_s, seconds, _MEMORY)

    def admission(self, *, hands: int, free: int, undecided: int) -> Admission:
        """
        Args:
            hands: turns this process can work on at once.
            free: how many more it could begin now.
            undecided: messages it is about to let wait.
        """
        everywhere = hands * self._workers
        return Admission(
            has_free_hands=free > 0,
            hands=everywhere,
            room=self._room(everywhere),
            max_kept=self._max_kept,
            retry_after_s=self.retry_after_s(hands=hands, undecided=undecided),
            free=max(0, free),
            undecided=undecided,
            crowd=self.crowd,
        )

    def has_room_for_newcomers(self, *, hands: int, free: int, coming: int) -> bool:
        """Cheap enough to ask for each of thousands that come.

        Args:
            coming: messages that are about to wait, also of those who were let in and have not written yet.
        """
        half = max(FEWEST_WAITING, self._room(hands * self._workers)) // 2
        room = 0 if self._stands else half
        return self._waiting.total() + coming < room + free

    def retry_after_s(self, *, hands: int, undecided: int) -> int:
        """Seconds after which there may be room again."""
        a_second = self._answers_a_second(hands * self._workers)
        backlog = self._kept.total() + undecided
        return max(1, min(LONGEST_RETRY_S, round(backlog / a_second) if a_second else 1))

    def _room(self, hands: int) -> int:
        a_second = self._answers_a_second(hands)
        if a_second is None:
            return hands
        return max(min(FEWEST_WAITING, hands), round(a_second * self._max_wait_s))

    @property
    def _workers(self) -> int:
        """Processes that answer, this one included."""
        return max(1, self._seen.workers)

    @property
    def _stands(self) -> bool:
        """Whether somebody has been waiting at every look for a while."""
        return self._waited_since is not None and self._monotonic() - self._waited_since >= STANDS_AFTER_S

    def _answers_a_second(self, hands: int) -> float | None:
        """With all hands full; None before the first has ended. Turns that hang are noticed before they end."""
        if not self._mean_s:
            return None
        expected = hands / max(self._mean_s, self._mean_age_s)
        return min(expected, self._seen_a_second * self._workers) if self._stands else expected

    @property
    def _seen_a_second(self) -> float:
        """Turns of this process that ended lately, each second."""
        since = self._monotonic() - STANDS_AFTER_S
        return sum(end > since for end in self._ends) / STANDS_AFTER_S
