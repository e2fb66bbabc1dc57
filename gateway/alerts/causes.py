"""What an alert can be about: the causes of cases, in families, with what each means in one line.

A case's own text quotes what partners wrote, so it stays in the ledger (:mod:`gateway.events.data` says why); a mail
has these words instead. Beside causes a rule may name a type of event, such as ``customs.hold``: what is worth a word
and no work for a person. An event has a dot in its name, and nothing that closes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

import msgspec

from gateway.events.taxonomy import EVENT_TYPES, family_of

CauseFamily = Literal[
    "overdue", "answers", "incoming", "outgoing", "delivery", "certificates", "silence", "gateway", "limits"
]

FAMILIES: tuple[CauseFamily, ...] = get_args(CauseFamily)


class Cause(msgspec.Struct, frozen=True):
    """Why there is a case: its family, and what it means."""

    family: CauseFamily
    meaning: str


def _all(family: CauseFamily, meanings: Mapping[str, str]) -> dict[str, Cause]:
    return {name: Cause(family, meaning) for name, meaning in meanings.items()}


_DOUBTFUL = "a receipt over AS2 proves nothing: see whether the partner has the message"

CAUSES: Mapping[str, Cause] = {
    **_all(
        "overdue",
        {
            "receipt-overdue": "the partner did not acknowledge a message in time",
            "certificates-unanswered": "the partner did not answer an offer of certificates in time",
        },
    ),
    **_all(
        "answers",
        {
            "answer-not-counted": "an acknowledgment came with the test mark, and the agreement is live",
            "rejected-by-partner": "the partner rejected what we sent",
            "receipt-unmatched": "a receipt answers nothing that we sent",
            "answer-unreadable": "an acknowledgment is itself faulty",
            "as2-mdn-contradicts": "two receipts over AS2 contradict each other",
            "as2-mdn-negative": "the partner's AS2 software refused a message",
            **dict.fromkeys(
                (
                    "as2-mic-mismatch",
                    "as2-mic-missing",
                    "as2-mic-unreadable",
                    "as2-mic-unknown-algorithm",
                    "as2-mic-weaker",
                    "as2-mdn-unverifiable",
                    "as2-mdn-unsigned",
                    "as2-mdn-unclear",
                    "as2-mdn-missing",
                    "as2-mdn-duplicate",
                    "as2-mdn-already-processed",
                    "as2-mdn-of-another-message",
                    "as2-part-not-joined",
                ),
                _DOUBTFUL,
            ),
        },
    ),
    **_all(
        "incoming",
        {
            "upload-broken": "an upload broke off; nothing of it was kept",
            "unreadable": "a file holds no interchange, or damaged bytes beside good ones",
            "unknown-sender": "no party has the identity of an interchange's sender",
            "unknown-receiver": "an interchange is addressed to nobody that is us",
            "no-agreement": "an interchange came of a partner with whom nothing is agreed",
            "outside-dates": "an interchange came outside the days of its agreement",
            "draft": "an interchange came under an agreement that is a draft",
            "suspended": "an interchange came under an agreement that is suspended",
            "ended": "an interchange came under an agreement that has ended",
            "collecting-fails": "files cannot be collected from a partner's server or a folder",
            "file-not-collected": "a single file cannot be collected: it is refused, or too large",
            "identity-mismatch": "an interchange names another sender than the partner whose login was used",
            "repeat-held": "an interchange came a second time and is held",
            "package-unassigned": "an interchange holds packages that no flow takes",
            "cannot-be-answered": "the acknowledgment of an interchange cannot be written",
            "too-large-to-read": "a file is larger than `largest_document`",
            "as2-refused": "messages over AS2 were refused",
            "message-id-reused": "another message came under a Message-ID that was used before",
            "as2-unknown-sender": "somebody whom no profile knows posts to the AS2 endpoint",
        },
    ),
    **_all(
        "outgoing",
        {
            "flow-unknown": "a document of ours names a flow that there is not",
            "agreement-not-in-force": "a document of ours is for an agreement that is not in force",
            "document-unreadable": "a document of ours is no canonical document",
            "cannot-be-written": "a document of ours does not fit into the partner's message",
        },
    ),
    **_all(
        "delivery",
        {
            "retries-used-up": "what stood in the way did so until the time was used up; it was given up",
            "channel-unreachable": "nobody is reached over a channel; what goes there waits",
            "delivering-fails": "a partner's server or a folder takes no files",
            "unroutable": "the broker took a document that no queue wants",
            "unfit": "a document is too large for the broker",
            "as2-parked": "a delivery over AS2 was given up",
            "as2-not-sendable": "a message over AS2 cannot be made",
            "as2-mdn-not-taken": "the partner's server does not take our receipt",
            "channel-gone": "the channel of a delivery is in the profiles no more",
        },
    ),
    **_all(
        "certificates",
        {
            **{
                f"certificate-expires-{days}": f"a certificate ends within {days} {'day' if days == 1 else 'days'}"
                for days in (60, 30, 7, 1)
            },
            "certificate-expired": "a certificate that is in use has ended",
            "certificates-offered": "the partner offers new certificates: somebody has to approve them",
            "certificates-rejected": "the partner rejected the certificates that we offered",
            "certificate-answer-unmatched": "an answer about certificates answers no offer of ours",
            "certificate-answer-differs": "a partner answered an offer of certificates a second time and otherwise",
            "as2-key-missing": "a private key or password of ours is not there",
        },
    ),
    **_all("silence", {"silent": "nothing has come in a flow for longer than is usual"}),
    **_all(
        "gateway",
        {
            "archive-damaged": "bytes that the archive kept are not what they were: look at the disk",
            "workers-ended": "the gateway died several times while it worked on this",
            "stage-failed": "a fault in the gateway, several times over; the log has more",
            "unaccounted": "the nightly reconciliation found something that nothing would have taken care of",
            "alert-undeliverable": "an alert could not be sent",
            "alert-late": "alerts have waited long for the server that should take them",
        },
    ),
    **_all(
        "limits",
        {
            "disk-low": "less disk is free than `disk_free` asks for",
            "queue-slow": "work waits for longer than `queue_age` allows",
            "delivery-late": "deliveries wait for longer than `delivery_age` allows",
        },
    ),
}
"""Every cause of a case, by its name; a test holds it against the how-tos, which explain each."""

EVENTS: tuple[str, ...] = tuple(name for name in EVENT_TYPES if family_of(name) != "case")
"""The types of event that an alert can be about; of a case its cause says more."""

NAMES: tuple[str, ...] = (*FAMILIES, *CAUSES, *EVENTS)
"""What a rule can name."""


def unfolded(names: Iterable[str]) -> frozenset[str]:
    """The causes and events that a rule's list means: each entry one of them, or a family for all of its causes."""
    wanted = set(names)
    return frozenset(
        [name for name, cause in CAUSES.items() if name in wanted or cause.family in wanted]
        + [name for name in EVENTS if name in wanted]
    )


def ends(topic: str) -> bool:
    """Whether somebody or something ends it one day: a case is closed, an event only happened."""
    return topic not in EVENT_TYPES


def meaning_of(topic: str) -> str:
    """What a cause or event means, in one line; raises ``KeyError`` for what is neither."""
    if ends(topic):
        return CAUSES[topic].meaning
    meaning = EVENT_TYPES[topic].meaning
    return meaning[0].lower() + meaning[1:]
