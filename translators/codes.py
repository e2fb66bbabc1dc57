"""The codes of findings, and what each is called in the acknowledgments: CONTRL, APERAK, TA1, 997, 999 and 824.

One table. The first column is ours and stable: reports, profiles that change a severity, and tests name it. The others
are renderings: UN/EDIFACT 0085 (syntax error, ISO 9735 service code list), X12 I18 (TA105), 716 (AK905), 718 (AK502),
720 (AK304), 723 (AK403) and 647 (TED01). ``None`` means that the standard has no word for it at that level.

A 999 knows guides. Where it has a word of its own for breaking one (618, 620 and 621, the codes that begin with I), the
``_guide`` columns have it; it is used when the broken rule is a guide's and not the standard's. APERAK 9321 has no list
that all share: it gets the word of 0085, which is what customs administrations write there too.

The standards' lists grew. ``contrl`` is the word of CONTRL D:3, which answers syntax 1 to 3, and ``contrl_4`` the one
of CONTRL 4:1 where that differs (45 and 48 are new in it, 19 and 31 are gone); ``message_5010`` and ``element_5010``
are the words that X12 has from release 005010 on.
"""

from __future__ import annotations

import msgspec


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of fault: its meaning in one line and its names in the standards' acknowledgments."""

    meaning: str
    contrl: str | None = None
    contrl_4: str | None = None
    """Only where CONTRL 4:1 says it otherwise."""
    contrl_guide: str | None = None
    """Only where breaking a guide's rule is called otherwise than breaking the standard's."""
    ta1: str | None = None
    group: str | None = None
    message: str | None = None
    message_5010: str | None = None
    """Only where X12 005010 and later say it otherwise."""
    message_guide: str | None = None
    """What a 999 adds to ``message`` where it is a guide that is not known (IK502)."""
    segment: str | None = None
    segment_guide: str | None = None
    """What a 999 says instead where the rule is a guide's (IK304)."""
    element: str | None = None
    element_5010: str | None = None
    """Only where X12 005010 and later say it otherwise."""
    element_guide: str | None = None
    """What a 999 says instead where the rule is a guide's (IK403)."""
    application: str | None = None
    """X12 647 (TED01), where the list has a word; 024 says that it has none."""

    def contrl_code(self, syntax_version: int, *, of_guide: bool = False) -> str | None:
        """The 0085 value in a CONTRL that answers an interchange of this syntax version (0002)."""
        if of_guide and self.contrl_guide is not None:
            return self.contrl_guide
        return (self.contrl_4 or self.contrl) if syntax_version >= 4 else self.contrl

    def message_code(self, version: str) -> str | None:
        """The 718 value (AK502) in a 997 of this version (GS08)."""
        return (self.message_5010 or self.message) if version >= "005010" else self.message

    def segment_code(self, *, of_guide: bool = False) -> str | None:
        """The 720 value (AK304); with ``of_guide`` the 620 value (IK304) for a rule that a guide added."""
        return (self.segment_guide or self.segment) if of_guide else self.segment

    def element_code(self, version: str, *, of_guide: bool = False) -> str | None:
        """The 723 value (AK403) in a 997 of this version (GS08); with ``of_guide`` the 621 value (IK403)."""
        if of_guide and self.element_guide is not None:
            return self.element_guide
        return (self.element_5010 or self.element) if version >= "005010" else self.element

    @property
    def aperak_code(self) -> str:
        """The 9321 value in an APERAK: a word of 0085, 18 where it has none."""
        return self.contrl or "18"

    @property
    def advice_code(self) -> str:
        """The 647 value (TED01) in an 824: 024, "other", where the list has no word."""
        return self.application or "024"


