"""What the shop looks like at its start; the same seed and moment give the same rows.

book         rows by table, ids, and times before and after now
catalogue    what is sold           people       who buys
shopping     orders with payments and parcels      returning    returns and refunds
situations   customers with a story each           crowd        everybody else
cases        tickets and escalations               workshop     slots for repairs
office       employees, accounts, access, assets, onboarding
"""

from datetime import datetime
from random import Random
from typing import Any

from frontdesk.simulators.backoffice.seeding.book import Book
from frontdesk.simulators.backoffice.seeding.catalogue import add_products
from frontdesk.simulators.backoffice.seeding.crowd import add_crowd
from frontdesk.simulators.backoffice.seeding.office import add_office
from frontdesk.simulators.backoffice.seeding.situations import SITUATIONS, Situation, add_situations
from frontdesk.simulators.backoffice.seeding.workshop import slots_after

__all__ = ["SITUATIONS", "Situation", "seed"]


def seed(now: datetime, number: int) -> dict[str, list[dict[str, Any]]]:
    """Rows by table."""
    book = Book(now=now, random=Random(number))
    add_products(book)
    add_situations(book)
    add_crowd(book)
    add_office(book)
    return {**book.rows, "slots": list(slots_after(now.date()))}
