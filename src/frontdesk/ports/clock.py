"""Time and randomness, handed in so that tests decide both."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back, for durations."""
        ...


class TokenSource(Protocol):
    def token(self) -> str:
        """128 random bits as 26 lower-case base32 characters."""
        ...

    def secret(self) -> str:
        """256 random bits, URL safe, for credentials."""
        ...
