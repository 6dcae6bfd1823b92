"""What an HTTP reply means: a JSON value, or the kind of failure it stands for."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import httpx

from frontdesk.adapters.connectors.failing import CallError, reason_in
from frontdesk.adapters.connectors.strict_json import not_json, parse_json
from frontdesk.adapters.models.wire import retry_after_s
from frontdesk.domain.connector import FailureKind
from frontdesk.domain.record_path import MISSING, RecordPath

_MOST_FIELDS = 50
"""Of a refusal that are told one by one."""
_AGE_DIGITS = 9
_BUSY = frozenset({408, 425})
_REFUSED_KEY: Mapping[str, Any] = {"cause": "key_refused", "health": "auth"}
_USUAL: Mapping[int, tuple[FailureKind, str, Mapping[str, Any]]] = {
    401: ("unavailable", "it refuses our key", _REFUSED_KEY),
    403: (
        "unavailable",
        "it does not let us",
        {"cause": "forbidden"},
    ),  # this one thing, perhaps: no reason for a pause
    404: ("not_found", "there is no such record", {}),
    410: ("not_found", "there is no such record", {}),
    429: ("rate_limited", "too many requests", {"may_repeat": True, "health": "429"}),
}


async def read_body(response: httpx.Response, *, max_bytes: int) -> bytes:
    """Raises: CallError: it is longer than that, or packed."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise not_json("is packed, which was not asked for")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > max_bytes:
            why = f"the reply has more than {max_bytes} bytes"
            raise CallError("malformed", why, cause="too_large", is_unclear=True, field="reply")
    return bytes(body)


def age_s(response: httpx.Response) -> float:
    """Seconds since the system looked, where something between us answers from memory and says so (RFC 9111)."""
    told = response.headers.get("age", "")
    return float(told) if told.isascii() and told.isdigit() and len(told) <= _AGE_DIGITS else 0.0


def value_in(response: httpx.Response, body: bytes, *, content_types: tuple[str, ...]) -> Any:
    """The JSON value of a reply that went well. Raises: CallError: malformed."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body.strip():
        return None
    if kind not in content_types and not kind.endswith("+json"):
        is_page = "html" in kind or body.lstrip()[:1] == b"<"
        why = "the reply is a web page" if is_page else f"the reply is {reason_in(kind) or 'of no named type'}"
        raise CallError(
            "malformed",
            f"{why}, and no JSON",
            cause="html" if is_page else "not_json",
            is_unclear=True,
            may_repeat=is_page,
            health="5xx" if is_page else "refused",
            field="reply",
        )
    return parse_json(body)


def failure_of(
    response: httpx.Response,
    body: bytes,
    *,
    kinds: Mapping[int, FailureKind],
    error_text: RecordPath,
    error_fields: RecordPath,
) -> CallError:
    """What a status other than 2xx means."""
    status = response.status_code
    if known := kinds.get(status):
        is_busy = known in ("rate_limited", "unavailable", "silent")
        return _failure(known, response, _reason(body, error_text), may_repeat=is_busy, is_unclear=status >= 500)
    if status >= 500 or status in _BUSY:
        return _failure("unavailable", response, "it is in trouble", may_repeat=True, is_unclear=True, health="5xx")
    if status < 400:
        return _failure("malformed", response, "it sends us elsewhere", cause="redirect", is_unclear=True)
    if usual := _USUAL.get(status):
        kind, why, facts = usual
        return _failure(kind, response, why, **facts)
    return _failure("rejected", response, _reason(body, error_text), **_fields(body, error_fields))


def _failure(kind: FailureKind, response: httpx.Response, why: str, **facts: Any) -> CallError:
    after_s = retry_after_s(response.headers.get("retry-after"))
    facts = {"cause": "status", "retry_after_s": after_s, "status": str(response.status_code), **facts}
    return CallError(kind, f"status {response.status_code}: {why}", **facts)


def _fields(body: bytes, path: RecordPath) -> Mapping[str, str]:
    """What a refusal says of each field, as details named `field.<name>`."""
    if not path.text:
        return {}
    try:
        found = path.find(parse_json(body))
    except CallError:
        return {}
    said = found if isinstance(found, dict) else {}
    return {f"field.{reason_in(name)}": reason_in(why) for name, why in islice(said.items(), _MOST_FIELDS)}


def _reason(body: bytes, path: RecordPath) -> str:
    if not path.text:
        return "it refuses"
    try:
        found = path.find(parse_json(body))
    except CallError:
        return "it refuses"
    return "it refuses" if found is MISSING or found is None else reason_in(found)