CODES: dict[str, Code] = {
    # The file and the interchange
    "not-edi": Code(meaning="The bytes are no EDIFACT, X12 or XML"),
    "empty-file": Code(meaning="The file has no bytes, or only blanks"),
    "format-unsupported": Code(meaning="A format that is known by name and not read"),
    "filler-skipped": Code(meaning="Blanks, line breaks or a byte order mark were skipped"),
    "lines-unwrapped": Code(meaning="Line breaks at a fixed width were removed"),
    "file-converted": Code(meaning="The file was converted from EBCDIC before it was read"),
    "message-unaddressed": Code(meaning="A message behind no readable interchange header"),
    "trailing-garbage": Code(meaning="Bytes behind the last interchange belong to nothing", contrl="33", ta1="024"),
    "header-missing": Code(meaning="Content without its interchange header"),
    "charset-unsupported": Code(meaning="The character set is not known, or cannot be read", contrl="2", contrl_4="46"),
    "delimiter-unusual": Code(meaning="A delimiter that the standard does not foresee here"),
    "security-unchecked": Code(meaning="Security segments were passed over, not verified", contrl="27"),
    "una-damaged": Code(meaning="The service string advice cannot be used", contrl="20"),
    "delimiter-clash": Code(meaning="One character has two delimiter roles", contrl="20", ta1="026"),
    "terminator-invalid": Code(meaning="There is no usable segment terminator", contrl="20", ta1="004"),
    "interchange-header-invalid": Code(
        meaning="A field of the interchange header is not valid", contrl="12", ta1="024"
    ),
    "syntax-version-unsupported": Code(meaning="Syntax or interchange version unknown", contrl="2", ta1="003"),
    "sender-unknown": Code(meaning="No party has this sender identity", contrl="23", ta1="006"),
    "receiver-unknown": Code(meaning="The interchange is not addressed to us", contrl="7", ta1="009"),
    "duplicate-interchange": Code(
        meaning="Control number seen before with other content", contrl="26", ta1="025", application="006"
    ),
    "interchange-reference-mismatch": Code(
        meaning="Header and trailer references differ", contrl="28", ta1="001", application="011"
    ),
    "interchange-count-mismatch": Code(
        meaning="Trailer count differs from what was received", contrl="29", ta1="021", application="010"
    ),
    "interchange-trailer-missing": Code(
        meaning="The interchange ends without its trailer", contrl="13", ta1="023", application="007"
    ),
    "interchange-date-invalid": Code(meaning="The header's date is no date", contrl="12", ta1="014", application="009"),
    "interchange-time-invalid": Code(meaning="The header's time is no time", contrl="12", ta1="015"),
    "control-number-invalid": Code(meaning="The control number is missing or malformed", contrl="13", ta1="018"),
    "misplaced-segment": Code(meaning="Something stands where only a header may stand", contrl="33", ta1="024"),
    "groups-mixed": Code(meaning="Grouped and ungrouped messages in one interchange", contrl="30", ta1="024"),
    "empty-interchange": Code(meaning="No message inside", contrl="32", ta1="024", group="5"),
    "truncated": Code(meaning="The file ends inside a segment", contrl="13", ta1="023", group="3", message="2"),
    "test-indicator-conflict": Code(meaning="Test indicator contradicts the agreement", contrl="25", ta1="020"),
    "too-large": Code(meaning="A limit on size or count was exceeded", contrl="18", message="5", segment="8"),
    # The group
    "group-reference-mismatch": Code(
        meaning="Group header and trailer references differ", contrl="28", group="4", application="011"
    ),
    "group-count-mismatch": Code(
        meaning="Group trailer count differs from received", contrl="29", group="5", application="010"
    ),
    "group-trailer-missing": Code(
        meaning="The group ends without its trailer", contrl="13", group="3", application="007"
    ),
    "group-header-invalid": Code(meaning="A field of the group header is not valid", contrl="12", group="6"),
    "duplicate-group": Code(
        meaning="Group reference seen before in this interchange", contrl="26", group="19", application="006"
    ),
    "group-type-unsupported": Code(meaning="Functional group not supported", contrl="14", group="1"),
    "group-version-unsupported": Code(meaning="Version of the group not supported", contrl="14", group="2"),
    # The message
    "message-reference-mismatch": Code(
        meaning="Message header and trailer references differ", contrl="28", message="3", application="011"
    ),
    "message-count-mismatch": Code(
        meaning="Segment count differs from received", contrl="29", message="4", application="010"
    ),
    "message-trailer-missing": Code(
        meaning="The message ends without its trailer", contrl="13", message="2", application="007"
    ),
    "message-reference-invalid": Code(
        meaning="Message reference missing or malformed", contrl="13", message="7", application="007"
    ),
    "message-type-invalid": Code(meaning="Message type missing or malformed", contrl="12", message="6"),
    "duplicate-message": Code(
        meaning="Message reference seen before in its parent", contrl="26", message="23", application="006"
    ),
    "message-not-in-group": Code(
        meaning="The message does not belong into its group", contrl="31", contrl_4="14", message="6", message_5010="18"
    ),
    "message-type-unknown": Code(
        meaning="No guide for this message type and version", contrl="14", message="1", message_guide="I6"
    ),
    "message-version-form": Code(meaning="The version is written in a form that is none, and was understood"),
    "message-not-agreed": Code(meaning="No live flow for this message with this party", contrl="17", message="1"),
    "rejected-with-others": Code(meaning="Rejected because another message beside it is", contrl="18"),
    # The package
    "package-reference-invalid": Code(meaning="Package reference missing or malformed", contrl="13"),
    "package-reference-mismatch": Code(meaning="Package header and trailer references differ", contrl="28"),
    "package-trailer-missing": Code(meaning="The package ends without its trailer", contrl="13"),
    "duplicate-package": Code(meaning="Package reference seen before in this interchange", contrl="26"),
    # The segment
    "segment-unknown": Code(meaning="No such segment in the standard", contrl="15", message="5", segment="1"),
    "segment-unexpected": Code(
        meaning="The segment is not used in this message", contrl="15", message="5", segment="6"
    ),
    "segment-out-of-order": Code(
        meaning="The segment stands in the wrong place", contrl="15", message="5", segment="7"
    ),
    "segment-missing": Code(
        meaning="A mandatory segment is missing",
        contrl="13",
        message="5",
        segment="3",
        segment_guide="I8",
        application="007",
    ),
    "group-missing": Code(
        meaning="A mandatory segment group or loop is missing",
        contrl="13",
        message="5",
        segment="3",
        segment_guide="I7",
        application="007",
    ),
    "segment-repeats": Code(meaning="The segment is repeated too often", contrl="35", message="5", segment="5"),
    "group-repeats": Code(
        meaning="The segment group or loop is repeated too often", contrl="36", message="5", segment="4"
    ),
    "segment-empty-tag": Code(meaning="Two terminators in a row"),
    "binary-length-invalid": Code(
        meaning="Binary data is not as long as stated", contrl="29", message="5", segment="8", element="1"
    ),
    "segment-not-used": Code(
        meaning="A guide excludes this segment", contrl="15", message="5", segment="2", segment_guide="I4"
    ),
    "segment-conditional-missing": Code(
        meaning="A segment or group that other values require is missing",
        contrl="13",
        contrl_4="48",
        message="5",
        segment="3",
        segment_guide="I6",
        application="007",
    ),
    "segment-excluded": Code(
        meaning="A segment or group that other values forbid is there",
        contrl="15",
        contrl_4="48",
        message="5",
        segment="2",
        segment_guide="I9",
    ),
    "border-mismatch": Code(
        meaning="The closing segment of a bounded stretch names another one than is open (LS/LE, UGH/UGT)",
        contrl="28",
        message="5",
        segment="8",
        element="7",
    ),
    # The tree of HL
    "hierarchy-duplicate": Code(
        meaning="Two HL segments have one id", contrl="26", message="5", segment="8", element="7", application="006"
    ),
    "hierarchy-parent-unknown": Code(
        meaning="An HL names a parent that does not exist", contrl="12", message="5", segment="8", element="7"
    ),
    "hierarchy-root": Code(
        meaning="The first HL names a parent", contrl="12", message="5", segment="8", element="7", element_guide="I13"
    ),
    "hierarchy-cycle": Code(meaning="An HL is its own ancestor", contrl="12", message="5", segment="8", element="7"),
    "hierarchy-level": Code(
        meaning="A level may not stand under its parent's level",
        contrl="12",
        contrl_guide="14",
        message="5",
        segment="8",
        element="7",
        element_guide="I6",
    ),
    "hierarchy-children": Code(
        meaning="HL04 contradicts whether there are subordinate levels",
        contrl="12",
        message="5",
        segment="8",
        element="7",
    ),
    "hierarchy-count": Code(meaning="The ids of HL do not count up by one"),
    # The element
    "element-missing": Code(
        meaning="A mandatory element is missing", contrl="13", message="5", segment="8", element="1", application="007"
    ),
    "element-conditional-missing": Code(
        meaning="An element that others require is missing",
        contrl="13",
        contrl_4="48",
        message="5",
        segment="8",
        element="2",
        element_guide="I9",
        application="007",
    ),
    "element-excluded": Code(
        meaning="Elements exclude each other",
        contrl="18",
        contrl_4="48",
        message="5",
        segment="8",
        element="10",
        element_guide="I13",
        application="012",
    ),
    "element-not-used": Code(
        meaning="A guide excludes this element", contrl="15", message="5", segment="8", element="3", element_guide="I10"
    ),
    "elements-too-many": Code(meaning="More elements than defined", contrl="16", message="5", segment="8", element="3"),
    "components-too-many": Code(
        meaning="More components than defined",
        contrl="16",
        message="5",
        segment="8",
        element="3",
        element_5010="13",
    ),
    "element-repeats": Code(
        meaning="Too many repetitions", contrl="35", message="5", segment="8", element="3", element_5010="12"
    ),
    "element-too-few": Code(
        meaning="Fewer repetitions than the guide asks for",
        contrl="13",
        message="5",
        segment="8",
        element="1",
        element_guide="I11",
        application="007",
    ),
    "element-pattern": Code(
        meaning="The value does not look as the guide asks",
        contrl="12",
        message="5",
        segment="8",
        element="7",
        element_guide="I12",
    ),
    "element-too-short": Code(meaning="Shorter than the minimum", contrl="40", message="5", segment="8", element="4"),
    "element-too-long": Code(meaning="Longer than the maximum", contrl="39", message="5", segment="8", element="5"),
    "character-invalid": Code(
        meaning="Character outside the repertoire", contrl="21", message="5", segment="8", element="6"
    ),
    "element-type": Code(
        meaning="Letter in a number or digit in an alphabetic element",
        contrl="37",
        message="5",
        segment="8",
        element="6",
    ),
    "number-invalid": Code(
        meaning="Wrong decimal notation", contrl="19", contrl_4="12", message="5", segment="8", element="6"
    ),
    "decimal-mark": Code(
        meaning="The decimal mark is not the declared one",
        contrl="19",
        contrl_4="12",
        message="5",
        segment="8",
        element="6",
    ),
    "code-unknown": Code(
        meaning="Code is not in its list",
        contrl="12",
        contrl_guide="14",
        message="5",
        segment="8",
        element="7",
        element_guide="I6",
    ),
    "date-invalid": Code(
        meaning="There is no such date", contrl="12", message="5", segment="8", element="8", application="009"
    ),
    "time-invalid": Code(meaning="There is no such time", contrl="12", message="5", segment="8", element="9"),
    "trailing-separator": Code(meaning="Separators behind the last value", contrl="16", contrl_4="45"),
    "repetition-empty": Code(meaning="An empty occurrence of a repeating element"),
    "release-needless": Code(meaning="A release character before an ordinary character", contrl="22"),
    "charset-suspect": Code(meaning="The bytes look like another character set"),
    # What we write
    "character-substituted": Code(meaning="A character that cannot be sent was replaced"),
    "delimiter-chosen": Code(meaning="Another delimiter was chosen, because data holds the usual one"),
    "layout-not-possible": Code(meaning="The bytes cannot be laid out as was asked for"),
    # The meaning
    "map-unmapped": Code(
        meaning="A value that the map does not know", contrl="12", message="5", segment="8", element="7"
    ),
    "map-required": Code(
        meaning="The canonical form needs what the message lacks",
        contrl="13",
        message="5",
        segment="8",
        element="1",
        application="007",
    ),
    # The acknowledgments we receive
    "answer-unreadable": Code(meaning="An acknowledgment does not say what it answers, or how"),
    "answer-contradictory": Code(meaning="An acknowledgment says two things that cannot both be true"),
    "map-invalid": Code(
        meaning="A value that the canonical form does not allow", contrl="12", message="5", segment="8", element="7"
    ),
    "map-not-carried": Code(meaning="The message has no place for a value of the document"),
    "check-digit-wrong": Code(meaning="An identifier's check digit does not fit its other characters"),
    "findings-suppressed": Code(meaning="More findings of this message were left out"),
}
"""Every code a finding may have."""
