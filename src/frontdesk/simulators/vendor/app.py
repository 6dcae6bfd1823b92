"""The vendor as a web application: two APIs, and a debugging side that only drills and tests look at."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from frontdesk.simulators.vendor.anthropic_wire import AnthropicWire
from frontdesk.simulators.vendor.asks import Api, Ask, read_ask
from frontdesk.simulators.vendor.behaviour import FAST_ANSWER_TOKENS, PLAIN_MODELS, VendorBehaviour, behaviour_of
from frontdesk.simulators.vendor.bill import Bill
from frontdesk.simulators.vendor.case import Case
from frontdesk.simulators.vendor.commands import asks_for_commands, write_commands
from frontdesk.simulators.vendor.faults import FAULTS, REPORTED
from frontdesk.simulators.vendor.lies import Falsehood, falsify, names_in
from frontdesk.simulators.vendor.log import MAX_ASKED, MAX_TEXT, Entry, RequestLog, shown_headers
from frontdesk.simulators.vendor.obedience import obey
from frontdesk.simulators.vendor.openai_wire import OpenAiWire
from frontdesk.simulators.vendor.prose import Request, first_words, language_of, read_request, write_reply
from frontdesk.simulators.vendor.rates import RequestRate
from frontdesk.simulators.vendor.schedule import ANY, Schedule, read_schedule
from frontdesk.simulators.vendor.script import Progress, Script, play
from frontdesk.simulators.vendor.structured import as_json
from frontdesk.simulators.vendor.wire import Wire
from frontdesk.text.hashing import content_hash

MODELS: Mapping[str, str] = {**PLAIN_MODELS, **{name: fault.does for name, fault in FAULTS.items()}}
"""Every name with a meaning, and what it does; any other model behaves as `sim`."""
MAX_FALSEHOODS = 10_000
"""The newest are kept."""


@dataclass(slots=True)
class _Vendor:
    behaviour: VendorBehaviour
    bill: Bill
    rate: RequestRate
    log: RequestLog = field(default_factory=RequestLog)
    largest: dict[str, int] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    falsehoods: list[Falsehood] = field(default_factory=list)

    def in_force(self, model: str) -> str:
        """The behaviour or fault for a request to this model that comes now."""
        schedule = self.schedules.get(model) or self.schedules.get(ANY)
        return (schedule.next(time.monotonic()) if schedule else None) or model

    def write(self, ask: Ask, request: Request, does: str) -> str:
        if asks_for_commands(ask):
            return write_commands(ask, does)
        if does == "sim-obeys" and (told := obey(ask.messages)) is not None:
            return told
        if does == "sim-fast":
            return first_words(request.passages, FAST_ANSWER_TOKENS)
        behaviour = behaviour_of(does, self.behaviour)
        digest = content_hash([str(behaviour.seed), request.question, *(text for _, text in request.passages)])
        random = Random(int(digest[:16], 16))
        sentences = write_reply(request, random)
        text = " ".join(self._told(*sentence, request, ask.model, behaviour, random) for sentence in sentences)
        return as_json(ask.schema, request, text) if ask.wants_json else text

    def _told(
        self, text: str, number: int, request: Request, model: str, behaviour: VendorBehaviour, random: Random
    ) -> str:
        marker = f" [{number}]" if behaviour.cites and number else ""
        if not number or random.random() >= behaviour.lie_rate:
            return text + marker
        language = language_of(request)
        names = names_in([passage for _, passage in request.passages]) if language != "de" else ()
        kind, changed = falsify(text, behaviour.lie_kinds, random=random, names=names, language=language)
        truth = "" if kind == "policy" else text
        lie = Falsehood(kind=kind, truth=truth, text=changed, model=model, request=self.log.counts.total())
        self.falsehoods.append(lie)
        del self.falsehoods[:-MAX_FALSEHOODS]
        return changed + marker

    def forget(self) -> None:
        """As if it had just started; what is under way still ends."""
        self.log, self.bill, self.rate = RequestLog(), Bill(self.behaviour), RequestRate(self.behaviour)
        self.largest, self.schedules, self.falsehoods = {}, {}, []


class _Reply(Response):
    """Plays a script, and notes and charges what came of it."""

    def __init__(self, vendor: _Vendor, http: HttpRequest, ask: Ask, does: str) -> None:
        super().__init__()
        case = _case(vendor, ask, does)
        self._script = _script(vendor, case, does)
        self._at_s, self._started_s, self._progress = time.time(), time.monotonic(), Progress()
        self._model, self._read, self._bill = REPORTED.get(does, ask.model), ask.prompt_tokens, vendor.bill
        facts = {
            "number": vendor.log.counts.total(),
            "does": does,
            "at_s": self._at_s,
            "status": self._script.status if self._script.has_head else 0,
            "headers": shown_headers(http.headers.items()),
        }
        self._entry = Entry(facts={**facts, **_facts(case)}, progress=self._progress)
        vendor.log.add(self._entry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await play(self._script, scope, receive, send, progress=self._progress, done=self._note)

    def _note(self) -> None:
        self._entry.took_s = time.monotonic() - self._started_s
        if self._progress.has_begun:
            self._bill.charge(self._model, self._at_s, input_tokens=self._read, output_tokens=self._progress.tokens)


def _case(vendor: _Vendor, ask: Ask, does: str) -> Case:
    reported = REPORTED.get(does, ask.model)
    request = read_request(ask.messages[:-1] if ask.prefill else ask.messages)
    wire: Wire = OpenAiWire(ask, reported) if ask.api == "openai" else AnthropicWire(reported)
    largest = vendor.largest.get(ask.model, 0)
    vendor.largest[ask.model] = max(largest, ask.prompt_tokens)
    return Case(
        ask=ask,
        task="command" if asks_for_commands(ask) else "judge" if ask.wants_json else request.task,
        wire=wire,
        behaviour=behaviour_of(does, vendor.behaviour),
        text=vendor.write(ask, request, does).removeprefix(ask.prefill),
        number=vendor.log.counts[ask.model],
        largest=largest,
    )


def _script(vendor: _Vendor, case: Case, does: str) -> Script:
    if wait_s := vendor.rate.wait_s(time.monotonic()):
        return case.refused(429, "rate_limit_exceeded", retry_after=str(wait_s))
    fault = FAULTS.get(does)
    return fault.script(case) if fault else case.healthy()


def _facts(case: Case) -> dict[str, Any]:
    return {
        "api": case.ask.api,
        "model": case.ask.model,
        "prompt_tokens": case.ask.prompt_tokens,
        "max_tokens": case.ask.max_tokens,
        "messages": len(case.ask.messages),
        "is_stream": case.ask.is_stream,
        "wants_json": case.ask.wants_json,
        "task": case.task,
        "system": content_hash([case.ask.system])[:12],
        "asked": case.ask.messages[-1]["content"][-MAX_ASKED:],
        "text": case.text[:MAX_TEXT],
        "tokens": len(case.tokens),
    }


def create_vendor(behaviour: VendorBehaviour | None = None) -> Starlette:
    """The vendor as an ASGI application with its own state."""
    chosen = behaviour or VendorBehaviour()
    vendor = _Vendor(chosen, Bill(chosen), RequestRate(chosen))

    async def complete(http: HttpRequest) -> Response:
        return await _complete(vendor, http, "openai")

    async def message(http: HttpRequest) -> Response:
        return await _complete(vendor, http, "anthropic")

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/messages", message, methods=["POST"]),
            Route("/v1/models", _list_models),
            *_debug_routes(vendor),
        ]
    )


async def _complete(vendor: _Vendor, http: HttpRequest, api: Api) -> Response:
    try:
        ask = read_ask(await http.body(), api)
    except (ValueError, KeyError, TypeError, AttributeError):
        body = {"error": {"message": "Simulated: this is no request.", "type": "invalid_request_error"}}
        return JSONResponse(body, status_code=400)
    vendor.log.counts[ask.model] += 1
    return _Reply(vendor, http, ask, vendor.in_force(ask.model))


async def _list_models(_: HttpRequest) -> Response:
    listed = [{"id": name, "object": "model", "owned_by": "simulator", "does": does} for name, does in MODELS.items()]
    return JSONResponse({"object": "list", "data": listed})


def _debug_routes(vendor: _Vendor) -> list[Route]:
    async def requests(http: HttpRequest) -> Response:
        after = http.query_params.get("after", "0")
        found = vendor.log.select(model=http.query_params.get("model", ""), after=int(after) if after.isdigit() else 0)
        return JSONResponse({"counts": dict(vendor.log.counts), "requests": found})

    async def bill(http: HttpRequest) -> Response:
        if http.query_params.get("format") == "csv":
            return PlainTextResponse(vendor.bill.to_csv(), media_type="text/csv")
        return JSONResponse(vendor.bill.to_json())

    async def falsehoods(_: HttpRequest) -> Response:
        told = [
            {"kind": lie.kind, "truth": lie.truth, "text": lie.text, "model": lie.model, "request": lie.request}
            for lie in vendor.falsehoods
        ]
        return JSONResponse({"falsehoods": told})

    async def schedule(http: HttpRequest) -> Response:
        return _scheduled(vendor, await http.body())

    async def reset(_: HttpRequest) -> Response:
        vendor.forget()
        return Response(status_code=204)

    return [
        Route("/debug/requests", requests),
        Route("/debug/bill", bill),
        Route("/debug/falsehoods", falsehoods),
        Route("/debug/schedule", schedule, methods=["POST"]),
        Route("/debug/reset", reset, methods=["POST"]),
    ]


def _scheduled(vendor: _Vendor, body: bytes) -> Response:
    """Set a schedule; an empty object takes all away."""
    try:
        wanted = json.loads(body)
        if wanted == {}:
            vendor.schedules.clear()
            return Response(status_code=204)
        model, schedule = read_schedule(wanted, MODELS, now_s=time.monotonic())
    except ValueError as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    vendor.schedules[model] = schedule
    return Response(status_code=204)
