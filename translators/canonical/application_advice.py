"""``application_advice/1``: what a partner's application says of messages it got. APERAK and 824 fill it alike.

CONTRL and 997 speak of syntax; this speaks of content: a message was well formed, and the application took it over, or
did not because an order is unknown or a date is past. An 824 answers several messages, an APERAK one.
"""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.goods import Count
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.vocabulary import ErrorCondition, Purpose, ReferenceType, Verdict


class ApplicationError(Coded, frozen=True, kw_only=True):
    """One thing that is wrong, or worth knowing, in a message."""

    condition: ErrorCondition | None = None
    """What kind of error it is, in words that all share."""
    code: Text | None = None
    """The application's own code for it, from the list that the two sides agreed on."""
    text: Text | None = None
    segment: Text | None = None
    """Tag of the segment that is at fault."""
    position: Count | None = None
    """Of the segment in the message, counted from its header, which is 1."""
    element: Count | None = None
    """Of the element in the segment."""
    element_id: Text | None = None
    """The element's number in its dictionary: ``2380``, ``373``."""
    value: Text | None = None
    """What stood there."""
    expected: Text | None = None
    """What should have stood there."""
    references: tuple[DocumentReference, ...] = ()
    """What of the message it is about, such as an order's line."""
    remarks: tuple[Remark, ...] = ()


class AnsweredMessage(Coded, frozen=True, kw_only=True):
    """What is said of one message."""

    verdict: Verdict
    document: Text | None = None
    """The number of the document in it: the order, the invoice, the status report."""
    document_kind: ReferenceType | None = None
    """What the document's number is, where the answer says so."""
    message_type: Text | None = None
    """The message by name or number: ``IFTMIN``, ``204``."""
    version: Text | None = None
    sender: Text | None = None
    """Who sent it, by the identification of its envelope."""
    recipient: Text | None = None
    interchange: Text | None = None
    """Control number of the interchange it came in."""
    group: Text | None = None
    """Control number of the group it came in."""
    message: Text | None = None
    """Its own reference: UNH 0062, or ST02."""
    sent: Moment | None = None
    references: tuple[DocumentReference, ...] = ()
    errors: tuple[ApplicationError, ...] = ()


class ApplicationAdvice(Coded, frozen=True, kw_only=True, tag_field="type", tag="application_advice/1"):
    """An application's answer."""

    number: Text
    """The answer's own number."""
    purpose: Purpose | None = None
    """Absent in an APERAK, which says its verdict where other messages have their purpose."""
    issued: Moment | None = None
    parties: tuple[Party, ...] = ()
    remarks: tuple[Remark, ...] = ()
    answers: tuple[AnsweredMessage, ...] = ()
