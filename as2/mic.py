"""The MIC: a digest over what was received, by which the sender learns that it is what he sent (RFC 4130 §7.4.3).

Which bytes it is over depends on the packaging, and the texts and the products disagree about it. :func:`ranges` is the
table; the first range is what we send and expect, the others are what a partner may use instead:

=====================  ==========================================  ===============================================
packaging              expected (RFC 4130 §7.3.1, RFC 5402 §4)     seen instead
=====================  ==========================================  ===============================================
signed                 payload entity, headers and content         payload content
signed(compressed)     compressed entity, headers and content      payload entity (inflated first: the usual error),
                                                                   payload content, compressed content
compressed(signed)     payload entity                              payload content
encrypted              payload entity                              payload content
encrypted(compressed)  payload entity                              payload content (OpenAS2, Zato), compressed entity,
                                                                   compressed content
compressed             payload entity                              payload content (OpenAS2, Zato), compressed entity,
                                                                   compressed content (the HTTP body)
plain                  payload content                             payload entity (RFC 5402 §4.3 read by its letter,
                                                                   phase2 when its partnership signs or encrypts)
=====================  ==========================================  ===============================================

An encryption around a signature changes nothing. A multipart/related is a payload entity like any other (RFC 6362
§2.3). The bytes are hashed in the canonicalisation in which the signature verified; without a signature as received.

As sender one stores the digests of all the ranges when the message is built, so that its MDN can be judged years later
without the payload. Another range or other line ends is a match with a noted quirk: the digest proves that the partner
had these bytes. It proves it with no algorithm that is weaker than was asked for, unless the profile says so.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Literal

import msgspec

from as2.digests import CANONICALISATIONS, Canonicalisation, DigestName, EntityDigests, normalise
from as2.source import Source
from as2.tolerance import Tolerated

Range = Literal["payload-entity", "payload-content", "compressed-entity", "compressed-content"]
"""``entity`` is headers and content of a MIME part, ``content`` is without the headers."""

Compression = Literal["none", "before-signing", "after-signing"]
"""Where the one compressed layer is; without a signature both places are one."""

MicOutcome = Literal["match", "alternative", "weaker", "mismatch", "missing", "unreadable", "unknown-algorithm"]

SIZES: Final[dict[DigestName, int]] = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
"""Bytes of each digest, the weakest first."""
_BY_SIZE: Final = {size: name for name, size in SIZES.items()}
_STRENGTH: Final = {name: rank for rank, name in enumerate(SIZES)}
_LONGEST_FIELD: Final = 1_000


class Packaging(msgspec.Struct, frozen=True, kw_only=True):
    """How a payload is wrapped."""

    signed: bool
    encrypted: bool
    compression: Compression = "none"


def ranges(packaging: Packaging) -> tuple[Range, ...]:
    """The byte ranges that a MIC may be over, the expected one first."""
    if packaging.signed and packaging.compression == "before-signing":
        return "compressed-entity", "payload-entity", "payload-content", "compressed-content"
    if packaging.signed or (packaging.encrypted and packaging.compression == "none"):
        return "payload-entity", "payload-content"
    if packaging.compression != "none":
        return "payload-entity", "payload-content", "compressed-entity", "compressed-content"
    return "payload-content", "payload-entity"


class Candidate(msgspec.Struct, frozen=True):
    """The digests of one byte range of a message that we built, in one form of its line ends."""

    range: Range
    canonicalisation: Canonicalisation
    digests: dict[DigestName, bytes]


class Mic(msgspec.Struct, frozen=True):
    """A MIC as it is in a Received-Content-MIC field."""

    digest: bytes
    """Empty when the value is not base64."""
    algorithm: DigestName | None
    """``None`` when it is none of ours."""
    stated: str
    """The field as it was, for the operator."""


class MicVerdict(msgspec.Struct, frozen=True):
    """What the MIC of an MDN says about the message."""

    outcome: MicOutcome
    algorithm: DigestName | None = None
    candidate: Candidate | None = None
    """Which of the candidates it is the digest of."""

    @property
    def matches(self) -> bool:
        """Whether the partner proved to have the bytes that we sent."""
        return self.outcome in ("match", "alternative")


def candidates(
    packaging: Packaging,
    payload: tuple[bytes, Source],
    compressed: tuple[bytes, Source] | None,
    *,
    expected: Sequence[DigestName],
    others: Sequence[DigestName],
) -> Iterator[Candidate]:
    """The digests of every byte range and every form of its line ends, the expected one first, none of them twice.

    ``payload`` and ``compressed`` are entities, header block and content. ``expected`` are the algorithms for the range
    that RFC 4130 wants, ``others`` those for the rest.
    """
    seen: set[tuple[Range, bytes]] = set()
    for position, span in enumerate(ranges(packaging)):
        entity = compressed if span.startswith("compressed") else payload
        if entity is None:
            continue
        block, content = entity
        wanted = expected if position == 0 else others
        running = EntityDigests(wanted)
        if span.endswith("entity"):
            running.update_header(block)
        for chunk in content.chunks():
            running.update(chunk)
        for canonicalisation in CANONICALISATIONS:
            digests = {name: running.digest(name, canonicalisation) for name in wanted}
            key = (span, digests[wanted[0]])
            if key not in seen:
                seen.add(key)
                yield Candidate(span, canonicalisation, digests)


def read_mic(text: str, tolerated: Tolerated | None = None) -> Mic:
    """The MIC in the value of a Received-Content-MIC field; never an error.

    The value is cut at its last comma. A missing algorithm is known by the length of the digest. Blanks, line breaks
    and any spelling of the algorithm are accepted.
    """
    field = text[:_LONGEST_FIELD]
    value, comma, name = field.rpartition(",")
    if not comma:
        value, name = field, ""
    try:
        digest = base64.b64decode("".join(value.split()).strip("\"'"), validate=True)
    except ValueError:
        # No base64, or characters outside ASCII.
        digest = b""
    algorithm = normalise(name) if name.strip() else _BY_SIZE.get(len(digest))
    if tolerated is not None and (not comma or value.split() != [value] or name != f" {name.strip()}"):
        tolerated.add("mic-form")
    return Mic(digest, algorithm, " ".join(field.split()))


def write_mic(digest: bytes, spelling: str) -> str:
    """The value of a Received-Content-MIC field (RFC 4130 §7.4.3): base64, a comma, a blank, the algorithm."""
    return f"{base64.b64encode(digest).decode('ascii')}, {spelling}"


def compare(
    mic: Mic | None,
    candidates: Sequence[Candidate],
    *,
    requested: DigestName,
    weaker_allowed: Collection[DigestName] = (),
    tolerated: Tolerated | None = None,
) -> MicVerdict:
    """What ``mic`` proves; ``candidates`` are those of the message as it was sent, the expected one first.

    ``requested`` is the weakest algorithm that was asked for; a weaker one is a match only if it is among
    ``weaker_allowed``, and is ``weaker`` otherwise. Oddities are added to ``tolerated``.
    """
    if mic is None:
        return MicVerdict("missing")
    if not mic.digest:
        return MicVerdict("unreadable")
    name = mic.algorithm
    if name is None or not any(name in candidate.digests for candidate in candidates):
        return MicVerdict("unknown-algorithm", name)
    for position, candidate in enumerate(candidates):
        if candidate.digests.get(name) != mic.digest:
            continue
        if _STRENGTH[name] < _STRENGTH[requested]:
            if name not in weaker_allowed:
                return MicVerdict("weaker", name, candidate)
            if tolerated is not None:
                tolerated.add("mic-weaker")
        if position == 0:
            return MicVerdict("match", name, candidate)
        if tolerated is not None:
            same_range = candidate.range == candidates[0].range
            tolerated.add("mic-other-line-ends" if same_range else "mic-other-range")
        return MicVerdict("alternative", name, candidate)
    return MicVerdict("mismatch", name)
