"""Chat completions for any OpenAI client: the same turns, checked and cited like all others.

Every request is a conversation of its own: earlier messages become its history, the last one is the turn.
Instructions come from the release, so `system` messages are left out; fields this API does not know are ignored,
because OpenAI clients send many.

A stream carries confirmed sentences only. What was sent cannot be taken back here, so opening words without a
source wait for the first sentence that has one, and a turn that starts again after that ends the stream with an
error; asking again is safe.
"""

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from frontdesk.bootstrap import App
from frontdesk.domain.conversation import Conversation, ConversationStatus, InboundMessage, Message, Principal, Role
from frontdesk.domain.errors import FrontdeskError, MalformedError, NotFoundError
from frontdesk.domain.events import FINAL_KINDS, AnswerSentence, StoredEvent, TurnFailed, TurnReset
from frontdesk.domain.ids import ConversationId, CustomerId, MessageId
from frontdesk.domain.turn import OpenTurn
from frontdesk.ports.stores import Stores
from frontdesk.server.access import TOKEN_PREFIX, Access, hash_secret
from frontdesk.server.api.conversations import GRACE_S, create_conversation, verify_identity
from frontdesk.server.bodies import json_response, read_body
from frontdesk.server.problems import openai_error
from frontdesk.server.routes import Operation, Parameter, frontdesk_of
from frontdesk.server.streams import HEARTBEAT, HEARTBEAT_S, EventStream
from frontdesk.text.normalise import normalise_message
from frontdesk.turn.delivery import final_event, read_log
from frontdesk.turn.intake import Accepted

CHANNEL = "openai"
IDENTITY_HEADER = "X-Frontdesk-Identity"
MAX_MESSAGES = 200
_ROLES: Mapping[str, Role] = {"user": "customer", "assistant": "assistant"}
_MARKER = re.compile(r"\[(\d{1,3})\]")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(_Lenient):
    type: Literal["text"]
    text: str


class ChatMessage(_Lenient):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"] = Field(
        description="`user` and `assistant` are read, the others left out."
    )
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(_Lenient):
    include_usage: bool = False


class ChatCompletionRequest(_Lenient):
    model: str = Field(description="`frontdesk`, or the assistant's own name.")
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = Field(None, description="One answer a request.")


