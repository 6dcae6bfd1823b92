"""What the back office's systems say of one customer, written as an assistant may write it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx

from frontdesk.simulators.backoffice import key_of
from frontdesk.workflows.formats import write_date, write_money

PLACES = {
    "crm": ("/crm/contacts/{customer}",),
    "orders": ("/orders/orders?customer_id={customer}&per_page=100", "/orders/returns?customer_id={customer}"),
    "payments": ("/payments/refunds?customer_id={customer}", "/payments/payments?customer_id={customer}"),
    "shipping": ("/shipping/shipments?customer_id={customer}",),
    "rules": ("/rules/refunds/all",),
    "tickets": ("/tickets/tickets?customer_id={customer}", "/tickets/history/{customer}"),
}
ORDER = re.compile(r"HP\d{8}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d(T[\d:]+Z)?\Z")
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember"
    "|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
_DATE = re.compile(rf"\d{{1,2}}\.? (?:de )?(?:{_MONTHS})(?: de)? \d{{4}}")
_MONEY = re.compile(r"[€£]\d[\d,]*\.\d\d|\d[\d.]*(?:[.,]\d\d) (?:€|£|CHF)")
_NUMBER = re.compile(r"\d+")
_FIRST_SECOND = 1_000_000_000
"""Whole numbers from here on are times, in seconds since 1970."""


@dataclass(slots=True)
class Facts:
    """Everything that may be said."""

    orders: set[str] = field(default_factory=set)
    dates: set[date] = field(default_factory=set)
    amounts: set[tuple[Decimal, str]] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def unsupported(self, text: str, language: str) -> list[str]:
        """Dates, amounts, order numbers and other figures in the text that no system said."""
        known = {
            *self.orders,
            *(write_date(day, language) for day in self.dates),
            *(write_money(amount, currency, language) for amount, currency in self.amounts),
        }
        found = [*_DATE.findall(text), *_MONEY.findall(text), *ORDER.findall(text)]
        rest = _NUMBER.findall(ORDER.sub("", _MONEY.sub("", _DATE.sub("", re.sub(r"\[\d+\]", "", text)))))
        return [one for one in found if one not in known] + [one for one in rest if one not in self.numbers]


async def facts_of(office: httpx.AsyncClient, customer: str, faults: Mapping[str, str]) -> Facts:
    """Args: faults: by system, the fault as the header names it; a system that fails says nothing."""
    facts = Facts()
    for system, places in PLACES.items():
        for place in places:
            headers = {"X-Api-Key": key_of(system)}
            if system in faults:
                headers["X-Simulate-Fault"] = faults[system]
            try:
                answer = await office.get(place.format(customer=customer), headers=headers)
                told = answer.json() if answer.is_success else None
            except (httpx.HTTPError, ValueError):
                continue
            for record in _records(told):
                _take(record, facts, is_rule=system == "rules")
    return facts


def _records(told: Any) -> Iterator[dict[str, Any]]:
    if isinstance(told, dict):
        yield told
        for value in told.values():
            yield from _records(value)
    elif isinstance(told, list):
        for value in told:
            yield from _records(value)


def _take(record: Mapping[str, Any], facts: Facts, *, is_rule: bool) -> None:
    currency = str(record.get("currency") or "EUR")
    for name, value in record.items():
        if isinstance(value, str):
            facts.orders.update(ORDER.findall(value) if name == "order_id" else ())
            if _STAMP.match(value):
                facts.dates.add(date.fromisoformat(value[:10]))
        elif isinstance(value, bool) or value is None or not isinstance(value, int | float):
            continue
        elif name.endswith("_minor"):
            facts.amounts.add((Decimal(value) / 100, currency))
        elif isinstance(value, int) and value >= _FIRST_SECOND:
            facts.dates.add(datetime.fromtimestamp(value, UTC).date())
        elif is_rule:
            facts.numbers.add(str(value))
        else:
            facts.amounts.add((Decimal(str(value)), currency))
