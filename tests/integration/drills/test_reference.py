"""The OpenAPI document against the running product: every answer is one that it describes."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shop import SPAIN, Visit

FUZZ_EXAMPLES = 30
"""Requests per operation."""


async def test_every_answer_is_one_that_the_reference_describes(desk: Visit) -> None:
    """Requests made from the OpenAPI document, right ones and wrong ones, the same in every run."""
    document = (await desk.http.get("/openapi.json")).json()
    await asyncio.to_thread(_fuzz, desk, document)
    assert (await desk.say(SPAIN))["outcome"] == "answered"


def _fuzz(desk: Visit, document: Mapping[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(dict(document))
    with httpx.Client(base_url=desk.shop.url, timeout=30) as http:
        for path, methods in document["paths"].items():
            for method, described in methods.items():
                _fuzz_operation(desk, http, schema[path][method], described["x-access"])


def _fuzz_operation(desk: Visit, http: httpx.Client, operation: Any, access: str) -> None:
    accept = {"Accept": "application/json"} if operation.path.endswith("/events") else {}
    staff = {"Authorization": f"Bearer {desk.shop.staff_key}"} if access == "staff" else {}
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

    @settings(
        max_examples=FUZZ_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send_one(case: Any) -> None:
        credential = staff
        if "conversation_id" in case.path_parameters:
            opened = http.post("/v1/conversations").json()
            case.path_parameters["conversation_id"] = opened["conversation_id"]
            credential = {"Authorization": f"Bearer {opened['token']}"}
        response = case.call(base_url=desk.shop.url, headers={**credential, **accept}, timeout=30)
        case.validate_response(response, checks=checks)

    send_one()
