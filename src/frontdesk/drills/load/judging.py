"""Which promises a profile puts to the test."""

from collections.abc import Callable, Mapping

from frontdesk.drills.load import verdicts
from frontdesk.drills.load.figures import PhaseFigures
from frontdesk.drills.load.report import LoadReport
from frontdesk.drills.load.verdicts import Verdict


def judge(report: LoadReport) -> list[Verdict]:
    """Of this report's profile, and what holds for all."""
    return [
        *_JUDGED[report.profile](report),
        verdicts.nobody_is_lost(report.phases),
        verdicts.this_machine_kept_up(report.phases),
    ]


def _steady(report: LoadReport) -> list[Verdict]:
    return [verdicts.in_time(phase) for phase in report.phases]


def _spike(report: LoadReport) -> list[Verdict]:
    crowded = [phase for phase in report.phases if phase.is_overload]
    return [
        *(verdicts.in_time(phase) for phase in report.phases),
        *_refusals(crowded),
        verdicts.recovers(report.recovery_s),
    ]


def _overload(report: LoadReport) -> list[Verdict]:
    crowded = [phase for phase in report.phases if phase.is_overload]
    return [
        *(verdicts.in_time(phase) for phase in crowded),
        verdicts.keeps_its_goodput(crowded[-1], report.peak),
        *_refusals(crowded),
        verdicts.recovers(report.recovery_s),
    ]


def _refusals(crowded: list[PhaseFigures]) -> list[Verdict]:
    return [verdicts.says_no_early(crowded), verdicts.says_later_early(crowded)]


def _soak(report: LoadReport) -> list[Verdict]:
    used = [report.use[phase.name].most_mb for phase in report.phases]
    return [*(verdicts.in_time(phase) for phase in report.phases), verdicts.memory_stays(used[1], used[-1])]


def _readers(report: LoadReport) -> list[Verdict]:
    before, beside, after = report.phases
    use = report.use[beside.name]
    return [
        verdicts.others_do_not_notice([before.total.p95_ms, after.total.p95_ms], beside.total.p95_ms),
        verdicts.memory_beside_readers(use.before_mb, use.most_mb),
        verdicts.feeds_are_dropped(report.slow_connections, report.slow_dropped),
    ]


_JUDGED: Mapping[str, Callable[[LoadReport], list[Verdict]]] = {
    "steady": _steady,
    "spike": _spike,
    "overload": _overload,
    "soak": _soak,
    "readers": _readers,
}
