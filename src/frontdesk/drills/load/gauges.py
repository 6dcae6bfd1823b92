"""What the server's process uses while it is looked at: processor time and memory, from /proc."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

EVERY_S = 0.25
_HAS_PROC = Path("/proc/self/statm").exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    at_s: float
    cpu_s: float
    """Used since the process began, of one core."""
    rss_mb: float


@dataclass(slots=True, kw_only=True)
class Gauge:
    """Readings of one process, for as long as it is watched."""

    readings: list[Reading] = field(default_factory=list)

    def cores(self, began_s: float, ended_s: float) -> float | None:
        """Processor time a second between two moments; None where it was not watched."""
        inside = self._between(began_s, ended_s)
        if len(inside) < 2:
            return None
        first, last = inside[0], inside[-1]
        return round((last.cpu_s - first.cpu_s) / (last.at_s - first.at_s), 2)

    def most_mb(self, began_s: float, ended_s: float) -> float | None:
        """Resident memory at its highest."""
        return max((reading.rss_mb for reading in self._between(began_s, ended_s)), default=None)

    def last_mb(self, ended_s: float) -> float | None:
        """Resident memory as it was then."""
        before = [reading.rss_mb for reading in self.readings if reading.at_s <= ended_s]
        return before[-1] if before else None

    def _between(self, began_s: float, ended_s: float) -> list[Reading]:
        return [reading for reading in self.readings if began_s <= reading.at_s <= ended_s]


@asynccontextmanager
async def watched(pid: int | None) -> AsyncIterator[Gauge]:
    """The gauge of a process of this machine; an empty one for none, and where the system has no /proc."""
    gauge = Gauge()
    watching = asyncio.create_task(_watch(pid, gauge)) if pid is not None and _HAS_PROC else None
    try:
        yield gauge
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _watch(pid: int, gauge: Gauge) -> None:
    while True:
        gauge.readings.append(_read(pid))
        await asyncio.sleep(EVERY_S)


def _read(pid: int) -> Reading:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Reading(
        at_s=time.monotonic(),
        cpu_s=(int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"),
        rss_mb=round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1),
    )
