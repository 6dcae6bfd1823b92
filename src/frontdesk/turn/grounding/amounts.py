"""Whether two amounts say the same, and what is wrong where they do not."""

from collections.abc import Iterable, Sequence

from frontdesk.text.quantities import Quantity

_MINUTES = {"second": 1 / 60, "minute": 1.0, "hour": 60.0, "day": 1440.0, "week": 10080.0}
_BASE: dict[str, tuple[float, str]] = {
    **{unit: (factor, "minute") for unit, factor in _MINUTES.items()},
    "month": (1.0, "month"),
    "year": (12.0, "month"),
    "kg": (1000.0, "g"),
    "mg": (0.001, "g"),
    "km": (1000.0, "m"),
    "cm": (0.01, "m"),
    "mm": (0.001, "m"),
    "ml": (0.001, "l"),
    "gb": (1000.0, "mb"),
    "tb": (1_000_000.0, "mb"),
}
_REASONS = {"money": "price", "date": "date", "time": "date"}
_HALF_DAY_MINUTES = 720


def says_the_same(left: Quantity, right: Quantity) -> bool:
    """Equal after conversion; a bare number equals any amount of its value, since units are often left unsaid."""
    if left.kind == right.kind == "date":
        return _same_date(left, right)
    if left.kind == right.kind == "time":
        return _same_time(left, right)
    if "number" in (left.kind, right.kind):
        return _bare_value(left) == _bare_value(right)
    left_value, left_unit = _in_base(left)
    right_value, right_unit = _in_base(right)
    return left_unit == right_unit and abs(left_value - right_value) <= 1e-6 * max(1.0, abs(left_value))


def is_among(amount: Quantity, others: Iterable[Quantity]) -> bool:
    return any(says_the_same(amount, other) for other in others)


def is_comparable(left: Quantity, right: Quantity) -> bool:
    """Whether the two amounts answer the same kind of question, so that differing values contradict each other."""
    if left.kind == right.kind == "date":
        return (left.unit == "weekday") == (right.unit == "weekday")
    return left.kind == right.kind


def contradiction(amount: Quantity, evidence: Sequence[Quantity]) -> str:
    """The reason to give for an amount that none of the evidence's amounts supports."""
    if any(other.value == amount.value and other.unit != amount.unit for other in evidence):
        return "unit"
    return _REASONS.get(amount.kind, "number")


def _same_date(left: Quantity, right: Quantity) -> bool:
    if "weekday" in (left.unit, right.unit):
        return left.unit == right.unit and left.value == right.value
    parts = zip(_date_parts(left.value), _date_parts(right.value), strict=True)
    return all(not one or not other or one == other for one, other in parts)


def _date_parts(value: float) -> tuple[int, int, int]:
    whole = int(value)
    return whole // 10000, whole // 100 % 100, whole % 100


def _same_time(left: Quantity, right: Quantity) -> bool:
    if "12h" in (left.unit, right.unit):
        return left.value % _HALF_DAY_MINUTES == right.value % _HALF_DAY_MINUTES
    return left.value % (2 * _HALF_DAY_MINUTES) == right.value % (2 * _HALF_DAY_MINUTES)


def _bare_value(quantity: Quantity) -> float:
    if quantity.kind == "time":
        return quantity.value // 60 % 12
    if quantity.kind == "date" and quantity.unit != "weekday":
        return quantity.value // 10000 or quantity.value % 100
    return quantity.value


def _in_base(quantity: Quantity) -> tuple[float, str]:
    factor, unit = _BASE.get(quantity.unit, (1.0, quantity.unit))
    return quantity.value * factor, unit
