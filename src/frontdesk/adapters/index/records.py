"""Files of a snapshot that are read in place: arrays, records looked up by number, keys looked up by text."""

import hashlib
import json
import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def save_array(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as handle:
        np.save(handle, np.ascontiguousarray(array), allow_pickle=False)


def map_array(path: Path) -> NDArray[Any]:
    """A read-only array on the file's pages, which all processes share."""
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    except ValueError:  # an empty array cannot be mapped
        array = np.load(path, allow_pickle=False)
    return array


def map_bytes(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as handle:
        try:
            return mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file cannot be mapped
            return b""


class RecordFile:
    """JSON records by number; only those that are asked for are decoded."""

    def __init__(self, folder: Path, name: str) -> None:
        self._data = map_bytes(folder / f"{name}.jsonl")
        self._ends = map_array(folder / f"{name}.ends.npy")

    @staticmethod
    def write(folder: Path, name: str, records: Sequence[bytes]) -> None:
        """Args: records: one JSON value each, without line breaks."""
        (folder / f"{name}.jsonl").write_bytes(b"".join(record + b"\n" for record in records))
        save_array(
            folder / f"{name}.ends.npy", np.cumsum([0, *(len(record) + 1 for record in records)], dtype=np.int64)
        )

    def __len__(self) -> int:
        return len(self._ends) - 1

    def read(self, number: int) -> dict[str, Any]:
        if not 0 <= number < len(self):
            raise IndexError(number)
        record: dict[str, Any] = json.loads(self._data[int(self._ends[number]) : int(self._ends[number + 1])])
        return record


class KeyFile:
    """Numbers of records by a text key: sorted 64-bit digests, so that nothing is decoded at start."""

    def __init__(self, folder: Path, name: str) -> None:
        self._digests = map_array(folder / f"{name}.keys.npy")
        self._numbers = map_array(folder / f"{name}.numbers.npy")

    @staticmethod
    def write(folder: Path, name: str, keys: Sequence[str]) -> None:
        digests = np.array([_digest(key) for key in keys], np.uint64)
        order = np.argsort(digests, kind="stable")
        save_array(folder / f"{name}.keys.npy", digests[order])
        save_array(folder / f"{name}.numbers.npy", order.astype(np.int32))

    def candidates(self, key: str) -> Iterator[int]:
        """Numbers whose key has this digest: nearly always the one, to be compared by the caller."""
        digest = np.uint64(_digest(key))
        place = int(np.searchsorted(self._digests, digest))
        while place < len(self._digests) and self._digests[place] == digest:
            yield int(self._numbers[place])
            place += 1


def _digest(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
