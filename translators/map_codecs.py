"""Codecs: how a value lies in one or more places of a segment, in both directions.

A codec gets the texts of all places it was given and returns one canonical value, or takes a value apart into as many
texts. What it cannot do it reports and returns ``None``: the rule then counts as absent, and the finding stands at the
place. Reading is liberal where a partner's habit has one meaning only (a decimal comma, blanks behind a text);
writing is exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal, Protocol

from translators.canonical import is_container_number, iso_6346_check_digit
from translators.map_context import Context, Problem, Report, Value
from translators.map_moments import EdifactMoment, X12Moment

Kind = Literal["text", "whole", "decimal", "lines", "moment", "flag"]
"""What a codec's value is in the canonical form; a rule whose field is something else is a fault of the map."""

_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?(?:[0-9]{1,18}(?:\.[0-9]{1,18})?|\.[0-9]{1,18})", re.ASCII)
_IMPLIED = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_EQUIPMENT_SEPARATORS = str.maketrans("", "", "-./")
_EQUIPMENT = re.compile(r"[A-Z0-9]{1,17}", re.ASCII)
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}", re.ASCII)
_LOCODE = re.compile(r"[A-Z]{2}[A-Z0-9]{3}", re.ASCII)
# Owner's letters and a number: what X12 puts into two elements (206 or 140, and 207).
_OWNED = re.compile(r"([A-Z]{2,4}) ([A-Z0-9]+)", re.ASCII)
_LETTERED = re.compile(r"([A-Z]{2,4})([0-9]{1,10})", re.ASCII)


class Codec(Protocol):
    """Both directions of one kind of value; ``most`` is how many places it can fill, ``least`` how many it needs."""

    @property
    def kind(self) -> Kind: ...

    @property
    def least(self) -> int: ...

    @property
    def most(self) -> int: ...

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None: ...

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None: ...


class _One:
    least = 1
    most = 1


class TextCodec(_One):
    """A text as it stands, without the blanks behind it."""

    kind: Kind = "text"

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        return texts[0].rstrip() or None

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        return (str(value),)


class WholeCodec(_One):
    """A whole number without a sign."""

    kind: Kind = "whole"

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        text = texts[0].strip()
        if _WHOLE.fullmatch(text):
            return int(text)
        # EDIFACT `n` allows a decimal mark in counts, and some send 12.000 for twelve.
        number = _decimal(text)
        if number is not None and number >= 0 and number == number.to_integral_value():
            return int(number)
        report(Problem("number-invalid", f"`{text}` is no whole number", value=text))
        return None

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        return (str(value),)


class DecimalCodec(_One):
    """A decimal number; read with a point or a comma, written with a point and without needless zeros."""

    kind: Kind = "decimal"

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        text = texts[0].strip()
        number = _decimal(text)
        if number is None:
            report(Problem("number-invalid", f"`{text}` is no number", value=text))
        return number

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        return (plain_number(value),) if isinstance(value, Decimal) else None


class ImpliedDecimalCodec(_One):
    """A number whose last digits are decimals without a mark (X12 N2: ``12550`` is 125.50)."""

    kind: Kind = "decimal"

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        text = texts[0].strip()
        if not _IMPLIED.fullmatch(text):
            report(
                Problem("number-invalid", f"`{text}` is no number with {self.decimals} implied decimals", value=text)
            )
            return None
        return Decimal(plain_number(Decimal(text).scaleb(-self.decimals)))

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        if not isinstance(value, Decimal):
            return None
        scaled = value.scaleb(self.decimals)
        if scaled != scaled.to_integral_value():
            text = f"{plain_number(value)} has more than {self.decimals} decimals: the message would lose some"
            report(Problem("number-invalid", text, value=plain_number(value)))
            return None
        return (plain_number(scaled),)


class DecimalTextCodec(_One):
    """A decimal number that the canonical form keeps as text in digits: an extension's."""

    kind: Kind = "text"

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        text = texts[0].strip()
        number = _decimal(text)
        if number is None:
            report(Problem("number-invalid", f"`{text}` is no number", value=text))
            return None
        return plain_number(number)

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        return (str(value),)


class FlagCodec(_One):
    """Yes or no: a code for each; what stands for no may be left out, and is then not written."""

    kind: Kind = "flag"

    def __init__(self, yes: str, no: str) -> None:
        self.yes = yes
        self.no = no

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        text = texts[0].strip()
        if text in (self.yes, self.no):
            return text == self.yes
        choices = f"{self.yes} or {self.no}" if self.no else self.yes
        report(Problem("map-unmapped", f"`{text}` is not {choices}", value=text))
        return None

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        return (self.yes,) if value else (self.no,) if self.no else None


class JoinedCodec:
    """One text that lies in several places: read joined by ``by``, written divided at it, the rest in the last."""

    kind: Kind = "text"
    least = 2
    most = 9

    def __init__(self, by: str) -> None:
        self.by = by

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        stripped = [text.strip() for text in texts]
        while stripped and not stripped[-1]:
            stripped.pop()
        return self.by.join(stripped) or None

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        return str(value).split(self.by, places - 1)


class LinesCodec:
    """A list of texts, one a place; empty places are skipped."""

    kind: Kind = "lines"
    least = 1
    most = 99

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        return [text.rstrip() for text in texts if text.strip()] or None

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        lines = [str(line) for line in value] if isinstance(value, list | tuple) else []
        if len(lines) > places:
            report(Problem("too-large", f"there are {len(lines)} lines, and the message has room for {places}"))
            return None
        return lines


