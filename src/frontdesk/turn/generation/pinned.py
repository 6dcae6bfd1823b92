"""Whether a vendor answered with the model that was asked for."""

import re

_DATED = re.compile(r"[-@:_](?:\d{4}-?\d{2}-?\d{2}|\d{4}|\d{6}|latest|v\d+|\d{3})(?:[-:]\w+)?\Z")
"""What vendors put behind an alias for the version it stands for at the time."""


def is_another_model(reported: str, *, pinned: str, before: str = "") -> bool:
    """Whether the vendor named a model that is not the pinned one.

    The version behind an alias (`gpt-4o` for `gpt-4o-2024-08-06`) is not; that it is another version than before is.

    Args:
        before: what it named for its last reply; empty for the first.
    """
    if reported == pinned:
        return False
    if reported.startswith(pinned) and _DATED.match(reported, len(pinned)):
        return bool(before) and before not in (reported, pinned)
    return True
