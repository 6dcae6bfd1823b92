"""Images are measured by their headers and followed to their end."""

import pytest

from frontdesk.turn.attachments.images import DamagedImageError, image_type, measure_image
from pictures import a_gif, a_jpeg, a_png, a_webp

PICTURES = {
    "image/png": a_png(640, 480),
    "image/gif": a_gif(640, 480),
    "image/jpeg": a_jpeg(640, 480),
    "image/webp": a_webp(640, 480),
}


@pytest.mark.parametrize("media_type", PICTURES)
def test_knows_the_kind_the_size_and_the_end_of_a_picture(media_type: str) -> None:
    body = PICTURES[media_type]
    assert image_type(body) == media_type
    facts = measure_image(body, media_type)
    assert (facts.width, facts.height, facts.end) == (640, 480, len(body))


@pytest.mark.parametrize("kind", ["VP8X", "VP8L", "VP8 "])
def test_reads_every_kind_of_webp(kind: str) -> None:
    body = a_webp(1_023, 77, kind=kind)
    facts = measure_image(body, "image/webp")
    assert (facts.width, facts.height, facts.end) == (1_023, 77, len(body))


@pytest.mark.parametrize("media_type", PICTURES)
@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(40), b"\xff\xd9\x3b IEND"])
def test_finds_the_end_before_what_was_hung_on(media_type: str, tail: bytes) -> None:
    body = PICTURES[media_type]
    assert measure_image(body + tail, media_type).end == len(body)


@pytest.mark.parametrize("media_type", PICTURES)
def test_refuses_a_picture_that_breaks_off_anywhere(media_type: str) -> None:
    body = PICTURES[media_type]
    for length in range(len(body)):
        with pytest.raises(DamagedImageError):
            measure_image(body[:length], media_type)


@pytest.mark.parametrize(
    "body",
    [a_png(0, 5), a_gif(5, 0), a_jpeg(5, 0), a_webp(0, 5, kind="VP8 "), b"\xff\xd8\xff\xe0\x00\x00" + bytes(50)],
)
def test_refuses_a_picture_without_size(body: bytes) -> None:
    with pytest.raises(DamagedImageError):
        measure_image(body, image_type(body) or "")


@pytest.mark.parametrize(
    "body",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"RIFF\x00\x00\x00\x00WAVE", b"BM" + bytes(60)],
)
def test_takes_nothing_else_for_a_picture(body: bytes) -> None:
    assert image_type(body) is None


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("image/jpeg", b"\xff\xd8\xff\xda\x00\x02" + b"\xff\x00" * 2_000_000),
        ("image/png", a_png()[:33] + (b"\x00\x00\x00\x00tEXt" + bytes(4)) * 300_000),
        ("image/gif", a_gif()[:19] + b"\x21\xfe" + b"\x01x" * 2_000_000),
        ("image/jpeg", b"\xff\xd8" + b"\xff" * 4_000_000),
    ],
)
def test_gives_up_on_a_picture_without_end_within_a_second_or_two(media_type: str, body: bytes) -> None:
    with pytest.raises(DamagedImageError):
        measure_image(body, media_type)
