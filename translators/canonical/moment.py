"""Points in time that remember how they were told.

A message says `202610011430` and leaves the zone to be known. The canonical form needs an instant, and an auditor needs
to know that the zone was assumed, which one, and what the text was. So all three travel together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

Precision = Literal["day", "minute", "second"]


class Moment(msgspec.Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """An instant with a zone offset, and how exactly it was stated.

    A moment of precision ``day`` is the start of that day in its own offset: whoever writes it takes the date as it
    stands, in whatever zone the reader lives.
    """

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    precision: Precision
    assumed_zone: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    """The zone that was assumed because the source stated none; ``None`` when the offset was stated."""
    text: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    """The source's own text: the parts as sent, with blanks between (`202610011430 203`, `20261001 1430 LT`)."""
