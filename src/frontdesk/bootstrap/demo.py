"""A demo lets its visitors choose which of the back office's customers they are; nothing else signs them in."""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from frontdesk.adapters.identity import DEMO_KEY_ID, DemoLogin, JwtIdentityVerifier
from frontdesk.domain.errors import ConfigError, ConfigProblem
from frontdesk.ports.clock import Clock
from frontdesk.ports.identity import IdentityVerifier
from frontdesk.releases.yaml_files import YamlFile, read_yaml
from frontdesk.settings import Settings
from frontdesk.simulators.visitors import NAMES, DemoVisitor, VisitorsFile

VISITORS_FILE = "visitors.yaml"
SETTING = "FRONTDESK_DEMO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Whom a visitor may be, and the login that signs them in."""

    visitors: Sequence[DemoVisitor]
    login: DemoLogin
    verifier: IdentityVerifier

    def visitor(self, subject: str) -> DemoVisitor | None:
        return next((visitor for visitor in self.visitors if visitor.subject == subject), None)

    def sign_in(self, visitor: DemoVisitor) -> str:
        """An identity token for the chat."""
        return self.login.sign_in(visitor.subject, visitor.audiences)


def open_demo(settings: Settings, languages: Sequence[str], clock: Clock) -> Demo | None:
    """None where the installation is no demo.

    Raises:
        ConfigError: it could be reached or believed by others, or its visitors can't be read.
    """
    if not settings.demo:
        return None
    if problems := list(_too_real(settings)):
        raise ConfigError(problems)
    visitors = read_visitors(settings.assistant_dir, languages)
    if not visitors:
        where = str(settings.assistant_dir / VISITORS_FILE)
        raise ConfigError([ConfigProblem(where=where, message="A demo needs somebody to be.")])
    login = DemoLogin(audience=settings.identity_audience, clock=clock)
    verifier = JwtIdentityVerifier(
        keys={DEMO_KEY_ID: login.public_key}, audience=settings.identity_audience, clock=clock
    )
    return Demo(visitors=visitors, login=login, verifier=verifier)


def read_visitors(folder: Path, languages: Sequence[str]) -> tuple[DemoVisitor, ...]:
    """Whom visitors of a demo may be; none without the file.

    Raises:
        ConfigError: every mistake, each as `file:line`.
    """
    path = folder / VISITORS_FILE
    if not path.exists():
        return ()
    problems: list[ConfigProblem] = []
    file = read_yaml(path, VisitorsFile, problems, known=NAMES)
    if file is not None:
        problems += _check(file, languages)
    if file is None or problems:
        raise ConfigError(problems)
    visitors: tuple[DemoVisitor, ...] = file.value.visitors
    return visitors


def _too_real(settings: Settings) -> Iterator[ConfigProblem]:
    """Whoever opens a demo may be any of its customers, so it must be nobody's real desk."""
    if settings.identity_keys.strip():
        message = "A demo signs its visitors in itself, and FRONTDESK_IDENTITY_KEYS names the keys of a real login."
        yield ConfigProblem(where=SETTING, message=message, hint="Leave one of the two out.")
    if not _is_loopback(settings.host):
        message = f"A demo is for this machine only, and the server listens on {settings.host}."
        yield ConfigProblem(where=SETTING, message=message, hint="Listen on 127.0.0.1.")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check(file: YamlFile, languages: Sequence[str]) -> Iterator[ConfigProblem]:
    seen: set[str] = set()
    visitors: tuple[DemoVisitor, ...] = file.value.visitors
    for number, visitor in enumerate(visitors):
        if visitor.subject in seen:
            where = file.where("visitors", number, "subject")
            yield ConfigProblem(where=where, message=f"`{visitor.subject}` is there twice.")
        seen.add(visitor.subject)
        for part, texts in (("about", visitor.about), ("starters", visitor.starters)):
            for language in texts:
                if language not in languages:
                    where = file.where("visitors", number, part, language)
                    message = f"`{language}` is no language of the assistant; it has {', '.join(languages)}."
                    yield ConfigProblem(where=where, message=message)
