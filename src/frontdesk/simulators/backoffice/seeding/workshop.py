"""Free places in the stores' workshops, on the working days of four weeks."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

DAYS = 28
_STORES = ("Hamburg", "Munich", "Amsterdam", "Barcelona")
_SERVICES = (("repair_hand_in", (11, 14, 16), 15), ("same_day_repair", (10, 11), 60), ("boot_fitting", (12, 15), 45))
_SAME_DAY = frozenset({"Hamburg", "Munich"})
"""The only stores that repair on the same day, as the article on stores has it."""
_SUNDAY = 6


def slots_after(today: date) -> Iterator[dict[str, Any]]:
    """Rows for the days from tomorrow on. A day's places are the same whenever they are made."""
    for days in range(1, DAYS + 1):
        day = today + timedelta(days=days)
        if day.weekday() != _SUNDAY:
            yield from _slots_on(day)


def _slots_on(day: date) -> Iterator[dict[str, Any]]:
    for store in _STORES:
        for service, hours, minutes in _SERVICES:
            if service == "same_day_repair" and store not in _SAME_DAY:
                continue
            for hour in hours:
                slot_id = f"SL-{store[:3].upper()}-{day:%y%m%d}-{service[0].upper()}{hour:02d}"
                yield {
                    "slot_id": slot_id,
                    "store": store,
                    "service": service,
                    "starts_at": f"{day.isoformat()}T{hour:02d}:00:00Z",
                    "minutes": minutes,
                    "places": Random(slot_id).choice((0, 1, 1, 2)),
                }
