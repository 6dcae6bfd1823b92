"""Credentials: keys of known shapes, tokens, private key blocks, passwords that are called so."""

import re
from collections.abc import Sequence

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety.detector import without_overlaps

_SHAPES: tuple[tuple[str, re.Pattern[str], float], ...] = (
    ("private_key", re.compile(r"-{4,5} ?BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{4,5}(?:\s{0,4}[A-Za-z0-9+/=:,\-]{16,200}){0,200}"), 1.0),
    ("api_key", re.compile(r"(?<![\w\-])(?:sk|pk|rk)[_\-](?:live|test|ant|proj|or|svcacct)?[_\-]?[A-Za-z0-9_\-]{20,250}"), 1.0),
    ("api_key", re.compile(r"(?<!\w)(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?!\w)"), 1.0),
    ("api_key", re.compile(r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{30,250}|github_pat_\w{30,250}|glpat-[\w\-]{18,60})"), 1.0),
    ("api_key", re.compile(r"(?<!\w)xox[abeoprs]-[A-Za-z0-9\-]{10,200}"), 1.0),
    ("api_key", re.compile(r"(?<!\w)AIza[\w\-]{30,50}"), 1.0),
    ("api_key", re.compile(r"(?<!\w)(?:SG\.[\w\-]{16,40}\.[\w\-]{16,80}|hf_[A-Za-z0-9]{30,60}|npm_[A-Za-z0-9]{30,50})"), 1.0),
    ("token", re.compile(r"(?<![\w\-])eyJ[\w\-]{8,2000}\.eyJ[\w\-]{8,4000}(?:\.[\w\-]{0,2000})?"), 1.0),
    ("token", re.compile(r"\bbearer\s{1,3}(?P<value>[A-Za-z0-9\-._~+/]{20,2000}=*)", re.IGNORECASE), 0.95),
    (
        "api_key",
        re.compile(
            r"\b(?:api[_ \-]?key|access[_ \-]?key|secret[_ \-]?key|client[_ \-]?secret|auth[_ \-]?token|access[_ \-]?token)"
            r"[\"']?\s{0,3}(?:[:=]|\bis\b)\s{0,3}[\"']?(?P<value>[A-Za-z0-9_\-+/]{16,250})",
            re.IGNORECASE,
        ),
        0.95,
    ),
    ("connection_string", re.compile(r"\b[a-z][a-z0-9+]{2,20}://[^\s:/@]{1,64}:[^\s:/@]{1,128}@[\w.\-]{1,253}", re.IGNORECASE), 1.0),
)  # fmt: skip
_PASSWORD = re.compile(
    r"(?<!\w)(?:pass ?word|passwd|pwd|passcode|passphrase|passwort|kennwort|contrase(?:ñ|n)a|clave|mot de passe)"
    r"\s{0,2}(?:(?:is|was|es|ist|lautet|war|to)\b|[:=])\s{0,2}[\"'`]?(?P<value>[^\s\"'`]{4,64})",
    re.IGNORECASE,
)
_SECURITY_CODE = re.compile(
    r"(?<!\w)(?:pin|cvv2?|cvc2?|security code|c[óo]digo de seguridad|pr[üu]fnummer|sicherheitscode|tan|otp)"
    r"(?:[ \-](?:code|number|nummer))?\W{0,3}(?:(?:is|was|es|ist|lautet)\b\W{0,3})?(?P<value>\d{3,8})(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
_LETTER_AND_OTHER = re.compile(r"(?=.*[^\W\d_])(?=.*[\d!@#$%^&*_+?~])")
_HINT = re.compile(
    r"pass|pwd|kenn|clave|contrase|mot de|\b(?:pin|cv[vc]|security code|c[óo]digo|pr[üu]fnummer|sicherheitscode|tan|otp)|BEGIN |\S{18}|://", re.IGNORECASE
)  # fmt: skip
NAMED_ONLY = frozenset({"password", "security_code"})
"""Rules that know a secret by its name and not by its shape."""


class Secrets:
    """Keys and tokens by their shape, passwords and security codes by what they are called."""

    name = "secrets"
    version = "1"

    def find(self, text: str) -> Sequence[Finding]:
        if not _HINT.search(text):
            return ()
        found = [
            _finding(rule, *match.span("value" if "value" in pattern.groupindex else 0), score)
            for rule, pattern, score in _SHAPES
            for match in pattern.finditer(text)
        ]
        return without_overlaps([*found, *_named(text)])


def _named(text: str) -> list[Finding]:
    """Only the value is the finding. A password has more than lower-case letters, or 'is required' would be one."""
    passwords = [
        _finding("password", match.start("value"), match.end("value"), 0.8)
        for match in _PASSWORD.finditer(text)
        if _LETTER_AND_OTHER.match(match["value"].rstrip(".,;!?"))
    ]
    codes = [
        _finding("security_code", match.start("value"), match.end("value"), 0.8)
        for match in _SECURITY_CODE.finditer(text)
    ]
    return passwords + codes


def _finding(rule: str, start: int, end: int, score: float) -> Finding:
    return Finding(kind=FindingKind.SECRET, rule=rule, start=start, end=end, score=score)
