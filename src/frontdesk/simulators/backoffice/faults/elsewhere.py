"""A request turned to another customer's records, as a mixed-up cache or a wrong join would."""

import re
from urllib.parse import quote

from starlette.types import Scope

from frontdesk.simulators.backoffice.storage import Storage

_STRANGER, _OTHER_STRANGER = "cust-5002", "cust-5006"
_IDS = {
    "orders": ("order_id", re.compile(r"HP\d{8}", re.IGNORECASE)),
    "payments": ("payment_id", re.compile(r"pay_\d+")),
    "refunds": ("refund_id", re.compile(r"rf_\d+")),
    "shipments": ("shipment_id", re.compile(r"shp_\d+")),
    "returns": ("return_id", re.compile(r"RT\d+")),
}
_CUSTOMER = re.compile(r"cust-\d+")


def turned_to_another(scope: Scope, storage: Storage) -> Scope:
    """The same request about somebody else; their latest record of each kind stands for the one that is asked for."""
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    stranger = _OTHER_STRANGER if _STRANGER in path + query else _STRANGER
    path, query = _CUSTOMER.sub(stranger, path), _CUSTOMER.sub(stranger, query)
    for table, (name, pattern) in _IDS.items():
        found = storage.scalar(f"SELECT max({name}) FROM {table} WHERE customer_id = ?", stranger)  # noqa: S608
        if found:
            path, query = pattern.sub(found, path), pattern.sub(found, query)
    return {**scope, "path": path, "raw_path": quote(path).encode(), "query_string": query.encode("latin-1")}
