"""/crm: contacts, and records of any kind under ids that the sender chooses; long lists go on with a cursor."""

import json
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.api.calls import OfficeOf, OnceOf, Record, Wanted, next_id, picked, system_router
from frontdesk.simulators.backoffice.crm_fields import OBJECTS, CrmObject, described, mistakes
from frontdesk.simulators.backoffice.effects import Effect
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused, not_found
from frontdesk.simulators.backoffice.storage import Row

router = system_router("crm", "CRM")
MAX_FIELDS = 50


class ContactAddress(Record):
    street: str
    postcode: str
    city: str
    country: str


class Contact(Record):
    customer_id: str
    name: str
    email: str
    phone: str
    language: Literal["en", "de", "es"]
    segment: Literal["standard", "member", "business"]
    customer_since: str
    company: str | None
    note: str
    address: ContactAddress


class Contacts(Record):
    contacts: list[Contact]


class CrmRecord(Record):
    object: str
    record_id: str
    external_id: str
    version: int
    created_at: str
    updated_at: str
    fields: dict[str, Any]


class CrmRecords(Record):
    records: list[CrmRecord]
    next: str | None = Field(description="The cursor of what follows.")


class ObjectDescription(Record):
    object: str
    fields: list[dict[str, Any]]
    rules: list[dict[str, str]]


class Checked(Record):
    is_valid: bool
    fields: dict[str, str] = Field(description="What is wrong, by field.")


class Fields(Wanted):
    fields: dict[str, Any] = Field(max_length=MAX_FIELDS)


_ExternalId = Annotated[str, Path(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9._:-]+$")]


@router.get("/contacts/{customer_id}")
async def read_contact(office: OfficeOf, customer_id: str) -> Contact:
    """A customer as the CRM knows them."""
    row = office.storage.row("SELECT * FROM customers WHERE customer_id = ?", customer_id)
    if row is None:
        raise not_found("contact")
    return _to_contact(row)


@router.get("/contacts")
async def find_contacts(office: OfficeOf, email: str) -> Contacts:
    """The contacts with an e-mail address."""
    rows = office.storage.rows("SELECT * FROM customers WHERE email = ?", email.strip().lower())
    return Contacts(contacts=[_to_contact(row) for row in rows])


def _to_contact(row: Row) -> Contact:
    address = picked(row, "street", "postcode", "city", "country")
    names = ("customer_id", "name", "email", "phone", "language", "segment", "customer_since", "company", "note")
    return Contact.model_validate({**picked(row, *names), "address": address})


@router.get("/objects")
async def list_objects() -> list[str]:
    """The kinds of records there are besides contacts."""
    return list(OBJECTS)


@router.get("/objects/{name}")
async def describe_object(name: str) -> ObjectDescription:
    """Fields, formats, enumerations and rules of a kind of record."""
    return ObjectDescription.model_validate(described(_object(name)))


@router.post("/objects/{name}/check")
async def check_record(office: OfficeOf, name: str, wanted: Fields) -> Checked:
    """Whether a record would be accepted; nothing is kept."""
    found = mistakes(_object(name), wanted.fields, is_contact=_contacts_of(office))
    return Checked(is_valid=not found, fields=found)


@router.put("/objects/{name}/records/{external_id}", response_model=CrmRecord)
async def put_record(
    office: OfficeOf, change: OnceOf, name: str, external_id: _ExternalId, wanted: Fields
) -> JSONResponse:
    """Make the record with this id, or replace its fields."""
    one = _object(name)

    def do() -> Effect:
        if found := mistakes(one, wanted.fields, is_contact=_contacts_of(office)):
            raise Refused(422, "invalid_fields", "Some fields are not accepted.", found)
        known = _find(office, name, external_id)
        row = _written(office, known, name, external_id, wanted.fields)
        return Effect(
            operation="update_record" if known else "create_record",
            reference=external_id,
            customer_id=row["customer_id"],
            what=f"{name} {external_id}, version {row['version']}",
            answer=_to_record(row),
        )

    return await change.once(do)


@router.get("/objects/{name}/records/{external_id}")
async def read_record(office: OfficeOf, name: str, external_id: _ExternalId) -> CrmRecord:
    """A record by the id that its sender chose."""
    _object(name)
    row = _find(office, name, external_id)
    if row is None:
        raise not_found("record")
    return CrmRecord.model_validate(_to_record(row))


@router.get("/objects/{name}/records")
async def list_records(
    office: OfficeOf,
    name: str,
    customer_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str = "",
) -> CrmRecords:
    """Records of a kind, oldest first."""
    _object(name)
    rows = office.storage.rows(
        "SELECT * FROM crm_records WHERE object = ? AND record_id > ? AND ? IN ('', coalesce(customer_id, '')) "
        "ORDER BY record_id LIMIT ?",
        name,
        cursor,
        customer_id or "",
        limit + 1,
    )
    following = rows[limit - 1]["record_id"] if len(rows) > limit else None
    return CrmRecords(records=[CrmRecord.model_validate(_to_record(row)) for row in rows[:limit]], next=following)


def _object(name: str) -> CrmObject:
    if name not in OBJECTS:
        raise not_found("object")
    return OBJECTS[name]


def _contacts_of(office: Office) -> Any:
    def is_contact(customer_id: str) -> bool:
        return office.storage.row("SELECT 1 FROM customers WHERE customer_id = ?", customer_id) is not None

    return is_contact


def _find(office: Office, name: str, external_id: str) -> Row | None:
    return office.storage.row("SELECT * FROM crm_records WHERE object = ? AND external_id = ?", name, external_id)


def _written(office: Office, known: Row | None, name: str, external_id: str, fields: dict[str, Any]) -> Row:
    at = office.calendar.stamp()
    kept = {"fields": json.dumps(fields, ensure_ascii=False), "updated_at": at, "customer_id": fields.get("contact")}
    if known:
        where = {"object": name, "external_id": external_id}
        office.storage.update("crm_records", where, **kept, version=known["version"] + 1)
    else:
        record_id = next_id(office, "crm_records", "rec_", 900_001)
        row = {"object": name, "external_id": external_id, "record_id": record_id}
        office.storage.insert("crm_records", **row, **kept, version=1, created_at=at)
    written = _find(office, name, external_id)
    assert written is not None  # noqa: S101  (it was just written)
    return written


def _to_record(row: Row) -> dict[str, Any]:
    names = ("object", "record_id", "external_id", "version", "created_at", "updated_at")
    return {**picked(row, *names), "fields": json.loads(row["fields"])}
