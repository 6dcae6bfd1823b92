"""What is wrong with an installation, in the order in which it would be met: place, mistake, remedy.

check         what is said about one thing
routes        the routes of models.yaml: keys, functions, capabilities, room
vendors       the servers behind them, asked for the list of their models
procedures    the workflows: languages, tests, where they are off
systems       the systems of connectors.yaml, asked for what doesn't exist
money         prices and ceilings
installation  data folder, database, documents, and the server that runs here
"""

from collections.abc import AsyncIterator, Iterator

from frontdesk.adapters.clock import SystemClock
from frontdesk.bootstrap.demo import open_demo, read_visitors
from frontdesk.bootstrap.doctor.check import Check, to_check
from frontdesk.bootstrap.doctor.installation import check_data, check_embedder, check_server, check_snapshot
from frontdesk.bootstrap.doctor.money import check_money
from frontdesk.bootstrap.doctor.procedures import check_workflows
from frontdesk.bootstrap.doctor.routes import check_routes, routes_of
from frontdesk.bootstrap.doctor.systems import check_systems
from frontdesk.bootstrap.doctor.vendors import check_vendors
from frontdesk.bootstrap.release import open_identity
from frontdesk.bootstrap.traffic import read_customers
from frontdesk.domain.errors import ConfigError
from frontdesk.domain.release import AssistantContent
from frontdesk.releases import read_assistant
from frontdesk.releases.places import Places
from frontdesk.settings import Settings

__all__ = ["Check", "examine"]


async def examine(settings: Settings, *, is_offline: bool, server: str | None = None) -> AsyncIterator[Check]:
    """Everything that can be said without a customer, one thing after the other.

    Args:
        is_offline: ask no vendor, not even whether it is there.
        server: address of the one that runs on this data folder.
    """
    yield Check(
        name="settings", state="ok", detail=f"data in {settings.data_dir}, assistant in {settings.assistant_dir}"
    )
    for check in await check_data(settings):
        yield check
    try:
        content = read_assistant(settings.assistant_dir)
    except ConfigError as error:
        for problem in error.problems:
            yield to_check("assistant folder", problem)
        return
    yield Check(
        name="assistant folder", state="ok", detail=f"{content.profile.name} for {content.profile.organisation}"
    )
    for check in _check_content(settings, content):
        yield check
    if not is_offline:
        for check in await check_vendors(content.models, Places(settings.assistant_dir / "models.yaml")):
            yield check
        for check in await check_systems(settings, content.connectors):
            yield check
    check, fingerprint = await check_embedder(settings, is_offline=is_offline)
    yield check
    yield check_snapshot(settings, fingerprint)
    if server:
        yield await check_server(server)


def _check_content(settings: Settings, content: AssistantContent) -> Iterator[Check]:
    yield from _check_customers(settings, content)
    places = Places(settings.assistant_dir / "models.yaml")
    found = [*check_routes(settings, content, places), *check_money(content, places)]
    if not any(check.state == "problem" for check in found):
        yield Check(name="models", state="ok", detail=", ".join(routes_of(content.models)))
    yield from found
    yield from check_workflows(settings.assistant_dir, content)
    yield from _check_write_back(content)
    yield from _check_identity(settings, content)


def _check_write_back(content: AssistantContent) -> Iterator[Check]:
    """Mistakes in it are told when the folder is read."""
    rules = content.write_back
    if rules is not None:
        who = "every customer" if rules.customers == "all" else "customers who have proved who they are"
        detail = f"conversations of {who} go to {rules.operation}, {len(rules.fields)} fields"
        yield Check(name="write-back", state="ok", detail=detail)


def _check_identity(settings: Settings, content: AssistantContent) -> Iterator[Check]:
    try:
        visitors = read_visitors(settings.assistant_dir, content.profile.languages)
        demo = open_demo(settings, content.profile.languages, SystemClock())
        verifier = open_identity(settings)
    except ConfigError as error:
        yield from (to_check("identity", problem) for problem in error.problems)
        return
    if demo:
        detail = f"a demo: whoever opens it is one of {len(visitors)} customers, or nobody"
    else:
        detail = "customers are proved by signed tokens" if verifier else "no keys: everybody is anonymous"
    yield Check(name="identity", state="ok", detail=detail)


def _check_customers(settings: Settings, content: AssistantContent) -> Iterator[Check]:
    try:
        customers = read_customers(settings.assistant_dir, content.profile.languages)
    except ConfigError as error:
        yield from (to_check("simulated customers", problem) for problem in error.problems)
        return
    if customers:
        messages = sum(len(customer.lines) for customer in customers)
        yield Check(
            name="simulated customers", state="ok", detail=f"{len(customers)} conversations, {messages} messages"
        )
