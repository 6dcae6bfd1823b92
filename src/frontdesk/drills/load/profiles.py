"""Which crowds come, one after another; rates are shares of the capacity, unless a rate is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

CALM = "calm"
AFTER = "after"
"""The phase in which a recovery is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    name: str
    share: float
    """Of the capacity, a second."""
    seconds: float
    is_overload: bool = False
    """More than can be answered: some are told to come later, and that is right."""
    slow_readers: int = 0
    """Others who read a long conversation meanwhile, at `SLOW_BYTES_A_SECOND`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A sentence for whoever chooses, and its phases for a length in seconds."""

    says: str
    phases: Callable[[float], tuple[Phase, ...]]
    seconds: float
    """How long it takes by default, without looking for the capacity."""
    within_s: float = 3.0
    """Within so many seconds an answer is good; where people may have to wait, the two seconds of that are added."""


def _steady(seconds: float) -> tuple[Phase, ...]:
    return (Phase(name="steady", share=0.7, seconds=seconds),)


def _spike(seconds: float) -> tuple[Phase, ...]:
    part = seconds / 6
    return (
        Phase(name=CALM, share=0.25, seconds=part),
        Phase(name="spike x 10", share=2.5, seconds=part, is_overload=True),
        Phase(name=AFTER, share=0.25, seconds=4 * part),
    )


def _overload(seconds: float) -> tuple[Phase, ...]:
    part = seconds / 8
    return (
        Phase(name=CALM, share=0.5, seconds=part),
        Phase(name="1 x capacity", share=1.0, seconds=part, is_overload=True),
        Phase(name="2 x capacity", share=2.0, seconds=part, is_overload=True),
        Phase(name="3 x capacity", share=3.0, seconds=2 * part, is_overload=True),
        Phase(name=AFTER, share=0.5, seconds=3 * part),
    )


def _soak(seconds: float) -> tuple[Phase, ...]:
    quarter = seconds / 4
    return tuple(Phase(name=f"quarter {number}", share=0.5, seconds=quarter) for number in range(1, 5))


def _readers(seconds: float) -> tuple[Phase, ...]:
    part = seconds / 4
    return (
        Phase(name="without", share=0.4, seconds=part),
        Phase(name="with slow readers", share=0.4, seconds=2 * part, slow_readers=50),
        Phase(name="without again", share=0.4, seconds=part),
    )


PROFILES: Mapping[str, Profile] = {
    "steady": Profile(says="seven tenths of what it bears", phases=_steady, seconds=60),
    "spike": Profile(says="ten times the usual crowd, for a while", phases=_spike, seconds=90, within_s=5.0),
    "overload": Profile(
        says="up to three times what it bears, then less again", phases=_overload, seconds=120, within_s=5.0
    ),
    "soak": Profile(says="half of what it bears, for long: does it grow or slow down?", phases=_soak, seconds=1200),
    "readers": Profile(says="50 people who take 100 bytes a second among the others", phases=_readers, seconds=80),
}
