"""The source behind a marker, over HTTP before the demo shop."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import httpx

from frontdesk.bootstrap import open_release, sync_knowledge
from frontdesk.releases import read_assistant
from frontdesk.turn.generation import Vendors

NORWAY = "What does standard delivery to Norway cost?"


async def renew_knowledge(house: Any, folder: Path) -> None:
    """Read changed documents in and go live with them, as a later start does."""
    settings = house.app.settings.model_copy(update={"assistant_dir": folder})
    content = read_assistant(folder)
    await asyncio.to_thread(sync_knowledge, settings, content, None)
    async with httpx.AsyncClient() as client:
        vendors = Vendors(monotonic=house.app.clock.monotonic)
        house.app.releases.go_live(
            open_release(settings, content, None, client=client, clock=house.app.clock, vendors=vendors)
        )


def changed_assistant(house: Any, tmp_path: Path) -> Path:
    return Path(shutil.copytree(house.app.settings.assistant_dir, tmp_path / "changed"))


def marked(source: dict[str, Any]) -> str:
    """The words that are marked in the document."""
    blocks = source["document"]["blocks"]
    runs = [run for block in blocks for run in (*block["runs"], *(run for cell in block["cells"] for run in cell))]
    return " ".join(run["text"] for run in runs if run.get("is_marked"))


async def test_shows_the_quote_in_its_document(house: Any) -> None:
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, NORWAY, "k1")
    citation = turn["citations"][0]
    response = await house.client.get(f"{path}/citations/{turn['turn_id']}/{citation['marker']}", headers=headers)
    source = response.json()

    assert response.status_code == 200
    assert (source["title"], source["quote"], source["snapshot_id"]) == (
        citation["title"],
        citation["quote"],
        citation["snapshot_id"],
    )
    assert source["url"] == citation["url"]
    assert source["breadcrumb"][0] == citation["title"]
    assert source["is_current"] is True
    assert source["document"]["language"] == "en"
    assert "Norway" in marked(source)


async def test_shows_a_changed_document_as_it_was_and_nothing_of_a_withdrawn_one(house: Any, tmp_path: Path) -> None:
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, NORWAY, "k1")
    citation = turn["citations"][0]
    address = f"{path}/citations/{turn['turn_id']}/{citation['marker']}"
    index = house.app.releases.serving().retriever.index
    document = index.document(citation["document_id"])
    folder = changed_assistant(house, tmp_path)
    (file,) = (one for one in (folder / "knowledge").rglob(Path(document.path).name) if "/en/" in str(one))
    news = "<h2>Sundays</h2><p>Nothing is delivered on Sundays.</p></article>"
    file.write_text(file.read_text(encoding="utf-8").replace("</article>", news), encoding="utf-8")
    await renew_knowledge(house, folder)
    changed = (await house.client.get(address, headers=headers)).json()
    file.unlink()
    await renew_knowledge(house, folder)
    withdrawn = (await house.client.get(address, headers=headers)).json()

    assert changed["is_current"] is False
    assert "Sundays" not in str(changed["document"])
    assert "Norway" in marked(changed)
    assert (withdrawn["document"], withdrawn["is_current"], withdrawn["url"]) == (None, False, "")
    assert withdrawn["quote"] == citation["quote"]
    assert withdrawn["breadcrumb"] == [citation["title"]]


async def test_a_source_is_not_found_by_whom_it_was_not_given_to(house: Any) -> None:
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, NORWAY, "k1")
    other, stranger = await house.open_conversation()
    for where, who, rest in (
        (path, stranger, f"{turn['turn_id']}/1"),
        (other, stranger, f"{turn['turn_id']}/1"),
        (path, headers, f"{turn['turn_id']}/99"),
        (path, headers, f"{turn['turn_id']}/%5B1%5D"),
        (path, headers, "turn_missing/1"),
        (path, headers, "nonsense/1"),
    ):
        response = await house.client.get(f"{where}/citations/{rest}", headers=who)
        assert response.status_code == 404, (where, rest)
    assert (await house.client.get(f"{path}/citations/{turn['turn_id']}/1", headers=house.staff)).status_code == 200


async def test_a_fork_shows_the_sources_of_what_it_took_over(house: Any) -> None:
    path, headers = await house.open_conversation()
    first = await house.say(path, headers, NORWAY, "k1")
    second = await house.say(path, headers, "How do I wash a down jacket?", "k2")
    assert second["citations"]
    forked = await house.client.post(f"{path}/fork", json={"turn_id": first["turn_id"]}, headers=headers)
    fork = f"/v1/conversations/{forked.json()['conversation_id']}"
    own = {"Authorization": f"Bearer {forked.json()['token']}"}
    taken = await house.client.get(f"{fork}/citations/{first['turn_id']}/1", headers=own)
    left = await house.client.get(f"{fork}/citations/{second['turn_id']}/1", headers=own)
    rated = await house.client.post(f"{fork}/feedback", json={"turn_id": first["turn_id"], "rating": "up"}, headers=own)

    assert taken.json()["quote"] == first["citations"][0]["quote"]
    assert left.status_code == 404
    assert rated.status_code == 409
    assert "conversation before" in rated.json()["detail"]
