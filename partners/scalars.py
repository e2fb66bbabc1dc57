"""The kinds of text a profile value can be: codes, whole numbers, switches, days and durations.

pydantic left to itself is generous (``1_000`` and `` 5 `` are integers to it, ``1e3`` a date), so each kind states its
own form and its own words for what is wrong. A value comes as text from YAML, or as a number or truth value from the
JSON of a resolved profile; both are read, nothing else. Each kind also states its JSON Schema, for editors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_DURATION = re.compile(
    "P(?:([0-9]{1,6})W|(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?)"
)
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")
_SWITCH = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Form:
    """Annotates ``str`` with the pattern the whole text must match, and the words for what it is.

    ``bare`` codes are often all digits; the schema then lets an editor see a number, which is read as its digits.
    """

    pattern: str
    meaning: str
    bare: bool = False

    def __get_pydantic_core_schema__(self, source: type[str], handler: GetCoreSchemaHandler) -> CoreSchema:
        pattern = re.compile(self.pattern)

        def check(value: str) -> str:
            if not pattern.fullmatch(value):
                raise ValueError(f"`{value}` is not {self.meaning}")
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described: JsonSchemaValue = {"type": "string", "pattern": f"^(?:{self.pattern})$", "description": self.meaning}
        if self.bare:
            described["type"] = ["string", "integer", "number"]
        return described


def read_duration(text: str) -> timedelta:
    """The length of an ISO 8601 duration of weeks, or of days, hours, minutes and seconds.

    Years and months have no fixed length, and fractions are not needed to say when a receipt is due: both are refused.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"`{text}` is not a duration such as PT4H, P2D or PT30M (ISO 8601, no years or months)")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta(0) < length <= timedelta(days=36525):
        raise ValueError(f"`{text}` is not between one second and a hundred years")
    return length


def write_duration(length: timedelta) -> str:
    """The shortest ISO 8601 text of ``length``: equal lengths give equal texts, ``PT24H`` and ``P1D`` both ``P1D``."""
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    time = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    return "P" + (f"{length.days}D" if length.days else "") + (f"T{time}" if time else "")


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("a duration is written as text, such as PT4H")
    return read_duration(value)


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(f"`{value}` is not a day such as 2026-10-01" if isinstance(value, str) else "expected a day")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"`{value}` is not in the calendar") from None


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise ValueError(f"`{value}` is not a whole number in digits" if isinstance(value, str) else "expected a number")


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _SWITCH:
        return _SWITCH[value.lower()]
    raise ValueError(f"`{value}` is neither yes nor no" if isinstance(value, str) else "expected yes or no")


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(write_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{_DURATION.pattern})$", "examples": ["PT4H", "P90D"]}),
]
Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"})
]
Whole = Annotated[int, BeforeValidator(_whole), Field(ge=0)]
Switch = Annotated[
    bool, BeforeValidator(_switch), WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no"]}]})
]

ID = "[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
RESOURCE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,7}"

Id = Annotated[str, Form(ID, "an id: lower-case letters, digits and hyphens, at most 64")]
Name = Annotated[str, Form(r"\S(?:.{0,198}\S)?", "a name: one line of at most 200 characters, no blanks around it")]
ResourceName = Annotated[
    str,
    Form(
        RESOURCE_NAME,
        "a name such as edifact/D.96A/IFTSTA: letters, digits, dots, underscores and hyphens between slashes",
    ),
]
