"""Files in the journey of a message: told, never read, never lost."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import DEMO, World, a_release, a_world
from frontdesk.adapters.models.scripted import ScriptedChatModel, reply
from frontdesk.domain.conversation import ConversationStatus
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import AttachmentId, ConversationId
from frontdesk.domain.release import FILE_ARRIVED
from frontdesk.releases import read_assistant
from frontdesk.turn.running.runner import RunnerLimits

AUSTRIA = "How much does shipping to Austria cost?"
TRUTH = "Standard shipping to Austria costs 6.90 EUR."


async def send_files(world: World, conversation: ConversationId, *attachments: AttachmentId) -> dict[str, Any]:
    accepted = await world.send(conversation, "", attachments=attachments)
    ended: dict[str, Any] = json.loads((await world.finished(accepted)).body)
    return ended


async def test_a_message_of_files_alone_is_asked_about_and_nothing_is_claimed_of_it(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel(reply(TRUTH))
    async with a_world(a_release(tmp_path, model=model), url=url) as world:
        conversation = await world.a_conversation(locale="de-AT")
        ended = await send_files(
            world, conversation, await world.a_file(conversation), await world.a_file(conversation)
        )
        record = await world.database.read(lambda stores: stores.turns.record(ended["turn_id"]))

    assert (ended["outcome"], ended["text"], ended["citations"]) == ("clarified", FILE_ARRIVED["de"], [])
    assert not model.requests
    assert record is not None
    assert record["route"]["kind"] == "clarify"


async def test_the_assistant_folder_has_its_own_words_for_a_file(tmp_path: Path) -> None:
    profile = read_assistant(DEMO).profile
    texts = replace(profile.texts, file_arrived={"en": "Thanks for the file. What may I do?"})
    change = {"profile": replace(profile, texts=texts)}
    async with a_world(a_release(tmp_path, change=change)) as world:
        conversation = await world.a_conversation()
        ended = await send_files(world, conversation, await world.a_file(conversation))

    assert ended["text"] == "Thanks for the file. What may I do?"


async def test_words_are_answered_as_ever_and_no_model_gets_the_file(tmp_path: Path, url: str) -> None:
    model = ScriptedChatModel(reply(TRUTH))
    async with a_world(a_release(tmp_path, model=model), url=url) as world:
        conversation = await world.a_conversation()
        await send_files(world, conversation, await world.a_file(conversation, "secret-plan.png"))
        picture = await world.a_file(conversation, "parcel.png")
        accepted = await world.send(conversation, AUSTRIA, attachments=(picture,))
        ended = json.loads((await world.finished(accepted)).body)

    assert (ended["outcome"], ended["text"]) == ("answered", f"{TRUTH} [1]")
    (request,) = model.requests
    assert "png" not in repr(request)
    assert all(turn.text for turn in request.history)


async def test_a_silent_assistant_stays_silent_and_people_find_the_file(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        conversation = await world.a_conversation()
        await world.database.write(
            lambda stores: stores.conversations.set_status(conversation, ConversationStatus.OPERATOR)
        )
        picture = await world.a_file(conversation)
        ended = await send_files(world, conversation, picture)
        sent = await world.database.read(lambda stores: stores.attachments.sent_in(conversation))

    assert ended["text"] == ""
    assert [one.ref.attachment_id for one in sent] == [picture]


async def test_whoever_takes_a_dead_workers_turn_over_knows_of_its_files(tmp_path: Path, url: str) -> None:
    limits = RunnerLimits(lease_s=1, claim_every_s=0.1)
    async with a_world(a_release(tmp_path), url=url, limits=limits, start=False) as world:
        conversation = await world.a_conversation()
        picture = await world.a_file(conversation)
        accepted = await world.send(conversation, "", attachments=(picture,))
        for task in list(world.runner._tasks.values()):
            task.cancel()
        second = world.another_runner(owner="worker-2", limits=limits)
        await second.start()
        ended = json.loads((await world.finished(accepted)).body)
        await second.close()

    assert (ended["outcome"], ended["text"]) == ("clarified", FILE_ARRIVED["en"])


async def test_a_file_goes_with_one_message(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        conversation = await world.a_conversation()
        picture = await world.a_file(conversation)
        await world.send(conversation, "Look", attachments=(picture,))
        with pytest.raises(NotFoundError) as refused:
            await world.send(conversation, "Look again", attachments=(picture,))
        events = await world.events(conversation)

    assert refused.value.data["field"] == "attachments"
    assert [event.kind for event in events].count("turn.accepted") == 1
