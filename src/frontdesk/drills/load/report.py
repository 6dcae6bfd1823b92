"""What a load drill is asked to do, and what came of it."""

from dataclasses import dataclass, field
from pathlib import Path

from frontdesk.drills.load.figures import PhaseFigures
from frontdesk.drills.load.profiles import Phase
from frontdesk.drills.load.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    assistant: Path
    """Whose questions are asked, and what the drill's own server serves."""
    profile: str = "steady"
    seconds: float | None = None
    """How long the phases take together; the profile's own length where it is missing."""
    rate: float | None = None
    """Takes the place of the capacity, in visitors a second; searched for where it is missing."""
    within_s: float | None = None
    """An answer within so many seconds is good; the profile's own where it is missing."""
    server: str = ""
    """Address of a running server; empty starts one of the drill's own."""
    database_url: str = ""
    """PostgreSQL server for the drill's own server; empty uses SQLite."""
    first_token_ms: float = 300.0
    token_ms: float = 20.0
    embedder: str = "none"
    seed: int = 1
    capacity_step_s: float = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """When a phase was, on the monotonic clock."""

    phase: Phase
    began_s: float
    ended_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUse:
    """Of the drill's own server during a phase; of other servers nothing is known."""

    cores: float | None
    before_mb: float | None
    most_mb: float | None


@dataclass(slots=True, kw_only=True)
class LoadReport:
    profile: str
    server: str
    """Empty for the drill's own."""
    within_s: float
    capacity: float
    """Good answers a second, as found or as given."""
    is_given: bool
    peak: float = 0.0
    """The best goodput of the whole run, the search for the capacity included."""
    phases: list[PhaseFigures] = field(default_factory=list)
    use: dict[str, ServerUse] = field(default_factory=dict)
    recovery_s: float | None = None
    slow_connections: int = 0
    slow_dropped: int = 0
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def is_passed(self) -> bool:
        return all(verdict.is_met is not False for verdict in self.verdicts)
