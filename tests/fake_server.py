"""A server that says what a test wants, breaks off where it wants, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OPENED = {
    "conversation_id": "conv_1",
    "token": "fdc_secret",
    "notice": "You are talking to a machine.",
    "greeting": "Hello.",
    "assistant": {"name": "Ada", "organisation": "Acme"},
    "locale": "en",
    "is_verified": False,
    "status": "assistant",
}
CITATION = {
    "marker": "1",
    "document_id": "doc_1",
    "chunk_id": "chunk_1",
    "title": "Fees",
    "url": "https://library.example/fees",
    "quote": "Films cost 2 EUR.",
    "snapshot_id": "snap_1",
}


def event(kind: str, seq: int | None = None, **data: Any) -> bytes:
    head = f"id: {seq}\n" if seq else ""
    return f"{head}event: {kind}\ndata: {json.dumps({'turn_id': 'turn_1', **data}, ensure_ascii=False)}\n\n".encode()


ACCEPTED = event("turn.accepted", 1, message_id="msg_1", text="Films?")
STAGE = event("turn.stage", stage="retrieve", label="Looking through the help pages")
FIRST = event("answer.sentence", 2, index=0, separator="", text="Films cost 2 EUR. [1]", citations=[CITATION])
SECOND = event("answer.sentence", 3, index=1, separator=" ", text="Books are free.", citations=[])


def ended(text: str = "Films cost 2 EUR. [1] Books are free.", outcome: str = "answered") -> bytes:
    return event(
        "answer.completed",
        4,
        outcome=outcome,
        text=text,
        citations=[CITATION],
        confidence="high",
        degraded=[],
        release_id="rel_1",
        timings_ms={},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(slots=True, kw_only=True)
class Reply:
    """What a request gets; after its parts the connection is closed."""

    status: int = 200
    json: Any = None
    parts: tuple[bytes, ...] = ()
    is_cut: bool = False
    """Whether it ends in the middle rather than properly."""
    before_end: Callable[[], Any] = lambda: None


@dataclass(slots=True)
class FakeServer:
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    replies: dict[tuple[str, str], list[Reply]] = field(default_factory=dict)

    def will(self, method: str, end: str, *replies: Reply) -> None:
        """Answer requests whose path ends so with these, the last one for good."""
        self.replies[method, end] = list(replies)

    def requests(self, end: str) -> list[Asked]:
        return [one for one in self.asked if one.path.partition("?")[0].endswith(end)]

    def reply(self, method: str, path: str) -> Reply:
        for (wanted, end), replies in self.replies.items():
            if wanted == method and path.partition("?")[0].endswith(end):
                return replies.pop(0) if len(replies) > 1 else replies[0]
        return Reply(status=404, json={"title": "Not found", "detail": "There is nothing here.", "code": "not_found"})


@contextmanager
def a_fake_server() -> Iterator[FakeServer]:
    fake = FakeServer()
    fake.will("POST", "/v1/conversations", Reply(status=201, json=OPENED))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: Any) -> None:
            pass

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(method=self.command, path=self.path, headers=headers, body=json.loads(body or b"null"))
            fake.asked.append(asked)
            reply = fake.reply(self.command, self.path)
            self.close_connection = True
            if reply.json is not None:
                content = json.dumps(reply.json).encode()
                self._head(reply.status, "application/json", length=len(content))
                self.wfile.write(content)
                return
            self._head(reply.status, "text/event-stream", length=10_000_000 if reply.is_cut else None)
            for part in reply.parts:
                self.wfile.write(part)
                self.wfile.flush()
            reply.before_end()

        def _head(self, status: int, kind: str, *, length: int | None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Connection", "close")
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
