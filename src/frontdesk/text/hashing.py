"""Content hashes."""

import hashlib
from collections.abc import Iterable


def content_hash(parts: Iterable[str]) -> str:
    """sha256 in hex over the parts, each preceded by its length, so that moving a border changes the hash."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
