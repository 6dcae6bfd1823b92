"""The simulated systems that an assistant folder names, running beside the server."""

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote

from frontdesk.domain.connector_source import SIMULATOR, ConnectorSource, HttpSource, McpSource
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.settings import Settings, read_secret

if TYPE_CHECKING:
    from frontdesk.simulators.backoffice import Backoffice

BACKOFFICE = "backoffice"
FILE = "backoffice.db"
"""In the data folder: what customers changed there is still changed after a restart."""


class SimulatedSystems:
    """Starts what is first needed, and stops it with the process."""

    def __init__(self, settings: Settings, *, is_for_a_moment: bool = False) -> None:
        """
        Args:
            is_for_a_moment: makes no file where there is none.
        """
        self._settings = settings
        path = settings.data_dir / FILE
        self._path = path if path.exists() or not is_for_a_moment else None
        self._lock = Lock()
        self._backoffice: Backoffice | None = None
        self._is_wanted = False

    def start_for(self, sources: Sequence[ConnectorSource]) -> None:
        """Run what these systems name; blocks until it answers.

        Raises:
            ConfigError: there is no such simulation, or its file cannot be used.
        """
        wanted = {name: source.name for source in sources if (name := _simulation(source))}
        if unknown := sorted(set(wanted) - {BACKOFFICE}):
            where = f"{self._settings.assistant_dir / 'connectors.yaml'}"
            message = f"`{wanted[unknown[0]]}` names the simulation `{unknown[0]}`; there is only `{BACKOFFICE}`."
            raise ConfigError([ConfigProblem(where=where, message=message)])
        self._is_wanted = bool(wanted)
        if wanted and not self._settings.backoffice_url:
            self._start()

    def _start(self) -> None:
        from frontdesk.simulators.backoffice import BackofficeBehaviour, start_backoffice  # noqa: PLC0415  (0.3 s)

        with self._lock:
            if self._backoffice is None:
                self._backoffice = start_backoffice(BackofficeBehaviour(path=self._path))

    def address(self, name: str) -> str:
        """Where a simulation is; empty where it does not run."""
        if name != BACKOFFICE:
            return ""
        return self._settings.backoffice_url or (self._backoffice.url if self._backoffice else "")

    @property
    def code_inbox(self) -> str:
        """Where the invented customers receive their one-time codes; empty where no back office runs."""
        return self._inside("_codes")

    def phone_of(self, subject: str) -> str:
        """A page with the codes that an invented customer received; empty where no back office runs."""
        return self._inside(f"_phone?customer_id={quote(subject)}")

    def _inside(self, path: str) -> str:
        address = self.address(BACKOFFICE) if self._is_wanted else ""
        return f"{address.rstrip('/')}/{path}" if address else ""

    def close(self) -> None:
        with self._lock:
            if self._backoffice is not None:
                self._backoffice.close()
                self._backoffice = None


def simulated_secret(name: str) -> str:
    """The variable's value; the invented shop's own key where a variable of its name is not set."""
    if value := read_secret(name):
        return value
    from frontdesk.simulators.backoffice import SYSTEMS, key_of  # noqa: PLC0415  (as above)

    keys = {f"BACKOFFICE_{system.upper()}_KEY": key_of(system) for system in SYSTEMS}
    return keys.get(name, "")


def _simulation(source: ConnectorSource) -> str:
    if isinstance(source, HttpSource):
        return source.base_url.removeprefix(SIMULATOR) if source.base_url.startswith(SIMULATOR) else ""
    if isinstance(source, McpSource):
        return source.url.removeprefix(SIMULATOR) if source.url.startswith(SIMULATOR) else ""
    return ""
