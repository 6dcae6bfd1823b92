"""The load drill: the scenery, the capacity, the phases of a profile, and what came of it."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from frontdesk.domain.errors import ConfigError, ConfigProblem, UnavailableError
from frontdesk.drills.load.arrivals import Progress, Visitors
from frontdesk.drills.load.capacity import find_capacity
from frontdesk.drills.load.figures import figures_of, recovery_s
from frontdesk.drills.load.gauges import Gauge, watched
from frontdesk.drills.load.judging import judge
from frontdesk.drills.load.line import Address, Line
from frontdesk.drills.load.profiles import AFTER, PROFILES, Phase
from frontdesk.drills.load.readers import LongConversation, SlowReaders, long_conversation, reading_slowly
from frontdesk.drills.load.report import LoadPlan, LoadReport, ServerUse, Stay
from frontdesk.drills.load.scenery import own_server
from frontdesk.drills.load.visits import Host
from frontdesk.drills.material import questions_of


async def drill_load(
    plan: LoadPlan, *, tell: Callable[[str], None] = lambda _: None, progress: Progress = lambda *_: None
) -> LoadReport:
    """Run it.

    Args:
        tell: called with a sentence as each part begins.
        progress: called with the seconds of the phase that are over, and all of them.
    Raises:
        ConfigError: no such profile or address, or a mistake in the assistant folder.
        UnavailableError: the scenery could not be set up, or nothing was answered in time.
    """
    if plan.profile not in PROFILES:
        hint = f"There are {', '.join(PROFILES)}."
        raise ConfigError([ConfigProblem(where="--profile", message="There is no such profile.", hint=hint)])
    questions = questions_of(plan.assistant)
    async with _server(plan, tell) as (url, pid), watched(pid) as gauge:
        visitors = Visitors(Host(address=Address.of(url), questions=questions), seed=plan.seed)
        try:
            report = await _begin(plan, url, visitors, tell)
            stays = await _go_through(plan, report, visitors, tell, progress)
            tell("waiting for whoever is still being served")
            await visitors.finish()
        finally:
            await visitors.close()
        _sum_up(report, visitors, stays, gauge)
        report.verdicts = judge(report)
    return report


@asynccontextmanager
async def _server(plan: LoadPlan, tell: Callable[[str], None]) -> AsyncIterator[tuple[str, int | None]]:
    if plan.server:
        await _reach(plan.server)
        yield plan.server.rstrip("/"), None
        return
    tell("starting a simulated vendor and a server")
    async with own_server(
        plan.assistant,
        database_url=plan.database_url,
        first_token_ms=plan.first_token_ms,
        token_ms=plan.token_ms,
        embedder=plan.embedder,
    ) as server:
        yield server.url, server.pid


async def _reach(url: str) -> None:
    address = Address.of(url)
    try:
        await (await Line.open(address)).close()
    except OSError as error:
        raise UnavailableError(f"Nobody answers at {url}: {error.strerror or error}.") from error


async def _begin(plan: LoadPlan, url: str, visitors: Visitors, tell: Callable[[str], None]) -> LoadReport:
    """The report as far as the capacity."""
    within_s = plan.within_s or PROFILES[plan.profile].within_s
    if plan.rate is None:
        tell("looking for the capacity")
        await visitors.take_turns("warm-up", clients=8, seconds=min(2.0, plan.capacity_step_s))
        capacity = await find_capacity(visitors, within_s=within_s, step_s=plan.capacity_step_s, tell=tell)
    else:
        capacity = plan.rate
    return LoadReport(
        profile=plan.profile,
        server=url if plan.server else "",
        within_s=within_s,
        capacity=round(capacity, 2),
        is_given=plan.rate is not None,
        peak=0.0 if plan.rate is not None else capacity,
    )


async def _go_through(
    plan: LoadPlan, report: LoadReport, visitors: Visitors, tell: Callable[[str], None], progress: Progress
) -> list[Stay]:
    profile = PROFILES[plan.profile]
    phases = profile.phases(plan.seconds or profile.seconds)
    slow = await _slow_reading(phases, visitors)
    stays = []
    for phase in phases:
        rate = phase.share * report.capacity
        tell(f"{phase.name}: {rate:.1f} visitors a second for {phase.seconds:.0f} s")
        began_s = time.monotonic()
        async with _beside(phase, visitors, slow) as readers:
            await visitors.come(phase.name, rate=rate, seconds=phase.seconds, progress=progress)
        stays.append(Stay(phase=phase, began_s=began_s, ended_s=time.monotonic()))
        report.slow_connections += readers.began
        report.slow_dropped += readers.dropped
    return stays


async def _slow_reading(phases: Sequence[Phase], visitors: Visitors) -> LongConversation | None:
    """What slow readers read, where there are any."""
    if any(phase.slow_readers for phase in phases):
        return await long_conversation(visitors.host.address)
    return None


@asynccontextmanager
async def _beside(phase: Phase, visitors: Visitors, slow: LongConversation | None) -> AsyncIterator[SlowReaders]:
    if slow is None or not phase.slow_readers:
        yield SlowReaders()
        return
    async with reading_slowly(visitors.host.address, slow, phase.slow_readers) as readers:
        yield readers


def _sum_up(report: LoadReport, visitors: Visitors, stays: Sequence[Stay], gauge: Gauge) -> None:
    for stay in stays:
        phase = stay.phase
        figures = figures_of(
            phase.name,
            visitors.of(phase.name),
            seconds=phase.seconds,
            rate=round(phase.share * report.capacity, 2),
            within_s=report.within_s,
            is_overload=phase.is_overload,
        )
        report.phases.append(figures)
        report.use[phase.name] = ServerUse(
            cores=gauge.cores(stay.began_s, stay.ended_s),
            before_mb=gauge.last_mb(stay.began_s),
            most_mb=gauge.most_mb(stay.began_s, stay.ended_s),
        )
        if phase.name == AFTER:
            report.recovery_s = recovery_s(visitors.of(AFTER), began_s=stay.began_s, within_s=report.within_s)
    report.peak = round(max(report.peak, *(figures.goodput for figures in report.phases)), 2)
