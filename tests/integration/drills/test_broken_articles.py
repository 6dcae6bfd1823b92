"""A knowledge folder with files that are no articles."""

import asyncio
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from frontdesk.bootstrap import sync_knowledge
from frontdesk.releases import read_assistant
from frontdesk.settings import load_settings
from shop import DEMO, SPAIN, a_shop, tell

BROKEN: Mapping[str, bytes] = {
    "binary.md": bytes(range(256)) * 40,
    "empty.md": b"",
    "blank.html": b"<html><body>  </body></html>",
    "nul.md": b"# Title\n\nA text with \x00\x00\x00 in it, of some length, that nobody can read.\n" + b"\x00" * 500,
    "huge.md": b"# Huge\n\n" + b"word " * 1_000_000,
    "picture.md": b"\x89PNG\r\n\x1a\n" + bytes(2_000),
    "archive.html": b"PK\x03\x04" + bytes(2_000),
    "front.md": b"---\ntitle: [unclosed\naudience: {a: b\n---\n\n# Front\n\nA text about nothing in particular.\n",
    "audience.md": b"---\naudience: [staff, 7]\n---\n\n# Secret\n\nThe secret word of this article is BARNACLE-99.\n",
    "deep.md": b"> " * 20_000 + b"deep\n",
    "lists.md": b"".join(b" " * number + b"- item\n" for number in range(400)),
    "deep.html": b"<div>" * 30_000 + b"deep" + b"</div>" * 30_000,
    "marks.md": b"# Marks\n\n" + b"a" + "\u0301".encode() * 50_000,
    "half.html": b"<html><table><tr><td>Half a table <b>and <a href='x",
    "utf16.md": "# Sixteen\n\nThis article is written in two bytes a letter.\n".encode("utf-16"),
}


SET_ASIDE = frozenset(BROKEN) - {
    "huge.md",
    "deep.md",
    "lists.md",
    "deep.html",
    "marks.md",
    "half.html",
    "utf16.md",
    "nul.md",
}
"""Of the others the text, or some of it, can be read."""


async def test_broken_articles_are_set_aside_and_the_others_answer(tmp_path: Path) -> None:
    assistant = tmp_path / "assistant"
    shutil.copytree(DEMO, assistant)
    folder = assistant / "knowledge" / "en"
    for name, content in BROKEN.items():
        (folder / name).write_bytes(content)
    (folder / "folder.md").mkdir()
    (folder / "round.md").symlink_to(folder / "round.md")
    (folder / "outside.md").symlink_to("/etc/hostname")
    settings = load_settings({}, data_dir=tmp_path / "data", assistant_dir=assistant, embedder="none")
    began = time.perf_counter()
    report = await asyncio.to_thread(sync_knowledge, settings, read_assistant(assistant), None)
    aside = {item.path: item.reason for item in report.quarantined}
    tell(f"{report.accepted} accepted in {time.perf_counter() - began:.1f} s", *aside.items(), *report.notes)
    assert report.manifest is not None
    async with a_shop(tmp_path / "data", assistant=assistant, embedder="none") as shop:
        reply = await shop.ask(await shop.conversation(), SPAIN)
        secret = await shop.ask(await shop.conversation(), "What is the secret word of this article?")
    assert "8.90 EUR" in reply.text
    assert "BARNACLE" not in secret.everything
    assert set(aside) >= SET_ASIDE
