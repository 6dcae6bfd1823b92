"""`user add|list|remove`: who holds a staff key."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

import typer

from frontdesk.cli.options import DataOption, JsonOption, settings_for
from frontdesk.cli.output import err, harmless, out, print_json
from frontdesk.cli.reaching import ask_server, server_in_the_way
from frontdesk.settings import Settings

NameArgument = Annotated[str, typer.Argument(help="Whose key it is; it stands in the log beside what is done with it.")]
BY = "command line"


def add(name: NameArgument, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """Make a staff key and print it, once.

    While a server runs on the data folder it goes through that server, which asks for a staff key: type it, or send
    it on standard input.
    """
    made = asyncio.run(_add(settings_for(data_dir=data_dir), name))
    if as_json:
        print_json(made)
        return
    out.print(made["staff_key"], markup=False)
    err.print(f"Staff key of {name}, shown this once.", markup=False)


def list_keys(data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """The staff keys by name, oldest first. The keys themselves are kept nowhere."""
    from frontdesk.bootstrap import list_staff_keys  # noqa: PLC0415  (half a second)

    keys = asyncio.run(list_staff_keys(settings_for(data_dir=data_dir)))
    if as_json:
        print_json([{"name": key.name, "created_at": key.created_at.isoformat()} for key in keys])
        return
    for key in keys:
        out.print(f"{key.created_at:%Y-%m-%d %H:%M} UTC  {harmless(key.name)}", markup=False)
    if not keys:
        err.print("There is no staff key yet. The first start of `frontdesk up` makes one.", markup=False)


def remove(name: NameArgument, data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """Withdraw a staff key. Whoever is signed in to the console with it is signed out at once.

    While a server runs on the data folder it goes through that server, as `add` does.
    """
    removed = asyncio.run(_remove(settings_for(data_dir=data_dir), name))
    if as_json:
        print_json(removed)
    else:
        out.print(f"Removed the staff key of {name}; {removed['sessions_ended']} sessions ended.", markup=False)
    if not removed["keys_left"]:
        err.print(
            "That was the last staff key: nobody can sign in now. `frontdesk user add` makes one, and so does the "
            "next start of `frontdesk up`.",
            style="yellow",
            markup=False,
        )


async def _add(settings: Settings, name: str) -> dict[str, Any]:
    from frontdesk.bootstrap import add_staff_key, held_database, start_logging  # noqa: PLC0415

    if address := await server_in_the_way(settings):
        return await ask_server(address, "POST", "/v1/admin/staff-keys", json={"name": name})
    start_logging(settings)
    async with held_database(settings) as database:
        return {"name": name, "staff_key": await add_staff_key(database, name, by=BY)}


async def _remove(settings: Settings, name: str) -> dict[str, Any]:
    from frontdesk.bootstrap import held_database, remove_staff_key, start_logging  # noqa: PLC0415

    if address := await server_in_the_way(settings):
        return await ask_server(address, "DELETE", f"/v1/admin/staff-keys/{quote(name, safe='')}")
    start_logging(settings)
    async with held_database(settings) as database:
        removed = await remove_staff_key(database, name, by=BY)
        return {"name": name, "sessions_ended": removed.sessions_ended, "keys_left": removed.keys_left}
