"""What stands in the text where something was taken out."""

from collections.abc import Iterable

from frontdesk.domain.safety import Finding, FindingKind

_BY_RULE = {
    "payment_card": "[card number removed]",
    "iban": "[bank account removed]",
    "email": "[e-mail address removed]",
    "phone": "[phone number removed]",
    "ip_address": "[network address removed]",
    "date_of_birth": "[date of birth removed]",
    "password": "[password removed]",
    "security_code": "[security code removed]",
}
_BY_KIND = {
    FindingKind.PERSONAL_DATA: "[identity number removed]",
    FindingKind.SECRET: "[secret removed]",
    FindingKind.LINK: "[link removed]",
    FindingKind.ABUSE: "[removed]",
    FindingKind.INJECTION: "[removed]",
}


def mask_for(finding: Finding) -> str:
    return _BY_RULE.get(finding.rule, _BY_KIND[finding.kind])


def masked(text: str, findings: Iterable[Finding]) -> str:
    """The text with the span of each finding replaced; where spans overlap, the first one's mask stands for both."""
    parts: list[str] = []
    at = 0
    for finding in sorted(findings, key=lambda item: (item.start, -item.end)):
        if finding.start >= at:
            parts += [text[at : finding.start], mask_for(finding)]
        at = max(at, finding.end)
    return "".join([*parts, text[at:]])
