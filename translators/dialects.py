"""Which delimiters and which character set an envelope is written in.

EDIFACT releases a delimiter inside data, so its usual ones always do. X12 has no release character before 00704, and
there a delimiter inside data must be avoided: another one that the partner takes is chosen before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from translators import charset as charsets
from translators.charset import Charset
from translators.envelope import Envelope, Outgoing
from translators.finding import Finding, Where
from translators.pen import BINARY
from translators.syntax import Dialect
from translators.tree import elements_of

_EDIFACT = {"element": "+", "component": ":", "repetition": "*", "release": "?", "terminator": "'"}
"""ISO 9735-1, level A; the repetition separator came with syntax version 4."""
_X12 = {"element": "*", "component": ":", "repetition": "^", "terminator": "~"}
"""X12.5 recommends none; these are what most senders use."""
_X12_REPEATS_SINCE = "00402"
"""ISA11 names the standard in earlier versions (I10), and the repetition separator from then on (I65)."""
X12_RELEASES_SINCE = "00704"
"""The first control version with an ISX, which states a release character."""


def repeats(envelope: Envelope) -> bool:
    """Whether a repetition separator is in force."""
    if envelope.syntax == "edifact":
        return envelope.syntax_version >= 4
    return envelope.control_version >= _X12_REPEATS_SINCE


def charset_of(envelope: Envelope) -> tuple[Charset, bool]:
    """The character set in force, and whether what the envelope names is known.

    The order of decision is the reader's: the agreement with the partner, 0133, 0001.
    """
    if envelope.encoding:
        return charsets.named(envelope.encoding), True
    chosen = None
    if envelope.syntax == "edifact" and envelope.syntax_version >= 4 and envelope.character_encoding:
        chosen = charsets.of_encoding(envelope.character_encoding)
        if chosen is None:
            return charsets.charset("iso8859_1", envelope.character_encoding), False
    chosen = chosen or charsets.of_identifier(envelope.charset)
    return chosen or charsets.charset("iso8859_1", envelope.charset), chosen is not None or envelope.syntax == "x12"


def dialect_of(envelope: Envelope) -> Dialect:
    """The delimiters in force: those that the envelope gives, and the usual ones in the other roles."""
    roles = _chosen(envelope)
    release = roles.get("release")
    return Dialect(
        syntax=envelope.syntax,
        element=roles["element"].encode("ascii"),
        component=roles["component"].encode("ascii"),
        terminator=roles["terminator"].encode("ascii"),
        release=release.encode("ascii") if release else None,
        repetition=roles["repetition"].encode("ascii") if "repetition" in roles else None,
        decimal=envelope.decimal.encode("ascii"),
        charset=charset_of(envelope)[0].codec,
    )


def with_free_delimiters(envelope: Envelope, messages: Sequence[Outgoing]) -> tuple[Envelope, list[Finding]]:
    """The envelope with other delimiters where its messages hold its own, as far as the partner takes others."""
    pool = envelope.layout.alternatives
    if envelope.syntax == "edifact" or envelope.release or not pool:
        return envelope, []
    used = set(_characters(envelope, messages))
    chosen = _chosen(envelope)
    changes: dict[str, str] = {}
    for role, character in list(chosen.items()):
        if character in used:
            free = next((each for each in pool if each not in used and each not in chosen.values()), None)
            if free is not None:
                chosen[role] = changes[role] = free
    findings = [
        Finding(
            code="delimiter-chosen",
            severity="note",
            text=f"the data holds the {role} delimiter; {character!r} is used in its place",
            where=Where(interchange=envelope.control_number, segment="ISA"),
            layer="envelope",
            value=character,
        )
        for role, character in changes.items()
    ]
    return msgspec.structs.replace(envelope, **changes), findings


def _chosen(envelope: Envelope) -> dict[str, str]:
    """The delimiters by their roles; a role that is not in force is left out."""
    usual = _EDIFACT if envelope.syntax == "edifact" else _X12
    roles = {role: getattr(envelope, role) or character for role, character in usual.items()}
    if not repeats(envelope):
        del roles["repetition"]
    if envelope.syntax == "x12" and envelope.release:
        roles["release"] = envelope.release
    return roles


def _characters(envelope: Envelope, messages: Sequence[Outgoing]) -> Iterator[str]:
    for address in (envelope.sender, envelope.receiver):
        yield from (*address.qualifier, *address.id)
    yield from (*envelope.group_sender, *envelope.group_receiver, *envelope.authorization[1], *envelope.security[1])
    for message in messages:
        yield from message.kind.association
        for node in message.body:
            for segment in node.segments():
                if segment.name not in BINARY:
                    for element in elements_of(segment):
                        for occurrence in element:
                            for value in occurrence:
                                yield from value
