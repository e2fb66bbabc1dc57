"""Flows: one direction and one message type and version between two parties, and everything settled about it.

The fields are what the gateway needs to know before the message comes: how it is read (guide), what it becomes (map,
canonical), who owes whom which receipt by when (expect, issue), what counts as a repeat (duplicate), and how our side
of the envelope looks. Values that follow from others (the standard guide's name, the number range) are filled in by
:mod:`partners.template` before this model sees them, so that a resolved profile says all of it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, WithJsonSchema, field_validator

from partners.model import Model, inner_error
from partners.scalars import Duration, Form, Id, ResourceName, Switch, Whole

Direction = Literal["in", "out"]
Standard = Literal["edifact", "x12", "xml"]

_MESSAGE_FORMS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "edifact": (("[A-Z]\\.[0-9]{2}[A-Z]", "an EDIFACT directory such as D.96A"), ("[A-Z]{6}", "six capital letters")),
    "x12": (("[0-9]{6}", "an X12 version of six digits such as 004010"), ("[0-9]{3}", "three digits such as 214")),
    "xml": ((r"\S+", "a version"), (r"\S+", "a document type")),
}

RECEIPTS: dict[str, frozenset[str]] = {
    "mdn": frozenset({"edifact", "x12", "xml"}),
    "contrl": frozenset({"edifact"}),
    "aperak": frozenset({"edifact"}),
    "ta1": frozenset({"x12"}),
    "997": frozenset({"x12"}),
    "999": frozenset({"x12"}),
    "824": frozenset({"x12"}),
}
"""The kinds of receipt, and the standards whose messages each can answer."""


def wrong_form(standard: str, part: Literal["version", "type"], value: str) -> str | None:
    """What a message's version or type should have been; ``None`` when it has the form its standard gives it."""
    if standard not in _MESSAGE_FORMS:
        return "a message of a known standard"
    pattern, meaning = _MESSAGE_FORMS[standard][part == "type"]
    return None if re.fullmatch(pattern, value) else meaning


class MessageType(Model):
    """What the flow carries."""

    standard: Standard
    version: Annotated[str, Form(r"\S{1,35}", "a version: no blanks, at most 35 characters", True)]
    type: Annotated[str, Form(r"\S{1,70}", "a message type: no blanks, at most 70 characters", True)]

    @field_validator("version", "type")
    @classmethod
    def _form_of_the_standard(cls, value: str, info: ValidationInfo) -> str:
        standard = info.data.get("standard")
        meaning = wrong_form(standard, "type" if info.field_name == "type" else "version", value) if standard else None
        if meaning is not None:
            raise ValueError(f"`{value}` is not {meaning}")
        return value

    def __str__(self) -> str:
        return f"{self.type} {self.version}"


def _names_of_receipts(*names: str) -> WithJsonSchema:
    """The schema of receipts' names; an editor sees a number where ``997`` has no quotes, and it is read as a name."""
    return WithJsonSchema({"enum": [*names, *(int(name) for name in names if name.isdigit())]})


class ExpectedReceipt(Model):
    """A receipt the partner owes us for what we send, and when it is overdue."""

    receipt: Annotated[Literal["mdn", "contrl", "aperak", "ta1", "997", "999", "824"], _names_of_receipts(*RECEIPTS)]
    due: Duration
    """After the delivery."""
    on_overdue: Literal["case"] = "case"


class IssuedReceipt(Model):
    """A receipt we owe the partner for what it sends. An MDN is not listed: AS2 messages ask for theirs themselves."""

    receipt: Annotated[Literal["contrl", "ta1", "997", "999"], _names_of_receipts("contrl", "ta1", "997", "999")]
    when: Literal["always", "on-error", "never", "on-request"] = "always"
    """``on-request``: when the envelope asks for one (UNB 0031, ISA14)."""


