"""What the codes in the standards' acknowledgments mean, for the person who has to do something about them.

Our own wording throughout; each phrase completes "segment 7, element 2: …". Codes of withdrawn versions are here too,
because partners go on sending them; we never write those.
"""

from __future__ import annotations

CONTRL_ERRORS: dict[str, str] = {
    "1": "the service string advice (UNA) cannot be used",
    "2": "this syntax version or level is not supported",
    "3": "this message version is not supported",
    "4": "a service segment is missing or not valid",
    "5": "the trailer does not agree with the header or with the count",
    "6": "a data segment is missing or not valid",
    "7": "it is not addressed to the one who received it",
    "8": "too many elements",
    "9": "a mandatory element is missing",
    "10": "the element has the wrong form",
    "11": "the password is wrong",
    "12": "the value is not valid",
    "13": "something mandatory is missing",
    "14": "the value is not supported at this place",
    "15": "this does not belong at this place",
    "16": "too many elements or components",
    "17": "there is no agreement for this value",
    "18": "an error that is not described further",
    "19": "the decimal notation is wrong",
    "20": "a delimiter in the service string advice (UNA) cannot be used",
    "21": "a character that the character set does not allow",
    "22": "a delimiter where none may stand",
    "23": "the sender is unknown",
    "24": "it is too old",
    "25": "test traffic is not supported",
    "26": "it was received before",
    "27": "the security function is not supported",
    "28": "the references in header and trailer differ",
    "29": "the count in the trailer differs from what was received",
    "30": "groups and messages outside groups are mixed",
    "31": "several message types in one group",
    "32": "there is nothing inside",
    "33": "something stands between messages or groups that may not stand there",
    "34": "explicit nesting is not allowed here",
    "35": "repeated too often",
    "36": "the segment group is repeated too often",
    "37": "a letter in a number, or a digit among letters",
    "38": "a digit is missing before the decimal mark",
    "39": "too long",
    "40": "too short",
    "41": "the network failed for good",
    "42": "the network failed for the time being",
    "43": "the network does not know the receiver",
    "44": "the application is not available",
    "45": "separators behind the last value",
    "46": "the character set is not supported",
    "47": "this form of the envelope is not supported",
    "48": "a rule between elements is broken",
}
"""UN/EDIFACT 0085, syntax error."""

INTERCHANGE_NOTES: dict[str, str] = {
    "001": "the control numbers in ISA and IEA differ",
    "002": "the standard named in ISA11 is not supported",
    "003": "this version of the envelope is not supported",
    "004": "the segment terminator cannot be used",
    "005": "the sender's qualifier is not valid",
    "006": "the sender's id is not valid",
    "007": "the receiver's qualifier is not valid",
    "008": "the receiver's id is not valid",
    "009": "the receiver's id is unknown",
    "010": "the authorisation qualifier is not valid",
    "011": "the authorisation value is not valid",
    "012": "the security qualifier is not valid",
    "013": "the security value is not valid",
    "014": "the date is not valid",
    "015": "the time is not valid",
    "016": "the standards id is not valid",
    "017": "the version of the envelope is not valid",
    "018": "the control number is not valid",
    "019": "the acknowledgment request is not valid",
    "020": "the test indicator is not valid",
    "021": "the number of groups is wrong",
    "022": "the control structure is not valid",
    "023": "the file ends before its trailer",
    "024": "the content is not valid, a damaged group header for instance",
    "025": "the control number was received before",
    "026": "the element separator cannot be used",
    "027": "the component separator cannot be used",
    "028": "the date of deferred delivery is not valid",
    "029": "the time of deferred delivery is not valid",
    "030": "the time code of deferred delivery is not valid",
    "031": "the grade of service is not valid",
}
"""X12 I18, the note code in TA105; 000 says that nothing is wrong."""

_SECURITY = "security or encryption failed"

