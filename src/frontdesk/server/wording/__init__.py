"""What the chat page itself says, one file per language; what the assistant says is release content."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files


def _read(language: str) -> Mapping[str, str]:
    words: dict[str, str] = json.loads(files(__package__).joinpath(f"{language}.json").read_text(encoding="utf-8"))
    return words


WORDING: Mapping[str, Mapping[str, str]] = {language: _read(language) for language in ("en", "es", "de")}


def choose_language(asked: str, accepted: str, *, among: Sequence[str], default: str) -> str:
    """The page's language: asked for by name, else the browser's first that we speak, else the assistant's.

    Args:
        asked: value of `?lang=`; may be empty.
        accepted: the header Accept-Language; its order is taken as it stands.
        among: the assistant's languages.
    """
    spoken = [language for language in among if language in WORDING]
    wishes = [asked, *(part.partition(";")[0] for part in accepted.split(",")), default]
    primary = (wish.strip().partition("-")[0].lower() for wish in wishes)
    return next((language for language in primary if language in spoken), "en")
