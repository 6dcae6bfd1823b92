"""Conversations with interruptions, corrections, switches and cancels end in the right state."""


import pytest
from tests.builders import a_release, a_world
from tests.integration.workflows.forged import Forged
from tests.integration.workflows.scripted import SYSTEMS, Conversation40, conversations, told, walk, with_workflows

from frontdesk.turn.serving import ServedRelease

SCRIPTS = conversations()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> ServedRelease:
    return a_release(tmp_path_factory.mktemp("release"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
async def test_a_conversation_ends_in_the_right_state(release: ServedRelease, script: Conversation40) -> None:
    systems = {name: Forged(name=name, is_silent=name in script.silent) for name in SYSTEMS}
    async with a_world(with_workflows(release, systems)) as world:
        walked = await walk(world, script)
    assert walked.runs == dict(script.runs)
    for name, slots in script.slots.items():
        assert {slot: str(walked.slots[name].get(slot)) for slot in slots} == dict(slots)
    assert [text for system in systems.values() for text in told(system.effects)] == list(script.effects)
