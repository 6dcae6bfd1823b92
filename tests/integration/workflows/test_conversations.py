"""Conversations with interruptions, corrections, switches and cancels end in the right state, whoever reads them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import httpx
import pytest

from builders import a_release, a_world
from frontdesk.adapters.models.openai_chat import OpenAiChatModel
from frontdesk.domain.release import ModelRoute
from frontdesk.simulators.vendor import create_vendor
from frontdesk.turn.generation import Rung, SideJobs, Vendors
from frontdesk.turn.serving import ServedRelease
from integration.workflows.forged import Forged
from integration.workflows.scripted import SYSTEMS, Script, Walked, conversations, told, walk, with_workflows

SCRIPTS = conversations()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> ServedRelease:
    return a_release(tmp_path_factory.mktemp("release"))


def a_reader(model: str) -> SideJobs:
    """The simulated vendor, asked what messages mean."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=create_vendor()))
    route = ModelRoute(
        name="reader", adapter="openai", model=model, base_url="http://vendor.test/v1", capabilities=("json", "system")
    )
    return SideJobs(
        command=[Rung(model=OpenAiChatModel(client, route, api_key="k"), route=route)],
        vendors=Vendors(monotonic=lambda: asyncio.get_running_loop().time()),
        price=lambda *_, **__: None,
    )


async def failures(release: ServedRelease, scripts: Sequence[Script], *, jobs: SideJobs | None) -> list[str]:
    """What went wrong in which conversation; all of them are walked in one house."""
    systems = {name: Forged(name=name) for name in SYSTEMS}
    found = []
    async with a_world(with_workflows(release, systems, jobs=jobs)) as world:
        for script in scripts:
            for name, system in systems.items():
                system.reset(is_silent=name in script.silent)
            try:
                check(script, await walk(world, script), changed(systems))
            except AssertionError as error:
                found.append(f"{script.name}: {error}")
    return found


def changed(systems: Mapping[str, Forged]) -> list[str]:
    return [text for system in systems.values() for text in told(system.effects)]


def check(script: Script, found: Walked, effects: list[str]) -> None:
    assert found.runs == dict(script.runs)
    for name, slots in script.slots.items():
        assert {slot: str(found.slots[name].get(slot)) for slot in slots} == dict(slots)
    assert effects == list(script.effects)


@pytest.mark.parametrize("language", ["en", "de", "es"])
async def test_conversations_end_in_the_right_state_by_rules_alone(release: ServedRelease, language: str) -> None:
    scripts = [script for script in SCRIPTS if script.language == language and not script.needs_model]
    assert await failures(release, scripts, jobs=None) == []


@pytest.mark.parametrize("language", ["en", "de", "es"])
async def test_conversations_end_in_the_right_state_with_the_simulated_vendor(
    release: ServedRelease, language: str
) -> None:
    scripts = [script for script in SCRIPTS if script.language == language]
    assert await failures(release, scripts, jobs=a_reader("sim")) == []


@pytest.mark.parametrize("model", ["sim-obeys", "sim-invents", "fault-json", "fault-500"])
async def test_no_model_changes_anything_that_the_customer_did_not_say_yes_to(
    release: ServedRelease, model: str
) -> None:
    systems = {name: Forged(name=name) for name in SYSTEMS}
    async with a_world(with_workflows(release, systems, jobs=a_reader(model))) as world:
        for script in SCRIPTS[::5]:
            for system in systems.values():
                system.reset()
            await walk(world, script.with_lines([{"customer": line["customer"]} for line in script.lines]))
            assert set(changed(systems)) <= set(script.effects), script.name


async def test_what_a_model_reached_for_is_in_the_audit_log_and_in_the_trace(release: ServedRelease) -> None:
    systems = {name: Forged(name=name) for name in SYSTEMS}
    script = next(script for script in SCRIPTS if script.name == "a yes with a condition confirms nothing")
    vague = script.with_lines([*script.lines[:3], {"customer": "well, hm, as I said"}])
    async with a_world(with_workflows(release, systems, jobs=a_reader("sim-invents"))) as world:
        await walk(world, vague)
        denied = await world.database.read(lambda stores: stores.audit.count("model.outside_policy"))
    assert denied >= 3
    assert changed(systems) == []


def test_there_are_enough_of_them() -> None:
    assert len(SCRIPTS) >= 40
    assert len({script.name for script in SCRIPTS}) == len(SCRIPTS)


async def test_tomorrow_is_seen_from_where_the_business_is(release: ServedRelease) -> None:
    systems = {name: Forged(name=name) for name in SYSTEMS}
    profile = replace(release.content.profile, timezone="Pacific/Kiritimati")  # there it is the 21st already
    abroad = replace(release, content=replace(release.content, profile=profile))
    script = next(script for script in SCRIPTS if script.name == "una cita para mañana")
    async with a_world(with_workflows(abroad, systems)) as world:
        await walk(world, script.with_lines([{"customer": line["customer"]} for line in script.lines]))
    assert changed(systems) == ["workshop.book day=2026-11-22 item=la cremallera de mi tienda"]
