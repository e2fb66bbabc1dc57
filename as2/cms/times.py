"""Times in certificates and signed attributes: UTCTime and GeneralizedTime (X.680 sections 46 and 47)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from as2.cms.ber import Element, Malformed
from as2.cms.der import tlv

_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_TIME = re.compile(rb"(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:[.,]\d+)?)?(?:Z|([+-])(\d\d)(\d\d))")


def written_time(at: datetime) -> bytes:
    """A Time: UTCTime until 2049, GeneralizedTime after (RFC 5652 section 11.3); `at` is aware, seconds are whole."""
    at = at.astimezone(UTC)
    if 1950 <= at.year < 2050:
        return tlv(_UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(_GENERALIZED_TIME, f"{at.year:04}{at:%m%d%H%M%S}Z".encode())


def read_time(element: Element) -> datetime:
    """A Time of RFC 5280 section 4.1.2.5, aware; also without seconds or with a zone, as old certificates have it."""
    match = _TIME.fullmatch(element.content)
    width = {_UTC_TIME: 2, _GENERALIZED_TIME: 4}.get(element.tag)
    if match is None or len(match[1]) != width:
        raise Malformed("a time that is none")
    year, month, day, hour, minute, second = (int(digits or 0) for digits in match.groups()[:6])
    if width == 2:
        year += 1900 if year >= 50 else 2000
    shift = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
    try:
        zone = timezone(-shift if match[7] == b"-" else shift)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("a time that is none") from None
