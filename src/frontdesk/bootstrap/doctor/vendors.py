"""Whether the servers of models.yaml are there, take the key, and have the models; costs nothing."""

import asyncio
import difflib
import socket
from collections.abc import Iterator, Mapping, Sequence

import httpx

from frontdesk.adapters.models.listing import list_models
from frontdesk.bootstrap.doctor.check import Check
from frontdesk.bootstrap.doctor.routes import VENDORS, routes_of
from frontdesk.domain.errors import DependencyError
from frontdesk.domain.release import ModelRoute, ModelRoutes
from frontdesk.releases.places import Places
from frontdesk.settings import read_secret

WAIT_S = 5.0
"""For one server; all are asked at the same time."""
_NO_LIST = frozenset({404, 405, 501})


async def check_vendors(models: ModelRoutes, places: Places) -> list[Check]:
    """One answer for each server and key, and one for each model that it does not list."""
    servers: dict[tuple[str, str, str], list[ModelRoute]] = {}
    for route in routes_of(models).values():
        if route.adapter in VENDORS and (not route.api_key_env or read_secret(route.api_key_env)):
            servers.setdefault((route.adapter, route.base_url, route.api_key_env), []).append(route)
    async with httpx.AsyncClient(trust_env=True) as client:
        found = await asyncio.gather(*(_ask(client, routes, places) for routes in servers.values()))
    return [check for checks in found for check in checks]


async def _ask(client: httpx.AsyncClient, routes: Sequence[ModelRoute], places: Places) -> list[Check]:
    first = routes[0]
    try:
        async with asyncio.timeout(WAIT_S):
            key = read_secret(first.api_key_env) if first.api_key_env else ""
            listed = await list_models(client, first, api_key=key, timeout_s=WAIT_S)
    except TimeoutError:
        return [_unreachable(first, places, f"it did not answer within {WAIT_S:.0f} s")]
    except DependencyError as error:
        return [_refusal(first, places, error)]
    return [_listed(routes, listed), *_missing(routes, listed, places)]


def _listed(routes: Sequence[ModelRoute], listed: Sequence[str]) -> Check:
    names = ", ".join(f"'{route.name}'" for route in routes)
    return Check(name="vendor", state="ok", detail=f"{_host(routes[0])} takes the key of {names}, {len(listed)} models")


def _missing(routes: Sequence[ModelRoute], listed: Sequence[str], places: Places) -> Iterator[Check]:
    for route in routes:
        if not listed or route.model in listed:
            continue
        close = difflib.get_close_matches(route.model, listed, n=1)
        yield Check(
            name="vendor",
            state="warning",
            where=places.of_route(route.name, "model"),
            detail=f"{_host(route)} does not list `{route.model}` of '{route.name}'.",
            remedy=f"Did you mean `{close[0]}`?" if close else f"It lists {_some(listed)}.",
        )


def _refusal(route: ModelRoute, places: Places, error: DependencyError) -> Check:
    facts: Mapping[str, object] = error.data
    status = facts.get("status")
    if facts.get("result") == "auth":
        return Check(
            name="vendor",
            state="problem",
            where=places.of_route(route.name, "api_key_env" if route.api_key_env else "base_url"),
            detail=f"{_host(route)} refuses the key of '{route.name}' (status {status}).",
            remedy=f"Put a valid key into {route.api_key_env}."
            if route.api_key_env
            else "Name the variable that holds its key as `api_key_env`.",
        )
    if status in _NO_LIST:
        return Check(
            name="vendor",
            state="warning",
            where=places.of_route(route.name, "base_url"),
            detail=f"{_host(route)} answers, and has no list of models (status {status}).",
            remedy="See that `base_url` ends as the vendor says, such as in `/v1`.",
        )
    if isinstance(status, int):
        return Check(
            name="vendor",
            state="warning",
            where=places.of_route(route.name, "base_url"),
            detail=f"{_host(route)} has trouble at this moment (status {status}).",
            remedy="Try again; the next rung answers meanwhile.",
        )
    if facts.get("result") == "garbage":
        return Check(
            name="vendor",
            state="warning",
            where=places.of_route(route.name, "base_url"),
            detail=f"{_host(route)} answers, but not as a model server does.",
            remedy="See that `base_url` is the address of its API.",
        )
    return _unreachable(route, places, _reason(error))


def _unreachable(route: ModelRoute, places: Places, why: str) -> Check:
    return Check(
        name="vendor",
        state="problem",
        where=places.of_route(route.name, "base_url"),
        detail=f"{_host(route)} of '{route.name}' cannot be reached: {why}.",
        remedy="See that `base_url` is right and the server runs.",
    )


def _reason(error: BaseException) -> str:
    """The oldest cause that says something, in words."""
    cause: BaseException | None = error
    said = "no connection"
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "there is no such host"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there"
        if isinstance(cause, httpx.TimeoutException):
            said = "it did not answer in time"
        if isinstance(cause, httpx.UnsupportedProtocol | httpx.InvalidURL):
            return "this is no http:// or https:// address"
        cause = cause.__cause__ or cause.__context__
    return said


def _host(route: ModelRoute) -> str:
    return httpx.URL(route.base_url).netloc.decode() or route.base_url if route.base_url else route.adapter


def _some(listed: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in listed[:5])
    return f"{shown} and {len(listed) - 5} more" if len(listed) > 5 else shown
