"""Size and end of an image, from its headers alone. Nothing is decoded, so a hostile image costs no more than its bytes.

Sources: PNG, W3C 2003, section 5; GIF89a, CompuServe 1990; JPEG, ITU T.81, annex B; WebP, RFC 9649.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from struct import unpack_from

MAX_PIXELS = 50_000_000
"""Of one image; a telephone's camera gives 12 to 50 million."""

_PNG = b"\x89PNG\r\n\x1a\n"
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends the coded data of a JPEG scan: a marker other than a stuffed byte or a restart."""
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers that carry the picture's size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    width: int
    """In pixels."""
    height: int
    end: int
    """Bytes of the image itself; what follows is something else."""


class DamagedImageError(ValueError):
    """The bytes begin like an image and do not go on like one."""


def image_type(body: bytes) -> str | None:
    """The media type that the first bytes say; None when it is no image of ours."""
    if body.startswith(_PNG):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if body[:4] == b"RIFF" and body[8:12] == b"WEBP" else None


def measure_image(body: bytes, media_type: str) -> ImageFacts:
    """
    Args:
        media_type: as `image_type` gave it.
    Raises:
        DamagedImageError: it has no size, or no end.
    """
    try:
        facts = _MEASURE[media_type](body)
    except (struct.error, IndexError) as error:
        raise DamagedImageError("it breaks off") from error
    if facts.width < 1 or facts.height < 1:
        raise DamagedImageError("it has no size")
    if facts.end > len(body):
        raise DamagedImageError("it breaks off")
    return facts


def _measure_png(body: bytes) -> ImageFacts:
    length, kind, width, height = unpack_from(">I4sII", body, len(_PNG))
    if length != 13 or kind != b"IHDR":
        raise DamagedImageError("it has no header")
    at = len(_PNG)
    while kind != b"IEND":
        length, kind = unpack_from(">I4s", body, at)
        at += 12 + length
    return ImageFacts(width=width, height=height, end=at)


def _measure_gif(body: bytes) -> ImageFacts:
    width, height, flags = unpack_from("<HHB", body, 6)
    at = 13 + _palette_bytes(flags)
    while (kind := body[at]) != 0x3B:
        if kind == 0x21:
            at = _after_blocks(body, at + 2)
        elif kind == 0x2C:
            at = _after_blocks(body, at + 11 + _palette_bytes(body[at + 9]))
        else:
            raise DamagedImageError("it holds a block of no known kind")
    return ImageFacts(width=width, height=height, end=at + 1)


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(body: bytes, at: int) -> int:
    """Past a run of length-prefixed blocks and the empty one that ends it."""
    while body[at]:
        at += 1 + body[at]
    return at + 1


def _measure_jpeg(body: bytes) -> ImageFacts:
    width = height = 0
    at = 2
    while True:
        at = _at_marker(body, at)
        marker = body[at + 1]
        if marker == 0xD9:
            return ImageFacts(width=width, height=height, end=at + 2)
        (length,) = unpack_from(">H", body, at + 2)
        if length < 2:
            raise DamagedImageError("it holds a segment without length")
        if marker in _FRAMES:
            height, width = unpack_from(">HH", body, at + 5)
        at += 2 + length
        if marker == 0xDA:
            at = _after_scan(body, at)


def _at_marker(body: bytes, at: int) -> int:
    """Where the next marker starts; any number of fill bytes may stand before it."""
    if body[at] != 0xFF:
        raise DamagedImageError("it holds data where a segment should be")
    while body[at + 1] == 0xFF:
        at += 1
    return at


def _after_scan(body: bytes, at: int) -> int:
    found = _MARKER.search(body, at)
    if found is None:
        raise DamagedImageError("it breaks off")
    return found.start()


def _measure_webp(body: bytes) -> ImageFacts:
    (length,) = unpack_from("<I", body, 4)
    kind = body[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(side, "little") + 1 for side in unpack_from("3s3s", body, 24))
    elif kind == b"VP8L" and body[20] == 0x2F:
        (packed,) = unpack_from("<I", body, 21)
        width, height = (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and body[23:26] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in unpack_from("<HH", body, 26))
    else:
        raise DamagedImageError("it has no header")
    return ImageFacts(width=width, height=height, end=8 + length)


_MEASURE: Mapping[str, Callable[[bytes], ImageFacts]] = {
    "image/png": _measure_png,
    "image/gif": _measure_gif,
    "image/jpeg": _measure_jpeg,
    "image/webp": _measure_webp,
}
