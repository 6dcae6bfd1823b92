"""The one shape of everything that finds: a text goes in, findings come out.

A detector looks at one text and keeps nothing. Patterns have bounded repetitions only, so that no text makes
them slow. A trained model is a detector like any other: it maps its scores to findings.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from frontdesk.domain.safety import Finding


class Detector(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes whenever the same text may get other findings; part of a release's `guards` digest."""
        ...

    def find(self, text: str) -> Sequence[Finding]:
        """Findings in order of their start."""
        ...


def without_overlaps(findings: Iterable[Finding]) -> list[Finding]:
    """The surest finding of each place, longer ones first among equals; in order of their start."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda item: (-item.score, item.start - item.end, item.start)):
        if all(finding.end <= other.start or other.end <= finding.start for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda item: item.start)
