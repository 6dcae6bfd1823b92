"""The machine's clock and its source of randomness."""

import base64
import secrets
import time
from collections import deque
from datetime import UTC, datetime

_TOKEN_BYTES = 16
_TOKENS_A_DRAW = 64


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.perf_counter()


class SystemTokens:
    """Draws randomness in blocks: each call to the system lets other threads run first, 0.2 ms under load."""

    def __init__(self) -> None:
        self._drawn: deque[bytes] = deque()

    def token(self) -> str:
        try:
            drawn = self._drawn.pop()
        except IndexError:
            block = secrets.token_bytes(_TOKENS_A_DRAW * _TOKEN_BYTES)
            self._drawn.extend(block[at : at + _TOKEN_BYTES] for at in range(0, len(block), _TOKEN_BYTES))
            drawn = self._drawn.pop()
        return base64.b32encode(drawn).decode().rstrip("=").lower()

    def secret(self) -> str:
        return secrets.token_urlsafe(32)
