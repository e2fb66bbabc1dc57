"""What kind of receipt a message asks for (RFC 4130 §7.3, RFC 3798 §2.2), and how ours ask.

Three header fields say it. ``Disposition-Notification-To`` asks for a receipt by its presence; its value is ignored.
``Receipt-Delivery-Option`` asks, also by its presence, that it come on a connection of its own; its value is a URL that
is only ever *compared* with the profile's, for whoever sends a message must not choose where we connect to.
``Disposition-Notification-Options`` asks for a signature::

    signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256, sha1

Both parameters are needed for a signed receipt. The algorithms are in order of preference: the first that we support is
taken, unknown ones are passed over, and one that is not listed is never used instead. Where nothing that is listed can
be done, the receipt is a negative one (``failed``), which may be unsigned. A parameter that we do not know and that is
``required`` leads to the same, an optional one does not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Literal

import msgspec

from as2.digests import DigestName, normalise
from as2.fault import Unsupported, Unwritable
from as2.headers import Headers

Importance = Literal["optional", "required"]

_PROTOCOL = "signed-receipt-protocol"
_ALGORITHMS = "signed-receipt-micalg"
_SIGNATURES = frozenset({"pkcs7-signature", "x-pkcs7-signature"})
_BLANKS = " \t\r\n\"'"
PARAMETERS: Final = 20
"""How many parameters, and how many values of one, are looked at. There are two parameters."""


class Option(msgspec.Struct, frozen=True):
    """One parameter of Disposition-Notification-Options."""

    importance: Importance
    values: tuple[str, ...]
    """As stated, in order."""


class ReceiptRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says about its receipt."""

    wanted: bool
    """Whether a receipt is asked for at all; without that, nothing of the rest counts."""
    protocol: Option | None = None
    algorithms: Option | None = None
    not_understood: tuple[str, ...] = ()
    """Parameters that we do not know and that are required."""
    url: str | None = None
    """What Receipt-Delivery-Option says, for comparing with the profile's; ``None`` when it is not there or empty."""

    @property
    def asynchronous(self) -> bool:
        """Whether the receipt is to come on a connection of its own."""
        return self.wanted and self.url is not None

    @property
    def signed(self) -> bool:
        """Whether a signed receipt is asked for, in a form that we can give."""
        return self.wanted and self.algorithms is not None and self._signature_known

    @property
    def _signature_known(self) -> bool:
        return self.protocol is not None and any(
            value.lower().removeprefix("application/") in _SIGNATURES for value in self.protocol.values
        )

    def digests(self) -> tuple[DigestName, ...]:
        """The listed algorithms that have a name among ours, in order, none twice."""
        listed = self.algorithms.values if self.algorithms is not None else ()
        return tuple(dict.fromkeys(name for name in map(normalise, listed) if name is not None))


def read_request(headers: Headers) -> ReceiptRequest:
    """What these header fields ask for; never an error, for what cannot be given is answered and not refused."""
    options: dict[str, Option] = {}
    for value in headers.all("Disposition-Notification-Options"):
        for parameter in value.split(";")[:PARAMETERS]:
            name, equals, stated = parameter.partition("=")
            if equals and name.strip(_BLANKS):
                options.setdefault(name.strip(_BLANKS).lower(), _option(stated))
    url = headers.get("Receipt-Delivery-Option")
    return ReceiptRequest(
        wanted=headers.get("Disposition-Notification-To") is not None,
        protocol=options.get(_PROTOCOL),
        algorithms=options.get(_ALGORITHMS),
        not_understood=tuple(
            name
            for name, option in options.items()
            if option.importance == "required" and name not in (_PROTOCOL, _ALGORITHMS)
        ),
        url=url or None,
    )


def chosen_digest(
    request: ReceiptRequest, *, supported: Collection[DigestName], signature_digest: DigestName | None
) -> DigestName:
    """The algorithm of the MIC, and of the signature of the receipt.

    The first listed one that is ``supported``; without a list that of the message's own signature; for a message
    without one SHA-256 (RFC 4130 §7.4.3 said SHA-1, which nobody may generate any more). :class:`Unsupported`
    with what to answer, when nothing listed is supported, or when the receipt cannot be signed in a way that is
    required, or when an unknown parameter is required.
    """
    if request.not_understood:
        raise Unsupported(
            "receipt-option-unknown",
            f"The receipt is required to honour {request.not_understood[0][:100]!r}, which we do not know.",
        )
    if request.protocol is not None and request.protocol.importance == "required" and not request._signature_known:
        raise Unsupported(
            "receipt-protocol-unsupported",
            f"The receipt is required in the form {', '.join(request.protocol.values)[:100]!r}; "
            "we sign with pkcs7-signature.",
        )
    if request.algorithms is not None and request.algorithms.values:
        for name in request.digests():
            if name in supported:
                return name
        raise Unsupported(
            "receipt-micalg-unsupported",
            f"Of the MIC algorithms {', '.join(request.algorithms.values)[:200]!r} we support none for this partner.",
            disposition="unsupported-mic-algorithms",
        )
    return signature_digest or "sha256"


def write_request(
    *,
    to: str,
    signed: bool,
    algorithms: Sequence[str] = (),
    importance: Importance = "optional",
    url: str | None = None,
) -> list[tuple[str, str]]:
    """The header fields that ask for a receipt.

    ``to`` may be anything that is not empty; an address is usual. ``algorithms`` are micalg spellings in order of
    preference: one, the digest that the message is signed with, unless the profile says otherwise. With ``url`` the
    receipt is to come on a connection of its own. :class:`Unwritable` for a signed receipt without algorithms.
    """
    fields = [("Disposition-Notification-To", to)]
    if signed:
        if not algorithms:
            raise Unwritable("receipt-without-micalg", "A signed receipt is asked for without a MIC algorithm.")
        listed = ", ".join(algorithms)
        fields.append(
            (
                "Disposition-Notification-Options",
                f"{_PROTOCOL}={importance}, pkcs7-signature; {_ALGORITHMS}={importance}, {listed}",
            )
        )
    if url is not None:
        fields.append(("Receipt-Delivery-Option", url))
    return fields


def _option(stated: str) -> Option:
    """Importance and values; the importance is often left out, and counts as optional then."""
    values = [value.strip(_BLANKS) for value in stated.split(",")[: PARAMETERS + 1]]
    importance: Importance = "optional"
    if values and values[0].lower() in ("optional", "required"):
        importance = "required" if values.pop(0).lower() == "required" else "optional"
    return Option(importance, tuple(value for value in values if value))
