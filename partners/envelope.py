"""The envelopes we write for a partner: version, character set, delimiters, layout, the fields of its headers.

What is not given has the standard's default, and is not part of the resolved profile: a setting that a later version of
the gateway knows changes neither the bytes nor the hash of a profile that does not use it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from partners.model import Model, inner_error
from partners.scalars import Form, Switch, Whole

_DELIMITER = r"[\x1c-\x1f\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]"

_Delimiter = Annotated[str, Form(_DELIMITER, "one delimiter character, no letter or digit")]

_Reference = Annotated[str, Form(r"\S(?:.{0,12}\S)?", "a text of at most 14 characters, no blanks around it", True)]

_Charset = Literal[
    "UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK", "UNOL", "UNOW", "UNOY"
]

_STANDARD_DELIMITERS = {
    # ISO 9735-1 §7, level A; the repetition separator came with version 4.
    "edifact": {"element": "+", "component": ":", "terminator": "'", "release": "?", "repetition": "*"},
    # X12.5 recommends none; these are what most senders use. ISA11 is a repetition separator since 004020.
    "x12": {"element": "*", "component": ":", "terminator": "~", "repetition": "^"},
}


class Delimiters(Model):
    """Delimiters we write; the standard's own where not given."""

    element: _Delimiter | None = None
    component: _Delimiter | None = None
    terminator: _Delimiter | None = None
    repetition: _Delimiter | None = None
    release: _Delimiter | None = None
    """EDIFACT only; X12 has no release character."""
    alternatives: Annotated[str, Form(f"{_DELIMITER}{{1,24}}", "delimiter characters, no letters or digits")] | None = (
        None
    )
    """X12: characters the partner takes as delimiters too; one stands in for a delimiter that data holds."""

    @field_validator("component", "terminator", "repetition", "release")
    @classmethod
    def _differs_from_the_others(cls, value: str | None, info: ValidationInfo) -> str | None:
        same = [name for name, other in info.data.items() if other == value and value is not None]
        if same:
            raise ValueError(f"`{value}` is the {same[0]} delimiter already")
        return value


class Clearance(Model):
    """A qualifier and the information it qualifies, as two neighbours in the ISA."""

    qualifier: Annotated[str, Form("[0-9A-Z]{2}", "a qualifier of two digits or capital letters", True)]
    value: Annotated[str, Form(r"\S(?:.{0,8}\S)?", "a text of at most 10 characters, no blanks around it", True)]


class Envelope(Model):
    """How the interchanges we write in this flow look, receipts for received ones included."""

    charset: _Charset | None = None
    """EDIFACT 0001; the default is UNOC."""
    encoding: (
        Literal["ascii", "iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1252", "utf-8"] | None
    ) = None
    """The encoding by agreement, whatever the envelope names. X12 names none; its default is iso-8859-1."""
    syntax_version: Annotated[Whole, Field(ge=1, le=4)] | None = None
    """EDIFACT 0002; the default is 3."""
    control_version: Annotated[str, Form("[0-9]{5}", "an ISA12 value of five digits such as 00401", True)] | None = None
    """X12 I11, ISA12; the default follows the message's version."""
    delimiters: Delimiters = Delimiters()
    una: Literal["needed", "always", "never"] | None = None
    """EDIFACT: when a UNA is written; the default is `needed`, where it says something other than the usual."""
    decimal_mark: Literal[".", ","] | None = None
    """EDIFACT: the mark in numbers; the default is the point. A comma needs a UNA."""
    newline: Switch = False
    """Whether each segment ends with a line break, for partners who look at files by eye."""
    line_break: Literal["lf", "crlf"] | None = None
    """Which line break; the default is lf."""
    final_newline: Switch | None = None
    """Whether the file ends with a line break; the default follows `newline`."""
    wrap: Annotated[Whole, Field(ge=20, le=200)] | None = None
    """Columns after which a line break is put, wherever it falls; the file has no others then."""
    keep_trailing: Switch | None = None
    """Whether trailing empty elements and components are written, for partners who count separators."""
    unencodable: Literal["error", "substitute", "upper"] | None = None
    """What becomes of characters the character set lacks: the message is refused (the default); a substitute stands in
    for each (from `substitutes`, else a transliteration, else `substitute`); or capitals stand in for small letters."""
    substitutes: dict[Annotated[str, Form(r"[\s\S]", "one character")], str] | None = None
    """This partner's own substitutes: character to text."""
    substitute: Annotated[str, Form("[!-~]", "one character that can be seen")] | None = None
    """The last resort; the default is the question mark."""
    delimiter_in_data: Literal["error", "substitute"] | None = None
    """X12: what becomes of a delimiter in data where `alternatives` has none that is free; the default is error."""
    group_sender: (
        Annotated[str, Form(r"\S(?:.{0,13}\S)?", "an application code of at most 15 characters", True)] | None
    ) = None
    """X12 GS02, EDIFACT 0040; the interchange's id where not given."""
    group_receiver: (
        Annotated[str, Form(r"\S(?:.{0,13}\S)?", "an application code of at most 15 characters", True)] | None
    ) = None
    """X12 GS03, EDIFACT 0044; the interchange's id where not given."""
    groups: Switch | None = None
    """EDIFACT: whether messages travel in groups (UNG, UNE), for old receivers that want them; receipts never do."""
    guide_in_set_header: Switch | None = None
    """X12: whether ST03 repeats a guide that GS08 names; the default follows the version, from 005010 on."""
    request_acknowledgment: Switch = False
    """EDIFACT 0031 (a CONTRL is wanted), X12 ISA14 (a TA1 is wanted)."""
    receipt_only: Switch | None = None
    """EDIFACT: 0031 is 2, a CONTRL is wanted that says no more than that the interchange came."""
    test: Literal["by-status", "always", "never"] = "by-status"
    """The test indicator (0035, ISA15): set while the agreement's status is ``test``, unless the partner differs."""
    test_indicator: Annotated[str, Form("[1-4I]", "1 to 4 (EDIFACT 0035) or I (ISA15)", True)] | None = None
    """What stands for a test instead of 0035 `1` or ISA15 `T`: 2 to 4 in syntax version 4, or ISA15 `I`."""
    code_list_version: Annotated[str, Form(r"\S{1,6}", "at most 6 characters", True)] | None = None
    """EDIFACT 0080, syntax version 4."""
    character_encoding: Annotated[str, Form("[1247]", "1, 2, 4 or 7", True)] | None = None
    """EDIFACT 0133, syntax version 4: 1 and 2 are ISO 8859-1, 4 is code page 850, 7 is UTF-8."""
    password: _Reference | None = None
    """EDIFACT 0022. It travels as it stands, and stands in the archive: it is no secret worth the name."""
    password_qualifier: Literal["AA", "BB"] | None = None
    """EDIFACT 0025: AA for a reference, BB for a password."""
    application_reference: _Reference | None = None
    """EDIFACT 0026."""
    priority: Annotated[str, Form("[A-Z]", "one capital letter")] | None = None
    """EDIFACT 0029; A is the highest."""
    agreement: (
        Annotated[str, Form(r"\S(?:.{0,33}\S)?", "a text of at most 35 characters, no blanks around it", True)] | None
    ) = None
    """EDIFACT 0032."""
    authorization: Clearance | None = None
    """X12 ISA01 and ISA02; none where not given."""
    security: Clearance | None = None
    """X12 ISA03 and ISA04; none where not given. It travels as it stands."""

    @model_validator(mode="after")
    def _settings_go_together(self) -> Envelope:
        if self.line_break is not None and not (self.newline or self.final_newline or self.wrap):
            raise inner_error("there is no line break for it: set newline, final_newline or wrap", "line_break")
        if self.newline and self.wrap:
            raise inner_error("a wrapped file has no line breaks behind segments: leave out newline", "wrap")
        if self.password_qualifier is not None and self.password is None:
            raise inner_error("it qualifies the password, which is not given", "password_qualifier")
        if self.receipt_only and not self.request_acknowledgment:
            raise inner_error("no acknowledgment is requested: set request_acknowledgment", "receipt_only")
        if self.unencodable != "substitute" and self.delimiter_in_data != "substitute":
            for name in ("substitutes", "substitute"):
                if getattr(self, name) is not None:
                    raise inner_error("nothing is substituted: set unencodable or delimiter_in_data", name)
        if self.una == "never" and self.decimal_mark == ",":
            raise inner_error("without a UNA nobody can tell that it is not the point", "decimal_mark")
        return self


