"""Whether a group is of a kind that can be supported at all: known from its messages when it ends.

A group none of whose messages has a guide is told so as a whole, and not only message by message: its type is unknown
(GS01, UNG 0038), or its version is (GS08, UNG S008). What is unknown follows from the reason why each message has no
guide, whose value is the message's type or its version.
"""

from __future__ import annotations

from collections.abc import Sequence

from translators.finding import Finding, Where
from translators.functional_groups import FUNCTIONAL_GROUPS
from translators.grammar import Guide
from translators.lookup import Alias
from translators.syntax import Group, Interchange, Message, Source

_IDENTIFIERS = frozenset(FUNCTIONAL_GROUPS.values())
_ELEMENTS = {
    "edifact": {"group-type-unsupported": 1, "group-version-unsupported": 7},
    "x12": {"group-type-unsupported": 1, "group-version-unsupported": 8},
}
"""Where UNG and GS say it."""


class Support:
    """Counts the messages of one group, from its beginning to its end."""

    def __init__(self, interchange: Interchange, group: Group, source: Source) -> None:
        self._edifact = interchange.syntax == "edifact"
        self._group = group
        self._some = False
        self._type = self._version = group.explicit and group.header is not None
        """Whether the type, or the version, was unknown so far."""
        # In a stream the header is out of sight when the group ends, so the places are noted now.
        self._places: dict[str, Where] = {}
        if group.header is not None and self._type:
            for code, element in _ELEMENTS.get(interchange.syntax, {}).items():
                where = Where(
                    interchange=interchange.control_number,
                    group=group.control_number,
                    segment=group.header.tag,
                    element=element,
                )
                self._places[code] = source.where(where, group.header.offset_of(element))

    def count(self, message: Message, guide: Guide | Finding | Alias) -> None:
        """Counts a message, with its guide or with the finding that says why there is none."""
        self._some = True
        if not self._type and not self._version:
            return
        if not isinstance(guide, Finding) or guide.code != "message-type-unknown":
            self._type = self._version = False
            return
        kind, group = message.kind, self._group
        if self._edifact:
            # UNG says which message the group holds.
            self._type = self._type and group.kind == kind.type == guide.value
        else:
            self._type = self._type and group.kind not in _IDENTIFIERS
        of_group = group.version.strip() if self._edifact else group.version.strip()[:6]
        self._version = self._version and kind.version == of_group == guide.value

    def findings(self, already: Sequence[Finding]) -> list[Finding]:
        """What is to be said of the group at its end, unless it was ``already``."""
        group = self._group
        if not self._some or any(finding.code in self._places for finding in already):
            return []
        if self._type:
            code, value = "group-type-unsupported", group.kind
            text = f"there is no guide for a group of {value}, nor for any message in it"
        elif self._version:
            code, value = "group-version-unsupported", group.version
            text = f"no message of the group has a guide in its version {value}"
        else:
            return []
        where = self._places[code]
        return [Finding(code=code, severity="error", text=text, where=where, layer="envelope", value=value)]
