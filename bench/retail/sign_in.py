"""Who somebody is, as the policy wants it proved: an e-mail address, or a name with its zip code."""

import re
from itertools import pairwise

from bench.retail.records import Customer, Records

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ZIP = re.compile(r"(?<!\d)\d{5}(?!\d)")
_NAME = re.compile(r"[^\W\d_]+")


def verified(records: Records, words: str) -> Customer | None:
    """The customer who proved to be one with these words; a user id alone proves nothing."""
    by_email = (records.customer_by_email(email) for email in _EMAIL.findall(words))
    if (found := next((one for one in by_email if one is not None), None)) is not None:
        return found
    names = _NAME.findall(_EMAIL.sub(" ", words))
    by_name = (
        records.customer_by_name(first, last, zip_code)
        for zip_code in _ZIP.findall(words)
        for first, last in pairwise(names)
    )
    return next((one for one in by_name if one is not None), None)