_ONLY_EDIFACT = (
    *("charset", "syntax_version", "una", "decimal_mark", "groups", "receipt_only", "code_list_version"),
    *("character_encoding", "password", "password_qualifier", "application_reference", "priority", "agreement"),
)
_ONLY_X12 = ("control_version", "delimiter_in_data", "guide_in_set_header", "authorization", "security")
_IN_GROUPS = ("group_sender", "group_receiver")
_ONLY_SYNTAX_4 = ("code_list_version", "character_encoding")


def check_envelope(envelope: Envelope, standard: str, version: str) -> None:
    """Raises when a setting has no meaning in envelopes of messages of this standard and version."""
    foreign = {
        "edifact": _ONLY_X12 + (() if envelope.groups else _IN_GROUPS),
        "x12": _ONLY_EDIFACT,
        "xml": _ONLY_X12 + _ONLY_EDIFACT + _IN_GROUPS,
    }[standard]
    for name in foreign:
        if getattr(envelope, name) is not None:
            more = "; with `groups: yes` it is" if standard == "edifact" and name in _IN_GROUPS else ""
            raise inner_error(f"not part of an envelope of standard {standard}{more}", name)
    if standard != "edifact" and envelope.delimiters.release is not None:
        raise inner_error(f"standard {standard} has no release character", "delimiters", "release")
    if standard == "edifact":
        if envelope.delimiters.alternatives is not None:
            raise inner_error("EDIFACT releases delimiters in data and needs no others", "delimiters", "alternatives")
        for name in _ONLY_SYNTAX_4:
            if getattr(envelope, name) is not None and (envelope.syntax_version or 3) < 4:
                raise inner_error("it came with syntax version 4", name)
    tests = "I" if standard == "x12" else "1234" if (envelope.syntax_version or 3) >= 4 else "1"
    if envelope.test_indicator is not None and envelope.test_indicator not in tests:
        raise inner_error(f"`{envelope.test_indicator}` is no test indicator here", "test_indicator")
    _check_delimiters(envelope, standard, version)


def _check_delimiters(envelope: Envelope, standard: str, version: str) -> None:
    """Raises when a delimiter that is given equals one that the standard fills in, or must be told in a UNA."""
    repeats = (
        (envelope.syntax_version or 3) >= 4
        if standard == "edifact"
        else (envelope.control_version or version[:5]) >= "00402"
    )
    given = envelope.delimiters.model_dump(exclude_none=True, exclude={"alternatives"})
    usual = _STANDARD_DELIMITERS.get(standard, {})
    for role, character in usual.items():
        if role in given or (role == "repetition" and not repeats):
            continue
        for name, own in given.items():
            if own == character:
                raise inner_error(f"`{own}` is the standard's {role} delimiter; give that one too", "delimiters", name)
    if envelope.una == "never":
        for name, own in given.items():
            if own != usual.get(name) and (name != "repetition" or repeats):
                raise inner_error("without a UNA nobody can tell what it is", "delimiters", name)
