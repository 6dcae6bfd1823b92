"""Every way in which a vendor is known to fail, by the name of a model.

A fault turns a request into a `Script`. The table is what `/v1/models` lists and what a schedule may name.
"""

import email.utils
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from frontdesk.simulators.vendor.case import Case
from frontdesk.simulators.vendor.script import Piece, Script
from frontdesk.simulators.vendor.structured import malformed

SLOW_FIRST_MS = 20_000.0
LONG_LINE_BYTES = 10_000_000
DRIP_MS = 1_500.0
"""Within any idle limit, and beyond any whole answer's."""
ENDLESS_MS = 2.0
"""From one repetition of the text to the next."""
ENDLESS_BLOCKS = 20_000
SMALLER = 0.8
"""So much smaller than the largest request a window takes the next one."""
SOME = 2 / 3
"""40 tokens of 60."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A way to fail."""

    does: str
    """For people, after the model's name."""
    script: Callable[[Case], Script]


def _refusing(status: int, code: str, does: str, **headers: str) -> Fault:
    return Fault(does=does, script=lambda case: case.refused(status, code, **headers))


def _rate_limited_until(case: Case) -> Script:
    due = email.utils.formatdate(time.time() + 2, usegmt=True)
    return case.refused(429, "rate_limit_exceeded", retry_after=due)


def _rate_limited_longer(case: Case) -> Script:
    return case.refused(429, "rate_limit_exceeded", retry_after="1" if case.number == 1 else "3")


def _once(case: Case) -> Script:
    return case.refused(500, "server_error") if case.number == 1 else case.healthy()


def _page(status: int) -> Callable[[Case], Script]:
    html = b"<html><head><title>Bad gateway</title></head><body>nginx</body></html>"
    return lambda _: Script(pieces=[Piece(data=html)], status=status, media_type="text/html")


def _lacking(code: str, is_asked: Callable[[Case], bool]) -> Callable[[Case], Script]:
    return lambda case: case.refused(400, code) if is_asked(case) else case.healthy()


def _too_long_once(case: Case) -> Script:
    fits = case.ask.prompt_tokens <= case.largest * SMALLER
    return case.healthy() if fits else case.refused(400, "context_length_exceeded")


def _beating(_: Case) -> Script:
    beats = [Piece(data=b": still working\n\n", due_ms=second * 1000.0) for second in range(60)]
    return Script(pieces=beats, ending="hang")


def _dripping(case: Case) -> Script:
    slow = replace(case.behaviour, first_token_ms=0.0, ms_per_token=DRIP_MS)
    return replace(case, behaviour=slow).healthy()


def _slow_first(case: Case) -> Script:
    return replace(case, behaviour=replace(case.behaviour, first_token_ms=SLOW_FIRST_MS)).healthy()


def _endless(case: Case) -> Script:
    words = [case.wire.token(f"{word} ", case.usage) for word in case.text.split()]
    block = b"".join(words)
    return Script(
        pieces=[Piece(data=block, tokens=len(words), due_ms=number * ENDLESS_MS) for number in range(ENDLESS_BLOCKS)]
    )


def _mutated(case: Case) -> Script:
    """One reply in which bytes are flipped, lost, doubled or cut, another way with every request."""
    random = Random(case.number)
    data = bytearray(b"".join(piece.data for piece in case.healthy().pieces))
    for _ in range(1 + random.randrange(2)):
        start = random.randrange(len(data))
        end = min(len(data), start + 1 + random.randrange(20))
        match random.randrange(8):
            case 0 | 1 | 2 | 3:
                data[start] = random.randrange(256)
            case 4:
                del data[start:end]
            case 5:
                data[start:start] = data[start:end]
            case 6:
                data[start:end] = bytes(random.randrange(256) for _ in range(end - start))
            case _:
                data = data[: start + 1]
        data = data or bytearray(b"\n")
    return Script(pieces=[Piece(data=bytes(data), tokens=len(case.tokens))])


def _malformed_json(case: Case) -> Script:
    return replace(case, text=malformed(case.text, case.number)).healthy()


