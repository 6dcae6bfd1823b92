"""/it: the help desk of a company's IT department: people, accounts, access, devices, first days."""

from typing import Any, Literal

from pydantic import Field
from starlette.responses import JSONResponse

from frontdesk.simulators.backoffice.api.calls import OfficeOf, OnceOf, Record, Wanted, next_id, system_router
from frontdesk.simulators.backoffice.effects import Effect
from frontdesk.simulators.backoffice.office import Office
from frontdesk.simulators.backoffice.refusals import Refused, not_found
from frontdesk.simulators.backoffice.storage import Row

router = system_router("it", "IT help desk")


class Employee(Record):
    employee_id: str
    name: str
    email: str
    department: str
    site: str
    manager_id: str | None
    started_on: str
    status: Literal["active", "left"]


class Account(Record):
    account_id: str
    employee_id: str
    system: str
    status: Literal["active", "locked", "expired", "disabled"]
    failed_logins: int
    password_changed_on: str
    password_expires_on: str
    has_second_factor: bool


class ItSystem(Record):
    system: str
    title: str
    owner: str
    roles: list[str]
    needs_approval: bool
    status: Literal["working", "degraded", "down"]
    status_note: str


class AccessRequest(Record):
    request_id: str
    employee_id: str
    system: str
    role: str
    reason: str
    status: Literal["waiting", "granted", "refused", "cancelled"]
    approver_id: str | None
    requested_at: str
    decided_at: str | None
    valid_until: str | None


class Asset(Record):
    asset_id: str
    employee_id: str | None
    kind: Literal["laptop", "phone", "monitor"]
    model: str
    status: Literal["in_use", "broken", "spare"]
    issued_on: str | None
    warranty_until: str | None


class OnboardingTask(Record):
    task_id: str
    employee_id: str
    title: str
    owner: str
    due_on: str
    status: Literal["open", "done"]
    done_at: str | None


class Accounts(Record):
    accounts: list[Account]


class Systems(Record):
    systems: list[ItSystem]


class AccessRequests(Record):
    requests: list[AccessRequest]


class Assets(Record):
    assets: list[Asset]


class Onboarding(Record):
    tasks: list[OnboardingTask]


class AccessWanted(Wanted):
    employee_id: str
    system: str
    role: str
    reason: str = Field(min_length=5, max_length=500)


@router.get("/employees/{employee_id}")
async def read_employee(office: OfficeOf, employee_id: str) -> Employee:
    return Employee.model_validate(_find(office, "employees", "employee_id", employee_id, "employee"))


@router.get("/accounts")
async def list_accounts(office: OfficeOf, employee_id: str, system: str | None = None) -> Accounts:
    """Somebody's accounts."""
    rows = office.storage.rows("SELECT * FROM accounts WHERE employee_id = ? ORDER BY account_id", employee_id)
    return Accounts.model_validate({"accounts": [row for row in rows if system in (None, row["system"])]})


@router.post("/accounts/{account_id}/unlock", response_model=Account)
async def unlock_account(office: OfficeOf, change: OnceOf, account_id: str) -> JSONResponse:
    """Open a locked account again."""

    def do() -> Effect:
        row = _find(office, "accounts", "account_id", account_id, "account")
        if row["status"] != "locked":
            raise Refused(409, "not_locked", f"This account is {row['status']}.")
        office.storage.update("accounts", {"account_id": account_id}, status="active", failed_logins=0)
        return _account_effect(office, "unlock_account", account_id)

    return await change.once(do)


@router.post("/accounts/{account_id}/password-reset", response_model=Account)
async def reset_password(office: OfficeOf, change: OnceOf, account_id: str) -> JSONResponse:
    """Send a link for a new password to the employee's phone; the account opens again."""

    def do() -> Effect:
        row = _find(office, "accounts", "account_id", account_id, "account")
        if row["status"] == "disabled":
            raise Refused(409, "disabled", "This account is disabled.")
        today = office.calendar.today().isoformat()
        office.storage.rows(
            "UPDATE accounts SET status = 'active', failed_logins = 0, password_changed_on = ?, "
            "password_expires_on = date(?, '180 days') WHERE account_id = ?",
            today,
            today,
            account_id,
        )
        return _account_effect(office, "reset_password", account_id)

    return await change.once(do)


@router.get("/systems")
async def list_systems(office: OfficeOf) -> Systems:
    """What there is to get access to, and whether it works."""
    rows = office.storage.rows("SELECT * FROM it_systems ORDER BY system")
    return Systems.model_validate({"systems": [{**row, "roles": row["roles"].split(",")} for row in rows]})


