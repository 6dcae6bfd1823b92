"""`frontdesk doctor`: place, mistake and remedy of what would go wrong later."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from command import Run

Doctor = Callable[..., dict[str, list[dict[str, Any]]]]


class Vendor(BaseHTTPRequestHandler):
    """Lists two models to whoever has the key; other paths are other vendors."""

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            threading.Event().wait(30)
        if self.headers.get("authorization") == "Bearer wrong":
            return self.answer(401, {"error": {"message": "no"}})
        if self.path.startswith("/none"):
            return self.answer(404, {"error": "no"})
        if self.path.startswith("/page"):
            return self.answer(200, b"<html>")
        if self.path.startswith("/sick"):
            return self.answer(503, b"")
        return self.answer(200, {"data": [{"id": "large-1"}, {"id": "small-1"}]})

    def answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def vendor() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def doctor(run: Run, tmp_path: Path) -> Doctor:
    """Examines a starter with this models.yaml; what it says, by state. The exit code has to agree."""
    run("init", "assistant")

    def examine(models: str, *arguments: str) -> dict[str, list[dict[str, Any]]]:
        (tmp_path / "assistant" / "models.yaml").write_text(models, encoding="utf-8")
        result = run("doctor", "--json", *arguments)
        found: dict[str, list[dict[str, Any]]] = {"ok": [], "warning": [], "problem": []}
        for check in result.json:
            found[check["state"]].append(check)
        assert result.code == (1 if found["problem"] else 0)
        return found

    return examine


def a_route(name: str, url: str, *lines: str) -> str:
    return "\n".join([f"  - name: {name}", "    adapter: openai", f"    base_url: {url}", *(f"    {x}" for x in lines)])


def test_a_good_vendor_is_told_with_its_number_of_models(doctor: Doctor, vendor: str) -> None:
    found = doctor("answer:\n" + a_route("main", f"{vendor}/v1", "model: large-1"))
    assert not found["problem"]
    assert any("takes the key of 'main', 2 models" in check["detail"] for check in found["ok"])


@pytest.mark.parametrize(
    ("path", "lines", "state", "line", "words"),
    [
        ("", ("model: large-2",), "warning", 5, "does not list `large-2`|Did you mean `large-1`?"),
        ("", ("model: whatever",), "warning", 5, "It lists `large-1`, `small-1`."),
        ("", ("model: large-1", "api_key_env: WRONG_KEY"), "problem", 6, "refuses the key|into WRONG_KEY"),
        ("/none", ("model: large-1",), "warning", 4, "has no list of models|See that `base_url` ends"),
        ("/page", ("model: large-1",), "warning", 4, "not as a model server does"),
        ("/sick", ("model: large-1",), "warning", 4, "trouble at this moment (status 503)"),
    ],
)
def test_what_a_vendor_says_is_told_with_line_and_remedy(
    doctor: Doctor,
    vendor: str,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    lines: tuple[str, ...],
    state: str,
    line: int,
    words: str,
) -> None:
    monkeypatch.setenv("WRONG_KEY", "wrong")
    found = doctor("answer:\n" + a_route("main", vendor + path, *lines))
    (check,) = (check for check in found[state] if check["name"] == "vendor")
    assert check["where"] == f"assistant/models.yaml:{line}"
    for part in words.split("|"):
        assert part in f"{check['detail']} {check['remedy']}"
    assert "wrong" not in json.dumps(found).replace("WRONG_KEY", "")


def test_hosts_that_cannot_be_reached_are_told_apart(doctor: Doctor) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
        models = (
            "answer:\n" + a_route("a", closed, "model: m") + "\n" + a_route("b", "http://no.invalid/v1", "model: m")
        )
        found = doctor(models)
    told = {check["where"]: check["detail"] for check in found["problem"]}
    assert "nothing listens there" in told["assistant/models.yaml:4"]
    assert "there is no such host" in told["assistant/models.yaml:8"]


def test_a_vendor_that_never_answers_is_waited_for_only_so_long(
    doctor: Doctor, vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontdesk.bootstrap.doctor.vendors.WAIT_S", 0.3)
    found = doctor("answer:\n" + a_route("main", f"{vendor}/slow", "model: m"))
    assert any("cannot be reached: it did not answer" in check["detail"] for check in found["problem"])


def test_offline_asks_no_vendor(doctor: Doctor) -> None:
    found = doctor("answer:\n" + a_route("a", "http://no.invalid/v1", "model: m"), "--offline")
    assert not [check for state in found.values() for check in state if check["name"] == "vendor"]


def test_every_missing_key_and_function_is_told_at_once(doctor: Doctor) -> None:
    keyed = a_route("a", "http://127.0.0.1:9", "model: m", "api_key_env: NOT_SET_ONE")
    other = a_route("b", "http://127.0.0.1:9", "model: m", "api_key_env: NOT_SET_TWO")
    own = "  - {name: c, adapter: python, model: 'gone_with:wind'}"
    found = doctor(f"answer:\n{keyed}\n{other}\nrewrite:\n{own}", "--offline")
    told = {check["where"]: check["detail"] for check in found["problem"]}
    assert "NOT_SET_ONE" in told["assistant/models.yaml:6"]
    assert "NOT_SET_TWO" in told["assistant/models.yaml:11"]
    assert "gone_with" in told["assistant/models.yaml:13"]


def test_a_ceiling_without_a_price_cannot_hold(doctor: Doctor) -> None:
    route = "answer:\n" + a_route("main", "http://127.0.0.1:9", "model: own")
    (without,) = (check for check in doctor(route, "--offline")["warning"] if check["name"] == "money")
    assert "unknown" in without["detail"]
    (capped,) = doctor(route + "\nbudget: {per_day_usd: 5}\n", "--offline")["problem"]
    assert (capped["name"], capped["where"]) == ("money", "assistant/models.yaml:5")
    assert "usd_per_hour" in capped["remedy"]
    priced = route + "\n    price: {input_usd_per_million: 1}\nbudget: {per_day_usd: 5}\n"
    assert not doctor(priced, "--offline")["problem"]


def test_a_ceiling_below_one_answer_is_told(doctor: Doctor) -> None:
    price = "price: {input_usd_per_million: 10, output_usd_per_million: 30}"
    models = "answer:\n" + a_route("main", "http://127.0.0.1:9", "model: own", price)
    found = doctor(models + "\nbudget:\n  per_month_usd: 50\n  per_turn_usd: 0.001\n", "--offline")
    (check,) = found["problem"]
    assert check["where"] == "assistant/models.yaml:9"
    assert "only quotations are left" in check["detail"]
    assert not doctor(models + "\nbudget:\n  per_turn_usd: 1\n", "--offline")["problem"]


def test_a_rung_that_lacks_what_its_ladder_needs_is_told(doctor: Doctor) -> None:
    slow = a_route("slow", "http://127.0.0.1:9", "model: m", "capabilities: [system, json]", "context_tokens: 900")
    found = doctor("answer:\n" + slow, "--offline")
    told = {check["where"]: check["detail"] for check in found["warning"] if check["name"] == "models"}
    assert "no `stream`" in told["assistant/models.yaml:6"]
    assert "900 tokens" in told["assistant/models.yaml:7"]


def test_ladders_that_go_round_in_a_circle_are_told_with_their_line(doctor: Doctor) -> None:
    found = doctor("answer: [small_answer]\nsmall_answer: [answer]\n", "--offline")
    assert any(check["where"].startswith("assistant/models.yaml:") for check in found["problem"])


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:9/none", "mysql://x/y"])
def test_a_database_that_cannot_be_used_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    run("init", "assistant")
    monkeypatch.setenv("FRONTDESK_DATABASE_URL", url)
    result = run("doctor", "--json")
    (check,) = (check for check in result.json if check["state"] == "problem")
    assert (result.code, check["where"]) == (1, "FRONTDESK_DATABASE_URL")
    assert check["remedy"]


@pytest.mark.postgres
async def test_a_database_that_lets_us_in_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    await asyncio.to_thread(run, "init", "assistant")
    monkeypatch.setenv("FRONTDESK_DATABASE_URL", postgres_url)
    result = await asyncio.to_thread(run, "doctor", "--json")
    assert result.code == 0, result.out
    assert any("PostgreSQL lets us in" in check["detail"] for check in result.json)


def test_it_makes_nothing(run: Run, tmp_path: Path) -> None:
    run("init", "assistant", "--data-dir", "elsewhere")
    run("doctor")
    assert not (tmp_path / ".frontdesk").exists()
