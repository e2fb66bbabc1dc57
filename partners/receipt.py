"""Receipts: which ones there are, which the partner owes us, and which we owe it, on what terms.

A partner's EDI desk has habits: one loads a 997 only if it has a loop for every set, the next wants none but for the
faulty ones; one is not to see the values it sent wrong, because its log is read by others. Such terms are given here,
each at the receipts that it means something for.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, WithJsonSchema, field_validator

from partners.model import Model
from partners.scalars import Duration, Form, Switch, Whole

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

_FUNCTIONAL = frozenset({"contrl", "997", "999"})
_PROCESSING = frozenset({"aperak", "824"})
_ISSUED = ("contrl", "aperak", "ta1", "997", "999", "824")
_TERMS: dict[str, frozenset[str]] = {
    "level": frozenset({"contrl"}),
    "detail": _FUNCTIONAL,
    "note_warnings": frozenset({"ta1", "997", "999"}) | _PROCESSING,
    "missing_at": _FUNCTIONAL | {"824"},
    "copy_length": frozenset({"997", "999", "824"}),
    "withhold": frozenset({"997", "999"}) | _PROCESSING,
    "version": frozenset({"999", "aperak"}),
    "document_group": frozenset({"aperak"}),
}
"""The terms, and the receipts that each means something for."""
_VERSIONS = {
    "999": (r"00[5-9][0-9]{3}(?:X[0-9]{3}[A-Z0-9]{0,2})?", "an X12 version from 005010 on, such as 005010X231A1"),
    "aperak": (r"D\.[0-9]{2}[A-C]", "an EDIFACT directory such as D.96A"),
}


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
    """A receipt we owe the partner for what it sends. An MDN is not listed: AS2 messages ask for theirs themselves.

    A flow that issues ``aperak`` or ``824`` beside a ``contrl``, ``997`` or ``999`` tells each fault once: what breaks
    the grammar in the latter, what has no meaning for us in the former.
    """

    receipt: Annotated[Literal["contrl", "aperak", "ta1", "997", "999", "824"], _names_of_receipts(*_ISSUED)]
    when: Literal["always", "on-error", "never", "on-request"] = "always"
    """``on-request``: when the envelope asks for one (UNB 0031, ISA14)."""
    level: Literal["functional", "receipt"] = "functional"
    """``receipt``: a CONTRL says that the interchange came (UCI 8) and nothing about its messages."""
    detail: Literal["full", "faults", "rejects"] | None = None
    """Which messages are named: all, those with faults that are told, or those rejected. The default is ``rejects`` for
    a CONTRL, ``full`` for a 997 and a 999. Counts and verdicts do not depend on it."""
    note_warnings: Switch = False
    """Whether warnings are told: "accepted, with errors noted" (E)."""
    missing_at: Literal["last", "next"] = "last"
    """The position given for something missing: of the last segment before the gap, or of the next one."""
    copy_length: Annotated[Whole, Field(le=99)] = 99
    """How many characters of a faulty value are repeated (AK404, IK404, TED07); 0 for none."""
    withhold: tuple[
        Annotated[
            str,
            Form(
                r"[A-Z][A-Z0-9]{1,2}/[1-9][0-9]?(?:\.[1-9][0-9]?)?",
                "an element such as NM1/9, or a component such as SV1/1.2",
            ),
        ],
        ...,
    ] = ()
    """Elements of which nothing may be repeated, whatever is wrong with them: ``NM1/9``."""
    version: Annotated[str, Form(r"\S{1,12}", "a version such as 005010X231A1 or D.96A", True)] | None = None
    """What the receipt is written in. The default is a 999 of the group's version, an APERAK of the message's."""
    document_group: Switch = False
    """Whether an APERAK names the document in a DOC group, which it has from D.99A on."""

    @field_validator(*_TERMS)
    @classmethod
    def _fits_the_receipt(cls, value: object, info: ValidationInfo) -> object:
        name, receipt = info.field_name or "", info.data.get("receipt")
        # A resolved profile says all of it, also what nobody set.
        if receipt is not None and value != cls.model_fields[name].default and receipt not in _TERMS[name]:
            able = ", ".join(each for each in _ISSUED if each in _TERMS[name])
            raise ValueError(f"`{name}` means nothing for {receipt}; it is a term of {able}")
        return value

    @field_validator("version")
    @classmethod
    def _is_a_version_of_the_receipt(cls, value: str | None, info: ValidationInfo) -> str | None:
        known = _VERSIONS.get(info.data.get("receipt", ""))
        if value is not None and known is not None and not re.fullmatch(known[0], value):
            raise ValueError(f"`{value}` is not {known[1]}")
        return value
