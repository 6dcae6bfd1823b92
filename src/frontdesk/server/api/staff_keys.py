"""For staff: who holds a staff key, a new one, and one that is withdrawn."""

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.bootstrap import add_staff_key, remove_staff_key
from frontdesk.server.access import Access
from frontdesk.server.bodies import Body, json_response, read_body
from frontdesk.server.routes import Operation, frontdesk_of, visitor_of


class NewStaffKey(Body):
    name: str = Field(description="Whose key it is; it stands in the log beside what is done with it.")


class StaffKeyMade(BaseModel):
    name: str
    staff_key: str = Field(description="Shown this once: it is stored hashed.")


class StaffKeyOut(BaseModel):
    name: str
    created_at: str


class StaffKeyListing(BaseModel):
    items: list[StaffKeyOut]


class StaffKeyRemoved(BaseModel):
    name: str
    sessions_ended: int = Field(description="Browsers that were signed in with it, and links; they are signed out.")
    keys_left: int = Field(description="At 0 nobody can sign in until the server is started again and makes a new key.")


async def list_keys(request: Request) -> Response:
    """The staff keys, by name."""
    keys = await frontdesk_of(request).database.read(lambda stores: stores.staff_keys.list_all())
    return json_response({"items": [{"name": key.name, "created_at": key.created_at.isoformat()} for key in keys]})


async def add_key(request: Request) -> Response:
    """Make a staff key."""
    app = frontdesk_of(request)
    wanted = await read_body(request, NewStaffKey)
    key = await add_staff_key(app.database, wanted.name, by=_by(request), clock=app.clock, tokens=app.tokens)
    return json_response({"name": wanted.name, "staff_key": key}, 201)


async def remove_key(request: Request) -> Response:
    """Withdraw a staff key.

    Whoever is signed in to the console with it is signed out at once.
    """
    name = request.path_params["name"]
    removed = await remove_staff_key(frontdesk_of(request).database, name, by=_by(request))
    return json_response(
        {"name": name, "sessions_ended": removed.sessions_ended, "keys_left": removed.keys_left},
    )


def _by(request: Request) -> str:
    return visitor_of(request).staff_name or ""


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/admin/staff-keys",
        access=Access.STAFF,
        handler=list_keys,
        tag="Admin",
        gives={200: StaffKeyListing},
    ),
    Operation(
        method="POST",
        path="/v1/admin/staff-keys",
        access=Access.STAFF,
        handler=add_key,
        tag="Admin",
        takes=NewStaffKey,
        gives={201: StaffKeyMade},
        problems=(409,),
    ),
    Operation(
        method="DELETE",
        path="/v1/admin/staff-keys/{name}",
        access=Access.STAFF,
        handler=remove_key,
        tag="Admin",
        gives={200: StaffKeyRemoved},
        problems=(404,),
    ),
)
