"""The machine's clock and its source of randomness."""

import base64
import secrets
import time
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.perf_counter()


class SystemTokens:
    def token(self) -> str:
        return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()

    def secret(self) -> str:
        return secrets.token_urlsafe(32)
