"""`frontdesk up`: what a start tells, and whom it lets write before you."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from command import Run
from running import running
from shop import DEMO

UP = ("up", "--assistant", str(DEMO), "--data-dir", "data")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the documents are read in already, so that each start takes a second."""
    folder = tmp_path_factory.mktemp("up")
    with running(folder, *UP, "--empty"):
        pass
    return folder


@pytest.fixture
def fresh(folder: Path, tmp_path: Path) -> Path:
    """The same, and nobody has ever written."""
    shutil.copytree(folder / "data", tmp_path / "data", ignore=shutil.ignore_patterns("frontdesk.db*"))
    return tmp_path


def _conversations(address: str, key: str) -> list[dict[str, Any]]:
    found = httpx.get(
        f"{address}/v1/admin/conversations?limit=200", headers={"Authorization": f"Bearer {key}"}, timeout=10
    )
    items: list[dict[str, Any]] = found.raise_for_status().json()["items"]
    return items


def test_one_address_and_one_link_that_begins_the_tour(fresh: Path) -> None:
    with running(fresh, *UP) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.first_line)
        link = server.told("Console for staff: ").rpartition(" ")[2]
        assert re.fullmatch(rf"{server.first_line}/console/sign-in\?tour=1#link=fdl_[\w-]{{43}}", link)
        key = server.told("Staff key, shown this once: ").rpartition(" ")[2]
        server.told("simulated customers")
        assert len(_conversations(server.first_line, key)) > 1
        page = httpx.post(
            f"{server.first_line}/console/sign-in",
            data={"link": link.partition("#link=")[2], "next": "/console/conversations?tour=1"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert page.headers["location"] == "/console/conversations?tour=1"


def test_a_second_start_has_a_new_link_no_key_and_no_tour(fresh: Path) -> None:
    with running(fresh, *UP, "--empty") as server:
        first = server.told("Console for staff: ")
        server.told("Staff key, shown this once: ")
    with running(fresh, *UP, "--empty") as server:
        second = server.told("Console for staff: ")
        server.told("Stop with Ctrl-C.")
        assert "Staff key" not in server.log.read_text(encoding="utf-8")
    assert first.partition("#")[2] != second.partition("#")[2]
    assert "tour" not in first + second


def test_json_has_all_of_it_in_one_line(fresh: Path) -> None:
    with running(fresh, *UP, "--json") as server:
        told = json.loads(server.first_line)
        assert set(told) == {"url", "staff_link", "staff_key", "release_id"}
        assert told["staff_link"].startswith(f"{told['url']}/console/sign-in?tour=1#link=fdl_")
        assert len(_conversations(told["url"], told["staff_key"])) > 1


def test_empty_begins_with_nothing(fresh: Path) -> None:
    with running(fresh, *UP, "--empty", "--json") as server:
        told = json.loads(server.first_line)
        assert "?tour" not in told["staff_link"]
        assert _conversations(told["url"], told["staff_key"]) == []


def test_serve_prints_no_link_into_logs_that_others_read(fresh: Path) -> None:
    with running(fresh, "serve", *UP[1:], "--json") as server:
        assert json.loads(server.first_line)["staff_link"] is None


def test_a_mistake_in_customers_yaml_stops_the_start_with_its_line(run: Run, tmp_path: Path) -> None:
    run("init", "assistant")
    (tmp_path / "assistant" / "customers.yaml").write_text("customers:\n  - {name: x, minute: 99}\n")

    started = run("up", "--port", "0")

    assert started.code == 3
    assert "customers.yaml:2" in started.err
