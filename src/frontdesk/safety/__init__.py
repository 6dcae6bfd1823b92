"""Detectors: a text goes in, findings come out. They find; guards decide.

detector          finds
Injections        instructions to the model, plain or disguised
Abuse             insults, slurs and threats
ContactData       e-mail, telephone, network addresses, dates of birth, passports
PaymentNumbers    cards and IBANs, by check digit and context
NationalIds       identity, tax and insurance numbers of eight countries
Secrets           keys, tokens, passwords
Links             every kind of address a channel might make clickable
Leaks             canaries and protected texts, in disguise too
"""

from frontdesk.safety.abuse import Abuse
from frontdesk.safety.detector import Detector, without_overlaps
from frontdesk.safety.injection import Injections
from frontdesk.safety.leaks import Leaks
from frontdesk.safety.links import Links, host_of, is_host_allowed
from frontdesk.safety.national_ids import NationalIds
from frontdesk.safety.payment import PaymentNumbers
from frontdesk.safety.personal_data import ContactData
from frontdesk.safety.secrets import Secrets

__all__ = [
    "Abuse",
    "ContactData",
    "Detector",
    "Injections",
    "Leaks",
    "Links",
    "NationalIds",
    "PaymentNumbers",
    "Secrets",
    "host_of",
    "is_host_allowed",
    "without_overlaps",
]