GROUP_ERRORS: dict[str, str] = {
    "1": "this kind of group is not supported",
    "2": "this version is not supported",
    "3": "the group's trailer is missing",
    "4": "the control numbers in GS and GE differ",
    "5": "the number of sets in GE differs from what was received",
    "6": "the group's control number is not valid",
    "7": "the sender's application code is not valid",
    "8": "the receiver's application code is not valid",
    "9": "the responsible agency is not valid",
    **{str(code): _SECURITY for code in (*range(10, 19), *range(20, 27))},
    "19": "the group's control number is not unique in the interchange",
    "30": "the group's date is not valid",
    "31": "the group's time is not valid",
}
"""X12 716, in AK905 to AK909."""

SET_ERRORS: dict[str, str] = {
    "1": "this kind of set is not supported",
    "2": "the set's trailer is missing",
    "3": "the control numbers in ST and SE differ",
    "4": "the number of segments in SE differs from what was received",
    "5": "segments are in error",
    "6": "the set's id is missing or not valid",
    "7": "the set's control number is missing or not valid",
    **{str(code): _SECURITY for code in (*range(8, 18), *range(20, 23), *range(24, 28)) if code != 14},
    "18": "the set does not belong into its group",
    "19": "the guide it refers to is not valid",
    "23": "the set's control number is not unique in its group",
    "I5": "segments break the guide",
    "I6": "the guide is not supported",
}
"""X12 718, in AK502 to AK506, and what 999 adds."""

SEGMENT_ERRORS: dict[str, str] = {
    "1": "the segment is unknown",
    "2": "the segment is not expected here",
    "3": "the mandatory segment is missing",
    "4": "its loop is repeated too often",
    "5": "the segment is repeated too often",
    "6": "the segment is not defined in this set",
    "7": "the segment is out of sequence",
    "8": "elements are in error",
    "I4": "the guide does not use this segment",
    "I6": "the segment is missing, which the guide demands in this case",
    "I7": "its loop occurs less often than the guide demands",
    "I8": "the segment occurs less often than the guide demands",
    "I9": "the segment is present, which the guide forbids in this case",
}
"""X12 720, in AK304, and what 999 adds."""

ELEMENT_ERRORS: dict[str, str] = {
    "1": "a mandatory element is missing",
    "2": "an element is missing that others require",
    "3": "too many elements",
    "4": "too short",
    "5": "too long",
    "6": "a character that is not allowed",
    "7": "the code is not valid",
    "8": "there is no such date",
    "9": "there is no such time",
    "10": "present although others exclude it",
    "12": "too many repetitions",
    "13": "too many components",
    "I6": "the guide does not use this code",
    "I9": "the element is missing, which the guide demands in this case",
    "I10": "the guide does not use this element",
    "I11": "fewer repetitions than the guide demands",
    "I12": "the value does not match the guide's pattern",
    "I13": "the element is present, which the guide forbids in this case",
}
"""X12 723, in AK403, and what 999 adds."""

APPLICATION_CODES: dict[str, str] = {code: CONTRL_ERRORS[code] for code in ("12", "13", "14", "15", "18", "26", "35")}
"""UN/EDIFACT 9321, where a partner sends no words: each has a list of its own; here is what many took from 0085."""

ADVICE_CODES: dict[str, str] = {
    "006": "a duplicate",
    "007": "data is missing",
    "008": "out of range",
    "009": "the date is not valid",
    "010": "the totals do not agree",
    "011": "it matches nothing that is known",
    "012": "the combination is not valid",
    "024": "another reason",
    "DTE": "the date is wrong",
    "DUP": "a duplicate",
    "ZZZ": "a reason by agreement",
}
"""X12 647, in TED01; the list is long, and partners send words beside it."""


def said(code: str, meanings: dict[str, str]) -> str:
    """``too long (39)``: the meaning and the code, or the bare code where it is not one we know."""
    meaning = meanings.get(code)
    return f"{meaning} ({code})" if meaning is not None else f"code {code}"
