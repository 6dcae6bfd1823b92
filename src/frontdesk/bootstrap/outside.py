"""Ways to other systems, as connectors.yaml describes them."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.request import getproxies

import httpx

from frontdesk import __version__
from frontdesk.adapters.connectors import (
    Credentials,
    HttpLink,
    HttpTransport,
    McpTransport,
    ProcessLink,
    PythonTransport,
    SqlTransport,
    Transport,
)
from frontdesk.adapters.models.transport import DirectTransport
from frontdesk.bootstrap.simulated import simulated_secret
from frontdesk.domain.connector_source import SIMULATOR, ConnectorSource, HttpSource, McpSource, PythonSource, SqlSource
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.settings import read_secret

Addresses = Callable[[str], str]
"""Where a simulated system is, by its name; empty while it isn't known."""
_MOST = 256
_MOST_IDLE = 16
"""Connections at once, and those of one host that are kept for the next call."""
_HEADERS = {"user-agent": f"frontdesk/{__version__}"}
"""So that whoever runs the other system finds us in its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What ways to other systems are made with."""

    folder: Path
    """The assistant folder."""
    client: httpx.AsyncClient
    monotonic: Callable[[], float]
    simulators: Addresses


def open_transport(source: ConnectorSource, around: Surroundings) -> Transport:
    """Nothing is asked of it yet.

    Raises:
        ConfigError: a function can't be imported, or certificates can't be read.
    """
    match source:
        case HttpSource():
            client = _client_for(source.name, source.ca_file, around)
            return HttpTransport(
                source,
                client,
                credentials=_credentials(source, client, around),
                base_url=_address(source.base_url, around.simulators),
                owns_client=client is not around.client,
            )
        case McpSource(command=()):
            client = _client_for(source.name, source.ca_file, around)
            credentials = _credentials(source, client, around)
            link = HttpLink(source, client, credentials, owns_client=client is not around.client)
            return McpTransport(source, link, monotonic=around.monotonic)
        case McpSource():
            process = ProcessLink(source, folder=_inside(around, source.folder), secret=read_secret)
            return McpTransport(source, process, monotonic=around.monotonic)
        case SqlSource():
            url = f"sqlite:///{_inside(around, source.file)}" if source.file else read_secret(source.url_env)
            return SqlTransport(source, url=url)
        case PythonSource():
            return PythonTransport(source, folder=_inside(around, source.folder))


def outside_client(verify: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """One pool for all systems; how long a call may take is decided where it is made."""
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # one customer's session is not the next one's
    if getproxies():
        limits = httpx.Limits(max_connections=_MOST, max_keepalive_connections=_MOST_IDLE)
        return httpx.AsyncClient(
            limits=limits,
            timeout=None,  # noqa: S113
            verify=verify or True,
            headers=_HEADERS,
            cookies=no_cookies,
        )
    transport = DirectTransport(most=_MOST, most_idle=_MOST_IDLE, verify=verify)
    return httpx.AsyncClient(transport=transport, timeout=None, headers=_HEADERS, cookies=no_cookies)  # noqa: S113


def _client_for(name: str, ca_file: str, around: Surroundings) -> httpx.AsyncClient:
    """The shared one, unless the system has certificates of its own."""
    if not ca_file:
        return around.client
    path = _inside(around, ca_file)
    try:
        return outside_client(ssl.create_default_context(cafile=str(path)))
    except (OSError, ssl.SSLError) as error:
        problem = ConfigProblem(
            where=str(around.folder / "connectors.yaml"),
            message=f"`{name}`: the certificates {path} can't be read: {error}.",
            hint="`ca_file` names a file in PEM.",
        )
        raise ConfigError([problem]) from error


def _credentials(source: HttpSource | McpSource, client: httpx.AsyncClient, around: Surroundings) -> Credentials:
    is_simulated = isinstance(source, HttpSource) and source.base_url.startswith(SIMULATOR)
    secret = simulated_secret if is_simulated else read_secret
    return Credentials(source.auth, client, secret=secret, monotonic=around.monotonic)


def _address(base_url: str, simulators: Addresses) -> Callable[[], str]:
    if base_url.startswith(SIMULATOR):
        name = base_url.removeprefix(SIMULATOR)
        return lambda: simulators(name).rstrip("/")
    return lambda: base_url


def _inside(around: Surroundings, path: str) -> Path:
    return (around.folder / path).resolve()
