"""A file's name as it is shown: no folders, nothing that cannot be seen, an ending that says what it is."""

from collections.abc import Mapping

from frontdesk.domain.attachments import MAX_NAME_CHARS
from frontdesk.text.normalise import clean_text

_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "application/pdf": (".pdf",),
    "text/plain": (".txt", ".log", ".md", ".csv"),
}
"""Per media type; the first is given to a name without one of them."""
_FORBIDDEN = dict.fromkeys(map(ord, '<>:"|?*'), "_")
"""Characters that file systems refuse."""


_DECODED_WRONGLY = 4
"""How often a name may have been decoded wrongly, one time upon another; each repair undoes one."""


def clean_name(raw: str, media_type: str) -> str:
    """The name to show and to save under, at most `MAX_NAME_CHARS`.

    A name that ends like something else gets an ending of its own kind, so that saving a text never makes a program.
    """
    name = _cleaned(raw[: 4 * MAX_NAME_CHARS], media_type)
    for _ in range(_DECODED_WRONGLY):
        name = _cleaned(name, media_type)
    return name


def _cleaned(raw: str, media_type: str) -> str:
    visible = " ".join(clean_text(raw).replace("\\", "/").rpartition("/")[2].split())
    name = visible.translate(_FORBIDDEN).strip(" .")
    endings = _ENDINGS[media_type]
    ending = next((ending for ending in endings if name.lower().endswith(ending)), "")
    stem = name[: len(name) - len(ending)].rstrip(" .") or "file"
    given = name[len(name) - len(ending) :] if ending else endings[0]
    return stem[: MAX_NAME_CHARS - len(given)].rstrip(" .") + given
