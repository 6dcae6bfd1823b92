"""What only tests, drills and the demo look at: situations, faults, the log, effects and codes.

These routes need no key; the back office listens on this machine only.
"""

import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from frontdesk.simulators.backoffice.behaviour import SYSTEMS, key_of
from frontdesk.simulators.backoffice.effects import effects
from frontdesk.simulators.backoffice.faults.kinds import FAULTS
from frontdesk.simulators.backoffice.office import office_of
from frontdesk.simulators.backoffice.phone import phone_page
from frontdesk.simulators.backoffice.seeding import SITUATIONS


async def _about(request: Request) -> Response:
    office = office_of(request)
    told = {"today": office.calendar.today().isoformat(), "now": office.calendar.stamp()}
    return JSONResponse({**told, "systems": {system: key_of(system) for system in SYSTEMS}})


async def _situations(_: Request) -> Response:
    told = [{"customer_id": one.customer_id, "name": one.name, "what": one.what} for one in SITUATIONS]
    return JSONResponse({"situations": told})


async def _log(request: Request) -> Response:
    log = office_of(request).log
    found = log.select(after=_after(request), system=request.query_params.get("system", ""))
    return JSONResponse({"count": log.count, "requests": found})


async def _effects(request: Request) -> Response:
    wanted = {name: request.query_params.get(name, "") for name in ("system", "customer_id", "key")}
    return JSONResponse({"effects": effects(office_of(request).storage, after=_after(request), **wanted)})


async def _list_faults(request: Request) -> Response:
    plan = office_of(request).faults
    kinds = [{"fault": fault.name, "does": fault.does, "when": fault.when} for fault in FAULTS.values()]
    schedules = {system: [asdict(step) for step in one.steps] for system, one in plan.schedules.items()}
    return JSONResponse({"kinds": kinds, "faults": [rule.to_json() for rule in plan.rules], "schedules": schedules})


async def _order_fault(request: Request) -> Response:
    try:
        return JSONResponse(office_of(request).faults.order(json.loads(await request.body())), status_code=201)
    except ValueError as error:
        return _invalid(str(error))


async def _clear_faults(request: Request) -> Response:
    office_of(request).faults.clear(request.path_params.get("fault_id"))
    return Response(status_code=204)


async def _list_codes(request: Request) -> Response:
    customer = request.query_params.get("customer_id", "")
    sql = "SELECT * FROM codes WHERE ? IN ('', customer_id) ORDER BY code_id"
    return JSONResponse({"codes": office_of(request).storage.rows(sql, customer)})


async def _phone(request: Request) -> Response:
    """An invented customer's telephone, for whoever tries a demo as them."""
    office, customer = office_of(request), request.query_params.get("customer_id", "")
    sql = "SELECT at, code FROM codes WHERE customer_id = ? ORDER BY code_id DESC LIMIT 20"
    rows = office.storage.rows(sql, customer)
    number = office.storage.scalar("SELECT phone FROM customers WHERE customer_id = ?", customer) or ""
    return HTMLResponse(phone_page(number, rows))


async def _send_code(request: Request) -> Response:
    office = office_of(request)
    try:
        row = _code(json.loads(await request.body()))
    except ValueError as error:
        return _invalid(str(error))
    sql = "SELECT phone FROM customers WHERE customer_id = ?"
    row["sent_to"] = office.storage.scalar(sql, row["customer_id"]) or ""
    with office.storage.change():
        code_id = office.storage.insert("codes", at=office.calendar.stamp(), **row)
    return JSONResponse({"code_id": code_id}, status_code=201)


def _code(body: Any) -> dict[str, str]:
    if not isinstance(body, dict):
        raise ValueError("A code is an object with `subject` and `code`.")  # noqa: TRY004  (what came is wrong)
    for name in ("subject", "code"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise ValueError(f"`{name}` must be a text.")
    kept = {name: str(body.get(name, "")) for name in ("code", "language", "purpose")}
    return {"customer_id": body["subject"], **kept, "channel": str(body.get("channel", "sms"))}


def _after(request: Request) -> int:
    after = request.query_params.get("after", "0")
    return int(after) if after.isdigit() else 0


def _invalid(message: str) -> Response:
    return JSONResponse({"error": {"code": "invalid", "message": message}}, status_code=400)


INSIDE_ROUTES = (
    Route("/", _about),
    Route("/_about", _about),
    Route("/_situations", _situations),
    Route("/_log", _log),
    Route("/_effects", _effects),
    Route("/_faults", _list_faults, methods=["GET"]),
    Route("/_faults", _order_fault, methods=["POST"]),
    Route("/_faults", _clear_faults, methods=["DELETE"]),
    Route("/_faults/{fault_id:int}", _clear_faults, methods=["DELETE"]),
    Route("/_phone", _phone),
    Route("/_codes", _list_codes, methods=["GET"]),
    Route("/_codes", _send_code, methods=["POST"]),
)
