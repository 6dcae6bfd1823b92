"""Every error Frontdesk raises on purpose.

    FrontdeskError
      InputError                 the caller can fix it
        MalformedError             a field is not what it must be
        TooLargeError              a field or body is over its cap
        NotFoundError              no such thing, or not yours to see
        ConflictError              it clashes with what is stored
        UnauthenticatedError       no valid credential was given
        PermissionDeniedError      the credential does not allow this
      DependencyError            the outside failed
        DependencyTimeoutError     it did not answer in time
        UnavailableError           it cannot be reached, or is not ready
          StoreUnavailableError      our own database cannot be reached: nothing can be kept
        RateLimitedError           it asks us to slow down
        RejectedError              the outside refused: credentials, content filter, context length
        MalformedReplyError        its answer makes no sense
      LimitError                 our own bound was reached
        DeadlineError              the time is up
        TokenBudgetError           too many tokens
        CostBudgetError            too much money
        OverloadedError            too much is under way
        StepLimitError             a workflow goes round in circles
      StoredDataError            stored things disagree; never retried
        ChecksumError              a stored file is not what was written
        LeaseLostError             another worker owns this turn now
        HandedOverError            a person owns this conversation now
        SupersededError            a later message took this turn's place
      ConfigError                at start only; lists every problem at once

Blocked, unsupported, refused, escalated and quarantined are results, not errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


class FrontdeskError(Exception):
    """Base of the family: a code for programs, a message for people, data for both."""

    code: ClassVar[str] = "frontdesk_error"
    retryable: ClassVar[bool] = False

    def __init__(self, public_message: str, **data: str | int | float | bool | None) -> None:
        super().__init__(public_message)
        self.public_message = public_message
        """Safe to show to whoever asked."""
        self.data: Mapping[str, str | int | float | bool | None] = data
        """What programs may act on, for example `field` or `limit`."""


class InputError(FrontdeskError):
    code = "invalid_input"


class MalformedError(InputError):
    code = "malformed"


class TooLargeError(InputError):
    code = "too_large"


class NotFoundError(InputError):
    code = "not_found"


class ConflictError(InputError):
    code = "conflict"


class UnauthenticatedError(InputError):
    code = "unauthenticated"


class PermissionDeniedError(InputError):
    code = "permission_denied"


class DependencyError(FrontdeskError):
    code = "dependency_failed"
    retryable = True


class DependencyTimeoutError(DependencyError):
    code = "dependency_timeout"


class UnavailableError(DependencyError):
    code = "dependency_unavailable"


class StoreUnavailableError(UnavailableError):
    """The database of conversations and turns. A turn that meets it is left open; any other outage ends it."""


class RateLimitedError(DependencyError):
    code = "dependency_rate_limited"


class RejectedError(DependencyError):
    code = "dependency_rejected"
    retryable = False


class MalformedReplyError(DependencyError):
    code = "dependency_malformed_reply"


class LimitError(FrontdeskError):
    code = "limit_reached"


class DeadlineError(LimitError):
    code = "deadline_reached"


class TokenBudgetError(LimitError):
    code = "token_budget_reached"


class CostBudgetError(LimitError):
    code = "cost_budget_reached"


class OverloadedError(LimitError):
    code = "overloaded"
    retryable = True


class StepLimitError(LimitError):
    code = "step_limit_reached"


class StoredDataError(FrontdeskError):
    code = "stored_data"


class ChecksumError(StoredDataError):
    code = "checksum"


class LeaseLostError(StoredDataError):
    code = "lease_lost"


class HandedOverError(StoredDataError):
    code = "handed_over"


class SupersededError(StoredDataError):
    code = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """One mistake in the settings or the assistant folder."""

    where: str
    """A setting's name, or `file:line`."""
    message: str
    hint: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" + (f" {self.hint}" if self.hint else "")


class ConfigError(FrontdeskError):
    code = "config"

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