class ParagraphCodec:
    """A text whose lines lie in a place each; a line longer than ``width`` is wrapped between words when written."""

    kind: Kind = "text"
    least = 1
    most = 99

    def __init__(self, width: int) -> None:
        self.width = width

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        return "\n".join(text.strip() for text in texts if text.strip()) or None

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        lines = wrap(str(value), self.width)
        if len(lines) > places:
            text = f"the text needs {len(lines)} lines of {self.width}, and the message has room for {places}"
            report(Problem("too-large", text, value=str(value)))
            return None
        return lines


class EquipmentNumberCodec:
    """A number of equipment, in one place or as X12 divides it: owner's letters, serial number, check digit.

    Separators (``MSKU 123456-5``) are taken out; only a blank behind the owner's letters of other equipment stays. A
    container number whose check digit is wrong is kept and reported: it is what the partner knows the box by, and
    usually a typing error.
    """

    kind: Kind = "text"
    least = 1
    most = 3

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        sent = texts[0].strip()
        if len(texts) > 1:
            sent = " ".join(filter(None, (sent, "".join(texts[1:]).strip())))
        if is_container_number(sent):
            return sent
        number = " ".join(sent.upper().translate(_EQUIPMENT_SEPARATORS).split())
        joined = number.replace(" ", "")
        if _CONTAINER.fullmatch(joined) or not _OWNED.fullmatch(number):
            number = joined
        if len(number) > 17 or not _EQUIPMENT.fullmatch(joined):
            text = f"`{sent}` is no equipment number: at most 17 letters and digits"
            report(Problem("character-invalid", text, value=sent))
            return None
        expected = iso_6346_check_digit(number)
        if expected is not None and _CONTAINER.fullmatch(number) and number[10] != str(expected):
            text = f"container {number} should end in {expected} (ISO 6346): a digit or letter is wrong"
            report(Problem("check-digit-wrong", text, "warning", number))
        return number

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        number = str(value)
        if places == 1:
            return (number,)
        if _CONTAINER.fullmatch(number):
            return (number[:4], number[4:10], number[10]) if places == 3 else (number[:4], number[4:])
        if divided := _OWNED.fullmatch(number) or _LETTERED.fullmatch(number):
            return (divided[1], divided[2])
        return ("", number)


@lru_cache(maxsize=4096)
def country_in(code: str) -> str | None:
    """The country in a UN/LOCODE; ``None`` in any other text."""
    code = code.strip()
    return code[:2] if _LOCODE.fullmatch(code) else None


class LocodeCountryCodec:
    """The country in a UN/LOCODE (``BEANR`` -> ``BE``), if the agency (3055) is 6, the UN; there is no way back."""

    kind: Kind = "text"
    least = 2
    most = 2

    def read(self, texts: Sequence[str], context: Context, report: Report) -> Value | None:
        return country_in(texts[0]) if texts[1].strip() == "6" else None

    def write(self, value: Value, places: int, context: Context, report: Report) -> Sequence[str] | None:
        return None


def read_codec(text: str) -> Codec:
    """The codec that a map names (``as: paragraph 35``); raises ``ValueError`` with the ones there are."""
    name, _, argument = text.partition(" ")
    plain = _PLAIN.get(name)
    if plain is not None and not argument:
        return plain
    if name == "x12_moment" and re.fullmatch(r"[A-Z0-9]{1,2}", argument):
        return X12Moment(argument)
    numbered = _NUMBERED.get(name)
    if numbered is not None and re.fullmatch(r"[1-9][0-9]{0,2}", argument):
        return numbered(int(argument))
    if name == "flag" and (flag := re.fullmatch(r"([A-Za-z0-9]{1,9})(?: ([A-Za-z0-9]{1,9}))?", argument)):
        return FlagCodec(flag[1], flag[2] or "")
    if name == "joined" and argument:
        return JoinedCodec(" " if argument == "blank" else argument)
    others = "implied N, paragraph N, flag YES [NO], joined SEPARATOR and x12_moment Q"
    raise ValueError(f"`{text}` is no codec: there are {', '.join(_PLAIN)}, {others}")


def wrap(text: str, width: int) -> list[str]:
    """The lines of ``text``, none longer than ``width``: broken between words where there are any, never losing one."""
    lines: list[str] = []
    for line in text.split("\n"):
        rest = line.strip()
        while len(rest) > width:
            cut = rest.rfind(" ", 1, width + 1)
            cut = cut if cut > 0 else width
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
        if rest:
            lines.append(rest)
    return lines


def _decimal(text: str) -> Decimal | None:
    point = text.replace(",", ".", 1)
    return Decimal(plain_number(Decimal(point))) if _DECIMAL.fullmatch(point) else None


def plain_number(number: Decimal) -> str:
    """Digits and a point: no exponent, no zeros behind the point that say nothing, no minus before a zero."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


_PLAIN: dict[str, Codec] = {
    "text": TextCodec(),
    "whole": WholeCodec(),
    "decimal": DecimalCodec(),
    "decimal_text": DecimalTextCodec(),
    "lines": LinesCodec(),
    "equipment_number": EquipmentNumberCodec(),
    "locode_country": LocodeCountryCodec(),
    "edifact_moment": EdifactMoment(),
    "x12_moment": X12Moment(),
    "x12_minutes": X12Moment(seconds=False),
    "x12_timed": X12Moment(timed=True),
}
_NUMBERED: dict[str, Callable[[int], Codec]] = {"implied": ImpliedDecimalCodec, "paragraph": ParagraphCodec}
