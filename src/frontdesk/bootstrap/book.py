"""The releases a process has opened."""

from collections.abc import Callable
from dataclasses import replace

from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.ids import ReleaseId
from frontdesk.domain.overlay import NOTHING_WITHDRAWN, Overlay
from frontdesk.turn.serving import ServedRelease

MOST_OPEN = 4
"""The live release, the one before, and room for turns that began on older ones (a guess; each holds its index)."""


class ReleaseBook:
    """The live release is a pointer; those that were live last stay open beside it."""

    def __init__(self, *, most: int = MOST_OPEN, on_live: Callable[[ServedRelease], None] = lambda _: None) -> None:
        """`on_live` hears of each release that becomes the live one."""
        self._opened: dict[ReleaseId, ServedRelease] = {}
        self._live: ReleaseId | None = None
        self._most = most
        self._on_live = on_live
        self._overlay = NOTHING_WITHDRAWN
        self._under_overlay: dict[ReleaseId, ServedRelease] = {}

    def go_live(self, release: ServedRelease) -> None:
        """Give it to every turn from now on; a turn under way keeps the one it was given."""
        release_id = release.manifest.release_id
        self._opened.pop(release_id, None)
        self._opened[release_id] = replace(release, newest_overlay=lambda: self._overlay)
        self._under_overlay.clear()
        self._live = release_id
        self._on_live(release)
        while len(self._opened) > self._most:
            del self._opened[next(iter(self._opened))]

    def lay_over(self, overlay: Overlay) -> None:
        """Serve every release without what is withdrawn from now on."""
        self._overlay = overlay
        self._under_overlay.clear()

    def serving(self, release_id: ReleaseId | None = None) -> ServedRelease:
        """The release with this id where it is open, else the live one.

        Raises:
            UnavailableError: nothing is live yet.
        """
        release = self._opened.get(release_id) if release_id else None
        if release is None and self._live is not None:
            release = self._opened[self._live]
        if release is None:
            raise UnavailableError("No release is live yet.")
        return self._laid_under(release) if self._overlay.version else release

    def _laid_under(self, release: ServedRelease) -> ServedRelease:
        """The release under the overlay; made once, for indexes and what is made of them are kept with it."""
        release_id = release.manifest.release_id
        served = self._under_overlay.get(release_id)
        if served is None:
            served = self._under_overlay[release_id] = release.under(self._overlay)
        return served
