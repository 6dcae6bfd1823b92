"""The IT department of a company of architects: people, accounts, systems, access, devices and first days."""

from frontdesk.simulators.backoffice.seeding.book import Book, Row

EMPLOYEES = 40
_NAMES = ("Mara", "Theo", "Priya", "Luis", "Sofia", "Ben", "Yuki", "Omar", "Elif", "Nina")
_FAMILY = ("Alder", "Costa", "Haas", "Okafor", "Lindqvist", "Marsh", "Tanaka", "Weber")
_DEPARTMENTS = ("Design", "Structures", "Interiors", "Finance", "People", "Site management")
SYSTEMS = (
    ("mail", "E-mail", "collaboration-team", "user", 0),
    ("drawing", "Drawing program", "design-tools", "viewer,editor", 1),
    ("files", "Project files", "collaboration-team", "reader,editor", 1),
    ("finance", "Finance system", "finance-systems", "viewer,approver", 1),
    ("vpn", "VPN", "network-team", "user", 0),
    ("people", "People portal", "people-team", "user,manager", 1),
)
_TASKS = (
    ("Collect laptop and badge", "help-desk", 0),
    ("Set up Keyring for two-step sign-in", "new starter", 1),
    ("Read the security briefing", "new starter", 5),
    ("Choose a working place", "new starter", 7),
    ("Meet the buddy", "manager", 3),
)


def add_office(book: Book) -> None:
    for system, title, owner, roles, needs_approval in SYSTEMS:
        is_down = system == "drawing"
        book.add(
            "it_systems",
            system=system,
            title=title,
            owner=owner,
            roles=roles,
            needs_approval=needs_approval,
            status="degraded" if is_down else "working",
            status_note="Licences are given out slowly since this morning." if is_down else "",
        )
    for number in range(EMPLOYEES):
        _add_employee(book, number)
    _tell_stories(book)


def _add_employee(book: Book, number: int) -> None:
    first, family = _NAMES[number % len(_NAMES)], _FAMILY[number % len(_FAMILY)]
    employee_id = f"emp-{101 + number}"
    book.add(
        "employees",
        employee_id=employee_id,
        name=f"{first} {family}",
        email=f"{first}.{family}.{101 + number}@alder-finch.example".lower(),
        department=_DEPARTMENTS[number % len(_DEPARTMENTS)],
        site=("Utrecht", "Leeds")[number % 2],
        manager_id=None if number < 4 else f"emp-{101 + number % 4}",
        started_on=book.on(book.random.randrange(40, 2500)),
        status="active",
    )
    for system in ("mail", "files", "vpn"):
        _add_account(book, employee_id, system)
    book.add(
        "assets",
        asset_id=f"LT-{2201 + number}",
        employee_id=employee_id,
        kind="laptop",
        model=("Slate 14", "Slate 16 workstation")[number % 2],
        status="in_use",
        issued_on=book.on(book.random.randrange(30, 1200)),
        warranty_until=book.on(-book.random.randrange(-100, 700)),
    )


def _add_account(book: Book, employee_id: str, system: str) -> Row:
    changed = book.random.randrange(5, 150)
    return book.add(
        "accounts",
        account_id=f"{employee_id}-{system}",
        employee_id=employee_id,
        system=system,
        status="active",
        failed_logins=0,
        password_changed_on=book.on(changed),
        password_expires_on=book.on(changed - 180),
        has_second_factor=1,
    )


def _tell_stories(book: Book) -> None:
    """emp-105 is locked out, emp-106's password ran out, emp-107 has no second factor, emp-108 starts today,
    emp-109 waits for access, emp-110 was refused it, emp-111 has a broken laptop."""
    accounts = {row["account_id"]: row for row in book.rows["accounts"]}
    accounts["emp-105-mail"] |= {"status": "locked", "failed_logins": 6}
    accounts["emp-106-mail"] |= {
        "status": "expired",
        "password_changed_on": book.on(190),
        "password_expires_on": book.on(10),
    }
    accounts["emp-107-vpn"]["has_second_factor"] = 0
    employees = {row["employee_id"]: row for row in book.rows["employees"]}
    employees["emp-108"] |= {"started_on": book.on(0)}
    for number, (title, owner, due) in enumerate(_TASKS, start=1):
        book.add(
            "onboarding_tasks",
            task_id=f"OB-108-{number}",
            employee_id="emp-108",
            title=title,
            owner=owner,
            due_on=book.on(-due),
            status="open",
            done_at=None,
        )
    _ask(book, "emp-109", "finance", "viewer", "waiting", asked=2)
    _ask(book, "emp-110", "finance", "approver", "refused", asked=9)
    _ask(book, "emp-112", "drawing", "editor", "granted", asked=20)
    next(row for row in book.rows["assets"] if row["employee_id"] == "emp-111")["status"] = "broken"


def _ask(book: Book, employee_id: str, system: str, role: str, status: str, *, asked: float) -> None:
    book.add(
        "access_requests",
        request_id=f"AR{book.number('access', 7001)}",
        employee_id=employee_id,
        system=system,
        role=role,
        reason="Needed for a new project.",
        status=status,
        approver_id="emp-101",
        requested_at=book.ago(asked),
        decided_at=None if status == "waiting" else book.ago(asked - 1),
        valid_until=book.on(-180) if status == "granted" else None,
    )
