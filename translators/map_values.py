"""Values on their way between texts and the canonical form, as expressions and conversions need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from translators.map_context import Context, Problem, Report, Value
from translators.map_expressions import Expression, Given, Result
from translators.map_rules import Field, Map
from translators.map_units import converted

Object = dict[str, Value]


def computed_value(
    field: Field, texts: Sequence[str], obj: Object, rules: Map, context: Context, report: Report
) -> Value | None:
    """What the field's expression makes of the texts; that it makes nothing is told, since something was sent."""
    expression = field.expression
    if expression is None:
        return None

    def lookup(table: str, code: str) -> str | None:
        return rules.tables[table].word(code, context)

    result = expression.evaluate(Given(texts=texts, field=_fields_of(obj), lookup=lookup))
    whole = field.codec.kind == "whole"
    if isinstance(result, Decimal) and whole:
        if result == result.to_integral_value() and result >= 0:
            return int(result)
        result = None
    if result is None or result == "":
        sent = " ".join(filter(None, texts))
        text = f"`{sent}` gives no {'whole number' if whole else 'value'} in `{expression.text}`"
        report(Problem("map-invalid", text, "warning", sent))
        return None
    return result


def computed_text(
    expression: Expression, value: Value | None, obj: Object, rules: Map, context: Context, report: Report
) -> str | None:
    """What an inverse makes of a canonical value; absent when it makes nothing."""

    def lookup(table: str, word: str) -> str | None:
        return rules.tables[table].code(word, context)

    result = expression.evaluate(Given(value=_result(value), field=_fields_of(obj), lookup=lookup))
    if isinstance(result, str) and result:
        return result
    if value is not None:
        text = f"`{expression.text}` has no result here, so there is nothing to write"
        report(Problem("map-invalid", text, "warning", str(value)))
    return None


def converted_amount(field: Field, value: Value, holder: Mapping[str, Value], report: Report) -> Value | None:
    """The amount in the unit that the field's place is in."""
    unit = holder.get("unit")
    if not isinstance(value, Decimal) or not isinstance(unit, str):
        return value
    amount = converted(value, unit, field.unit, field.decimals)
    if amount is None:
        text = f"the message states this in {field.unit}, and {unit} cannot be converted to it"
        report(Problem("map-invalid", text, value=unit))
    return amount


def _fields_of(obj: Object) -> Callable[[str], Result]:
    """The fields of the object in hand, as an expression names them."""

    def field(name: str) -> Result:
        found: Value | None = obj
        for step in name.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return _result(found)

    return field


def _result(value: Value | None) -> Result:
    if isinstance(value, bool | str | Decimal):
        return value
    return Decimal(value) if isinstance(value, int) else None
