"""Free places in the stores' workshops, on their working days of the next four weeks."""

from datetime import timedelta

from frontdesk.simulators.backoffice.seeding.book import Book

DAYS = 28
_STORES = ("Hamburg", "Munich", "Amsterdam", "Barcelona")
_SERVICES = (("repair_hand_in", (11, 14, 16), 15), ("same_day_repair", (10, 11), 60), ("boot_fitting", (12, 15), 45))
_SAME_DAY = frozenset({"Hamburg", "Munich"})
"""The only stores that repair on the same day, as the article on stores has it."""


def add_slots(book: Book) -> None:
    for days in range(1, DAYS + 1):
        day = (book.now + timedelta(days=days)).date()
        if day.weekday() == 6:
            continue
        for store in _STORES:
            for service, hours, minutes in _SERVICES:
                if service == "same_day_repair" and store not in _SAME_DAY:
                    continue
                for hour in hours:
                    book.add(
                        "slots",
                        slot_id=f"SL-{store[:3].upper()}-{book.number(f'slot {store}', 1001)}",
                        store=store,
                        service=service,
                        starts_at=f"{day.isoformat()}T{hour:02d}:00:00Z",
                        minutes=minutes,
                        places=book.random.choice((0, 1, 1, 2)),
                    )
