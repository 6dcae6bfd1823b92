"""A changed assistant folder: it goes live whole and tried, or not at all."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk.bootstrap import App, open_app
from frontdesk.cli.starting import _write_starter
from frontdesk.domain.errors import StoreUnavailableError, UnavailableError
from frontdesk.server import create_app
from frontdesk.settings import load_settings
from frontdesk.turn.retrieval import Retriever
from shop import Shop

RETURNS = "How many days do I have to return unused items?"
SLOW_MODEL = """
import threading

started, let_go = threading.Event(), threading.Event()

def answer(question):
    started.set()
    let_go.wait(10)
    yield "You can return unused items within 30 days."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write_starter(tmp_path / "assistant", "Robin", "Tea and Co")
    return tmp_path / "assistant"


@asynccontextmanager
async def an_app(folder: Path, **settings: Any) -> AsyncIterator[App]:
    values = {"data_dir": folder.parent / "data", "assistant_dir": folder, "embedder": "none"} | settings
    async with await open_app(load_settings({}, **values)) as app:
        yield app


@pytest.fixture
async def app(folder: Path) -> AsyncIterator[App]:
    async with an_app(folder) as app:
        yield app


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


async def noted(app: App, kind: str) -> Any:
    await app.occurrences.flush()
    return await app.database.read(lambda stores: stores.occurrences.newest_of(kind))


async def eventually(what: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.02)


async def test_a_change_is_live_for_the_next_message_and_is_told(app: App, folder: Path) -> None:
    before = app.releases.serving().manifest
    change(folder / "assistant.yaml", "name: Robin", "name: Ada")
    state = await app.reloader.reload()
    after = app.releases.serving()
    assert (after.content.profile.name, state.problems) == ("Ada", ())
    assert state.live_since is not None
    told = await noted(app, "config.reloaded")
    assert told.detail["changed"] == "assistant"
    assert (told.detail["before"], told.detail["release"]) == (before.release_id, after.manifest.release_id)
    stored = await app.database.read(lambda stores: stores.releases.get(after.manifest.release_id))
    assert stored is not None
    reply = await Shop(app=app).ask(await Shop(app=app).conversation(), RETURNS)
    assert reply.record["release_id"] == after.manifest.release_id


async def test_a_turn_under_way_ends_with_the_release_it_began_with(folder: Path) -> None:
    (folder / "slow_model_of_reload.py").write_text(SLOW_MODEL)
    model = "answer: [{name: slow, adapter: python, model: 'slow_model_of_reload:answer', first_byte_s: 9}]\n"
    (folder / "models.yaml").write_text(model)
    async with an_app(folder) as app:
        import slow_model_of_reload as slow  # type: ignore[import-not-found]  # noqa: PLC0415

        before, shop = app.releases.serving().manifest.release_id, Shop(app=app)
        asking = asyncio.create_task(shop.ask(await shop.conversation(), RETURNS))
        await asyncio.to_thread(slow.started.wait, 10)
        change(folder / "assistant.yaml", "name: Robin", "name: Ada")
        await app.reloader.reload()
        slow.let_go.set()
        assert (await asking).record["release_id"] == before
        next_one = await shop.ask(await shop.conversation(), RETURNS)
        assert next_one.record["release_id"] == app.releases.serving().manifest.release_id != before


@pytest.mark.parametrize(
    ("file", "text", "where", "words"),
    [
        ("models.yaml", "answer:\n  - name: x\n    adapter: magic\n", "models.yaml:3", "answer.0.adapter"),
        ("assistant.yaml", "name: [", "assistant.yaml:", "This is not YAML"),
        ("retrieval.yaml", "passages: 5\npasage_tokens: 9\n", "retrieval.yaml:2", "Did you mean `passage_tokens`?"),
        (
            "models.yaml",
            "answer: [{name: x, adapter: openai, model: m, base_url: 'http://127.0.0.1:9', api_key_env: NOT_SET_HERE}]",
            "models.yaml",
            "NOT_SET_HERE",
        ),
        ("models.yaml", "answer: [{name: x, adapter: python, model: 'gone_with:wind'}]", "models.yaml", "gone_with"),
        ("knowledge/returns.md", "", "knowledge.yaml", "empty"),
    ],
)
async def test_a_mistake_is_kept_out_and_named_and_what_is_live_goes_on(
    app: App, folder: Path, file: str, text: str, where: str, words: str
) -> None:
    before, good = app.releases.serving(), (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text)
    state = await app.reloader.reload()
    assert state.is_rejected
    assert where in state.problems[0].where
    assert words in "\n".join(map(str, state.problems))
    assert app.releases.serving() is before
    told = await noted(app, "config.rejected")
    assert where in str(told.detail["first"])
    reply = await Shop(app=app).ask(await Shop(app=app).conversation(), RETURNS)
    assert "30 days" in reply.text
    (folder / file).write_text(good, encoding="utf-8")
    assert not (await app.reloader.reload()).is_rejected


