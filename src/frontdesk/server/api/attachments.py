"""Files that customers send: uploaded first, sent with a message, read by people."""

import asyncio
import hashlib
from urllib.parse import quote, unquote_to_bytes

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.attachments import IMAGE_TYPES, MEDIA_TYPES, Attachment, AttachmentRef
from frontdesk.domain.errors import MalformedError
from frontdesk.domain.ids import AttachmentId
from frontdesk.ports.stores import Stores
from frontdesk.server.access import Access
from frontdesk.server.api.conversation_models import AttachmentOut
from frontdesk.server.api.paths import no_attachment, to_attachment_id
from frontdesk.server.bodies import json_response, read_file_body
from frontdesk.server.routes import Operation, Parameter, conversation_of, frontdesk_of
from frontdesk.server.senders import bound_of
from frontdesk.turn.attachments import clean_name, keep_attachment, read_file

_FILENAME = "x-filename"
_MAX_HEADER_CHARS = 1_000


async def upload_attachment(request: Request) -> Response:
    """Upload a file, to be sent with a message.

    Its kind is decided by its first bytes and must be the one Content-Type says. What follows the end of an image is
    cut off; text is repaired. A file that no message is sent with is forgotten after a day. The assistant reads no
    files and gives none to a model: people see them.
    """
    app, conversation_id = frontdesk_of(request), conversation_of(request)
    bound_of(request, "uploads").count(request)
    name = _name_in(request)
    body, media_type = await read_file_body(request, MEDIA_TYPES)
    file = await asyncio.to_thread(read_file, body, media_type)
    ref = AttachmentRef(
        attachment_id=AttachmentId.mint(app.tokens.token()),
        name=clean_name(name, file.media_type),
        media_type=file.media_type,
        bytes=len(file.body),
        width=file.width,
        height=file.height,
    )
    attachment = Attachment(
        conversation_id=conversation_id,
        ref=ref,
        sha256=hashlib.sha256(file.body).hexdigest(),
        created_at=app.clock.now(),
    )
    await app.database.write(lambda stores: keep_attachment(stores, attachment, file.body))
    location = f"/v1/conversations/{conversation_id}/attachments/{ref.attachment_id}"
    return json_response(describe_attachment(ref), 201, {"Location": location})


async def read_attachment(request: Request) -> Response:
    """The bytes of a file.

    Images may be shown in place, anything else is for saving. What was erased is not there.
    """
    conversation_id = conversation_of(request)
    attachment_id = to_attachment_id(request.path_params["attachment_id"])

    def read(stores: Stores) -> tuple[Attachment, bytes]:
        attachment = stores.attachments.get(attachment_id)
        if attachment is None or attachment.conversation_id != conversation_id:
            raise no_attachment()
        return attachment, stores.attachments.body(attachment_id) or b""

    attachment, body = await frontdesk_of(request).database.read(read)
    return file_response(attachment.ref, body)


def file_response(ref: AttachmentRef, body: bytes) -> Response:
    """A customer's file as a response that no browser runs."""
    use = "inline" if ref.media_type in IMAGE_TYPES else "attachment"
    headers = {
        "Content-Disposition": f"{use}; filename*=UTF-8''{quote(ref.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=3600",
    }
    media_type = "text/plain; charset=utf-8" if ref.media_type == "text/plain" else ref.media_type
    return Response(body, headers=headers, media_type=media_type)


def describe_attachment(ref: AttachmentRef) -> dict[str, str | int | None]:
    return {
        "attachment_id": ref.attachment_id,
        "name": ref.name,
        "media_type": ref.media_type,
        "bytes": ref.bytes,
        "width": ref.width,
        "height": ref.height,
    }


def _name_in(request: Request) -> str:
    sent = request.headers.get(_FILENAME, "")
    if len(sent) > _MAX_HEADER_CHARS:
        raise MalformedError(f"X-Filename is longer than {_MAX_HEADER_CHARS} characters.", field="X-Filename")
    try:
        return unquote_to_bytes(sent).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("X-Filename must be percent-encoded UTF-8.", field="X-Filename") from None


_NAME = Parameter(
    name="X-Filename", where="header", text="What the customer's device calls the file, as percent-encoded UTF-8."
)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/conversations/{conversation_id}/attachments",
        access=Access.CONVERSATION,
        handler=upload_attachment,
        tag="Conversations",
        takes_files=MEDIA_TYPES,
        gives={201: AttachmentOut},
        parameters=(_NAME,),
        problems=(409,),
    ),
    Operation(
        method="GET",
        path="/v1/conversations/{conversation_id}/attachments/{attachment_id}",
        access=Access.CONVERSATION,
        handler=read_attachment,
        tag="Conversations",
        gives={200: "application/octet-stream"},
    ),
)
