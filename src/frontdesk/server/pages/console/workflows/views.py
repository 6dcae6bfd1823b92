"""A workflow in the words of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from frontdesk.domain.localised import localised
from frontdesk.domain.workflow import RunStatus, Workflow
from frontdesk.ports.stores import RunTally
from frontdesk.server.pages.console.addresses import workflow_address
from frontdesk.server.pages.console.words import Badge

PERIOD = timedelta(days=7)
_NEEDS: Mapping[str, str] = {
    "anyone": "anyone",
    "verified": "verified customers",
    "stepped_up": "verified customers, after a code",
}
_ENDS: Mapping[RunStatus, Badge] = {
    "done": Badge(text="done", tone="good"),
    "handed_over": Badge(text="handed over", tone="accent"),
    "cancelled": Badge(text="called off"),
    "expired": Badge(text="left open too long", tone="warn"),
    "active": Badge(text="under way"),
    "suspended": Badge(text="put aside"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How many runs ended so."""

    badge: Badge
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRow:
    """A workflow in the list."""

    href: str
    name: str
    title: str
    owner: str
    version: int
    needs: str
    switched_on: str
    is_on: bool
    runs: int
    ends: Sequence[End]


def workflow_row(workflow: Workflow, tallies: Sequence[RunTally], language: str) -> WorkflowRow:
    ends = ends_of(workflow, tallies)
    return WorkflowRow(
        href=workflow_address(workflow.name),
        name=workflow.name,
        title=_capitalised(localised(workflow.title, language, language)),
        owner=workflow.owner,
        version=workflow.version,
        needs=_NEEDS[workflow.needs],
        switched_on=switched_on(workflow),
        is_on=workflow.share > 0 or any(workflow.channels.values()),
        runs=sum(end.runs for end in ends),
        ends=ends,
    )


def _capitalised(title: str) -> str:
    """Titles are written as they stand inside a sentence."""
    return title[:1].upper() + title[1:]


def ends_of(workflow: Workflow, tallies: Sequence[RunTally]) -> Sequence[End]:
    """In the order of the statuses, without those that nothing came to."""
    counts = {tally.status: tally.runs for tally in tallies if tally.workflow == workflow.name}
    return [End(badge=badge, runs=counts[status]) for status, badge in _ENDS.items() if counts.get(status)]


def switched_on(workflow: Workflow) -> str:
    """For which conversations, in words."""
    channels = [f"{name.replace('_', ' ')} {_share(share)}" for name, share in workflow.channels.items()]
    if not channels:
        return "everywhere" if workflow.share == 1 else _share(workflow.share)
    return f"{', '.join(channels)}; elsewhere {_share(workflow.share)}"


def _share(share: float) -> str:
    return {0.0: "off", 1.0: "on"}.get(share) or f"{share * 100:.3g} % of conversations"
