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

from pydantic import Field, ValidationInfo, field_validator

from partners.envelope import Envelope, check_envelope
from partners.model import Model, inner_error
from partners.policies import Policies
from partners.receipt import RECEIPTS, ExpectedReceipt, IssuedReceipt
from partners.scalars import Duration, Form, Id, ResourceName, Whole

Direction = Literal["in", "out"]
Standard = Literal["edifact", "x12", "xml"]

_MESSAGE_FORMS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "edifact": (("[A-Z]\\.[0-9]{2}[A-Z]", "an EDIFACT directory such as D.96A"), ("[A-Z]{6}", "six capital letters")),
    "x12": (("[0-9]{6}", "an X12 version of six digits such as 004010"), ("[0-9]{3}", "three digits such as 214")),
    "xml": ((r"\S+", "a version"), (r"\S+", "a document type")),
}


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


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Cadence(Model):
    """How often something comes in a flow, so that a file which did not come is noticed. Without ``within`` the gateway
    goes by what came before."""

    within: Duration | None = None
    """The longest silence that is usual; time counts on ``days`` only."""
    days: tuple[Weekday, ...] = WEEKDAYS
    """The days, in the agreement's time zone, on which something can be expected to come."""

    @field_validator("days")
    @classmethod
    def _has_a_day(cls, days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if not days:
            raise ValueError("no day at all: name at least one, such as mon")
        return tuple(sorted(set(days), key=WEEKDAYS.index))


class Flow(Model):
    """One direction, one message type and version, in an agreement."""

    id: Id
    direction: Direction
    message: MessageType
    guide: ResourceName
    guide_layers: tuple[ResourceName, ...] = ()
    """Layers over the standard guide, nearest to the message last."""
    policies: Policies = Policies()
    """How what the partner does against the guide is taken."""
    map: ResourceName
    canonical: Annotated[
        str, Form("[a-z][a-z0-9_]*/[1-9][0-9]{0,3}", "a canonical type and version such as transport_status/1")
    ]
    channel: Id
    expect: tuple[ExpectedReceipt, ...] = ()
    issue: tuple[IssuedReceipt, ...] = ()
    reject_scope: Literal["message", "group", "interchange"] = "message"
    """What falls with a message that is rejected: only itself, or all of its group or of its interchange. The widest
    scope counts among the flows of an interchange's messages."""
    numbers: Numbers
    duplicate: Duplicate = Duplicate()
    keys: tuple[Annotated[str, Form("[a-z][a-z0-9_]*", "a reference type such as container")], ...] = ()
    """The types of business reference that are indexed for search; none named means all of them."""
    priority: Literal["urgent", "normal", "bulk"] = "normal"
    """The lane its work waits in; acknowledgments have one of their own before all others."""
    retry: Retry = Retry()
    cadence: Cadence | None = None
    """Of a flow `in`: when its silence is somebody's business."""
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
        kinds = [receipt.receipt for receipt in receipts]
        if info.field_name == "issue" and "997" in kinds and "999" in kinds:
            at = max(kinds.index("997"), kinds.index("999"))
            raise inner_error("a 997 and a 999 say the same: a partner gets one or the other", at, "receipt")
        return receipts

    @field_validator("reject_scope")
    @classmethod
    def _is_of_what_comes_in(cls, scope: str, info: ValidationInfo) -> str:
        if scope != "message" and info.data.get("direction") == "out":
            raise ValueError("a flow `out` receives nothing that could be rejected")
        return scope

    @field_validator("cadence")
    @classmethod
    def _is_of_what_is_awaited(cls, cadence: Cadence | None, info: ValidationInfo) -> Cadence | None:
        if cadence is not None and info.data.get("direction") == "out":
            raise ValueError("a flow `out` awaits nothing whose silence could be noticed")
        return cadence

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
            check_envelope(envelope, message.standard, message.version)
        return envelope
