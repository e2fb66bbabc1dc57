"""AS2 names and message ids: what is on the wire, what is compared, and what may be written.

A name (RFC 4130 section 6.2) is 1 to 128 printable ASCII characters, and case counts. On the wire it is in quotes when
it holds a blank, a quote or a backslash; inside quotes only these two are escaped. Products quote where they need not
and leave quotes out where they must not, and answer in another form than they were asked in, so names are always
compared unquoted. A name is never unfolded: a name over two lines is two readings of one message.

A message id is echoed byte for byte, for its sender looks it up as he wrote it; it is compared without the blanks
around it and without one pair of angle brackets. It is data: never a path, never a part of one.
"""

from __future__ import annotations

import re
from typing import Literal

from as2.fault import Unreadable, Unwritable
from as2.headers import Headers, quoted
from as2.tolerance import Tolerated

_NAME_RULE = "An AS2 name has 1 to 128 printable ASCII characters"
MESSAGE_ID_LIMIT = 998
"""A line of a message holds no more (RFC 5322 section 2.1.1)."""

_NAME = re.compile(r"[ -~]{1,128}")
_ATOMIC = re.compile(r"[!#-\[\]-~]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r'\\(["\\])')
_LEFT_BARE = re.compile(r'[ "\\]')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WRITTEN_ID = re.compile(r"<[!-;=?-~]{1,996}>")

NameField = Literal["AS2-From", "AS2-To"]


def quote_name(name: str) -> str:
    """``name`` as it is written on the wire: in quotes only if it needs them.

    :class:`Unwritable` for what is no AS2 name.
    """
    if not _NAME.fullmatch(name):
        raise Unwritable("name-unwritable", f"{_NAME_RULE}, unlike {name[:200]!r}.")
    return name if _ATOMIC.fullmatch(name) else quoted(name)


def unquote_name(wire: str, tolerated: Tolerated | None = None) -> str:
    """The name that ``wire`` states, in quotes or not; what is compared.

    :class:`Unreadable` when it is empty, too long or has characters that are not printable ASCII.
    """
    text = wire.strip(" \t")
    match = _QUOTED.fullmatch(text)
    name = _ESCAPED.sub(r"\1", match[1]) if match else text
    if not _NAME.fullmatch(name):
        raise Unreadable("name-malformed", f"{_NAME_RULE}, unlike {wire[:200]!r}.")
    if tolerated is not None:
        if match and _ATOMIC.fullmatch(name):
            tolerated.add("name-in-needless-quotes")
        elif not match and _LEFT_BARE.search(name):
            tolerated.add("name-without-quotes")
    return name


def stated_name(headers: Headers, field: NameField, tolerated: Tolerated | None = None) -> str:
    """The one name in the field; :class:`Unreadable` when it is missing, malformed, stated twice or folded."""
    values = headers.all(field)
    if not values:
        raise Unreadable("name-missing", f"There is no {field}.")
    if len(values) > 1:
        raise Unreadable("name-repeated", f"{field} is stated {len(values)} times.")
    if headers.folded(field):
        raise Unreadable("name-folded", f"{field} goes over several lines, which is never accepted.")
    return unquote_name(values[0], tolerated)


def bare_message_id(wire: str) -> str:
    """What is compared of a message id: without the blanks around it and one pair of angle brackets."""
    text = wire.strip(" \t\r\n")
    return text[1:-1] if text.startswith("<") and text.endswith(">") and len(text) > 1 else text


def same_message_id(one: str, other: str) -> bool:
    """Whether both name the same message, whoever added or lost brackets and blanks."""
    return bare_message_id(one) == bare_message_id(other)


def check_message_id(wire: str, tolerated: Tolerated | None = None) -> None:
    """Return when a received message id can be kept and echoed, brackets or not.

    :class:`Unreadable` with the disposition ``invalid-message-id`` when it is empty, longer than 998 characters or has
    control characters: those would go into our answer.
    """
    bare = bare_message_id(wire)
    if not bare or len(wire) > MESSAGE_ID_LIMIT or _CONTROLS.search(wire):
        raise Unreadable(
            "message-id-malformed",
            f"A Message-ID has 1 to {MESSAGE_ID_LIMIT} characters and no controls, unlike {wire[:200]!r}.",
            disposition="invalid-message-id",
        )
    if tolerated is not None:
        if not wire.startswith("<") or not wire.endswith(">"):
            tolerated.add("message-id-without-brackets")
        if "@" not in bare:
            tolerated.add("message-id-without-at")
        if " " in bare:
            tolerated.add("message-id-blanks")
        if len(wire) > 255:
            tolerated.add("message-id-long")


def written_message_id(left: str, right: str) -> str:
    """``<left@right>``, a message id of ours; :class:`Unwritable` when a blank, a control or a bracket is in it."""
    written = f"<{left}@{right}>"
    if not left or not right or not _WRITTEN_ID.fullmatch(written):
        raise Unwritable("message-id-unwritable", f"{written[:200]!r} cannot be the id of a message.")
    return written
