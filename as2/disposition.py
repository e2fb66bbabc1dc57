"""Dispositions: what an MDN says about the message it answers (RFC 4130 §7.4.3 and §7.5, RFC 8098 §3.2.6).

A disposition is a mode, a type, a modifier and texts::

    automatic-action/MDN-sent-automatically; processed/Error: decryption-failed
    └───────────────── mode ──────────────┘  └─type──┘ └mod┘  └──── text ────┘

All of it is case-insensitive. ``failed`` is for trouble with the request for the receipt; every trouble with the
content is ``processed/Error`` (RFC 4130 §7.5.3, §7.5.4). RFC 8098 dropped ``failed``, ``warning`` and the fields beside
the Disposition; AS2 uses them to this day, so both are read.

Reading never fails. Products write the mode twice, lose blanks and the type, or put the reasons into ``Error`` fields
of their own; what remains unclear after that is the verdict ``unclear``, which is not a success. What a text means is
looked up by its normalised form, misspellings of real products included, because a text is all that some partners say.

Writing goes through the catalogue, by the codes that faults carry. Some texts came with the successor of RFC 4130
(AS2-Version 1.3); :func:`answer` replaces them for partners of an older version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from as2.fault import DispositionCode
from as2.tolerance import Tolerated

Verdict = Literal["processed", "warning", "error", "failed", "unclear"]

Meaning = DispositionCode | Literal["none", "other"]
"""What a text stands for; ``none`` where there is no text, ``other`` where it is none of the field's own."""

AUTOMATIC = "automatic-action/MDN-sent-automatically"
LONGEST_VALUE = 4_000
"""Characters of a field that are looked at: four times what the longest text and its frame take."""
LONGEST_TEXT = 1_000
"""Characters that are kept of one text; the rest says nothing that a person has not understood by then."""


class Disposition(msgspec.Struct, frozen=True):
    """One disposition, as read or as it will be written."""

    type: str
    """In lower case: ``processed``, ``failed``, or what else a peer wrote; empty when it named none."""
    modifier: str = ""
    """In lower case: ``error``, ``warning``, ``failure`` or empty; the gravest where there were several."""
    texts: tuple[str, ...] = ()
    """The text after the modifier, then those of Error, Failure and Warning fields; none of them twice."""
    mode: str = AUTOMATIC

    @property
    def verdict(self) -> Verdict:
        """What the sender of the message may conclude. Only ``processed`` and ``warning`` are successes."""
        if self.type == "failed" or self.modifier == "failure":
            return "failed"
        if self.modifier == "error":
            return "error"
        if self.type != "processed" or self.modifier not in ("", "warning"):
            return "unclear"
        if self.modifier == "warning":
            return "warning"
        # A text of an error whose modifier got lost.
        return "processed" if self.meaning in ("none", "other") else "unclear"

    @property
    def meaning(self) -> Meaning:
        """What the first text that is one of the field's own stands for."""
        known = (_meaning(text) for text in self.texts)
        return next((meaning for meaning in known if meaning is not None), "other" if self.texts else "none")


_TYPES = frozenset({"processed", "failed", "displayed", "dispatched", "deleted", "denied"})
"""Of AS2 and of the mail standards before it (RFC 2298, 3798, 8098); only the first two say anything here."""
_MODIFIERS = ("failure", "error", "warning")
"""Gravest first."""
_MODE = re.compile(r"\s*((?:automatic|manual)-action\s*/\s*MDN-sent-(?:automatically|manually))\s*;?\s*", re.IGNORECASE)
_MODE_WITHIN = re.compile(r"(?:automatic|manual)-action ?/ ?MDN-sent-(?:automatically|manually)", re.IGNORECASE)
_FOREIGN_MODE = re.compile(r"\s*([^;:]*(?:-action|mdn-sent)[^;:]*);\s*", re.IGNORECASE)
_TYPE = re.compile(r"([A-Za-z][A-Za-z-]*)\s*")
_AS_WRITTEN = re.compile(
    r"(?:automatic|manual)-action/MDN-sent-(?:automatically|manually); ?"
    r"(?:processed(?:/(?:error|warning)(?:: .+)?)?|failed(?:/failure(?:: .+)?)?)",
    re.IGNORECASE,
)
_MODIFIER_LIST = re.compile(r"/?\s*([A-Za-z-]+(?:\s*,\s*[A-Za-z-]+)*)\s*")


def parse(text: str, fields: Iterable[tuple[str, str]] = (), tolerated: Tolerated | None = None) -> Disposition:
    """The disposition in the value of a Disposition field; never an error.

    ``fields`` are name and value of the Error, Failure and Warning fields that stand beside it (RFC 3798 §3.2.7);
    others are ignored, empty ones too. Oddities are added to ``tolerated``.
    """
    value = " ".join(text[:LONGEST_VALUE].split())
    mode, rest = _without_modes(value)
    kind = ""
    found = _TYPE.match(rest)
    if found is not None and found[1].lower() not in _MODIFIERS:
        kind, rest = found[1].lower(), rest[found.end() :]
    modifiers, reason = _modifiers(rest)
    texts = [_without_echo(reason)]
    for name, stated in fields:
        said = " ".join(stated.split())
        if name.lower() in _MODIFIERS and said:
            modifiers.append(name.lower())
            texts.append(_without_echo(said))
    gravest = next((modifier for modifier in _MODIFIERS if modifier in modifiers), modifiers[0] if modifiers else "")
    kept = dict.fromkeys(said[:LONGEST_TEXT] for said in texts if said)
    if tolerated is not None:
        if _AS_WRITTEN.fullmatch(value) is None:
            tolerated.add("disposition-form")
        if any(_normal(said) in _PRIVATE for said in kept):
            tolerated.add("disposition-old-text")
    return Disposition(type=kind, modifier=gravest, texts=tuple(kept), mode=mode)


