"""What is kept of a file, and what is refused."""

import pytest

from frontdesk.domain.attachments import MAX_ATTACHMENT_BYTES
from frontdesk.domain.errors import MalformedError, TooLargeError
from frontdesk.turn.attachments import read_file
from frontdesk.turn.attachments.files import MAX_TEXT_BYTES
from pictures import a_gif, a_jpeg, a_png, a_webp

PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n%%EOF\n"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("image/png", a_png(7, 5)),
        ("image/gif", a_gif(7, 5)),
        ("image/jpeg", a_jpeg(7, 5)),
        ("image/webp", a_webp(7, 5)),
    ],
)
def test_keeps_a_picture_with_its_size_and_without_what_was_hung_on(media_type: str, body: bytes) -> None:
    file = read_file(body + b"<script>alert(1)</script>", media_type)
    assert (file.media_type, file.body, file.width, file.height) == (media_type, body, 7, 5)


def test_keeps_a_document_as_it_is() -> None:
    file = read_file(PDF, "application/pdf")
    assert (file.body, file.width, file.height) == (PDF, None, None)


def test_keeps_text_repaired() -> None:
    sent = "\ufeffLieferung nach KÃ¶ln\r\n\u202etxt\x07\x1b[31m  rot\u200b\n".encode()
    assert read_file(sent, "text/plain").body.decode() == "Lieferung nach Köln\ntxt  rot\n"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("image/png", a_jpeg()),
        ("image/jpeg", a_png()),
        ("image/png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("image/gif", b"GIF87b" + a_gif()[6:]),
        ("application/pdf", b"<html>" + PDF),
        ("application/pdf", a_png()),
        ("text/plain", PDF),
        ("text/plain", a_gif()),
        ("text/plain", "Grüße".encode("latin-1")),
        ("text/plain", b"MZ\x90\x00\x03\x00"),
        ("text/plain", b"PK\x03\x04\x14\x00"),
        ("text/plain", b"  \n<!DOCTYPE html><p>Hello"),
        ("text/plain", b"<?xml version='1.0'?><svg/>"),
        ("text/plain", b"\xef\xbb\xbf<!-- x --><script>alert(1)</script>"),
        ("text/plain", b"< SVG onload=alert(1)>"),
        ("text/plain", "\u200b\u202e<script>alert(1)</script>".encode()),
        ("text/plain", "\u200b\u202e \n".encode()),
        ("image/gif", b"GIF89a/*\x00\x00\x00*/=1;alert(1)//" + bytes(30)),
        ("image/png", a_png()[:-5]),
        ("image/png", b""),
        ("text/plain", b""),
    ],
)
def test_refuses_what_is_not_what_it_is_said_to_be(media_type: str, body: bytes) -> None:
    with pytest.raises(MalformedError) as refused:
        read_file(body, media_type)
    assert refused.value.data["field"] in ("body", "Content-Type")


@pytest.mark.parametrize("text", ["<3 this jacket", "a < b and <b>bold</b>", "Subject: <none>", "x<html"])
def test_does_not_take_every_bracket_for_a_page(text: str) -> None:
    assert read_file(text.encode(), "text/plain").body.decode() == text


def test_refuses_a_picture_of_too_many_pixels_whatever_its_bytes() -> None:
    assert read_file(a_png(10_000, 5_000), "image/png").width == 10_000
    with pytest.raises(TooLargeError):
        read_file(a_png(10_001, 5_000), "image/png")


@pytest.mark.parametrize(("media_type", "most"), [("text/plain", MAX_TEXT_BYTES), ("image/png", MAX_ATTACHMENT_BYTES)])
def test_refuses_too_many_bytes(media_type: str, most: int) -> None:
    with pytest.raises(TooLargeError):
        read_file(b"a" * (most + 1), media_type)


def test_a_long_text_loses_what_nobody_can_see_and_keeps_its_letters() -> None:
    line = "KÃ¶ln\u200b \u202eis\x07 far\n"
    kept = read_file((line * 20_000).encode(), "text/plain").body.decode()
    assert kept == "KÃ¶ln is far\n" * 20_000