class NumberRange(Model):
    """Where interchange control numbers come from: a named counter, its bounds and its width on the wire.

    Flows that name the same range draw from the same counter. ``width`` pads with zeros on the left.
    """

    range: Annotated[
        str, Form("[a-z0-9](?:[a-z0-9.-]{0,126}[a-z0-9])?", "a range name: lower-case letters, digits, . and -")
    ]
    min: Whole = 1
    max: Annotated[Whole, Field(ge=1)]
    width: Annotated[Whole, Field(ge=1, le=14)] = 1

    @field_validator("max")
    @classmethod
    def _is_above_min(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("min", 0):
            raise ValueError(f"{value} is below min")
        return value


class Numbers(Model):
    """The control numbers of the interchanges we send in this flow, receipts for received ones included."""

    interchange: NumberRange


class Duplicate(Model):
    """What counts as a repeat, for how long we look back, and what is done with one.

    The partner always gets a positive receipt for a true repeat: it did deliver, and asks only because an answer was
    lost. ``hold`` keeps the repeat for a person to decide.
    """

    window: Duration = timedelta(days=90)
    on_duplicate: Literal["acknowledge-and-drop", "hold"] = "acknowledge-and-drop"


class Retry(Model):
    """How delivery is tried again: the n-th pause is random up to ``base`` · 2ⁿ, at most ``cap``, for ``budget``."""

    base: Duration = timedelta(seconds=30)
    cap: Duration = timedelta(hours=1)
    budget: Duration = timedelta(hours=72)

    @field_validator("cap", "budget")
    @classmethod
    def _is_not_below_base(cls, value: timedelta, info: ValidationInfo) -> timedelta:
        if value < info.data.get("base", timedelta(0)):
            raise ValueError("shorter than base")
        return value


_Delimiter = Annotated[
    str, Form(r"[\x1c-\x1f\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]", "one delimiter character, no letter or digit")
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

    @field_validator("component", "terminator", "repetition", "release")
    @classmethod
    def _differs_from_the_others(cls, value: str | None, info: ValidationInfo) -> str | None:
        same = [name for name, other in info.data.items() if other == value and value is not None]
        if same:
            raise ValueError(f"`{value}` is the {same[0]} delimiter already")
        return value


class Envelope(Model):
    """How the interchanges we write in this flow look, receipts for received ones included."""

    charset: Literal["UNOA", "UNOB", "UNOC", "UNOD", "UNOE", "UNOF", "UNOY", "UNOW"] | None = None
    """EDIFACT 0001; the default is UNOC."""
    syntax_version: Annotated[Whole, Field(ge=1, le=4)] | None = None
    """EDIFACT 0002; the default is 3."""
    control_version: Annotated[str, Form("[0-9]{5}", "an ISA12 value of five digits such as 00401", True)] | None = None
    """X12 I11, ISA12; the default follows the message's version."""
    delimiters: Delimiters = Delimiters()
    newline: Switch = False
    """Whether each segment ends with a line break, for partners who look at files by eye."""
    group_sender: (
        Annotated[str, Form(r"\S(?:.{0,13}\S)?", "an application code of at most 15 characters", True)] | None
    ) = None
    """X12 GS02; the ISA id where not given."""
    group_receiver: (
        Annotated[str, Form(r"\S(?:.{0,13}\S)?", "an application code of at most 15 characters", True)] | None
    ) = None
    """X12 GS03; the ISA id where not given."""
    request_acknowledgment: Switch = False
    """EDIFACT 0031 (a CONTRL is wanted), X12 ISA14 (a TA1 is wanted)."""
    test: Literal["by-status", "always", "never"] = "by-status"
    """The test indicator (0035, ISA15): set while the agreement's status is ``test``, unless the partner differs."""


def _delimiters_differ(message: MessageType, envelope: Envelope) -> None:
    """Raises when a delimiter that is given equals one that the standard fills in."""
    repeats = (
        (envelope.syntax_version or 3) >= 4
        if message.standard == "edifact"
        else (envelope.control_version or message.version[:5]) >= "00402"
    )
    given = envelope.delimiters.model_dump(exclude_none=True)
    for role, character in _STANDARD_DELIMITERS.get(message.standard, {}).items():
        if role in given or (role == "repetition" and not repeats):
            continue
        for name, own in given.items():
            if own == character:
                raise inner_error(f"`{own}` is the standard's {role} delimiter; give that one too", "delimiters", name)


_ONLY_EDIFACT = ("charset", "syntax_version")
_ONLY_X12 = ("control_version", "group_sender", "group_receiver")


class Flow(Model):
    """One direction, one message type and version, in an agreement."""

    id: Id
    direction: Direction
    message: MessageType
    guide: ResourceName
    guide_layers: tuple[ResourceName, ...] = ()
    """Layers over the standard guide, nearest to the message last."""
    map: ResourceName
    canonical: Annotated[
        str, Form("[a-z][a-z0-9_]*/[1-9][0-9]{0,3}", "a canonical type and version such as transport_status/1")
    ]
    channel: Id
    expect: tuple[ExpectedReceipt, ...] = ()
    issue: tuple[IssuedReceipt, ...] = ()
    numbers: Numbers
    duplicate: Duplicate = Duplicate()
    keys: tuple[Annotated[str, Form("[a-z][a-z0-9_]*", "a reference type such as container")], ...] = ()
    """The types of business reference that are indexed for search; none named means all of them."""
    priority: Literal["urgent", "normal", "bulk"] = "normal"
    """The lane its work waits in; acknowledgments have one of their own before all others."""
    retry: Retry = Retry()
    envelope: Envelope = Envelope()
    code_lists: dict[Id, Id] = Field(default_factory=dict)
    """Which code list stands in for a table of the map, by the table's name."""

    @field_validator("expect", "issue")
    @classmethod
    def _receipts_fit(
        cls, receipts: tuple[ExpectedReceipt | IssuedReceipt, ...], info: ValidationInfo
    ) -> tuple[ExpectedReceipt | IssuedReceipt, ...]:
        direction, message = info.data.get("direction"), info.data.get("message")
        if receipts and direction == "in" and info.field_name == "expect":
            raise ValueError("a flow `in` expects no receipts, it issues them: use `issue`")
        if receipts and direction == "out" and info.field_name == "issue":
            raise ValueError("a flow `out` issues no receipts, it expects them: use `expect`")
        for number, receipt in enumerate(receipts):
            if receipt.receipt in [earlier.receipt for earlier in receipts[:number]]:
                raise inner_error(f"{receipt.receipt} is named twice", number, "receipt")
            if isinstance(message, MessageType) and message.standard not in RECEIPTS[receipt.receipt]:
                raise inner_error(f"{receipt.receipt} does not answer {message.standard} messages", number, "receipt")
        return receipts

    @field_validator("numbers")
    @classmethod
    def _numbers_fit_the_envelope(cls, numbers: Numbers, info: ValidationInfo) -> Numbers:
        message = info.data.get("message")
        # X12 I12 is N0 9/9; EDIFACT 0020 is an..14.
        digits = 9 if isinstance(message, MessageType) and message.standard == "x12" else 14
        for name, count in (("max", len(str(numbers.interchange.max))), ("width", numbers.interchange.width)):
            if count > digits:
                raise inner_error(f"a control number has at most {digits} digits here", "interchange", name)
        return numbers

    @field_validator("envelope")
    @classmethod
    def _envelope_is_of_the_standard(cls, envelope: Envelope, info: ValidationInfo) -> Envelope:
        message = info.data.get("message")
        if isinstance(message, MessageType):
            foreign = {"edifact": _ONLY_X12, "x12": _ONLY_EDIFACT, "xml": _ONLY_X12 + _ONLY_EDIFACT}[message.standard]
            for name in foreign:
                if getattr(envelope, name) is not None:
                    raise inner_error(f"not part of an envelope of standard {message.standard}", name)
            if message.standard != "edifact" and envelope.delimiters.release is not None:
                raise inner_error(f"standard {message.standard} has no release character", "delimiters", "release")
            _delimiters_differ(message, envelope)
        return envelope