def write(disposition: Disposition) -> str:
    """The value of the Disposition field: one line, as RFC 4130 §7.5 spells its examples."""
    kind = disposition.type
    if disposition.modifier:
        kind += f"/{disposition.modifier.capitalize()}"
    if disposition.texts:
        kind += f": {disposition.texts[0]}"
    return f"{disposition.mode}; {kind}"


def _without_modes(text: str) -> tuple[str, str]:
    """The mode and what follows it; some products write the mode again, or all of the value twice."""
    mode = ""
    while (found := _MODE.match(text) or _FOREIGN_MODE.match(text)) is not None:
        mode = mode or re.sub(r"\s*/\s*", "/", found[1].strip())
        text = text[found.end() :]
    # Where all of the value is there again, the longest says the most: no other is shorter than "processed".
    text = max((again.strip(" ;,") for again in _MODE_WITHIN.split(text)), key=len)
    return mode, text


def _modifiers(rest: str) -> tuple[list[str], str]:
    """The modifiers in lower case, and the text behind them."""
    if not rest:
        return [], ""
    found = _MODIFIER_LIST.match(rest)
    if rest == "/":
        # Whatever stood here is lost, and it need not have been a warning.
        return ["unstated"], ""
    if found is None or not (rest.startswith("/") or found[1].lower() in _MODIFIERS):
        return [], rest.lstrip(" :;/,")
    names = [name.strip().lower() for name in found[1].split(",")]
    return names, rest[found.end() :].lstrip(" :;/,")


def _without_echo(text: str) -> str:
    """The text without a second ``processed/error:`` before it."""
    while True:
        head, separator, tail = text.partition(":")
        words = [word.strip().lower() for word in head.split("/")]
        if not separator or not all(word in _TYPES or word in _MODIFIERS for word in words):
            return text.strip()
        text = tail.strip()


def _normal(text: str) -> str:
    return re.sub(r"[\s_-]+", "-", text.strip().strip(".!\"'").lower())


def _meaning(text: str) -> DispositionCode | None:
    said = _normal(text)
    return _PLAIN.get(said) or _PRIVATE.get(said)


CATALOGUE: Final[dict[DispositionCode, Disposition]] = {
    "processed": Disposition("processed"),
    "authentication-failed": Disposition("processed", "error", ("authentication-failed",)),
    "decompression-failed": Disposition("processed", "error", ("decompression-failed",)),
    "decryption-failed": Disposition("processed", "error", ("decryption-failed",)),
    "duplicate-document": Disposition("processed", "warning", ("duplicate-document",)),
    "duplicate-filename": Disposition("processed", "error", ("duplicate-filename",)),
    "illegal-filename": Disposition("processed", "error", ("illegal-filename",)),
    "insufficient-message-security": Disposition("processed", "error", ("insufficient-message-security",)),
    "integrity-check-failed": Disposition("processed", "error", ("integrity-check-failed",)),
    "invalid-message-id": Disposition("processed", "error", ("invalid-message-id",)),
    "sender-equals-receiver": Disposition("failed", "failure", ("sender-equals-receiver",)),
    "unexpected-processing-error": Disposition("processed", "error", ("unexpected-processing-error",)),
    "unknown-trading-relationship": Disposition("processed", "error", ("unknown-trading-relationship",)),
    "unsupported-format": Disposition("failed", "failure", ("unsupported format",)),
    "unsupported-mic-algorithms": Disposition("failed", "failure", ("unsupported MIC-algorithms",)),
}
"""Everything that we send of our own accord, by its code."""

AUTHENTICATION_FAILED_BUT_CONTINUED: Final = Disposition(
    "processed", "warning", ("authentication-failed, processing continued",)
)
"""What is sent where an agreement tolerates a certificate that is not known (RFC 4130 §7.5.5)."""

_BEFORE_1_3: Final[dict[DispositionCode, DispositionCode]] = {
    "duplicate-filename": "unexpected-processing-error",
    "illegal-filename": "unexpected-processing-error",
    "invalid-message-id": "unexpected-processing-error",
    "unknown-trading-relationship": "authentication-failed",
}
"""What RFC 4130 bis adds, and the nearest of RFC 4130."""


def answer(code: DispositionCode, version: tuple[int, int]) -> Disposition:
    """The disposition to send, in words that a partner of this AS2-Version knows, such as ``(1, 2)``."""
    return CATALOGUE[code if version >= (1, 3) else _BEFORE_1_3.get(code, code)]


_PLAIN: Final[dict[str, DispositionCode]] = {
    _normal(said): code for code, entry in CATALOGUE.items() for said in entry.texts
} | {"authentication-failed,-processing-continued": "authentication-failed"}
"""Code by the text of the standards, normalised."""

_PRIVATE: Final[dict[str, DispositionCode]] = {
    # OpenAS2, for what it inflates before the signature, and for a message without one.
    "decompresion-failed": "decompression-failed",
    "signed-message-required": "insufficient-message-security",
    # phase2.
    "error-storing-transaction": "unexpected-processing-error",
    # mendelson and pyas2lib.
    "unknown-trading-partner": "unknown-trading-relationship",
    "unsupported-mic-algorithm": "unsupported-mic-algorithms",
}
"""Code by the texts of products that no standard has, normalised."""
