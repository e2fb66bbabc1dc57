"""``customs_response/1``: what customs answers. CUSRES, 350 and 355 fill it alike.

An answer is about one declaration or about many bills of lading, so what is said of each of them is an entry of
``subjects``: a declaration by its MRN or number, a transport document, a container. What the message says of all stands
at the top. A 355 or 350 answers a cargo report; that it accepts the report does not release goods of any declaration.

Answers come unasked and out of order: a hold behind a release, a second control. A document says what one message said;
what state the case is in is for the reader's timeline.
"""

from __future__ import annotations

from translators.canonical.bill_change import BillChange
from translators.canonical.coded import Coded
from translators.canonical.customs_words import CustomsAnswer, MessageSection
from translators.canonical.duty import CustomsAmount, CustomsDocument, Duty, Outcome
from translators.canonical.equipment import Equipment
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Cargo, Count, GoodsItem
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import Purpose, ReferenceType


class AnsweredReference(DocumentReference, frozen=True, kw_only=True):
    """A reference, with what is said of it alone."""

    remarks: tuple[Remark, ...] = ()


class AnsweredParty(Party, frozen=True, kw_only=True):
    """A party of the report, with what is said of it alone."""

    remarks: tuple[Remark, ...] = ()


class CustomsPlace(Location, frozen=True, kw_only=True):
    """An office or port, with what the message says of it alone."""

    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()


class ErrorCode(Coded, frozen=True, kw_only=True):
    """What is wrong, by the authority's code."""

    code: Text
    code_list: Text | None = None
    """Where the code is listed, as the message says it: code list and agency (``:109``)."""


class ErrorPoint(Coded, frozen=True, kw_only=True):
    """A place in the message that is answered, and what is wrong there."""

    section: MessageSection | None = None
    item: Text | None = None
    """The number of the item in it: a goods item, a bill of lading."""
    sub_item: Text | None = None
    segment: Text | None = None
    """The segment that is at fault, such as ``MEA`` or ``M11``."""
    position: Text | None = None
    """Its number in the message, as the answer counts."""
    record: Text | None = None
    """The record at fault, where the answer repeats it as it was received."""
    codes: tuple[ErrorCode, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """The fault in words."""


class ResponseSubject(Coded, frozen=True, kw_only=True):
    """A declaration, document or bill that is answered, and what customs says of it."""

    number: Text | None = None
    number_type: ReferenceType | None = None
    """Which number it is: ``customs_declaration`` is the MRN where there are MRNs."""
    issuer: Text | None = None
    """Who issued the number: the SCAC of a bill of lading's carrier."""
    master_number: Text | None = None
    """The master bill that it is a part of."""
    master_issuer: Text | None = None
    port: Text | None = None
    """The code of the port whose customs answers; it is among the document's ``locations``."""
    references: tuple[AnsweredReference, ...] = ()
    """What else it is known by."""
    outcomes: tuple[Outcome, ...] = ()
    decided: Moment | None = None
    """Since when the outcome holds."""
    quantity: Count | None = None
    """How many packages the outcome is for, where it may be a part of them."""
    entry_number: Text | None = None
    """The number of the entry or in-bond movement that the outcome rests on."""
    entry_type: Text | None = None
    """The authority's code for the kind of entry or in-bond movement."""
    change: BillChange | None = None
    """The change of a bill that is answered."""
    parties: tuple[AnsweredParty, ...] = ()
    locations: tuple[Location, ...] = ()
    times: tuple[EventTime, ...] = ()
    cargo: Cargo | None = None
    """What it is about, where not all of it is: weight, packages."""
    equipment: tuple[Equipment, ...] = ()
    amounts: tuple[CustomsAmount, ...] = ()
    duties: tuple[Duty, ...] = ()
    """The duties of this one."""
    errors: tuple[ErrorPoint, ...] = ()
    remarks: tuple[Remark, ...] = ()


class CustomsResponse(Coded, frozen=True, kw_only=True, tag_field="type", tag="customs_response/1"):
    """An answer of customs."""

    answer: CustomsAnswer | None = None
    number: Text | None = None
    """The answer's own number, or the number of what is answered, as the authority has it."""
    purpose: Purpose
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    """Acceptance, release and other dates of the whole."""
    outcomes: tuple[Outcome, ...] = ()
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    locations: tuple[CustomsPlace, ...] = ()
    """The office, and the ports."""
    transports: tuple[Transport, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    remarks: tuple[Remark, ...] = ()
    errors: tuple[ErrorPoint, ...] = ()
    packages: tuple[GoodsItem, ...] = ()
    duties: tuple[Duty, ...] = ()
    """The totals of what is to be paid, or what is paid on one declaration."""
    subjects: tuple[ResponseSubject, ...] = ()
    documents: tuple[CustomsDocument, ...] = ()
    """Documents that are to be produced, or that belong to the answer."""
    authentication: Text | None = None
    """The result of an authentication, such as a release code that is shown at the gate."""