class ChatCompletion(BaseModel):
    """As in the OpenAI API; `frontdesk` carries the turn."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, int]
    frontdesk: dict[str, Any]


class ModelList(BaseModel):
    object: Literal["list"]
    data: list[dict[str, Any]]


async def list_models(request: Request) -> Response:
    """The assistant under its own name and as `frontdesk`."""
    created = int(frontdesk_of(request).releases.serving().manifest.composed_at.timestamp())
    models = [
        {"id": name, "object": "model", "created": created, "owned_by": "frontdesk"} for name in model_names(request)
    ]
    return json_response({"object": "list", "data": models})


async def create_chat_completion(request: Request) -> Response:
    """Answer the last message of a conversation.

    Streamed or whole, with the sources as `url_citation` annotations. The header X-Frontdesk-Identity takes the
    signed token of the customer who is asking; without it they see what is public. The field `frontdesk` of the
    reply, and of the last chunk, carries turn_id, outcome, confidence and citations.
    """
    app = frontdesk_of(request)
    wanted = await read_body(request, ChatCompletionRequest)
    if wanted.model not in model_names(request):
        names = ", ".join(model_names(request))
        raise NotFoundError(f"There is no model '{wanted.model[:80]}'. These are there: {names}.", field="model")
    question, history = split_messages(wanted.messages)
    principal = verify_identity(request, request.headers.get(IDENTITY_HEADER), field=IDENTITY_HEADER)
    accepted = await _accept(app, question, history, principal)
    completion = Completion(
        app=app,
        turn=accepted.turn,
        model=wanted.model,
        created=int(app.clock.now().timestamp()),
        after=accepted.after_seq,
    )
    if wanted.stream:
        has_usage = wanted.stream_options is not None and wanted.stream_options.include_usage
        return EventStream(app, request.app.state.closing, completion.stream(has_usage=has_usage))
    return await completion.whole()


def split_messages(messages: Sequence[ChatMessage]) -> tuple[str, list[tuple[Role, str]]]:
    """The last user message, and what was said before it, cleaned.

    Raises:
        MalformedError: the last message that counts is not the user's, or one cannot be read.
    """
    said = [
        (index, message) for index, message in enumerate(messages) if message.role in _ROLES and message.text.strip()
    ]
    if not said or said[-1][1].role != "user":
        raise MalformedError("The last message must be the user's.", field="messages")
    history: list[tuple[Role, str]] = []
    for index, message in said[:-1]:
        try:
            history.append((_ROLES[message.role], normalise_message(message.text)))
        except FrontdeskError as error:
            raise MalformedError(error.public_message, field=f"messages[{index}].content") from None
    return said[-1][1].text, history


async def _accept(app: App, question: str, history: Sequence[tuple[Role, str]], principal: Principal) -> Accepted:
    """Keep the conversation with its history, then the message."""
    profile = app.releases.serving().content.profile
    now = app.clock.now()
    conversation = Conversation(
        conversation_id=ConversationId.mint(app.tokens.token()),
        channel=CHANNEL,
        locale=profile.default_language,
        status=ConversationStatus.ASSISTANT,
        principal=principal,
        last_seq=0,
        created_at=now,
    )
    fresh, token_hash = CustomerId.mint(app.tokens.token()), hash_secret(TOKEN_PREFIX + app.tokens.secret())
    earlier = [_message(conversation, MessageId.mint(app.tokens.token()), role, text, at=now) for role, text in history]

    def create(stores: Stores) -> None:
        create_conversation(stores, conversation, token_hash, fresh=fresh)
        for message in earlier:
            stores.messages.add(message)

    await app.database.write(create)
    key = app.tokens.token()
    return await app.runner.accept(
        InboundMessage(
            conversation_id=conversation.conversation_id,
            text=question,
            idempotency_key=key,
            channel=CHANNEL,
            may_be_kept=False,  # these clients try again by themselves, and wait for nothing
        )
    )


@dataclass(slots=True, kw_only=True)
class Completion:
    """One turn in the words of the OpenAI API."""

    app: App
    turn: OpenTurn
    model: str
    created: int
    after: int
    _held: str = ""
    """Opening sentences without a source, not sent yet."""
    _sent: str = ""
    _has_ended: bool = False
    _is_void: bool = False
    """It ended with an error: what was sent does not count."""

    async def whole(self) -> Response:
        timeout_s = self.app.settings.turn_deadline_s + GRACE_S
        turn = self.turn
        event = await final_event(
            self.app.database,
            turn.conversation_id,
            turn.turn_id,
            after=self.after + 1,
            timeout_s=timeout_s,
            ended=self.app.runner.ended(turn.turn_id),
        )
        last = _last_of(event)
        message = {"role": "assistant", "content": last["text"], "refusal": None, "annotations": annotations(last)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        body = {
            "id": self._id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
            "usage": await self._usage(),
            "frontdesk": self._own(last),
        }
        return json_response(body)

    async def stream(self, *, has_usage: bool) -> AsyncGenerator[bytes, None]:
        """Chunks as OpenAI clients read them, ended by `[DONE]`, or by an error in its place."""
        yield self._chunk({"role": "assistant", "content": ""})
        log_of = read_log(self.app.database, self.turn.conversation_id, after=self.after, idle_s=HEARTBEAT_S)
        async with aclosing(log_of) as batches:
            async for batch in batches:
                if not batch:
                    yield HEARTBEAT
                for event in batch:
                    for chunk in self._translate(event):
                        yield chunk
                    if self._has_ended:
                        break
                if self._has_ended:
                    break
        if not self._is_void:
            if has_usage:
                yield _data({**self._envelope(), "choices": [], "usage": await self._usage()})
            yield b"data: [DONE]\n\n"

    def _translate(self, event: StoredEvent) -> list[bytes]:
        """What one event of the log is in this API; events of other turns are nothing."""
        if event.turn_id != self.turn.turn_id:
            return []
        if event.kind in FINAL_KINDS:
            self._has_ended = True
            return self._end(_last_of(event))
        if event.kind == AnswerSentence.kind:
            text = self._next_text(json.loads(event.body))
            return [self._chunk({"content": text})] if text else []
        if event.kind == TurnReset.kind:
            self._held = ""
            if self._sent:
                self._has_ended = self._is_void = True
                return [_data(openai_error("The answer starts again; please ask again.", status=503, code="reset"))]
        return []

    def _next_text(self, sentence: Mapping[str, Any]) -> str:
        """What may be sent now: everything held, once a sentence has a source."""
        self._held += sentence["separator"] + sentence["text"]
        if not sentence["citations"] and not self._sent:
            return ""
        text, self._held = self._held, ""
        self._sent += text
        return text

    def _end(self, last: Mapping[str, Any]) -> list[bytes]:
        """The text that no sentence carried, then the chunk that ends the choice."""
        text: str = last["text"]
        rest = text.removeprefix(self._sent)
        if self._sent and rest == text:  # what was sent is not how the turn ended
            rest = f"\n\n{text}"
        chunks = [self._chunk({"content": rest})] if rest else []
        delta = {"annotations": annotations(last)}
        return [*chunks, self._chunk(delta, finish_reason="stop", frontdesk=self._own(last))]

    @property
    def _id(self) -> str:
        return f"chatcmpl-{self.turn.turn_id}"

    def _envelope(self) -> dict[str, Any]:
        return {"id": self._id, "object": "chat.completion.chunk", "created": self.created, "model": self.model}

    def _chunk(self, delta: Mapping[str, Any], *, finish_reason: str | None = None, **extra: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return _data({**self._envelope(), "choices": [choice], **extra})

    def _own(self, last: Mapping[str, Any]) -> dict[str, Any]:
        names = ("turn_id", "outcome", "confidence", "degraded", "citations", "release_id")
        return {"conversation_id": self.turn.conversation_id, **{name: last[name] for name in names}}

    async def _usage(self) -> dict[str, int]:
        """Tokens as the vendors counted them, over all attempts; 0 where no model was asked."""
        record = await self.app.database.read(lambda stores: stores.turns.record(self.turn.turn_id)) or {}
        attempts = record.get("attempts") or []
        prompt = sum(attempt["input_tokens"] for attempt in attempts)
        output = sum(attempt["output_tokens"] for attempt in attempts)
        return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}


def annotations(last: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One `url_citation` for every marker in the text; the offsets are those of the marker."""
    by_marker = {citation["marker"]: citation for citation in last["citations"]}
    found = []
    for match in _MARKER.finditer(last["text"]):
        citation = by_marker.get(match[1])
        if citation is not None:
            place = {"start_index": match.start(), "end_index": match.end()}
            source = {"title": citation["title"], "url": citation["url"]}
            found.append({"type": "url_citation", "url_citation": {**place, **source}})
    return found


