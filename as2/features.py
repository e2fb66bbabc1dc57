"""The optional features that AS2 products announce to each other (RFC 6017, ``EDIINT-Features``).

An announcement is for people. It stands outside every signature, so anybody on the way can add to it or take from it,
and nothing here or elsewhere follows from it: what is done with a partner, its profile says. The field came with
AS2-Version 1.2, and a product that sends it does so in every message and every receipt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MULTIPLE_ATTACHMENTS: Final = "multiple-attachments"
"""Several documents in one message are taken, all or none (RFC 6362)."""
RELIABILITY: Final = "AS2-Reliability"
"""Every attempt sends the same message, and a repeated one gets the first one's answer
(draft-duker-as2-reliability)."""
CERTIFICATE_EXCHANGE: Final = "CEM"
"""Certificates are offered and accepted by message (draft-meadors-certificate-exchange)."""

_KNOWN: Final = {each.lower(): each for each in (MULTIPLE_ATTACHMENTS, RELIABILITY, CERTIFICATE_EXCHANGE)}


def shown(features: Iterable[str]) -> str:
    """Features that a partner announced, for people: sorted, the known ones in their usual capitals."""
    return ", ".join(sorted((_KNOWN.get(each.lower(), each) for each in features), key=str.lower))
