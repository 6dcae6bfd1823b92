"""Workflows as staff see them: the list with owners and ends, and one of them drawn and in words."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from frontdesk.domain.conversation import Conversation, ConversationStatus, Principal
from frontdesk.domain.ids import ConversationId, ReleaseId, RunId
from frontdesk.ports.stores import Stores
from frontdesk.workflows.stepper import begin

PAGE = "/console/workflows"


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def see(desk: Any, path: str = PAGE) -> str:
    response = await desk.client.get(path, headers=desk.staff)
    assert response.status_code == 200, response.text
    return str(response.text)


async def run_once(desk: Any, status: str, *, days_ago: float = 1) -> None:
    """A run of the first workflow that came to this."""
    app = desk.app
    at = app.clock.now() - timedelta(days=days_ago)
    name = ConversationId.mint(f"{status}{days_ago}")
    workflow = app.releases.serving().content.workflows[0]
    run = begin(workflow, run_id=RunId.mint(name), conversation_id=name, release_id=ReleaseId("rel_1"), at=at)
    conversation = Conversation(
        conversation_id=name,
        channel="web_chat",
        locale="en",
        status=ConversationStatus.ASSISTANT,
        principal=Principal(),
        last_seq=0,
        created_at=at,
    )

    def put(stores: Stores) -> None:
        stores.conversations.create(conversation, token_hash=str(name))
        stores.workflow_runs.put(replace(run, status=status))  # type: ignore[arg-type]

    await app.database.write(put)


async def test_the_list_names_owners_and_how_runs_ended_lately(desk: Any) -> None:
    await run_once(desk, "done")
    await run_once(desk, "handed_over")
    await run_once(desk, "handed_over", days_ago=2)
    await run_once(desk, "expired", days_ago=9)

    page = words(await see(desk))

    for workflow in desk.app.releases.serving().content.workflows:
        assert workflow.owner in page
        assert f"{workflow.name} · version {workflow.version}" in page
    assert "done 1" in page
    assert "handed over 2" in page
    assert "left open too long" not in page


async def test_one_workflow_is_drawn_and_told_step_by_step(desk: Any) -> None:
    workflow = desk.app.releases.serving().content.workflows[0]

    page = await see(desk, f"{PAGE}/{workflow.name}")

    assert '<svg class="workflow-drawing"' in page
    assert workflow.examples[0] in page.replace("&#39;", "'")
    anchors = set(re.findall(r'<li id="step-([^"]+)"', page))
    links = set(re.findall(r'href="#step-([^"]+)"', page))
    assert links <= anchors
    assert workflow.first in anchors


async def test_an_unknown_workflow_is_not_found(desk: Any) -> None:
    response = await desk.client.get(f"{PAGE}/nothing", headers=desk.staff)

    assert response.status_code == 404


async def test_where_it_is_switched_on_is_said_in_words(desk: Any) -> None:
    served = desk.app.releases.serving()
    first, second, *rest = served.content.workflows
    off = replace(first, share=0.0)
    some = replace(second, share=0.0, channels={"web_chat": 1.0, "voice": 0.25})
    content = replace(served.content, workflows=(off, some, *rest))
    desk.app.releases.serving = lambda: replace(served, content=content)

    page = words(await see(desk))

    assert "web chat on, voice 25 % of conversations; elsewhere off" in page
    assert re.search(rf"{first.name} · version .*? off ", page)
