"""What the HTTP adapters share: server-sent events off the wire, and vendor failures as our errors.

Every error carries `result`, the label the attempt is recorded under (`frontdesk.domain.usage.AttemptResult`).
Nothing a vendor wrote reaches a message: replies to failed requests quote keys and prompts.
"""

import asyncio
import email.utils
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from frontdesk.domain.errors import (
    DependencyError,
    DependencyTimeoutError,
    MalformedReplyError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)

MAX_LINE_BYTES = 1 << 20
"""A longer line is garbage: a whole answer of 4,000 tokens is about 20 kB."""
MAX_REPLY_CHARS = 200_000
"""Far beyond any answer; a server that goes on for ever is cut off here."""
MAX_ERROR_BYTES = 1 << 16
USAGE_GRACE_S = 0.5
"""How long a finished reply waits for its usage; a guess, vendors send it in the same moment."""
DRAIN_GRACE_S = 0.05
"""How long a reply with its usage waits for the end of its body; a guess."""
MAX_RETRY_AFTER_S = 3600.0
GONE_PAUSE_S = 15.0
"""A model that is not there will not be there for the next turn either; a guess, as long as a breaker stays open."""

_CONTEXT = re.compile(
    r"context[_ ](?:length|window)|maximum context|too many (?:input )?tokens|(?:prompt|input)\b.{0,20}\btoo long"
    r"|request_too_large",
    re.IGNORECASE,
)
_FILTER = re.compile(r"content[_ ](?:filter|policy|management)|responsibleaipolicy|safety_violation", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}\Z")


async def data_batches(response: httpx.Response) -> AsyncGenerator[list[bytes]]:
    """The payloads of the `data:` lines, as many at a time as came in one piece off the network.

    Raises:
        MalformedReplyError: a line is longer than MAX_LINE_BYTES.
    """
    rest = b""
    async for piece in response.aiter_bytes():
        *lines, rest = (rest + piece).split(b"\n") if rest else piece.split(b"\n")
        if len(rest) > MAX_LINE_BYTES or any(len(line) > MAX_LINE_BYTES for line in lines):
            raise garbage("a line is too long")
        if batch := _payloads(lines):
            yield batch
    if batch := _payloads([rest]):
        yield batch


async def read_out(
    batches: AsyncIterator[list[bytes]], take: Callable[[list[bytes]], object], *, grace_s: float
) -> None:
    """Read what follows a finished reply for a moment: its usage, and the end of the body, which frees the connection.

    Nothing that goes wrong here matters any more.
    """
    try:
        async with asyncio.timeout(grace_s):
            async for batch in batches:
                take(batch)
    except (TimeoutError, httpx.HTTPError, DependencyError):
        return


async def read_whole(response: httpx.Response, *, limit: int) -> bytes:
    """The body of a reply in one piece.

    Raises:
        MalformedReplyError: it has more bytes than the limit.
    """
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > limit:
            raise garbage("the reply is too long")
    return bytes(body)


def _payloads(lines: list[bytes]) -> list[bytes]:
    return [line[5:].strip() for line in lines if line.startswith(b"data:")]


def parse_object(payload: bytes) -> dict[str, Any]:
    """One JSON object.

    Raises:
        MalformedReplyError: it is something else, or not UTF-8.
    """
    try:
        value = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise garbage("not JSON") from error
    if not isinstance(value, dict):
        raise garbage("not an object")
    return value


def garbage(why: str) -> MalformedReplyError:
    return MalformedReplyError("The model's reply could not be read.", result="garbage", why=why)


def cut(why: str) -> UnavailableError:
    return UnavailableError("The model's reply broke off.", result="cut", why=why)


def filtered() -> RejectedError:
    return RejectedError("The model's vendor refused this content.", result="filter")


@contextmanager
def translated() -> Iterator[None]:
    """Turns what httpx raises into our errors, most specific first."""
    try:
        yield
    except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise DependencyTimeoutError("The model could not be reached in time.", result="timeout_fb") from error
    except httpx.TimeoutException as error:
        raise DependencyTimeoutError("The model stopped answering.", result="timeout_idle") from error
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
        raise RejectedError("The model's address cannot be used.", result="refused") from error
    except httpx.DecodingError as error:
        raise garbage("encoding") from error
    except httpx.HTTPError as error:
        raise cut(type(error).__name__) from error


async def raise_for_failure(response: httpx.Response) -> None:
    """Reads a failed response, at most MAX_ERROR_BYTES of it, and raises what it means."""
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_ERROR_BYTES:
            break
    raise failure(response.status_code, body[:MAX_ERROR_BYTES], retry_after=response.headers.get("retry-after"))


def failure(status: int, body: bytes, *, retry_after: str | None = None) -> DependencyError:
    """The error for a status and what came with it, most specific first."""
    text = body.decode("utf-8", "replace")
    code = _vendor_code(body)
    if status == 429:
        return RateLimitedError(
            "The model is rate limited.",
            result="429",
            status=status,
            code=code,
            retry_after_s=retry_after_s(retry_after),
        )
    if status in (401, 402, 403) and not _FILTER.search(text):
        return RejectedError("The model's vendor refused our credentials.", result="auth", status=status, code=code)
    if status >= 500 or status == 408:
        return UnavailableError(
            "The model is not available.",
            result="5xx",
            status=status,
            code=code,
            retry_after_s=retry_after_s(retry_after),
        )
    if _CONTEXT.search(text):
        return RejectedError("The request is too long for the model.", result="ctx", status=status, code=code)
    if _FILTER.search(text):
        return filtered()
    pause_s = GONE_PAUSE_S if status in (404, 410) else None
    return RejectedError(
        "The model's vendor refused the request.", result="refused", status=status, code=code, retry_after_s=pause_s
    )


def retry_after_s(header: str | None) -> float | None:
    """Seconds to wait, at most an hour; None where the header is missing or unreadable. Takes seconds or a date."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            due = email.utils.parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (due.replace(tzinfo=due.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S) if seconds == seconds else None


def _vendor_code(body: bytes) -> str:
    """The vendor's own word for the failure, where it is a plain word."""
    try:
        error = json.loads(body)["error"]
        code = str(error.get("code") or error.get("type") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return code if _CODE.match(code) else ""
