"""The policy over what detectors find."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from frontdesk.domain.release import GuardPolicy
from frontdesk.domain.safety import Finding, FindingKind, GuardAction, Verdict, harder
from frontdesk.safety import (
    Abuse,
    ContactData,
    Detector,
    Injections,
    Leaks,
    Links,
    NationalIds,
    PaymentNumbers,
    Secrets,
    without_overlaps,
)
from frontdesk.turn.guards.forming import forming_from
from frontdesk.turn.guards.known import Permitted
from frontdesk.turn.guards.masks import masked
from frontdesk.turn.guards.outbound import OutboundStream

EARLIER_MESSAGES = 4
EARLIER_CHARS = 600
"""How much of what the customer wrote before is read together with a new message."""
_HARD = (GuardAction.MASK, GuardAction.BLOCK)

INJECTIONS = Injections()
DETECTORS: tuple[Detector, ...] = (
    ContactData(),
    PaymentNumbers(),
    NationalIds(),
    Secrets(),
    Links(),
    Abuse(),
    INJECTIONS,
)
_KINDS: Mapping[str, FindingKind] = {
    "contact_data": FindingKind.PERSONAL_DATA,
    "payment_numbers": FindingKind.PERSONAL_DATA,
    "national_ids": FindingKind.PERSONAL_DATA,
    "secrets": FindingKind.SECRET,
    "links": FindingKind.LINK,
    "abuse": FindingKind.ABUSE,
    "injection": FindingKind.INJECTION,
}


REMEMBERED = 256
"""Earlier messages whose masked text is kept, the newest: 4 MB at most. They outlive an erasure until others replace
them or the process ends."""
WITHHELD = "[message withheld]"
"""Stands in a conversation's history for a message that gave orders to the model or was blocked."""