def model_names(request: Request) -> tuple[str, ...]:
    name = frontdesk_of(request).releases.serving().content.profile.name
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    return tuple(dict.fromkeys(filter(None, (slug, "frontdesk"))))


def _last_of(event: StoredEvent) -> dict[str, Any]:
    """The turn's last event; a failed one has no citations, and says so."""
    last: dict[str, Any] = json.loads(event.body)
    if event.kind == TurnFailed.kind:
        last |= {"citations": [], "confidence": "low", "degraded": []}
    return last


def _message(conversation: Conversation, message_id: MessageId, role: Role, text: str, *, at: datetime) -> Message:
    return Message(
        message_id=message_id,
        conversation_id=conversation.conversation_id,
        turn_id=None,
        position=0,
        role=role,
        text=text,
        language=conversation.locale,
        at=at,
    )


def _data(value: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n\n".encode("utf-8", "replace")


_IDENTITY = Parameter(name=IDENTITY_HEADER, where="header", text="Signed token that proves who the customer is.")

OPERATIONS = (
    Operation(
        method="GET",
        path="/openai/v1/models",
        access=Access.STAFF,
        handler=list_models,
        tag="OpenAI",
        gives={200: ModelList},
    ),
    Operation(
        method="POST",
        path="/openai/v1/chat/completions",
        access=Access.STAFF,
        handler=create_chat_completion,
        tag="OpenAI",
        takes=ChatCompletionRequest,
        gives={200: ChatCompletion},
        also_streams=True,
        parameters=(_IDENTITY,),
        problems=(404, 503, 504),
    ),
)
