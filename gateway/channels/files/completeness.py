"""Whether a file looks whole, by its beginning and its end: a cheap look before it is taken from somebody's folder.

Who writes a file over there cannot tell us when it is finished. Its size and time having been still for a while is one
sign; another is that an interchange has its trailer and a document its last tag. Nothing is judged here: what never
becomes whole is taken in the end, and read, and then every fault of it is reported.
"""

from __future__ import annotations

import re

END = 4096
"""Bytes of the end that are looked at: the trailer, and blanks or line breaks behind it."""

_MARKS = "\ufeff \t\r\n\0\x1a"
_TRAILERS = ((("ISA",), "IEA"), (("UNA", "UNB"), "UNZ"), (("UIB",), "UIZ"))


def looks_whole(beginning: bytes, end: bytes) -> bool:
    """Whether what begins so could end so; what is neither EDIFACT, X12 nor XML is taken to be whole.

    ``beginning`` is the first bytes of the file and ``end`` its last :data:`END` ones, or all of it.
    """
    first, last = (part.decode("latin-1").replace("\xef\xbb\xbf", "") for part in (beginning, end))
    first, last = first.lstrip(_MARKS), last.rstrip(_MARKS)
    if len(first) < _SHORTEST:
        return False
    for headers, trailer in _TRAILERS:
        if first.startswith(headers):
            # The trailer's segment is short and the last one; a group or a message may still end inside of 'end'.
            found = [place.start() for place in re.finditer(rf"\b{trailer}\W", last)]
            return bool(found) and len(last) - found[-1] <= _LONGEST
    return last.endswith(">") if first.startswith("<") else True


_SHORTEST = 3
"""Characters that tell what a file is."""
_LONGEST = 64
"""Characters of a trailer segment with its terminator, generously: UNZ has at most 6 and 14, IEA 5 and 9."""
