"""A customer sends files along: pictures, PDF and text, chosen, dropped or pasted."""

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.chatting import NORWAY, answer, ask, open_chat

pytestmark = pytest.mark.usefixtures("picture")


def _png(width: int = 640, height: int = 360) -> bytes:
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 120)) for x in range(width)) for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURE = {"name": "parcel.png", "mimeType": "image/png", "buffer": _png()}
NOTE = {"name": "order.txt", "mimeType": "text/plain", "buffer": b"Order 1234\nOne tent"}


def _choose(page: Page, *files: Any) -> None:
    page.locator("input[type=file]").set_input_files(list(files))


def test_a_picture_and_a_text_are_sent_with_words_and_shown_to_every_reader(page: Page, site: str) -> None:
    open_chat(page, site)
    _choose(page, PICTURE, NOTE)
    chosen = page.locator(".chosen")
    expect(chosen.locator("li")).to_have_count(2)
    expect(chosen.locator("progress")).to_have_count(0)
    ask(page, "This is how it arrived")
    thumb = page.get_by_role("button", name="Enlarge: parcel.png")
    expect(thumb.locator("canvas")).to_be_visible()
    expect(page.get_by_role("button", name="Download: order.txt")).to_contain_text("order.txt")
    expect(page.locator(".sending")).to_have_count(0)
    expect(chosen).to_be_hidden()
    page.reload()
    expect(thumb).to_be_visible()
    canvas = "document.querySelector('frontdesk-chat').shadowRoot.querySelector('.thumb canvas')"
    page.wait_for_function(f"{canvas}.toDataURL().length > 3000")  # a blank one is shorter


def test_a_message_may_be_a_file_alone(page: Page, site: str) -> None:
    open_chat(page, site)
    _choose(page, PICTURE)
    expect(page.locator(".chosen progress")).to_have_count(0)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".said.customer")).to_have_count(1)
    expect(page.locator(".said.customer .bubble")).to_have_count(0)
    expect(page.locator(".sending")).to_have_count(0)
    expect(answer(page).locator(".acts")).to_be_visible()


def test_a_picture_is_enlarged_and_saved(page: Page, site: str) -> None:
    open_chat(page, site)
    _choose(page, PICTURE)
    ask(page, "See the picture")
    page.get_by_role("button", name="Enlarge: parcel.png").click()
    dialog = page.get_by_role("dialog", name="parcel.png")
    expect(dialog.get_by_role("img", name="parcel.png")).to_be_visible()
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="Download").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_file_is_saved_under_its_name(page: Page, site: str) -> None:
    open_chat(page, site)
    _choose(page, NOTE)
    ask(page, "See the file")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download: order.txt").click()
    assert saved.value.suggested_filename == "order.txt"
    assert Path(saved.value.path()).read_text() == "Order 1234\nOne tent"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([{"name": "run.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}], "run.exe was not added: only"),
        ([{"name": "none.txt", "mimeType": "text/plain", "buffer": b""}], "none.txt was not added: it is empty"),
        (
            [{"name": "film.gif", "mimeType": "image/gif", "buffer": b"x" * 5_100_000}],
            "film.gif was not added: it has 5.1 MB, and a file may have 5 MB.",
        ),
        (
            [{**NOTE, "name": f"{n}.txt"} for n in range(5)],
            "4.txt was not added: one message takes 4 files.",
        ),
    ],
    ids=["kind", "empty", "big", "many"],
)
def test_what_cannot_be_sent_is_refused_by_name_and_reason(
    page: Page, site: str, files: list[Any], sentence: str
) -> None:
    open_chat(page, site)
    _choose(page, *files)
    expect(page.get_by_role("status")).to_contain_text(sentence)


def test_a_file_that_is_not_what_it_says_is_refused_by_the_server_in_words(page: Page, site: str, watch: Any) -> None:
    open_chat(page, site)
    _choose(page, {"name": "fake.png", "mimeType": "image/png", "buffer": b"not a picture at all"})
    expect(page.get_by_role("status")).to_contain_text(re.compile("^fake.png: .{10,}"))
    expect(page.locator(".chosen li")).to_have_count(0)
    watch.complaints.clear()


def test_a_file_is_taken_back_before_it_is_sent(page: Page, site: str) -> None:
    open_chat(page, site)
    _choose(page, NOTE)
    page.get_by_role("button", name="Remove: order.txt").click()
    expect(page.locator(".chosen li")).to_have_count(0)
    expect(page.get_by_label("Your message")).to_be_focused()
    ask(page, NORWAY)
    expect(page.get_by_role("button", name="Download: order.txt")).to_have_count(0)
    expect(answer(page).locator(".sources")).to_be_visible()


def test_the_upload_shows_how_far_it_is_and_holds_the_message_back(page: Page, site: str) -> None:
    open_chat(page, site)
    page.route("**/attachments", lambda route: None)
    _choose(page, PICTURE)
    expect(page.get_by_role("progressbar", name="parcel.png")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    page.get_by_role("button", name="Remove: parcel.png").click()
    expect(page.get_by_role("button", name="Send")).to_be_enabled()


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_files_are_dropped_or_pasted(page: Page, site: str, way: str) -> None:
    open_chat(page, site)
    page.locator("frontdesk-chat").evaluate(
        """(chat, way) => {
          const data = new DataTransfer();
          data.items.add(new File(["Order 1234"], "order.txt", { type: "text/plain" }));
          const panel = chat.shadowRoot.querySelector(".panel");
          const field = chat.shadowRoot.querySelector("textarea");
          if (way === "paste") return void field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
          for (const kind of ["dragover", "drop"]) panel.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        way,
    )
    expect(page.locator(".chosen")).to_contain_text("order.txt")
    expect(page.locator(".dropping")).to_have_count(0)


def test_a_name_that_looks_like_markup_stays_a_name(page: Page, site: str) -> None:
    open_chat(page, site)
    _choose(page, {**NOTE, "name": "<img src=x onerror=alert(1)>.txt"})
    expect(page.locator(".chosen")).to_contain_text("<img src=x onerror=alert(1)>.txt")
    assert page.locator("frontdesk-chat img").count() == 0
