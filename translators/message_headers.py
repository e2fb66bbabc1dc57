"""The elements of the header that the writer gives a message: UNH or ST."""

from __future__ import annotations

from translators.envelope import Envelope, Outgoing
from translators.syntax import Elements

GUIDE_IN_SET_HEADER_SINCE = "004020"
"""The first X12 version whose ST has a third element, the guide."""
_USUAL_SINCE = "005010"
"""The first one whose guides ask for it."""


def header_of(envelope: Envelope, message: Outgoing) -> Elements:
    """UNH or ST of ``message`` in ``envelope``, trailing empty elements and all."""
    return edifact_header(message) if envelope.syntax == "edifact" else x12_header(envelope, message)


def edifact_header(message: Outgoing) -> Elements:
    """UNH: 0062 and S009."""
    kind = message.kind
    version, _, release = kind.version.partition(".")
    identifier = [kind.type, version, release, kind.agency or "UN", kind.association]
    while not identifier[-1] and len(identifier) > 1:
        identifier.pop()
    return ((message.reference,),), (tuple(identifier),)


def x12_header(envelope: Envelope, message: Outgoing) -> Elements:
    """ST: set, control number, and the guide that GS08 names where ST03 repeats it."""
    header: Elements = (((message.kind.type,),), ((set_reference(message),),))
    if message.kind.association and names_guide(envelope, message):
        header += (((message.kind.version + message.kind.association,),),)
    return header


def names_guide(envelope: Envelope, message: Outgoing) -> bool:
    """Whether ST03 is to repeat the guide."""
    wanted = envelope.implementation_reference
    return message.kind.version >= _USUAL_SINCE if wanted is None else wanted


def set_reference(message: Outgoing) -> str:
    """ST02: digits have zeros in front, up to the four that it has at least."""
    reference = message.reference
    return reference.zfill(4) if reference.isascii() and reference.isdigit() else reference
