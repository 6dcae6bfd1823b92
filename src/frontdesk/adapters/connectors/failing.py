"""Why a call came to nothing, on its way from a transport to whoever decides whether to try again."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

from frontdesk.domain.connector import FailureKind
from frontdesk.domain.usage import AttemptResult

LONGEST_REASON = 200
_PRIVATE = re.compile(r"[^\s@,;:<>\"']{1,64}@[^\s@,;<>\"']+|\+?\d[\d .\-/]{5,}\d")

Cause = Literal[
    "",
    "argument",
    "breaker",
    "busy",
    "connection",
    "field",
    "forbidden",
    "function",
    "html",
    "key_refused",
    "not_json",
    "not_set_up",
    "pace",
    "redirect",
    "schema",
    "status",
    "time",
    "too_large",
]
"""What was behind a failure; a closed set, for metrics."""


class CallError(Exception):
    """Raised by transports only, and turned into a `CallFailure` in one place."""

    def __init__(
        self,
        kind: FailureKind,
        why: str,
        *,
        cause: Cause,
        is_unclear: bool = False,
        may_repeat: bool = False,
        retry_after_s: float | None = None,
        health: AttemptResult = "refused",
        **details: str,
    ) -> None:
        """
        Args:
            is_unclear: the request went out; had it been an effect, it may have taken place.
            may_repeat: the same request may fare better in a moment.
            health: what it says about the system's health, in the breaker's words: `refused` that it answers, and
                `cancelled` nothing at all.
        """
        super().__init__(why)
        self.kind: FailureKind = kind
        self.why = why
        self.cause: Cause = cause
        self.is_unclear = is_unclear
        self.may_repeat = may_repeat
        self.retry_after_s = retry_after_s
        self.health: AttemptResult = health
        self.details: Mapping[str, str] = details


def malformed(field: str, why: str) -> CallError:
    """What came isn't what was agreed."""
    return CallError("malformed", f"`{field}` {why}", cause="field", is_unclear=True, field=field)


def reason_in(text: object) -> str:
    """What a system says about its refusal, short, on one line, and without what may be somebody's data."""
    line = " ".join("".join(char if unicodedata.category(char)[0] != "C" else " " for char in str(text)).split())
    return _PRIVATE.sub("…", line)[:LONGEST_REASON]


def not_sent(why: str, *, cause: Cause = "argument") -> CallError:
    """It never got as far as the system."""
    return CallError("rejected" if cause == "argument" else "unavailable", why, cause=cause, health="cancelled")
