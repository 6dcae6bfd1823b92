"""The release's prompts with the assistant's own words filled in."""

import re
from collections.abc import Mapping

from frontdesk.domain.release import AssistantProfile

PLACEHOLDERS = frozenset({"name", "organisation", "voice", "language"})

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
}


def fill_prompt(template: str, values: Mapping[str, str]) -> str:
    """The template with `{name}` and its like replaced; braces around anything else stay as they are.

    What is filled in is not read again, so a value cannot smuggle in a placeholder.
    """
    return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), match.group(0)), template).strip()


def prompt_values(profile: AssistantProfile, language: str) -> dict[str, str]:
    """What the placeholders stand for when the answer is wanted in a language (ISO 639-1)."""
    return {
        "name": profile.name,
        "organisation": profile.organisation,
        "voice": profile.voice,
        "language": _LANGUAGES.get(language, f"the language with the code '{language}'"),
    }


def unknown_placeholders(template: str) -> tuple[str, ...]:
    """Placeholders that nothing fills, sorted, for the check of an assistant folder."""
    return tuple(sorted(set(_PLACEHOLDER.findall(template)) - PLACEHOLDERS))
