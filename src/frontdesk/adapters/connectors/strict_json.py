"""JSON as it has to be: each name once, no NaN, and amounts to the last digit."""

import json
from decimal import Decimal
from typing import Any

from frontdesk.adapters.connectors.failing import CallError


def parse_json(body: bytes) -> Any:
    """Numbers with a point become Decimals.

    Raises:
        CallError: malformed.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError, ArithmeticError) as error:
        why = str(error) if isinstance(error, _StrictError) else "is no JSON"
        raise not_json(why) from error


def not_json(why: str) -> CallError:
    return CallError("malformed", f"the reply {why}", cause="not_json", is_unclear=True, field="reply")


class _StrictError(ValueError):
    pass


def _refuse(constant: str) -> None:
    raise _StrictError(f"holds {constant}, which is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _StrictError("names a member twice")
    return found
