"""What is written down of a message that came: its documents, its row, the facts that show later how it was judged.

Facts are strings for people: AS2 names, algorithms, the certificates that signed and opened, the oddities that were put
up with. Whoever doubts them has the body as it came, in the archive, and can judge it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from archive import Locator
from as2.features import shown
from as2.filenames import safe_filename
from as2.mdn import MdnMessage
from as2.receiving import Document, Received
from gateway.channels.as2.posted import Judged, Posted
from gateway.ids import new_id
from gateway.ledger.as2_received import ReceivedRow
from gateway.ledger.receipts import Receipt
from gateway.ledger.transmissions import MDN_PROTOCOL, NOT_READ, Transmission
from gateway.receiving import ARRIVAL_LANE, READ
from gateway.wiring import ACK_LANE

PROTOCOL = "as2"
"""Of a transmission that is a document."""
_PICTURES = frozenset({"image", "audio", "video"})
_FOR_PEOPLE = frozenset({"application/pdf", "application/msword", "application/rtf", "application/zip", "text/html"})


def documents(
    posted: Posted, judged: Judged, received: Received, places: Sequence[Locator], now: datetime
) -> list[tuple[Transmission, str | None]]:
    """Each document as a transmission, with the stage that it waits for.

    What is attached for people, such as a picture, is kept and waits for nothing: it holds no interchange. Nor does an
    exchange of certificates, which is understood already; the fact :data:`NOT_READ` says why.
    """
    facts = _facts(posted, received)
    many = len(received.documents)
    found = []
    for number, (document, place) in enumerate(zip(received.documents, places, strict=True), 1):
        name = safe_filename(document.filename) if document.filename else None
        own = {"media_type": document.media_type}
        if document.filename is not None and document.filename != name:
            own["stated_name"] = document.filename
        if many > 1:
            own["part"] = f"{number} of {many}"
        if judged.exchange is not None:
            own[NOT_READ] = "an exchange of certificates"
        elif number > 1 and _for_people(document):
            own[NOT_READ] = "attached for people"
        transmission = Transmission(
            id=new_id("t", now),
            direction="in",
            side="partner",
            party=posted.channel.party,
            channel=posted.channel.id,
            protocol=PROTOCOL,
            name=name or posted.message_id,
            size=place.size,
            sha256=place.sha256,
            at=now,
            facts=facts | own,
            lane=ARRIVAL_LANE,
        )
        found.append((transmission, None if NOT_READ in own else READ))
    return found


def row(
    posted: Posted,
    judged: Judged,
    *,
    body: Locator | None,
    mdn: tuple[MdnMessage, Locator] | None,
    document: str | None,
    now: datetime,
) -> ReceivedRow:
    """The row of the message; ``body`` is ``None`` when it is not kept, ``document`` the transmission of the first."""
    mic = judged.mic
    return ReceivedRow(
        id=new_id("p", now),
        sender=posted.heading.sender,
        receiver=posted.heading.receiver,
        message_id=posted.message_id,
        party=posted.channel.party,
        channel=posted.channel.id,
        at=now,
        accepted=judged.fault is None,
        code=judged.code,
        cause=judged.fault.cause if judged.fault is not None else "",
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in posted.headers.fields],
        body_sha256=body.sha256 if body is not None else None,
        mic_algorithm=mic[0] if mic is not None else None,
        mic=mic[1].hex() if mic is not None else None,
        facts=_facts(posted, judged.received),
        transmission=document,
        receipt=posted.mode,
        mdn_headers=mdn[0].headers if mdn is not None else None,
        mdn_sha256=mdn[1].sha256 if mdn is not None else None,
        mdn_transmission=new_id("t", now) if mdn is not None else None,
    )


def given(posted: Posted, row: ReceivedRow, mdn: tuple[MdnMessage, Locator]) -> tuple[Transmission, Receipt]:
    """The MDN as a transmission, with what it says; an asynchronous one finds its header fields in the ``received``."""
    message, place = mdn
    if row.mdn_transmission is None:
        raise ValueError(f"row {row.id} has no MDN")
    transmission = Transmission(
        id=row.mdn_transmission,
        direction="out",
        side="partner",
        party=row.party,
        channel=row.channel,
        protocol=MDN_PROTOCOL,
        name=dict(message.headers)["Message-ID"].strip("<>"),
        size=place.size,
        sha256=place.sha256,
        at=row.at,
        facts={"received": row.id, "receipt": row.receipt, "remote": posted.remote},
        lane=ACK_LANE,
        answers=row.transmission,
    )
    receipt = Receipt(
        id=new_id("r", row.at),
        kind="mdn",
        direction="out",
        party=row.party,
        transmission=transmission.id,
        verdict="accepted" if row.accepted else "rejected",
        codes=[] if row.accepted else [row.code],
        text=row.code,
        at=row.at,
    )
    return transmission, receipt


def _facts(posted: Posted, received: Received | None) -> dict[str, str]:
    heading = posted.heading
    facts = {
        "as2_from": heading.sender,
        "as2_to": heading.receiver,
        "message_id": posted.message_id,
        "remote": posted.remote,
        "product": heading.product,
        "features": shown(heading.features),
        "subject": heading.subject,
    }
    if heading.receipt.url is not None:
        facts["receipt_url"] = heading.receipt.url
    if received is None:
        return _said(facts)
    facts["compression"] = received.packaging.compression if received.packaging.compression != "none" else ""
    if (verified := received.verified) is not None:
        facts["signed_by"] = verified.certificate.sha256
        facts["signature"] = f"{verified.scheme} {verified.digest_name} {verified.canonicalisation}"
    if (opened := received.opened) is not None:
        facts["opened_by"] = opened.opened_by.certificate.sha256
        facts["encryption"] = f"{opened.cipher} {opened.key_transport} {opened.form}"
    if received.mic is not None:
        facts["mic"] = f"{received.mic[1].hex()} {received.mic[0]}"
    facts["tolerated"] = " ".join(sorted(received.tolerated))
    return _said(facts)


def _said(facts: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def _for_people(document: Document) -> bool:
    return document.media_type in _FOR_PEOPLE or document.media_type.partition("/")[0] in _PICTURES
