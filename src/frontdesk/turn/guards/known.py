"""Which links and personal data an answer may contain: the company's own, cited ones, and what the customer said."""

import re
from collections.abc import Sequence

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety import ContactData, Detector, NationalIds, PaymentNumbers, host_of, is_host_allowed
from frontdesk.safety.secrets import NAMED_ONLY

_PHONE_DIGITS = 8
"""Digits at the end in which two ways of writing a telephone number must agree."""
_DETECTORS: tuple[Detector, ...] = (ContactData(), PaymentNumbers(), NationalIds())


class Permitted:
    """What need not be hidden in one answer. Texts are only read once something was found."""

    def __init__(self, *, hosts: Sequence[str], known: Sequence[str]) -> None:
        """
        Args:
            hosts: host names, or links whose hosts count.
            known: texts whose personal data may be repeated.
        """
        self._hosts = tuple({host for host in (_host(item) for item in hosts) if host})
        self._known = known
        self._lowered: str | None = None
        self._values: frozenset[str] = frozenset()

    def covers(self, finding: Finding, text: str) -> bool:
        found = text[finding.start : finding.end]
        if finding.kind is FindingKind.LINK:
            return finding.rule != "script" and is_host_allowed(host_of(found), self._hosts)
        if finding.kind is FindingKind.PERSONAL_DATA:
            return self._is_known(finding.rule, found)
        return finding.rule in NAMED_ONLY and self._is_said(found)

    def _is_known(self, rule: str, found: str) -> bool:
        return self._is_said(found) or _canonical(rule, found) in self._values

    def _is_said(self, found: str) -> bool:
        if self._lowered is None:
            self._read()
        pattern = rf"(?<![^\W_]){re.escape(found.lower())}(?![^\W_])"
        return re.search(pattern, self._lowered or "") is not None

    def _read(self) -> None:
        self._lowered = "\n".join(self._known).lower()
        self._values = frozenset(
            _canonical(finding.rule, text[finding.start : finding.end])
            for text in self._known
            for detector in _DETECTORS
            for finding in detector.find(text)
        )


def _canonical(rule: str, value: str) -> str:
    """The same for every way of writing one value."""
    if rule == "email":
        return value.lower()
    plain = re.sub(r"[\W_]", "", value).upper()
    if rule == "phone":
        return "phone" + plain[-_PHONE_DIGITS:]
    return plain


def _host(item: str) -> str:
    return host_of(item) or item.strip().lower()
