"""Breakers, certificates, and replies that nobody thought of."""

import asyncio
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frontdesk.adapters.connectors.failing import CallError
from frontdesk.adapters.connectors.records import Raw, RecordReader
from frontdesk.adapters.connectors.strict_json import parse_json
from frontdesk.domain.breaker import OPEN_S
from outside import Asked, FakeSystem, Said, described, fake_system, opened, says

ORDER: dict[str, Any] = {"request": "GET /order", "fields": {"id": "id"}}
GOOD = says({"id": "o1"})


async def test_one_request_probes_a_system_that_failed_and_lets_the_others_in_again(tmp_path: Path) -> None:
    said = [says({}, status=503)]
    async with fake_system(lambda _: said[-1]) as system:
        source = described(tmp_path, {"http": {"base_url": system.url, "attempts": 1}, "operations": {"order": ORDER}})
        async with opened(source, tmp_path) as shop:
            for _ in range(3):
                await shop.call("order")
            assert shop.system.gate.state == "open"
            said.append(GOOD)
            early = await shop.call("order")
            await shop.pauses(OPEN_S)
            probing = await shop.call("order")
            ends = await asyncio.gather(*(shop.call("order") for _ in range(10)))

    assert (early.kind, early.attempts) == ("unavailable", 0)
    assert probing.row == {"id": "o1"}
    assert all(end.row == {"id": "o1"} for end in ends)


async def test_calls_wait_for_one_that_decides_whether_a_system_is_left_alone(tmp_path: Path) -> None:
    hold = asyncio.Event()

    async def answer(_: Asked) -> Said:
        if len(system.asked) <= 2:
            return says({}, status=500)
        await hold.wait()
        return GOOD

    async with fake_system(answer) as system:
        source = described(tmp_path, {"http": {"base_url": system.url, "attempts": 1}, "operations": {"order": ORDER}})
        async with opened(source, tmp_path) as shop:
            for _ in range(2):
                await shop.call("order")
            calls = [asyncio.create_task(shop.call("order")) for _ in range(3)]
            while len(system.asked) < 3:
                await asyncio.sleep(0)
            assert len(system.asked) == 3  # the other two wait
            hold.set()
            ends = await asyncio.gather(*calls)

    assert [end.row for end in ends] == [{"id": "o1"}] * 3


async def test_a_refused_key_is_not_shown_again_and_again(tmp_path: Path) -> None:
    async with fake_system(lambda _: says({}, status=401)) as system:
        source = described(tmp_path, {"http": {"base_url": system.url}, "operations": {"order": ORDER}})
        async with opened(source, tmp_path) as shop:
            ends = [await shop.call("order") for _ in range(3)]

    assert set(shop.told) == {"system.key_refused shop"}
    assert ({(end.kind, end.details["cause"]) for end in ends}, len(system.asked)) == (
        {("unavailable", "key_refused")},
        1,
    )


async def test_what_is_forbidden_to_one_customer_stops_nobody_else(tmp_path: Path) -> None:
    said = [says({}, status=403)] * 5 + [GOOD]
    async with fake_system(lambda _: said.pop(0)) as system:
        source = described(tmp_path, {"http": {"base_url": system.url}, "operations": {"order": ORDER}})
        async with opened(source, tmp_path) as shop:
            ends = [await shop.call("order") for _ in range(6)]

    assert (ends[0].kind, ends[5].row, shop.told) == ("unavailable", {"id": "o1"}, [])


# -- certificates -------------------------------------------------------------------------------------


def certificate(folder: Path) -> tuple[Path, Path]:
    """Of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a shop")])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "shop.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "shop.key").write_bytes(secret)
    return folder / "shop.pem", folder / "shop.key"


@pytest.mark.parametrize("is_known", [False, True])
async def test_speaks_to_nobody_whose_certificate_it_does_not_know(tmp_path: Path, is_known: bool) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(tmp_path))
    system = FakeSystem(url="", answer=lambda _: GOOD)
    server = await asyncio.start_server(system.meet, "127.0.0.1", 0, ssl=context)
    http = {"base_url": f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", "attempts": 1}
    source = described(
        tmp_path, {"http": {**http, "ca_file": "shop.pem"} if is_known else http, "operations": {"order": ORDER}}
    )
    async with opened(source, tmp_path) as shop:
        found = await shop.call("order")
    server.close()
    await system.close()

    if is_known:
        assert found.row == {"id": "o1"}
    else:
        assert (found.kind, found.details["cause"], system.asked) == ("unavailable", "connection", [])


# -- whatever may come --------------------------------------------------------------------------------

FIELDS: dict[str, Any] = {
    "a": "id",
    "b": {"type": "money", "encoding": "minor_units", "currency": "c"},
    "c": "text",
    "d": {"type": "time", "at": "x[0].d | d", "encoding": "seconds"},
    "e": {"type": "date", "is_required": False},
    "f": {"type": "choice", "choices": ["1", "true"], "is_required": False},
    "g": {"type": "yes_no", "encoding": "text", "is_required": False},
    "h": {"type": "text", "at": "l[*].t", "is_required": False},
    "i": {"type": "email", "at": "m[k=v].e", "is_required": False},
    "j": {"type": "number", "encoding": "text", "is_required": False},
    "n": {"type": "number", "is_required": False},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcdefghijlmnxtke"), inner, max_size=5)
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> RecordReader:
    connector = {"http": {"base_url": "https://shop.example"}, "operations": {"order": {**ORDER, "fields": FIELDS}}}
    (operation,) = described(tmp_path_factory.mktemp("shop"), connector).operations
    return RecordReader(operation.spec, operation.reply)


def ended(work: Callable[[], object]) -> str:
    """`ok`, or the kind of failure; nothing else is ever raised."""
    try:
        work()
    except CallError as error:
        return error.kind
    return "ok"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reply=st.dictionaries(st.sampled_from("abcdefghijlmnx"), json_values, max_size=12) | json_values)
def test_no_reply_is_more_than_typed_records_or_malformed(reader: RecordReader, reply: Any) -> None:
    body = json.dumps(reply).encode()

    assert ended(lambda: reader.read(Raw(replies=[parse_json(body)]))) in ("ok", "malformed")


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=60) | st.text('[]{}:,"0123456789eE+-.ntfaulsr \\u', max_size=40).map(str.encode))
def test_no_bytes_are_more_than_json_or_malformed(body: bytes) -> None:
    assert ended(lambda: parse_json(body)) in ("ok", "malformed")
