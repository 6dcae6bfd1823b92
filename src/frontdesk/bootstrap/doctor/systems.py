"""Whether the systems of connectors.yaml are there, take our key, and are still as they were agreed to be."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import yaml

from frontdesk.adapters.clock import SystemClock
from frontdesk.adapters.connectors import HttpTransport, McpTransport, OutsideSystem, pin_of
from frontdesk.adapters.connectors.failing import CallError
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.bootstrap.connectors import open_connectors
from frontdesk.bootstrap.doctor.check import Check, to_check
from frontdesk.bootstrap.outside import outside_client
from frontdesk.domain.connector import ArgumentSpec, CallFailure, FieldType, OperationSpec, Value
from frontdesk.domain.connector_source import SIMULATOR, ConnectorSource, HttpSource, McpSource, PythonSource
from frontdesk.domain.errors import ConfigError
from frontdesk.releases.connectors_openapi import mismatches
from frontdesk.releases.openapi_document import OpenApiDocument
from frontdesk.releases.places import Places
from frontdesk.settings import Settings

WAIT_S = 5.0
"""For one operation; all systems are asked at the same time."""
NAME = "system"
_NOBODY: Mapping[FieldType, Value] = {
    "text": "frontdesk-check",
    "id": "frontdesk-check",
    "email": "frontdesk-check@example.invalid",
    "number": 1,
    "money": Decimal(1),
    "date": date(2000, 1, 1),
    "time": datetime(2000, 1, 1, tzinfo=UTC),
    "yes_no": False,
}
"""What is asked for: nothing that exists, so that a check reads nobody's data."""
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_ANSWERS = frozenset({"not_found", "rejected"})
"""Failures by which a system shows that it is there and knows us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    source: ConnectorSource
    system: OutsideSystem
    places: Places

    def where(self, *keys: str) -> str:
        return self.places.of("connectors", self.source.name, *keys)

    def said(self, state: Any, detail: str, *keys: str, remedy: str = "") -> Check:
        return Check(name=NAME, state=state, detail=detail, where=self.where(*keys), remedy=remedy)


async def check_systems(settings: Settings, sources: Sequence[ConnectorSource]) -> list[Check]:
    """Only read operations are asked, for a customer who doesn't exist."""
    places = Places(settings.assistant_dir / "connectors.yaml")
    async with outside_client() as client:
        asked: list[_Asked] = []
        found: list[Check] = []
        for source in sources:
            try:
                opened = open_connectors(
                    [source],
                    settings,
                    SystemClock(),
                    PrometheusTelemetry(),
                    client=client,
                    simulators=lambda _: settings.backoffice_url,
                )
            except ConfigError as error:
                found += [to_check(NAME, problem) for problem in error.problems]
                continue
            asked.append(_Asked(source=source, system=opened[source.name], places=places))
        for checks in await asyncio.gather(*(_check(one) for one in asked)):
            found += checks
        await asyncio.gather(*(one.system.close() for one in asked))
    return found


async def _check(asked: _Asked) -> list[Check]:
    source = asked.source
    if isinstance(source, HttpSource) and source.base_url.startswith(SIMULATOR):
        simulated = asked.system.transport
        if not isinstance(simulated, HttpTransport) or not simulated.is_known:
            return [asked.said("ok", f"`{source.name}` is simulated by `frontdesk up`")]
    if isinstance(source, PythonSource):
        return [asked.said("ok", f"`{source.name}`: {len(source.operations)} functions can be called")]
    found = [
        *_about_privacy(asked),
        *(await _about_tools(asked)),
        *(await _about_description(asked)),
        *(await _about_reads(asked)),
    ]
    if any(check.state == "problem" for check in found):
        return found
    return [asked.said("ok", f"`{source.name}` answers and takes our key"), *found]


async def _about_reads(asked: _Asked) -> list[Check]:
    """Every read where that is a query of our own, else the first, which shows whether it is there and knows us."""
    reads = [spec for spec in asked.system.operations.values() if spec.kind == "read"]
    if isinstance(asked.source, HttpSource | McpSource):
        reads = [spec for spec in reads if not spec.is_list][:1] or reads[:1]
    ends = [(spec, await asked.system.call(spec.name, _made_up(spec), key="", deadline_s=WAIT_S)) for spec in reads]
    return [
        _about_failure(asked, spec, end)
        for spec, end in ends
        if isinstance(end, CallFailure) and end.kind not in _ANSWERS
    ]


