"""Whatever a client sends: an answer that the reference names, and never a 500."""

import asyncio
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from frontdesk.server.app import OPERATIONS
from frontdesk.server.openapi import build_openapi

EXAMPLES = 12
"""Requests per operation; about two hundred in all."""
LISTED = [one for one in OPERATIONS if one.is_listed]
STREAMS = "/v1/conversations/{conversation_id}/events"


@pytest.mark.parametrize("operation", LISTED, ids=lambda one: f"{one.method} {one.path}")
async def test_no_request_is_answered_outside_the_reference(house: Any, operation: Any) -> None:
    path, headers = await house.open_conversation()
    schema = schemathesis.openapi.from_dict(build_openapi(OPERATIONS))
    described = schema[operation.path][operation.method]
    allowed = set(build_openapi(OPERATIONS)["paths"][operation.path][operation.method.lower()]["responses"]) - {"500"}
    credential = headers if operation.access == "conversation" else house.staff

    def attack() -> None:
        with httpx.Client(base_url=house.url, timeout=20) as client:

            @given(case=described.as_strategy())
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def send(case: Any) -> None:
                case.path_parameters |= {"conversation_id": path.rpartition("/")[2]} if "conv" in operation.path else {}
                accept = {"Accept": "application/json"} if operation.path == STREAMS else {}
                sent = case.as_transport_kwargs(base_url=house.url)
                sent["headers"] = {**dict(sent.get("headers") or {}), **credential, **accept}
                sent["headers"] = {name: str(value).encode("utf-8") for name, value in sent["headers"].items()}
                known = {name: sent[name] for name in ("method", "url", "headers", "params", "json") if name in sent}
                content = sent.get("data")
                response = client.request(**known, content=content if isinstance(content, bytes | str) else None)
                assert str(response.status_code) in allowed, response.text

            send()

    await asyncio.to_thread(attack)
