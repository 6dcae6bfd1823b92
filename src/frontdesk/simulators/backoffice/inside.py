"""What only tests, drills and the demo look at: situations, faults, the log, effects and codes."""

import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from frontdesk.simulators.backoffice.behaviour import SYSTEMS, key_of
from frontdesk.simulators.backoffice.effects import effects
from frontdesk.simulators.backoffice.faults.kinds import FAULTS
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.seeding import SITUATIONS


def inside_routes(office: Office) -> list[Route]:
    """Routes that need no key; the back office listens on this machine only."""

    async def about(_: Request) -> Response:
        day = office.storage.scalar("SELECT value FROM meta WHERE name = 'day'")
        told = {"today": office.calendar.today().isoformat(), "file_day": day, "now": office.calendar.stamp()}
        return JSONResponse({**told, "systems": {system: key_of(system) for system in SYSTEMS}})

    async def situations(_: Request) -> Response:
        told = [{"customer_id": one.customer_id, "name": one.name, "what": one.what} for one in SITUATIONS]
        return JSONResponse({"situations": told})

    async def log(request: Request) -> Response:
        found = office.log.select(after=_after(request), system=request.query_params.get("system", ""))
        return JSONResponse({"count": office.log.count, "requests": found})

    async def changed(request: Request) -> Response:
        wanted = {name: request.query_params.get(name, "") for name in ("system", "customer_id", "key")}
        return JSONResponse({"effects": effects(office.storage, after=_after(request), **wanted)})

    return [
        Route("/", about),
        Route("/_about", about),
        Route("/_situations", situations),
        Route("/_log", log),
        Route("/_effects", changed),
        *_fault_routes(office),
        *_code_routes(office),
    ]


def _fault_routes(office: Office) -> list[Route]:
    async def listed(_: Request) -> Response:
        kinds = [{"fault": fault.name, "does": fault.does, "when": fault.when} for fault in FAULTS.values()]
        schedules = {system: [asdict(step) for step in plan.steps] for system, plan in office.faults.schedules.items()}
        rules = [rule.to_json() for rule in office.faults.rules]
        return JSONResponse({"kinds": kinds, "faults": rules, "schedules": schedules})

    async def order(request: Request) -> Response:
        try:
            return JSONResponse(office.faults.order(json.loads(await request.body())), status_code=201)
        except ValueError as error:
            return _invalid(str(error))

    async def clear(request: Request) -> Response:
        wanted = request.path_params.get("fault_id")
        office.faults.clear(int(wanted) if wanted is not None else None)
        return Response(status_code=204)

    return [
        Route("/_faults", listed, methods=["GET"]),
        Route("/_faults", order, methods=["POST"]),
        Route("/_faults", clear, methods=["DELETE"]),
        Route("/_faults/{fault_id:int}", clear, methods=["DELETE"]),
    ]


def _code_routes(office: Office) -> list[Route]:
    async def sent(request: Request) -> Response:
        customer = request.query_params.get("customer_id", "")
        rows = office.storage.rows("SELECT * FROM codes WHERE ? IN ('', customer_id) ORDER BY code_id", customer)
        return JSONResponse({"codes": rows})

    async def send(request: Request) -> Response:
        try:
            row = _code(json.loads(await request.body()))
        except ValueError as error:
            return _invalid(str(error))
        with office.storage.change():
            code_id = office.storage.insert("codes", at=office.calendar.stamp(), **row)
        return JSONResponse({"code_id": code_id}, status_code=201)

    return [Route("/_codes", sent, methods=["GET"]), Route("/_codes", send, methods=["POST"])]


def _code(body: Any) -> dict[str, str]:
    if not isinstance(body, dict):
        raise ValueError("A code is an object with `customer_id` and `code`.")  # noqa: TRY004  (what came is wrong)
    for name in ("customer_id", "code"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise ValueError(f"`{name}` must be a text.")
    kept = {name: str(body.get(name, "")) for name in ("customer_id", "code", "purpose", "sent_to")}
    return {**kept, "channel": str(body.get("channel", "sms"))}


def _after(request: Request) -> int:
    after = request.query_params.get("after", "0")
    return int(after) if after.isdigit() else 0


def _invalid(message: str) -> Response:
    return JSONResponse({"error": {"code": "invalid", "message": message}}, status_code=400)
