"""Small pictures, made byte by byte."""

import struct
import zlib


def a_png(width: int = 3, height: int = 2, *, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\x00" + b"\x10\x80\x40" * min(width, 8) for _ in range(min(height, 8)))
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows)), extra, _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def a_gif(width: int = 3, height: int = 2) -> bytes:
    palette = bytes(6)
    comment = b"\x21\xfe\x03abc\x00"
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + palette + comment + image + b"\x3b"


def a_jpeg(width: int = 3, height: int = 2, *, scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56") -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    start = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\x00\x00\x3f\x00"
    return b"\xff\xd8" + app + b"\xff" + frame + start + scan + start + scan + b"\xff\xd9"


def a_webp(width: int = 3, height: int = 2, *, kind: str = "VP8X") -> bytes:
    if kind == "VP8X":
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        data = b"VP8X" + struct.pack("<I", 10) + bytes(4) + sides
    elif kind == "VP8L":
        data = b"VP8L" + struct.pack("<I", 6) + b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\x00"
    else:
        data = b"VP8 " + struct.pack("<I", 10) + b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return b"RIFF" + struct.pack("<I", 4 + len(data)) + b"WEBP" + data


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
