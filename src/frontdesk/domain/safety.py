"""What detectors find and what guards decide."""

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """What a detector looks for."""

    INJECTION = "injection"
    ABUSE = "abuse"
    PERSONAL_DATA = "personal_data"
    SECRET = "secret"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place in a text that a detector points at."""

    kind: FindingKind
    rule: str
    """Which rule fired, for example `iban` or `override_instructions`."""
    start: int
    end: int
    """Code point offsets into the scanned text; `text[start:end]` is what was found."""
    score: float = 1.0
    """0 to 1; 1 for a rule that has a checksum or an exact phrase."""


class GuardAction(StrEnum):
    """What a policy does with a finding, from mild to hard."""

    ALLOW = "allow"
    FLAG = "flag"
    """Go on with narrowed rights."""
    MASK = "mask"
    """Go on with the found spans replaced."""
    BLOCK = "block"
    """The road ends; the customer is told why."""


_SEVERITY = {GuardAction.ALLOW: 0, GuardAction.FLAG: 1, GuardAction.MASK: 2, GuardAction.BLOCK: 3}


def harder(left: GuardAction, right: GuardAction) -> GuardAction:
    """The more restrictive of two actions."""
    return left if _SEVERITY[left] >= _SEVERITY[right] else right


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a finding shows in the text that went on."""

    kind: FindingKind
    rule: str
    action: GuardAction
    start: int
    end: int
    """Code point offsets into the verdict's text: the mask, the text that was let be, or where the text was cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A guard's decision over one text."""

    action: GuardAction
    findings: tuple[Finding, ...] = ()
    text: str
    """The text to go on with: the scanned text, with masked spans replaced."""
    reason: str = ""
    """The kinds that decided, comma separated; empty when allowed."""
    policy_version: str = ""
    marks: tuple[Mark, ...] = ()
    """Of text on its way out, which is kept only as it went on."""

    @property
    def is_blocked(self) -> bool:
        return self.action is GuardAction.BLOCK

    @property
    def is_narrowed(self) -> bool:
        return self.action in (GuardAction.FLAG, GuardAction.MASK)

    @property
    def is_public_only(self) -> bool:
        """Whether the turn may see no more than the public: the text gives orders to the model, or a guard failed."""
        gives_orders = any(finding.kind is FindingKind.INJECTION for finding in self.findings)
        return self.is_narrowed and (gives_orders or not self.findings)
