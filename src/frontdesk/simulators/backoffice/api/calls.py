"""What every system's routes share: the key, the office, and changes that happen once."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.behaviour import key_of
from frontdesk.simulators.backoffice.effects import Change, Effect, digest_of, once
from frontdesk.simulators.backoffice.office import Office, office_of
from frontdesk.simulators.backoffice.refusals import Refused

EFFECT_HEADER = "X-Effect-Id"
REPLAYED_HEADER = "Idempotent-Replayed"


class Record(BaseModel):
    """Something a system says; a field that is not described is a mistake of ours."""

    model_config = ConfigDict(extra="forbid")


class Wanted(BaseModel):
    """Something a system is asked to do; a field that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Failure(BaseModel):
    code: str
    message: str
    fields: dict[str, str] = {}


class Failed(BaseModel):
    """How every system says no."""

    error: Failure


OfficeOf = Annotated[Office, Depends(office_of)]
_NO: dict[int | str, dict[str, Any]] = {
    401: {"model": Failed, "description": "No key, or another system's."},
    404: {"model": Failed, "description": "There is no such record."},
    409: {"model": Failed, "description": "The state of the record, or a used key, forbids it."},
    422: {"model": Failed, "description": "Fields that are not valid, each with what is wrong."},
}


def system_router(system: str, title: str) -> APIRouter:
    """Routes under the system's path, opened by its key in the header X-Api-Key."""
    scheme = APIKeyHeader(name="X-Api-Key", scheme_name=f"{system}-key", auto_error=False)

    async def check(given: Annotated[str | None, Depends(scheme)]) -> None:
        if given != key_of(system):
            raise Refused(401, "unauthorised", "The header X-Api-Key must hold this system's key.")

    return APIRouter(prefix=f"/{system}", tags=[title], dependencies=[Depends(check)], responses=_NO)


class Changing:
    """A request that changes something; `once` runs its change."""

    keeps_keys = True

    def __init__(
        self,
        request: Request,
        office: OfficeOf,
        idempotency_key: Annotated[
            str, Header(description="The same key with the same request has one effect and one answer.")
        ] = "",
    ) -> None:
        self._request, self._office = request, office
        self._key = idempotency_key if self.keeps_keys else ""

    async def once(self, do: Callable[[], Effect], *, status: int = 200) -> JSONResponse:
        path = self._request.url.path
        change = Change(
            system=path.split("/")[1],
            key=self._key,
            asked=digest_of(self._request.method, path, await self._request.body()),
            status=status,
        )
        done = once(self._office.storage, self._office.calendar, change, do)
        headers = {EFFECT_HEADER: str(done.effect_id)}
        if done.is_replayed:
            headers[REPLAYED_HEADER] = "true"
        return JSONResponse(done.answer, status_code=done.status, headers=headers)


class ChangingWithoutKeys(Changing):
    """Of a system that knows no keys: every request counts, and a reference is there to look for what came of it."""

    keeps_keys = False

    def __init__(self, request: Request, office: OfficeOf) -> None:
        super().__init__(request, office)


OnceOf = Annotated[Changing, Depends(Changing)]
EachOf = Annotated[ChangingWithoutKeys, Depends(ChangingWithoutKeys)]


def amount(minor: int) -> float:
    """In the currency's main unit, as most of the systems write amounts."""
    return minor / 100


def next_id(office: Office, table: str, prefix: str, first: int) -> str:
    """The id of a table's next row; rows are never deleted."""
    count = office.storage.scalar(f"SELECT count(*) FROM {table}")  # noqa: S608  (names are ours)
    return f"{prefix}{first + count}"


def picked(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}