async def test_a_folder_that_is_being_written_is_never_read_by_halves(app: App, folder: Path) -> None:
    """Two files belong together; whatever is live has both or neither."""
    good = (folder / "escalation.yaml").read_text(encoding="utf-8")
    seen: set[tuple[str, str]] = set()

    async def write_on() -> None:
        for number in range(4):
            (folder / "escalation.yaml").write_text(good.replace("queue: general", f"queue: q{number}"))
            app.reloader.request()
            await asyncio.sleep(0.3)
            change(
                folder / "assistant.yaml", f"name: {f'N{number - 1}' if number else 'Robin'}\n", f"name: N{number}\n"
            )
            await asyncio.sleep(0.3)

    writing = asyncio.create_task(write_on())
    async with asyncio.timeout(20):
        while app.releases.serving().content.profile.name != "N3":
            content = app.releases.serving().content
            seen.add((content.profile.name, content.escalation.queue))
            await asyncio.sleep(0.02)
    await writing
    assert seen <= {("Robin", "general"), *((f"N{number}", f"q{number}") for number in range(4))}


async def test_whoever_watches_takes_changed_files_and_documents_by_itself(app: App, folder: Path) -> None:
    app.reloader.watch()
    await asyncio.sleep(0.1)
    change(folder / "assistant.yaml", "name: Robin", "name: Ada")
    await eventually(lambda: app.releases.serving().content.profile.name == "Ada")
    (folder / "knowledge" / "tea.md").write_text("# Green tea\n\nGreen tea is steeped at 80 degrees for two minutes.\n")
    await eventually(lambda: app.releases.serving().retriever.index.manifest.document_count == 2)
    reply = await Shop(app=app).ask(await Shop(app=app).conversation(), "At how many degrees is green tea steeped?")
    assert "80 degrees" in reply.text
    (folder / "guards.yaml").write_text("nonsense: 1\n")
    await eventually(lambda: app.reloader.state.is_rejected)


async def test_the_data_folder_beside_the_documents_wakes_nobody(folder: Path) -> None:
    async with an_app(folder, data_dir=folder / "data") as app:
        app.reloader.watch()
        await asyncio.sleep(0.1)
        shop = Shop(app=app)
        await shop.ask(await shop.conversation(), RETURNS)
        await asyncio.sleep(2.0)
        assert app.reloader.state.looked_at is None


async def test_readiness_says_that_a_change_was_kept_out_and_stays_ready(app: App, folder: Path) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(app)), base_url="http://desk") as client:
        assert (await client.get("/readyz")).json()["config"] == "ok"
        (folder / "models.yaml").write_text("answer: 1\n")
        await app.reloader.reload()
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["config"]) == (200, "rejected")
        assert str(folder) not in ready.text


async def test_reloads_that_come_together_follow_one_another(app: App, folder: Path) -> None:
    change(folder / "assistant.yaml", "name: Robin", f"name: {uuid.uuid4().hex[:6]}")
    states = await asyncio.gather(*(app.reloader.reload() for _ in range(3)))
    assert not any(state.is_rejected for state in states)
    assert (await noted(app, "config.reloaded")).times == 1


async def test_only_a_handful_of_releases_stay_open(app: App, folder: Path) -> None:
    first = app.releases.serving().manifest.release_id
    names = ["Robin", "A", "B", "C", "D"]
    for old, new in pairwise(names):
        change(folder / "assistant.yaml", f"name: {old}\n", f"name: {new}\n")
        await app.reloader.reload()
    assert app.releases.serving(first).content.profile.name == "D"
    assert len(vars(app.releases)["_opened"]) == 4


async def test_a_folder_that_is_kept_out_changes_nothing_about_the_vendors_of_what_is_live(
    app: App, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = "answer: [{{name: {0}, adapter: openai, model: {0}, base_url: 'http://127.0.0.1:9/v1'}}]\n"
    (folder / "models.yaml").write_text(route.format("first"))
    await app.reloader.reload()
    assert [state.routes for state in app.vendors.states()] == [("first",)]

    async def fail(*_: Any, **__: Any) -> None:
        raise UnavailableError("The index cannot be read.")

    with monkeypatch.context() as broken:
        broken.setattr(Retriever, "retrieve", fail)
        (folder / "models.yaml").write_text(route.format("second"))
        assert (await app.reloader.reload()).is_rejected
    assert [state.routes for state in app.vendors.states()] == [("first",)]
    assert not (await app.reloader.reload()).is_rejected
    assert [state.routes for state in app.vendors.states()] == [("second",)]


async def test_a_database_that_is_away_for_a_moment_is_no_mistake_of_the_folder(
    app: App, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        tries = 0

        async def write(self, work: Any) -> Any:
            self.tries += 1
            if self.tries < 3:
                raise StoreUnavailableError("The database cannot be reached.")
            return await app.database.write(work)

    away = Away()
    monkeypatch.setattr(app.reloader, "_database", away)
    change(folder / "assistant.yaml", "name: Robin", "name: Ada")
    assert not (await app.reloader.reload()).is_rejected
    assert app.releases.serving().content.profile.name == "Ada"
    assert away.tries == 3