def _made_up(spec: OperationSpec) -> Mapping[str, Value]:
    return {one.name: _one_made_up(one) for one in spec.arguments if one.is_required}


def _one_made_up(spec: ArgumentSpec) -> Value:
    value = spec.choices[0] if spec.choices else _NOBODY[spec.type]
    return value[: spec.max_chars] if isinstance(value, str) else value


def _about_failure(asked: _Asked, spec: OperationSpec, failure: CallFailure) -> Check:
    name, cause = asked.source.name, failure.details.get("cause", "")
    way = "http" if isinstance(asked.source, HttpSource) else "mcp" if isinstance(asked.source, McpSource) else "sql"
    if cause in ("key_refused", "forbidden"):
        remedy = "Put a valid key into the variable that `auth` names, and see that it may read this."
        return asked.said("problem", f"`{name}` refuses our key: {failure.why}.", way, "auth", remedy=remedy)
    if cause == "not_set_up":
        remedy = "Set it where the server starts, or name another."
        return asked.said("problem", f"`{name}` can't be asked: {failure.why}.", way, remedy=remedy)
    if failure.kind == "malformed":
        remedy = "See what the system returns now, and change the mapping."
        keys = ("operations", spec.name, "fields", failure.details.get("field", ""))
        return asked.said("problem", f"`{spec.qualified}` is not as agreed: {failure.why}.", *keys, remedy=remedy)
    if failure.kind == "rate_limited":
        return asked.said("warning", f"`{name}` asks us to come later: {failure.why}.", way)
    remedy = "See that its address is right and that it runs; workflows say meanwhile that they don't know."
    return asked.said("problem", f"`{name}` can't be reached: {failure.why}.", way, remedy=remedy)


def _about_privacy(asked: _Asked) -> Iterator[Check]:
    """Keys and customers' data in the open."""
    source = asked.source
    url = source.base_url if isinstance(source, HttpSource) else source.url if isinstance(source, McpSource) else ""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in _HERE:
        way, key = ("http", "base_url") if isinstance(source, HttpSource) else ("mcp", "url")
        remedy = "Use https:// where it is offered."
        yield asked.said(
            "warning", f"whoever is between us and `{source.name}` can read along.", way, key, remedy=remedy
        )


async def _about_tools(asked: _Asked) -> list[Check]:
    transport = asked.system.transport
    if not isinstance(transport, McpTransport) or not isinstance(asked.source, McpSource):
        return []
    try:
        async with asyncio.timeout(WAIT_S):
            tools = await transport.tools()
    except (CallError, TimeoutError):
        return []  # told by the first read
    return [
        check
        for one in asked.source.operations
        for check in _about_tool(asked, one.spec.name, one.tool, one.pin, tools)
    ]


def _about_tool(
    asked: _Asked, operation: str, tool: str, pin: str, tools: Mapping[str, Mapping[str, Any]]
) -> Iterator[Check]:
    at = ("operations", operation)
    if tool not in tools:
        has = ", ".join(f"`{name}`" for name in sorted(tools)[:10]) or "none"
        yield asked.said("problem", f"the server has no tool `{tool}`; it has {has}.", *at, "tool")
    elif pin != pin_of(tools[tool]):
        how = "is not pinned" if not pin else "has another schema than the one that is pinned"
        remedy = "Look at what it takes and gives now, then run `frontdesk connector pin`."
        yield asked.said("problem", f"the tool `{tool}` {how}.", *at, "pin", remedy=remedy)


async def _about_description(asked: _Asked) -> list[Check]:
    source, transport = asked.source, asked.system.transport
    if not isinstance(source, HttpSource) or not source.openapi.startswith("/"):
        return []
    assert isinstance(transport, HttpTransport)  # noqa: S101 - it is what the source is opened as
    try:
        async with asyncio.timeout(WAIT_S):
            document = OpenApiDocument(yaml.safe_load(await transport.fetch(source.openapi)))
    except (CallError, TimeoutError, ValueError, yaml.YAMLError) as error:
        why = str(error) or "it does not answer in time"
        return [asked.said("problem", f"`{source.name}`: {source.openapi} can't be read: {why}.", "http", "openapi")]
    return [
        asked.said(
            "problem",
            f"`{source.name}.{one.operation}`: {one.message}.",
            "operations",
            one.operation,
            *one.key.split("."),
            remedy=one.hint,
        )
        for one in mismatches(document, source)
    ]