_LINE = b"data: "
FAULTS: Mapping[str, Fault] = {
    "fault-429": _refusing(429, "rate_limit_exceeded", "rate limited, Retry-After 2", retry_after="2"),
    "fault-429-bare": _refusing(429, "rate_limit_exceeded", "rate limited, without Retry-After"),
    "fault-429-date": Fault(does="rate limited, Retry-After as a date in 2 s", script=_rate_limited_until),
    "fault-429-longer": Fault(does="rate limited for 1 s, then for 3 s", script=_rate_limited_longer),
    "fault-500": _refusing(500, "server_error", "server error"),
    "fault-500-once": Fault(does="a server error, then healthy", script=_once),
    "fault-502": Fault(does="a proxy's error page", script=_page(502)),
    "fault-503": _refusing(503, "overloaded", "overloaded"),
    "fault-529": _refusing(529, "overloaded", "overloaded, in Anthropic's way"),
    "fault-401": _refusing(401, "invalid_api_key", "credentials refused"),
    "fault-404": _refusing(404, "model_not_found", "the model is gone"),
    "fault-context": _refusing(400, "context_length_exceeded", "context length exceeded"),
    "fault-context-once": Fault(does="context length exceeded, unless smaller than before", script=_too_long_once),
    "fault-filter": _refusing(400, "content_filter", "content filter"),
    "fault-filter-late": Fault(
        does="content filter after some tokens",
        script=lambda case: case.broken_off(SOME, then=case.last_pieces("filter")),
    ),
    "fault-reset": Fault(
        does="resets the connection before any header", script=lambda _: Script(has_head=False, ending="reset")
    ),
    "fault-silent": Fault(does="accepts and never answers", script=lambda _: Script(has_head=False, ending="hang")),
    "fault-silent-head": Fault(does="sends headers and nothing else", script=lambda _: Script(ending="hang")),
    "fault-slow-first": Fault(does="first token after 20 s", script=_slow_first),
    "fault-beats": Fault(does="comments that keep the connection alive, and no token", script=_beating),
    "fault-drip": Fault(does="a token every 1.5 s", script=_dripping),
    "fault-cut": Fault(
        does="closes the connection after some tokens", script=lambda case: case.broken_off(SOME, ending="close")
    ),
    "fault-cut-reset": Fault(
        does="resets the connection after some tokens", script=lambda case: case.broken_off(SOME, ending="reset")
    ),
    "fault-cut-tidy": Fault(does="ends the stream tidily in the middle", script=lambda case: case.broken_off(SOME)),
    "fault-stall": Fault(
        does="stops after some tokens and keeps the connection",
        script=lambda case: case.broken_off(SOME, ending="hang"),
    ),
    "fault-error-late": Fault(
        does="an error event after some tokens",
        script=lambda case: case.broken_off(
            SOME, then=[Piece(data=case.wire.error_in_stream("server_error"))], ending="close"
        ),
    ),
    "fault-garbage": Fault(
        does="sends lines that are no JSON",
        script=lambda case: case.broken_off(0.5, then=[Piece(data=b"data: {not json\n\n")]),
    ),
    "fault-shape": Fault(
        does="sends JSON of another shape",
        script=lambda case: case.broken_off(0.5, then=[Piece(data=b'data: {"choices":[["x"]],"type":7}\n\n')]),
    ),
    "fault-charset": Fault(
        does="sends text in Latin-1",
        script=lambda case: case.broken_off(
            0.5, then=[Piece(data=case.wire.token("e", case.usage).replace(b'"e"', b'"\xe9\xfc"'))]
        ),
    ),
    "fault-long-line": Fault(
        does="a line of 10 MB",
        script=lambda case: case.broken_off(0.5, then=[Piece(data=_LINE + b"x" * LONG_LINE_BYTES + b"\n\n")]),
    ),
    "fault-mutated": Fault(does="a reply with damaged bytes, other ones each time", script=_mutated),
    "fault-page": Fault(does="answers 200 with a web page", script=_page(200)),
    "fault-empty": Fault(does="ends without a word", script=lambda case: replace(case, text="").healthy()),
    "fault-no-done": Fault(does="no end mark", script=lambda case: case.healthy(has_end=False)),
    "fault-no-finish": Fault(
        does="an end mark without a finish reason", script=lambda case: case.healthy(has_finish=False)
    ),
    "fault-length": Fault(
        does="stops at its own limit of tokens",
        script=lambda case: case.broken_off(SOME, then=[*case.last_pieces("length")]),
    ),
    "fault-tools": Fault(does="calls a tool that nobody offered", script=lambda case: case.healthy(finish="tools")),
    "fault-endless": Fault(does="does not stop writing", script=_endless),
    "fault-no-system": Fault(
        does="refuses a system text", script=_lacking("system_not_supported", lambda case: bool(case.ask.system))
    ),
    "fault-no-json": Fault(
        does="refuses a response format",
        script=_lacking("response_format_not_supported", lambda case: case.ask.wants_json),
    ),
    "fault-no-stream": Fault(
        does="refuses to stream", script=_lacking("streaming_not_supported", lambda case: case.ask.is_stream)
    ),
    "fault-no-prefill": Fault(
        does="refuses words in the assistant's mouth",
        script=_lacking("prefill_not_supported", lambda case: bool(case.ask.prefill)),
    ),
    "fault-wrong-model": Fault(does="healthy, and reports another model", script=lambda case: case.healthy()),
    "fault-no-usage": Fault(
        does="healthy, and does not say what it used", script=lambda case: case.healthy(has_usage=False)
    ),
    "fault-json": Fault(does="malformed JSON, one of 200 ways after the other", script=_malformed_json),
}
REPORTED: Mapping[str, str] = {"fault-wrong-model": "sim-cheaper-2"}
"""What these call themselves in their replies and on the bill."""
