"""The stems of a snapshot: found by bisection, and by one typing mistake."""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frontdesk.adapters.index.records import map_array, map_bytes, save_array

TYPO_LENGTHS = range(4, 25)
"""Characters of a stem that may be mistyped: in shorter ones one change makes another word; longer ones are rare."""


class Vocabulary:
    """Stems by number, in the order of their UTF-8 bytes."""

    def __init__(self, folder: Path) -> None:
        self._data: mmap.mmap | bytes = map_bytes(folder / "stems.txt")
        self._ends = map_array(folder / "stems.ends.npy")
        self._typos = _TypoTable(folder)
        self.find = lru_cache(maxsize=16_384)(self._find)
        """The number of a stem; None when no chunk has it."""
        self.near = lru_cache(maxsize=1024)(self._typos.near)
        """Numbers of the stems that are one typing mistake away."""
        self._opening = lru_cache(maxsize=64)(self._read_opening)

    @staticmethod
    def write(folder: Path, stems: Sequence[str]) -> None:
        """Args: stems: in the order of their UTF-8 bytes, none twice."""
        encoded = [stem.encode("utf-8", "surrogatepass") for stem in stems]
        (folder / "stems.txt").write_bytes(b"".join(encoded))
        save_array(folder / "stems.ends.npy", np.cumsum([0, *map(len, encoded)], dtype=np.int64))
        _TypoTable.write(folder, stems)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> str:
        return self._bytes(number).decode("utf-8", "surrogatepass")

    def find_any(self, stems: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Those of many stems that a chunk has, with their numbers; quick where they begin alike."""
        for stem in stems:
            if stem and (number := self._opening(stem[0]).get(stem)) is not None:
                yield stem, number

    def _find(self, stem: str) -> int | None:
        wanted = stem.encode("utf-8", "surrogatepass")
        number = self._place(wanted)
        return number if number < len(self) and self._bytes(number) == wanted else None

    def _place(self, wanted: bytes) -> int:
        """How many stems come before."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def _read_opening(self, letter: str) -> dict[str, int]:
        """All stems that begin with a letter; a few milliseconds for a hundred thousand chunks."""
        encoded = letter.encode("utf-8", "surrogatepass")
        start, end = self._place(encoded), self._place(encoded + b"\xff")
        return {self[number]: number for number in range(start, end)}

    def _bytes(self, number: int) -> bytes:
        return self._data[int(self._ends[number]) : int(self._ends[number + 1])]


class _TypoTable:
    """Stems as rows of characters, grouped by length, so that all of one length are compared at once."""

    def __init__(self, folder: Path) -> None:
        self._letters: NDArray[np.uint16] = map_array(folder / "typos.letters.npy")
        self._numbers = map_array(folder / "typos.numbers.npy")
        self._starts = map_array(folder / "typos.starts.npy")

    @staticmethod
    def write(folder: Path, stems: Sequence[str]) -> None:
        groups: list[list[int]] = [[] for _ in TYPO_LENGTHS]
        for number, stem in enumerate(stems):
            if len(stem) in TYPO_LENGTHS and stem.isalpha():
                groups[len(stem) - TYPO_LENGTHS.start].append(number)
        numbers = [number for group in groups for number in group]
        letters = np.zeros((len(numbers), TYPO_LENGTHS.stop - 1), np.uint16)
        for row, number in enumerate(numbers):
            letters[row, : len(stems[number])] = _letters(stems[number])
        save_array(folder / "typos.letters.npy", letters)
        save_array(folder / "typos.numbers.npy", np.array(numbers, np.int32))
        save_array(folder / "typos.starts.npy", np.cumsum([0, *map(len, groups)], dtype=np.int64))

    def near(self, stem: str) -> tuple[int, ...]:
        """One letter missing, added, replaced, or two neighbours swapped; none for words with digits."""
        if len(stem) not in TYPO_LENGTHS or not stem.isalpha():
            return ()
        found: list[int] = []
        for length in (len(stem) - 1, len(stem), len(stem) + 1):
            if length in TYPO_LENGTHS:
                place = length - TYPO_LENGTHS.start
                start, end = int(self._starts[place]), int(self._starts[place + 1])
                matches = _one_mistake(self._letters[start:end, :length], _letters(stem))
                found.extend(self._numbers[start:end][matches].tolist())
        return tuple(sorted(found))


def _letters(stem: str) -> NDArray[np.uint16]:
    return np.frombuffer(stem.encode("utf-16-le", "surrogatepass"), np.uint16)[: len(stem)]


def _one_mistake(words: NDArray[np.uint16], typed: NDArray[np.uint16]) -> NDArray[Any]:
    """(n,) bool: which words of one length are one mistake away from what was typed.

    A word is, when what it shares at the front and at the back leaves at most one letter between.
    """
    length = words.shape[1]
    shared = min(length, len(typed))
    front = _run(words[:, :shared] == typed[:shared])
    back = _run(words[:, ::-1][:, :shared] == typed[::-1][:shared])
    near: NDArray[Any] = front + back >= max(length, len(typed)) - 1
    if length == len(typed):
        swapped = np.flatnonzero(front + back == length - 2)
        place = front[swapped]
        crossed = (words[swapped, place] == typed[place + 1]) & (words[swapped, place + 1] == typed[place])
        near[swapped[crossed]] = True
    return near


def _run(equal: NDArray[Any]) -> NDArray[Any]:
    """How many leading columns are all true, per row."""
    ended = ~equal
    lengths: NDArray[Any] = np.where(ended.any(axis=1), ended.argmax(axis=1), equal.shape[1])
    return lengths