@router.get("/access-requests")
async def list_access_requests(office: OfficeOf, employee_id: str) -> AccessRequests:
    """Somebody's requests, newest first."""
    rows = office.storage.rows(
        "SELECT * FROM access_requests WHERE employee_id = ? ORDER BY requested_at DESC", employee_id
    )
    return AccessRequests.model_validate({"requests": rows})


@router.post("/access-requests", status_code=201, response_model=AccessRequest)
async def request_access(office: OfficeOf, change: OnceOf, wanted: AccessWanted) -> JSONResponse:
    """Ask for a role in a system; where no approval is needed it is granted at once."""

    def do() -> Effect:
        employee = _find(office, "employees", "employee_id", wanted.employee_id, "employee")
        system = _system_with(office, wanted)
        at = office.calendar.stamp()
        is_free = not system["needs_approval"]
        row = {
            "request_id": next_id(office, "access_requests", "AR", 7001),
            **wanted.model_dump(),
            "status": "granted" if is_free else "waiting",
            "approver_id": None if is_free else employee["manager_id"],
            "requested_at": at,
            "decided_at": at if is_free else None,
            "valid_until": None,
        }
        office.storage.insert("access_requests", **row)
        return _request_effect("request_access", row)

    return await change.once(do, status=201)


@router.post("/access-requests/{request_id}/cancel", response_model=AccessRequest)
async def cancel_access_request(office: OfficeOf, change: OnceOf, request_id: str) -> JSONResponse:
    """Take back a request that nobody has decided yet."""

    def do() -> Effect:
        row = _find(office, "access_requests", "request_id", request_id, "request")
        if row["status"] != "waiting":
            raise Refused(409, "decided", f"This request is {row['status']}.")
        office.storage.update("access_requests", {"request_id": request_id}, status="cancelled")
        return _request_effect("cancel_access_request", {**row, "status": "cancelled"})

    return await change.once(do)


@router.get("/assets")
async def list_assets(office: OfficeOf, employee_id: str) -> Assets:
    """Somebody's devices."""
    rows = office.storage.rows("SELECT * FROM assets WHERE employee_id = ? ORDER BY asset_id", employee_id)
    return Assets.model_validate({"assets": rows})


@router.get("/onboarding")
async def list_onboarding(office: OfficeOf, employee_id: str) -> Onboarding:
    """What somebody has to do in their first days."""
    rows = office.storage.rows("SELECT * FROM onboarding_tasks WHERE employee_id = ? ORDER BY due_on", employee_id)
    return Onboarding.model_validate({"tasks": rows})


@router.post("/onboarding/{task_id}/done", response_model=OnboardingTask)
async def finish_task(office: OfficeOf, change: OnceOf, task_id: str) -> JSONResponse:
    """Tick off a task."""

    def do() -> Effect:
        row = _find(office, "onboarding_tasks", "task_id", task_id, "task")
        if row["status"] == "done":
            raise Refused(409, "already_done", "This task is done already.")
        at = office.calendar.stamp()
        office.storage.update("onboarding_tasks", {"task_id": task_id}, status="done", done_at=at)
        answer = {**row, "status": "done", "done_at": at}
        return Effect(
            operation="finish_task", reference=task_id, customer_id=row["employee_id"], what=row["title"], answer=answer
        )

    return await change.once(do)


def _find(office: Office, table: str, by: str, value: str, what: str) -> Row:
    row = office.storage.row(f"SELECT * FROM {table} WHERE {by} = ?", value)  # noqa: S608  (names are ours)
    if row is None:
        raise not_found(what)
    return row


def _system_with(office: Office, wanted: AccessWanted) -> Row:
    row = _find(office, "it_systems", "system", wanted.system, "system")
    if wanted.role not in row["roles"].split(","):
        raise Refused(422, "invalid", "Some fields are not valid.", {"role": f"It must be one of {row['roles']}."})
    return row


def _account_effect(office: Office, operation: str, account_id: str) -> Effect:
    row = _find(office, "accounts", "account_id", account_id, "account")
    answer = Account.model_validate(row).model_dump()
    return Effect(
        operation=operation, reference=account_id, customer_id=row["employee_id"], what=row["system"], answer=answer
    )


def _request_effect(operation: str, row: dict[str, Any]) -> Effect:
    what = f"{row['role']} of {row['system']}: {row['status']}"
    return Effect(
        operation=operation, reference=row["request_id"], customer_id=row["employee_id"], what=what, answer=row
    )
