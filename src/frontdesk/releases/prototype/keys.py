"""Keys in prompts and code: such a file is not copied, for a copy is one more place to leak from."""

import re
from collections.abc import Iterator

from frontdesk.domain.safety import Finding
from frontdesk.releases.prototype.values import NotTakenError
from frontdesk.safety import Secrets
from frontdesk.safety.secrets import NAMED_ONLY

_WORDS = {
    "api_key": "an API key",
    "private_key": "a private key",
    "token": "a token",
    "connection_string": "an address with its password",
    "password": "a password",
}
_IN_TEXT = "Take it out, and change the key if others could read the file."
_IN_CODE = (
    "Let it read the key with os.environ, then run this again; or let models.yaml ask the vendor itself: adapter openai "
    "or anthropic with api_key_env, the name of the variable that holds the key."
)
_STAND_IN = re.compile(
    r"[A-Z_\-]+\Z|.*(?:your|example|placeholder|changeme|insert|dummy|xxxx|0000|\.\.\.|@(?:localhost|127\.)|<)",
    re.IGNORECASE | re.DOTALL,
)
"""What examples write in a key's place: words, a run of x, a database on the same machine."""
_BY_NAME = frozenset({"api_key", "password"})
_QUOTES = frozenset("\"'`")


def refuse_keys(text: str, *, is_code: bool = False) -> None:
    """Raises: NotTakenError: a line holds what looks like a key; the line is named and the key is not shown."""
    for finding in _real(text, is_code=is_code):
        line = text.count("\n", 0, finding.start) + 1
        what = _WORDS.get(finding.rule, "a secret")
        raise NotTakenError(f"line {line} holds what looks like {what}", _IN_CODE if is_code else _IN_TEXT)


def _real(text: str, *, is_code: bool) -> Iterator[Finding]:
    for finding in Secrets().find(text):
        value = text[finding.start : finding.end]
        is_talk = finding.rule in NAMED_ONLY and (finding.rule != "password" or not is_code)
        if not (is_talk or _STAND_IN.match(value) or (is_code and _is_expression(text, finding))):
            yield finding


def _is_expression(text: str, finding: Finding) -> bool:
    """Whether it is called a key and is none: `api_key = read_key_of_the_vendor()` has no quotes around it."""
    is_named = finding.rule in _BY_NAME and finding.score < 1.0
    return is_named and text[finding.start - 1 : finding.start] not in _QUOTES
