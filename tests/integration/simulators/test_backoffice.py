import asyncio
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backoffice import BEHAVIOUR, TODAY, a_running_backoffice
from frontdesk.domain.errors import ConfigError
from frontdesk.drills.stage import frontdesk
from frontdesk.simulators.backoffice import BackofficeBehaviour, key_of, start_backoffice

PAYMENTS = {"x-api-key": key_of("payments")}
ORDER = "HP10448120"
"""Of cust-1187, whose refund is on its way for the whole of it."""
REFUNDS = "/payments/refunds?customer_id=cust-5001"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with a_running_backoffice() as address:
        yield address


def refundable(http: httpx.Client) -> str:
    orders = http.get("/orders/orders?customer_id=cust-3312", headers={"x-api-key": key_of("orders")})
    return str(orders.json()["orders"][0]["order_id"])


def test_a_connection_is_reset_before_or_after_the_work(url: str) -> None:
    with httpx.Client(base_url=url, headers=PAYMENTS) as http:
        body = {"order_id": refundable(http), "amount_minor": 100}
        for fault, effects in (("reset", 0), ("answer_lost", 1)):
            with pytest.raises(httpx.TransportError):
                http.post("/payments/refunds", json=body, headers={"idempotency-key": fault, "x-simulate-fault": fault})
            assert len(http.get("/_effects", params={"key": fault}).json()["effects"]) == effects


def test_an_answer_breaks_off_in_its_middle(url: str) -> None:
    with httpx.Client(base_url=url, headers=PAYMENTS) as http, pytest.raises(httpx.RemoteProtocolError):
        http.get(REFUNDS, headers={"x-simulate-fault": "half_body"})


@pytest.mark.parametrize(("fault", "effects"), [("silent", 0), ("answer_held", 1)])
async def test_a_silent_system_keeps_the_connection_and_says_nothing(url: str, fault: str, effects: int) -> None:
    async with httpx.AsyncClient(base_url=url, headers=PAYMENTS) as http:
        order = (await http.get("/orders/orders?customer_id=cust-3312", headers={"x-api-key": key_of("orders")})).json()
        body = {"order_id": order["orders"][0]["order_id"], "amount_minor": 200}
        headers = {"idempotency-key": fault, "x-simulate-fault": fault}
        asked = asyncio.create_task(http.post("/payments/refunds", json=body, headers=headers, timeout=None))
        async with asyncio.timeout(10):
            while not [one for one in await log(http) if one["fault"] == fault]:
                await asyncio.sleep(0.01)
            found = (await http.get("/_effects", params={"key": fault})).json()["effects"]
        assert not asked.done()
        assert len(found) == effects
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)


async def log(http: httpx.AsyncClient) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await http.get("/_log")).json()["requests"]
    return found


def test_twenty_clients_at_once_with_one_key_have_one_effect(url: str) -> None:
    with httpx.Client(base_url=url) as http:
        body = {"order_id": refundable(http), "amount_minor": 300}
        answers: list[str] = []

        def ask() -> None:
            with httpx.Client(base_url=url, headers=PAYMENTS) as own:
                answer = own.post("/payments/refunds", json=body, headers={"idempotency-key": "twenty"})
                answers.append(answer.json()["refund_id"])

        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 20
        assert len(set(answers)) == 1
        assert len(http.get("/_effects", params={"key": "twenty"}).json()["effects"]) == 1


def test_two_back_offices_on_one_file_share_their_keys(tmp_path: Path) -> None:
    behaviour = BackofficeBehaviour(path=tmp_path / "shop.db", today=TODAY)
    headers = {**PAYMENTS, "idempotency-key": "shared"}
    with (
        a_running_backoffice(behaviour) as one,
        a_running_backoffice(behaviour) as other,
        httpx.Client(headers=headers) as http,
    ):
        order = http.get(f"{one}/orders/orders?customer_id=cust-3312", headers={"x-api-key": key_of("orders")})
        body = {"order_id": order.json()["orders"][0]["order_id"], "amount_minor": 300}
        first, second = (http.post(f"{url}/payments/refunds", json=body).json() for url in (one, other))
        assert first == second
        assert len(http.get(f"{other}/_effects").json()["effects"]) == 1


def test_a_taken_port_is_a_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match="address cannot be used"):
        start_backoffice(BEHAVIOUR, port=int(url.rpartition(":")[2]))


def test_a_killed_back_office_has_each_effect_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    answered: list[str] = []
    process = subprocess.Popen(
        frontdesk("simulate", "backoffice", "--port", "0", "--file", str(path), "--today", "2026-11-25"),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        with httpx.Client(base_url=process.stdout.readline().strip(), headers=PAYMENTS) as http:
            order = refundable(http)
            killer = threading.Thread(target=kill_once, args=(process, answered))
            killer.start()
            try:
                for number in range(2_000):
                    body = {"order_id": order, "amount_minor": 1}
                    http.post("/payments/refunds", json=body, headers={"idempotency-key": f"k{number}"})
                    answered.append(f"k{number}")
            except httpx.TransportError:
                pass
            killer.join()
    finally:
        process.kill()
        process.communicate()
    with a_running_backoffice(BackofficeBehaviour(path=path, today=TODAY)) as url, httpx.Client(base_url=url) as http:
        keys = [effect["key"] for effect in http.get("/_effects").json()["effects"]]
        refunds = http.get("/payments/refunds", params={"order_id": order, "limit": 100}, headers=PAYMENTS).json()[
            "data"
        ]
        assert keys[: len(answered)] == answered
        assert len(keys) - len(answered) in (0, 1)
        assert len(refunds) == min(100, len(keys))


def kill_once(process: "subprocess.Popen[str]", answered: list[str]) -> None:
    """In the middle of it, once some were answered."""
    while len(answered) < 40:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)


def test_the_tool_server_speaks_over_its_standard_output() -> None:
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    done = subprocess.run(
        frontdesk("simulate", "mcp"),
        input="\n".join(map(json.dumps, messages)),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["tools"][0]["name"] == "find_orders"
