"""Units of UN/ECE Recommendation 20 that are converted into each other: mass, volume and length.

A place of a message may be in one unit always (a verified gross mass in kilograms). The canonical amount keeps the unit
it was given in, and is converted where it is written. The factors are exact by definition (the international yard and
pound of 1959, the US gallon of 231 cubic inches), so a conversion is exact too, until a division does not come out
even.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

_MASS = {
    "KGM": "1", "GRM": "0.001", "MGM": "0.000001", "TNE": "1000", "LBR": "0.45359237", "ONZ": "0.028349523125",
    "STN": "907.18474", "LTN": "1016.0469088", "CWA": "45.359237", "CWI": "50.80234544", "DTN": "100",
}  # fmt: skip
_VOLUME = {
    "MTQ": "1", "LTR": "0.001", "DMQ": "0.001", "CMQ": "0.000001", "MLT": "0.000001", "HLT": "0.1",
    "FTQ": "0.028316846592", "INQ": "0.000016387064", "YDQ": "0.764554857984", "GLL": "0.003785411784",
    "GLI": "0.00454609",
}  # fmt: skip
_LENGTH = {
    "MTR": "1", "CMT": "0.01", "MMT": "0.001", "DMT": "0.1", "KMT": "1000", "INH": "0.0254", "FOT": "0.3048",
    "YRD": "0.9144", "SMI": "1609.344",
}  # fmt: skip
_KINDS = tuple({unit: Fraction(text) for unit, text in kind.items()} for kind in (_MASS, _VOLUME, _LENGTH))

UNITS = frozenset(unit for kind in _KINDS for unit in kind)
"""The units that can be converted."""


def converted(amount: Decimal, unit: str, to: str, decimals: int) -> Decimal | None:
    """``amount`` in another unit; exact, or rounded to so many decimals when it does not come out even in them.

    ``None`` when the units do not measure the same.
    """
    if unit == to:
        return amount
    for factors in _KINDS:
        if unit in factors and to in factors:
            scaled = Fraction(amount) * factors[unit] / factors[to] * 10**decimals
            # Half to even, as Fraction rounds: over many amounts it favours neither side.
            return Decimal(round(scaled)).scaleb(-decimals)
    return None
