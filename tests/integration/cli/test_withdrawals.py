"""`frontdesk knowledge withdraw`: on an installation that stands still, on one that runs, and across restarts."""

import io
import time
from pathlib import Path

import httpx
import pytest

from command import Run
from running import running

QUESTION = "How long do I have to return something?"


def _documents(run: Run, question: str = QUESTION) -> dict[str, str]:
    found = run("knowledge", "search", question, "--json").json["passages"]
    return {passage["document_id"]: passage["title"] for passage in found}


@pytest.fixture
def shop(run: Run) -> Run:
    run("init", "assistant", "--json")
    run("knowledge", "sync", "--json")
    return run


def _answer(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """What is sent on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))


def test_a_withdrawn_document_is_not_found_until_it_is_restored(shop: Run) -> None:
    best = next(iter(_documents(shop)))
    withdrawn = shop("knowledge", "withdraw", best, "--reason", "Wrong price.", "--json")
    assert withdrawn.code == 0
    assert withdrawn.json["is_changed"]
    assert best not in _documents(shop)

    (item,) = shop("knowledge", "withdrawn", "--json").json
    assert (item["document_id"], item["reason"], item["by"]) == (best, "Wrong price.", "command line")
    assert "Wrong price." in shop("knowledge", "withdrawn").out

    assert shop("knowledge", "status", "--json").json["withdrawn"] == 1

    assert "Let in again" in shop("knowledge", "restore", item["where"]).out
    assert best in _documents(shop)
    assert "Nothing is withdrawn" in shop("knowledge", "withdrawn").err


def test_it_stays_withdrawn_when_the_documents_are_read_again(shop: Run, tmp_path: Path) -> None:
    best = next(iter(_documents(shop)))
    shop("knowledge", "withdraw", best, "--reason", "Wrong price.")
    article = tmp_path / "assistant" / "knowledge" / "a-new-one.md"
    article.parent.mkdir(exist_ok=True)
    article.write_text("---\ntitle: Something new\n---\n\nWe also sell kites.\n", encoding="utf-8")
    assert shop("knowledge", "sync", "--json").json["is_new"]
    assert best not in _documents(shop)


def test_a_document_that_is_not_there_is_explained(shop: Run) -> None:
    refused = shop("knowledge", "withdraw", "nothing.md", "--reason", "Wrong.")
    assert refused.code == 1
    assert "There is no such document" in refused.err
    assert shop("knowledge", "withdraw", "nothing.md").code == 2


def test_says_when_it_stood_so_already(shop: Run) -> None:
    best = next(iter(_documents(shop)))
    assert "Was not withdrawn" in shop("knowledge", "restore", best).out
    shop("knowledge", "withdraw", best, "--reason", "Wrong.")
    assert "Was withdrawn already" in shop("knowledge", "withdraw", best, "--reason", "Wrong.").out


def test_a_running_server_follows_at_once_and_after_a_restart(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = run("init", "assistant", "--json").json["staff_key"]
    with running(tmp_path, "up") as server:
        document = next(iter(_documents(run)))
        page = f"{server.first_line}/help/{document}"
        assert httpx.get(page).status_code == 200
        _answer(monkeypatch, key)
        began = time.monotonic()
        assert run("knowledge", "withdraw", document, "--reason", "Wrong.", "--json").json["is_changed"]
        assert httpx.get(page).status_code == 404
        assert time.monotonic() - began < 5.0
        assert document not in httpx.get(f"{server.first_line}/help", params={"q": QUESTION}).text
    with running(tmp_path, "up") as server:
        assert httpx.get(f"{server.first_line}/help/{document}").status_code == 404
        _answer(monkeypatch, key)
        assert run("knowledge", "restore", document, "--json").json["is_changed"]
        assert httpx.get(f"{server.first_line}/help/{document}").status_code == 200