class Guard:
    """One release's guard: stateless, shared by all turns.

    A kind that a policy does not name is allowed and, on the way out, not even looked for.
    """

    def __init__(
        self,
        policy: GuardPolicy,
        *,
        policy_version: str = "",
        canaries: Sequence[str] = (),
        protected: Sequence[str] = (),
        detectors: Sequence[Detector] = DETECTORS,
    ) -> None:
        """
        Args:
            canaries: planted words that must never be said; found in disguise too.
            protected: texts of which no long stretch may be said, such as the instructions.
            detectors: more may be given, trained ones included; those of other names look for every kind.
        """
        self._policy, self._policy_version = policy, policy_version
        self._leaks = Leaks(canaries=canaries, protected=protected)
        self._inbound = tuple(detectors)
        self._let_in = lru_cache(maxsize=REMEMBERED)(self._as_history)
        outbound = [item for item in detectors if self._is_wanted_outbound(item)]
        self._outbound: tuple[Detector, ...] = (*outbound, self._leaks)
        self._holds_phrases = any(
            policy.outbound.get(kind) in _HARD for kind in (FindingKind.ABUSE, FindingKind.INJECTION)
        )
        self._holds_all = policy.outbound.get(FindingKind.INJECTION) in _HARD

    @property
    def versions(self) -> Mapping[str, str]:
        """Detectors and their versions; part of a release's `guards` digest."""
        return {detector.name: detector.version for detector in (*self._inbound, self._leaks)}

    def check_inbound(self, text: str, *, earlier: Sequence[str] = ()) -> Verdict:
        """The verdict over a customer's message.

        Args:
            earlier: the customer's messages before it, oldest first; instructions that begin in them and end in this
                message count.
        """
        found = [finding for detector in self._inbound for finding in detector.find(text)]
        if not any(finding.kind is FindingKind.INJECTION for finding in found):
            found += _completed(text, earlier)
        decided = [
            (finding, self._action(finding, self._policy.inbound, self._policy.inbound_rules))
            for finding in _by_kind(found)
        ]
        return self._verdict(text, decided)

    def let_in(self, text: str) -> str:
        """An earlier message as a later turn may see it: masked as it was then, without orders to the model.

        Of a message that was blocked nothing is left. Remembered, because earlier messages come back with every turn.
        """
        return self._let_in(text)

    def _as_history(self, text: str) -> str:
        verdict = self.check_inbound(text)
        if verdict.is_blocked:
            return WITHHELD
        orders = [finding for finding in verdict.findings if finding.kind is FindingKind.INJECTION]
        return WITHHELD if orders else verdict.text

    def check_outbound(self, text: str, *, allowed_hosts: Sequence[str] = (), known: Sequence[str] = ()) -> Verdict:
        """The verdict over a whole answer: the stream, fed once. `text` ends where it was blocked."""
        stream = self.open_stream(allowed_hosts=allowed_hosts, known=known)
        stream.feed(text)
        stream.finish()
        return stream.verdict

    def open_stream(self, *, allowed_hosts: Sequence[str] = (), known: Sequence[str] = ()) -> OutboundStream:
        """A guard for one answer as it is written.

        Args:
            allowed_hosts: hosts, or links, of cited documents; besides those of the policy.
            known: passages and the customer's own messages: personal data in them may be repeated.
        """
        policy = self._policy
        permitted = Permitted(
            hosts=(*policy.allowed_hosts, *allowed_hosts), known=(*policy.allowed_personal_data, *known)
        )

        def scan(window: str) -> Sequence[tuple[Finding, GuardAction]]:
            found = _by_kind(finding for detector in self._outbound for finding in detector.find(window))
            return [
                (finding, self._action(finding, policy.outbound, policy.outbound_rules))
                for finding in found
                if not permitted.covers(finding, window)
            ]

        return OutboundStream(scan, self._forming_from, policy_version=self._policy_version)

    def _forming_from(self, window: str) -> int:
        if self._holds_all:
            return max(0, len(window) - 96)
        return min(forming_from(window, phrases=self._holds_phrases), self._leaks.forming_from(window))

    def _is_wanted_outbound(self, detector: Detector) -> bool:
        kind = _KINDS.get(detector.name)
        return kind is None or kind in self._policy.outbound or bool(self._policy.outbound_rules)

    def _action(
        self, finding: Finding, by_kind: Mapping[FindingKind, GuardAction], by_rule: Mapping[str, GuardAction]
    ) -> GuardAction:
        return by_rule.get(finding.rule, by_kind.get(finding.kind, GuardAction.ALLOW))

    def _verdict(self, text: str, decided: Sequence[tuple[Finding, GuardAction]]) -> Verdict:
        action = GuardAction.ALLOW
        for _, single in decided:
            action = harder(action, single)
        kinds = dict.fromkeys(finding.kind.value for finding, single in decided if single is action)
        return Verdict(
            action=action,
            findings=tuple(finding for finding, _ in decided),
            text=masked(text, [finding for finding, single in decided if single is GuardAction.MASK]),
            reason="" if action is GuardAction.ALLOW else ",".join(kinds),
            policy_version=self._policy_version,
        )


def _by_kind(found: Iterable[Finding]) -> list[Finding]:
    """Without overlaps within a kind; kinds may overlap, since each has its own action."""
    kinds: dict[FindingKind, list[Finding]] = {}
    for finding in found:
        kinds.setdefault(finding.kind, []).append(finding)
    kept = [finding for items in kinds.values() for finding in (without_overlaps(items) if len(items) > 1 else items)]
    return sorted(kept, key=lambda item: (item.start, item.end))


def _completed(text: str, earlier: Sequence[str]) -> list[Finding]:
    """Instructions that began in earlier messages and are completed by this one, cut to this one."""
    before = "\n".join(earlier[-EARLIER_MESSAGES:])[-EARLIER_CHARS:]
    if not before:
        return []
    border = len(before) + 1
    crossing = [item for item in INJECTIONS.find(f"{before}\n{text}") if item.start < border < item.end]
    return [
        Finding(kind=item.kind, rule=item.rule, start=0, end=item.end - border, score=item.score) for item in crossing
    ]
