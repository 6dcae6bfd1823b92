"""The way out: text is let go once no detector can still object to it.

A text is looked at in steps whose places depend on the text alone: at the end of each sentence or line, and at the
first white space 96 characters after the last step. Each step sees what is still held and a little of what went
before, and decides how far to let go. So the deltas in which a text arrives change nothing: a whole text is the same
stream, fed once.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from frontdesk.domain.safety import Finding, GuardAction, Mark, Verdict, harder
from frontdesk.turn.guards.masks import mask_for, masked

Scan = Callable[[str], Sequence[tuple[Finding, GuardAction]]]
Forming = Callable[[str], int]

STEP_CHARS = 96
"""Shorter steps cost more, longer ones hold text back longer. An answer of 240 characters costs 0.9 ms in steps of 48,
0.5 ms in steps of 96 and as much in longer ones."""
CONTEXT_CHARS = 96
"""How much of what was let go a step still sees: the words that name a number stand at most 40 before it."""
_CLAUSE_END = re.compile(r"[.!?…:;][\"')\]]{0,3}\s|\n")
_BREAK = re.compile(r"[\s\u0e00-\u0e7f\u3000-\u30ff\u3400-\u9fff\uff00-\uff65]")
"""White space, and the characters of scripts that do without it."""


class OutboundStream:
    """One answer on its way to a customer. Feed it deltas, then `finish`; send on what both return."""

    def __init__(self, scan: Scan, forming_from: Forming, *, policy_version: str = "") -> None:
        self._scan, self._forming_from, self._policy_version = scan, forming_from, policy_version
        self._context = ""
        self._held = ""
        self._offset = 0  # of `_held` in the whole text
        self._looked_until = 0  # within `_held`
        self._said: list[str] = []
        self._said_chars = 0
        self._marks: list[Mark] = []
        self._findings: list[tuple[Finding, GuardAction]] = []
        self._is_closed = False

    def feed(self, delta: str) -> str:
        """Text that is safe to send on; empty while it is held back, and for ever once blocked."""
        if self._is_closed or not delta:
            return ""
        self._held += delta
        safe: list[str] = []
        while not self._is_closed and (until := self._next_step()):
            safe.append(self._step(until, is_last=False))
        return self._say(safe)

    def finish(self) -> str:
        """The rest of the text. Feeding afterwards has no effect."""
        if self._is_closed:
            return ""
        rest = self._step(len(self._held), is_last=True) if self._held else ""
        self._is_closed = True
        return self._say([rest])

    def preview(self, text: str) -> str:
        """What could be let go by now if `text` came next, looked at up to its last whole word on the same rules.

        Nothing is taken: what is fed and said afterwards is the same with it and without. Empty where something in it
        would be blocked.
        """
        ahead = self._held + text
        window = self._context + ahead[: _whole_words(ahead)]
        known = len(self._context)
        if self._is_closed or len(window) == known:
            return ""
        found = self._find(window, known)
        if any(action is GuardAction.BLOCK for _, action in found):
            return ""
        return _masked_between(window, found, known, self._cut(window, found, known))

    @property
    def is_blocked(self) -> bool:
        """Whether the verdict is a block already; asked for every delta, so it has to be cheap."""
        return any(action is GuardAction.BLOCK for _, action in self._findings)

    @property
    def verdict(self) -> Verdict:
        """About all that was fed so far: `text` is what was let go; findings count from the start of the text."""
        action = GuardAction.ALLOW
        for _, decided in self._findings:
            action = harder(action, decided)
        kinds = dict.fromkeys(finding.kind.value for finding, decided in self._findings if decided is action)
        return Verdict(
            action=action,
            findings=tuple(finding for finding, _ in self._findings),
            text="".join(self._said),
            reason="" if action is GuardAction.ALLOW else ",".join(kinds),
            policy_version=self._policy_version,
            marks=tuple(self._marks),
        )

    def _next_step(self) -> int:
        """The next place to look at, as an end in `_held`; 0 when it has not come yet."""
        clause = _CLAUSE_END.search(self._held, self._looked_until)
        space = _BREAK.search(self._held, self._looked_until + STEP_CHARS - 1)
        return min((match.end() for match in (clause, space) if match), default=0)

    def _step(self, until: int, *, is_last: bool) -> str:
        window, known = self._context + self._held[:until], len(self._context)
        found = self._find(window, known)
        blocking = [item for item in found if item[1] is GuardAction.BLOCK]
        if blocking:
            self._note(blocking, known)
            self._marks += (_mark(finding, action, self._said_chars, self._said_chars) for finding, action in blocking)
            self._is_closed, self._held = True, ""
            return ""
        cut = len(window) if is_last else self._cut(window, found, known)
        return self._let_go(window, [item for item in found if item[0].end <= cut], known, cut, until)

    def _find(self, window: str, known: int) -> list[tuple[Finding, GuardAction]]:
        return [(finding, action) for finding, action in self._scan(window) if finding.end > known]

    def _cut(self, window: str, found: list[tuple[Finding, GuardAction]], known: int) -> int:
        """How far a window that goes on may be let go."""
        return _outside_of(found, max(known, min(self._forming_from(window), len(window))), known)

    def _let_go(self, window: str, found: list[tuple[Finding, GuardAction]], known: int, cut: int, until: int) -> str:
        self._note(found, known)
        text = _masked_between(window, found, known, cut)
        if found:
            self._marks += _marks(found, known, self._said_chars)
        self._said_chars += len(text)
        self._context = window[max(0, cut - CONTEXT_CHARS) : cut]
        self._offset += cut - known
        self._held = self._held[cut - known :]
        self._looked_until = until - (cut - known)
        return text

    def _note(self, found: list[tuple[Finding, GuardAction]], known: int) -> None:
        moved = ((_moved(_from(finding, known), self._offset - known), action) for finding, action in found)
        self._findings += moved

    def _say(self, parts: list[str]) -> str:
        text = "".join(parts)
        self._said.append(text)
        return text


def _whole_words(text: str) -> int:
    """Where the last word that is complete ends."""
    return max((match.end() for match in _BREAK.finditer(text)), default=0)


def _masked_between(window: str, found: list[tuple[Finding, GuardAction]], known: int, cut: int) -> str:
    spans = [_from(finding, known) for finding, action in found if action is GuardAction.MASK and finding.end <= cut]
    return masked(window[known:cut], [_moved(span, -known) for span in spans])


def _marks(found: list[tuple[Finding, GuardAction]], known: int, said_chars: int) -> Iterator[Mark]:
    """Where findings show in what is let go, masks in their place.

    Args:
        said_chars: characters that were let go before.
    """
    masked_until, gained = known, said_chars - known
    for finding, action in sorted(found, key=lambda item: (item[0].start, -item[0].end)):
        start = max(finding.start, known)
        if action is not GuardAction.MASK:
            yield _mark(finding, action, start + gained, finding.end + gained)
        elif start >= masked_until:
            end = start + len(mask_for(finding))
            yield _mark(finding, action, start + gained, end + gained)
            masked_until, gained = finding.end, gained + end - finding.end


def _mark(finding: Finding, action: GuardAction, start: int, end: int) -> Mark:
    return Mark(kind=finding.kind, rule=finding.rule, action=action, start=start, end=end)


def _outside_of(found: list[tuple[Finding, GuardAction]], cut: int, known: int) -> int:
    """The cut, moved back to the start of whatever it would divide."""
    for finding, _ in sorted(found, key=lambda item: item[0].start, reverse=True):
        if finding.start < cut < finding.end:
            cut = max(known, finding.start)
    return cut


def _from(finding: Finding, start: int) -> Finding:
    return finding if finding.start >= start else _spanning(finding, start, finding.end)


def _moved(finding: Finding, by: int) -> Finding:
    return _spanning(finding, finding.start + by, finding.end + by) if by else finding


def _spanning(finding: Finding, start: int, end: int) -> Finding:
    return Finding(kind=finding.kind, rule=finding.rule, start=start, end=end, score=finding.score)
