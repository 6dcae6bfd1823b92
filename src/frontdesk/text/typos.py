"""What somebody may have meant to type."""

from collections.abc import Iterator

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_VOWELS = "aeiou"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def _neighbours() -> dict[str, str]:
    """Letters one key away on a keyboard with staggered rows; y and z change places on German ones."""
    places = {letter: (x + 0.5 * y, y) for y, row in enumerate(_ROWS) for x, letter in enumerate(row)}
    near = {
        letter: "".join(
            other
            for other, (x, y) in places.items()
            if other != letter and abs(y - places[letter][1]) <= 1 and abs(x - places[letter][0]) <= 1
        )
        for letter in places
    }
    return {**near, "y": near["y"] + "z", "z": near["z"] + "y"}


_MISTAKEN = {
    letter: frozenset(near + (_VOWELS.replace(letter, "") if letter in _VOWELS else ""))
    for letter, near in _neighbours().items()
}
"""Letters that are typed for another: the key beside it, and one vowel for another."""


LONG = 7
"""Letters from which a wrong or a stray letter is taken for a slip: shorter ones are words of their own, such as candy
and Cindy, or pilot and plot. Judged by what XQuAD-R and MTRAG-UN questions were corrected to."""
LONGEST = 24
"""Letters up to which anything is tried, since the work grows with their square. A guess: few words are longer."""


def intended(word: str) -> tuple[str, ...]:
    """Words that one slip turns into this one: a letter lost, doubled or swapped with the next; in a long word also a
    stray one or the key beside it.

    The first letter stays, because people rarely miss it. A letter far away on the keyboard is not a slip: Iceland is
    not Ireland.

    Args:
        word: small letters a to z, at most `LONGEST`; for any other there is nothing.
    """
    if len(word) > LONGEST or not (word.isascii() and word.isalpha() and word.islower()):
        return ()
    return tuple(dict.fromkeys(other for other in _slips(word) if other != word))


def _slips(word: str) -> Iterator[str]:
    is_long = len(word) >= LONG
    for place in range(1, len(word)):
        front, back = word[:place], word[place:]
        if is_long or back[0] == front[-1]:
            yield front + back[1:]
        if is_long:
            yield from (front + letter + back[1:] for letter in _MISTAKEN[back[0]])
        if len(back) > 1:
            yield front + back[1] + back[0] + back[2:]
        yield from (front + letter + back for letter in _ALPHABET)
    yield from (word + letter for letter in _ALPHABET)
