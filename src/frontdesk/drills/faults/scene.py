"""One fault: what breaks, what is asked meanwhile, and what must hold; and what was found when it was played."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from frontdesk.drills.faults.staged import Stage
from frontdesk.drills.visitor import Visitor
from frontdesk.simulators.proxy import ProxyBehaviour
from frontdesk.simulators.vendor import VendorRequest

Act = Callable[[Stage], Awaitable[list[Visitor]]]
"""Asks while the fault is in force; gives everybody who asked, in their order."""
Rule = Callable[["Findings"], str]
"""What is wrong, in a sentence; empty where it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A fault of the first vendor on the ladder; the second one is healthy unless it says otherwise."""

    key: str
    """Names it on the command line."""
    fault: str
    """Number of its row in the failure model; empty for one of ours."""
    title: str
    primary: str
    """Model of the first vendor, which selects the fault."""
    act: Act
    rules: Sequence[Rule]
    fallback: str = "sim"
    """Model of the second vendor."""
    route: Mapping[str, Any] = field(default_factory=dict)
    """More fields of the first route in models.yaml."""
    models: Mapping[str, Any] = field(default_factory=dict)
    """More of models.yaml; `{primary}` and `{fallback}` stand for the vendors' addresses."""
    edits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fields of other files of the assistant that are replaced, by the file's name."""
    network: ProxyBehaviour | None = None
    """What a proxy before the first vendor does."""
    is_unreachable: bool = False
    """Nobody listens at the first vendor's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """How long an answer takes when all is well, the middle and the most of several."""

    first_text_s: float
    total_s: float
    slow_first_text_s: float
    slow_total_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a scene left behind."""

    visits: Sequence[Visitor]
    """In the order in which they asked."""
    before: Sequence[Visitor]
    """Who asked just before, while all was well."""
    lost: Sequence[Visitor]
    """Those who never heard an end."""
    primary: Sequence[VendorRequest]
    """What the first vendor was asked, by its own log."""
    fallback: Sequence[VendorRequest]
    usual: Mapping[str, Usual]
    """Per question, with healthy vendors."""
    kept: Mapping[str, str]
    """Per conversation, the answer as the server has it."""
    occurrences: Sequence[str]
    """Kinds of what the people in charge were told meanwhile."""
    epoch_s: float
    """What turns the monotonic clock into seconds since 1970."""
    is_alive: bool
    """Whether the server answered afterwards, with healthy vendors."""

    @property
    def done(self) -> list[Visitor]:
        return [visit for visit in self.visits if visit.is_done]

    @property
    def answers(self) -> list[VendorRequest]:
        """Requests for an answer that the first vendor got."""
        return [request for request in self.primary if request.task == "answer"]

    def asked_during(self, visit: Visitor) -> list[VendorRequest]:
        """Requests that reached the first vendor while this visit lasted; exact where visits do not overlap."""
        start, end = visit.sent_at_s + self.epoch_s, visit.heard[-1].at_s + self.epoch_s
        return [request for request in self.answers if start <= request.at_s <= end]

    def added_s(self, visit: Visitor) -> float:
        """Seconds beyond the usual until the first confirmed text, or until the end where no sentence came."""
        usual, first = self.usual[visit.question], visit.first_text_s
        return visit.total_s - usual.total_s if first is None else first - usual.first_text_s

    def late_s(self, visit: Visitor) -> float:
        """The same beyond the slowest healthy answer: what a busy machine does to all answers is not the fault's."""
        usual, first = self.usual[visit.question], visit.first_text_s
        if first is None:
            return self.late_end_s(visit)
        return first - max([usual.slow_first_text_s, *(one.first_text_s or 0.0 for one in self.before)])

    def late_end_s(self, visit: Visitor) -> float:
        """Seconds by which it ended after the slowest healthy one."""
        return visit.total_s - max([self.usual[visit.question].slow_total_s, *(one.total_s for one in self.before)])

    def passed_over(self) -> list[Visitor]:
        """Visits during which the first vendor was left alone: its breaker is open, or it asked for a pause."""
        return [visit for visit in self.done if not self.asked_during(visit)]
