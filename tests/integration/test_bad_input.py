"""Whatever is sent: a clear problem that names the field, nothing 500, nothing lost, nobody else held up."""

import asyncio
import gzip
import json
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from structlog.testing import capture_logs

from shop import SPAIN, Visit, a_key, an_open_shop, tell, visit

JSON = {"Content-Type": "application/json"}
LOGIN = Ed25519PrivateKey.generate()
STRANGER = Ed25519PrivateKey.generate()


@pytest.fixture
async def desk(demo_words: Path, tmp_path: Path) -> AsyncIterator[Visit]:
    key_file = tmp_path / "login.pem"
    key_file.write_bytes(LOGIN.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    async with (
        an_open_shop(demo_words, embedder="none", identity_keys=f"login={key_file}") as shop,
        httpx.AsyncClient(base_url=shop.url, timeout=60) as http,
    ):
        yield await visit(shop, http)


def a_token(signer: Ed25519PrivateKey = LOGIN, **changes: Any) -> str:
    now = int(time.time())
    claims = {"sub": "c-1", "aud": "frontdesk", "iat": now, "exp": now + 600} | changes
    return jwt.encode(claims, signer, algorithm="EdDSA", headers={"kid": "login"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A request that must be refused, and how."""

    name: str
    status: int
    code: str
    at: str = ""
    """The field it names."""
    body: bytes = b'{"text": "hello"}'
    headers: Mapping[str, str] = field(default_factory=lambda: {**JSON, **a_key()})
    path: str = "{conversation}/messages"
    method: str = "POST"


def a_text(value: Any, **others: Any) -> bytes:
    return json.dumps({"text": value, **others}).encode()


def opening(**body: Any) -> dict[str, Any]:
    return {"path": "/v1/conversations", "body": json.dumps(body).encode()}


MARKS = "a" + "\u0301" * 100_000
DEEP = 50_000
BAD = (
    Bad(name="no body", status=400, code="invalid_json", body=b""),
    Bad(name="empty text", status=422, code="invalid_fields", at="text", body=a_text("")),
    Bad(name="blank text", status=400, code="malformed", at="text", body=a_text(" \t\n\u3000 ")),
    Bad(name="invisible text", status=400, code="malformed", at="text", body=a_text("\u200b\u2060\ufeff\u00ad")),
    Bad(name="too long a text", status=413, code="too_large", at="text", body=a_text("word " * 2_000)),
    Bad(name="text that folds to more", status=413, code="too_large", at="text", body=a_text("\ufdfa" * 7_000)),
    Bad(name="10 MB", status=413, code="too_large", body=a_text("x" * 10_000_000)),
    Bad(name="100,000 combining marks", status=413, code="too_large", body=a_text(MARKS)),
    Bad(
        name="marks as UTF-8",
        status=413,
        code="too_large",
        at="text",
        body=a_text(MARKS[:30_000]).replace(b"\\u0301", "\u0301".encode()),
    ),
    Bad(name="binary", status=400, code="invalid_json", body=bytes(range(256)) * 20),
    Bad(name="Latin-1", status=400, code="invalid_json", body='{"text": "Gr\u00fc\u00dfe"}'.encode("latin-1")),
    Bad(name="UTF-16", status=400, code="invalid_json", body='{"text": "hello"}'.encode("utf-16")),
    Bad(
        name="another charset",
        status=415,
        code="unsupported_media_type",
        at="Content-Type",
        headers={"Content-Type": "application/json; charset=latin-1", **a_key()},
    ),
    Bad(
        name="a form",
        status=415,
        code="unsupported_media_type",
        at="Content-Type",
        body=b"text=hello",
        headers={"Content-Type": "application/x-www-form-urlencoded", **a_key()},
    ),
    Bad(name="no content type", status=415, code="unsupported_media_type", at="Content-Type", headers=a_key()),
    Bad(
        name="compressed",
        status=415,
        code="unsupported_media_type",
        at="Content-Encoding",
        body=gzip.compress(a_text("hello")),
        headers={**JSON, **a_key(), "Content-Encoding": "gzip"},
    ),
    Bad(name="too deep", status=400, code="invalid_json", body=b'{"text": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"),
    Bad(name="50,000 deep", status=413, code="too_large", body=b"[" * DEEP + b"]" * DEEP),
    Bad(name="a list", status=422, code="invalid_fields", at="body", body=b"[1, 2]"),
    Bad(name="null", status=422, code="invalid_fields", at="body", body=b"null"),
    Bad(
        name="half an emoji",
        status=400,
        code="invalid_json",
        body=a_text("\ud83d hello"),
    ),
    Bad(name="half a document", status=400, code="invalid_json", body=b'{"text": "hel'),
    Bad(name="no text", status=422, code="invalid_fields", at="text", body=b"{}"),
    Bad(name="an unknown field", status=422, code="invalid_fields", at="txet", body=a_text("hello", txet="hello")),
    Bad(name="a number", status=422, code="invalid_fields", at="text", body=a_text(7)),
    Bad(name="null as text", status=422, code="invalid_fields", at="text", body=a_text(None)),
    Bad(name="a list as text", status=422, code="invalid_fields", at="text", body=a_text(["hello"])),
    Bad(name="no key", status=400, code="malformed", at="Idempotency-Key", headers=JSON),
    Bad(
        name="an empty key",
        status=400,
        code="malformed",
        at="Idempotency-Key",
        headers={**JSON, "Idempotency-Key": ""},
    ),
    Bad(
        name="a long key",
        status=400,
        code="malformed",
        at="Idempotency-Key",
        headers={**JSON, "Idempotency-Key": "k" * 201},
    ),
    Bad(
        name="a huge key",
        status=400,
        code="malformed",
        at="Idempotency-Key",
        headers={**JSON, "Idempotency-Key": "k" * 60_000},
    ),
    Bad(
        name="a key with a tab",
        status=400,
        code="malformed",
        at="Idempotency-Key",
        headers={**JSON, "Idempotency-Key": "a\tb"},
    ),
    Bad(
        name="no such conversation",
        status=404,
        code="not_found",
        at="conversation_id",
        path="/v1/conversations/conv_zzzz/messages",
    ),
    Bad(
        name="an id that is none",
        status=404,
        code="not_found",
        at="conversation_id",
        path="/v1/conversations/%27%20OR%201=1--/messages",
    ),
    Bad(
        name="a huge id",
        status=404,
        code="not_found",
        at="conversation_id",
        path=f"/v1/conversations/conv_{'a' * 5_000}/messages",
    ),
    Bad(
        name="a null in the id",
        status=404,
        code="not_found",
        at="conversation_id",
        path="/v1/conversations/conv_%00/messages",
    ),
    Bad(name="another method", status=405, code="method_not_allowed", method="DELETE"),
    Bad(name="no such path", status=404, code="not_found", path="/v2/conversations"),
    Bad(
        name="a wrong position",
        status=400,
        code="malformed",
        at="after",
        method="GET",
        path="{conversation}/events?after=-1",
        body=b"",
        headers={"Accept": "application/json"},
    ),
    Bad(
        name="a wrong Last-Event-ID",
        status=400,
        code="malformed",
        at="after",
        method="GET",
        path="{conversation}/events",
        body=b"",
        headers={"Last-Event-ID": "next"},
    ),
    Bad(name="a wrong channel", status=422, code="invalid_fields", at="channel", **opening(channel="pigeon")),
    Bad(name="a wrong locale", status=422, code="invalid_fields", at="locale", **opening(locale="../../etc")),
    Bad(
        name="an unknown field of a conversation",
        status=422,
        code="invalid_fields",
        at="audiences",
        **opening(audiences=["staff"]),
    ),
    Bad(
        name="a token that is none",
        status=401,
        code="unauthenticated",
        at="identity_token",
        **opening(identity_token="me"),
    ),
    Bad(
        name="an expired token",
        status=401,
        code="unauthenticated",
        at="identity_token",
        **opening(identity_token=a_token(exp=1_700_000_000, iat=1_699_999_000)),
    ),
    Bad(
        name="a forged token",
        status=401,
        code="unauthenticated",
        at="identity_token",
        **opening(identity_token=a_token(STRANGER)),
    ),
    Bad(
        name="a token for others",
        status=401,
        code="unauthenticated",
        at="identity_token",
        **opening(identity_token=a_token(aud="payroll")),
    ),
    Bad(
        name="an unsigned token",
        status=401,
        code="unauthenticated",
        at="identity_token",
        **opening(
            identity_token=jwt.encode(
                {"sub": "c-1", "aud": "frontdesk"}, "", algorithm="none", headers={"kid": "login"}
            )
        ),
    ),
    Bad(
        name="too long a token",
        status=422,
        code="invalid_fields",
        at="identity_token",
        **opening(identity_token="x" * 5_000),
    ),
)


async def send(desk: Visit, bad: Bad) -> httpx.Response:
    path = bad.path.replace("{conversation}", desk.path)
    return await desk.http.request(bad.method, path, content=bad.body, headers={**desk.headers, **bad.headers})


async def test_each_is_refused_with_a_problem_that_names_the_field(desk: Visit) -> None:
    wrong = []
    for bad in BAD:
        response = await send(desk, bad)
        told = response.json() if response.headers.get("content-type") == "application/problem+json" else {}
        if (response.status_code, told.get("code"), told.get("field", "")) != (bad.status, bad.code, bad.at):
            wrong.append(f"{bad.name}: {response.status_code} {response.text[:300]}")
        elif not (
            told["title"] and told["detail"] and told["type"] and told["instance"] and told["status"] == bad.status
        ):
            wrong.append(f"{bad.name}: {told}")
    assert wrong == []
    kept = (await desk.http.get(desk.path, headers=desk.headers)).json()
    assert kept["messages"] == []


async def test_openai_clients_get_the_error_they_read(desk: Visit) -> None:
    staff = {"Authorization": f"Bearer {desk.shop.staff_key}", **JSON}
    path = "/openai/v1/chat/completions"
    hello = {"model": "frontdesk", "messages": [{"role": "user", "content": "hello"}]}
    deep = await desk.http.post(path, content=b"[" * DEEP + b"]" * DEEP, headers=staff)
    assert (deep.status_code, deep.json()["error"]["code"]) == (400, "invalid_json")
    forged = await desk.http.post(path, json=hello, headers={**staff, "X-Frontdesk-Identity": a_token(STRANGER)})
    assert (forged.status_code, forged.json()["error"]["param"]) == (401, "X-Frontdesk-Identity")
    wrong = await desk.http.post(path, json={**hello, "messages": [{"role": "user", "content": 7}]}, headers=staff)
    assert (wrong.status_code, wrong.json()["error"]["param"][:19]) == (422, "messages[0].content")
    huge = await desk.http.post(path, json={**hello, "user": "x" * 300_000}, headers=staff)
    assert (huge.status_code, huge.json()["error"]["code"]) == (413, "too_large")


async def test_a_body_that_never_says_how_long_it_is_is_cut_off(desk: Visit) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"x" * 65_536

    headers = {**desk.headers, **JSON, **a_key()}
    response = await desk.http.post(f"{desk.path}/messages", content=pieces(), headers=headers)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 2_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(20_000)) + b"\r\n",
        b"POST /v1/conversations HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /v1/conversations HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /v1/conversations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
    ],
    ids=["tls", "huge header", "many headers", "two lengths", "negative length", "bytes in the path", "half a body"],
)
async def test_bytes_that_are_no_request_end_their_own_connection_only(desk: Visit, sent: bytes) -> None:
    with capture_logs() as logs:
        head = await _send_bytes(desk, sent)
        assert (await desk.say(SPAIN))["outcome"] == "answered"
    assert b" 500 " not in head
    assert [entry for entry in logs if entry["log_level"] == "error"] == []


async def _send_bytes(desk: Visit, sent: bytes) -> bytes:
    """The first line that comes back; nothing when the connection is cut or nothing comes."""
    _, writer = opened = await asyncio.open_connection("127.0.0.1", int(desk.shop.url.rpartition(":")[2]))
    try:
        writer.write(sent)
        async with asyncio.timeout(1):
            return await opened[0].readline()
    except (ConnectionError, TimeoutError):
        return b""
    finally:
        writer.close()


async def test_others_are_served_while_nonsense_comes_in(desk: Visit) -> None:
    """Eight attackers at once; an ordinary customer must get every answer and hardly notice."""
    calm = await _latencies(desk, count=15)
    done = asyncio.Event()
    attackers = [asyncio.create_task(_attack(await desk.somebody_else(), done)) for _ in range(8)]
    try:
        attacked = await _latencies(desk, count=30)
    finally:
        done.set()
        refused = sum(await asyncio.gather(*attackers))
    after = await _latencies(desk, count=15)
    tell(
        f"median of an ordinary turn: {calm:.1f} ms before, {attacked:.1f} ms while {refused} bad requests came in, "
        f"{after:.1f} ms after"
    )
    assert refused > 50
    assert attacked < 10 * calm + 250
    assert after < 3 * calm + 50


async def _latencies(desk: Visit, *, count: int) -> float:
    """Median milliseconds of ordinary turns, each in a conversation of its own, all answered."""
    customers = [await desk.somebody_else() for _ in range(count)]
    took_ms = []
    for customer in customers:
        began = time.perf_counter()
        turn = await customer.say(SPAIN)
        took_ms.append((time.perf_counter() - began) * 1000)
        assert "8.90 EUR" in turn["text"]
    return statistics.median(took_ms)


async def _attack(desk: Visit, done: asyncio.Event) -> int:
    """All the bad requests but the largest, over and over; gives how many were refused."""
    refused = 0
    while not done.is_set():
        for bad in (bad for bad in BAD if len(bad.body) < 1_000_000):
            response = await send(desk, bad)
            assert 400 <= response.status_code < 500, bad.name
            refused += 1
            if done.is_set():
                break
    return refused
