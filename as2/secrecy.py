"""What a stranger may be told about a message whose encryption does not protect it from being changed (CBC).

Whoever recorded such a message can change it, send it as his own and look at the answer. Every answer that depends on
what the changed bytes decrypt to gives some of them away, and enough answers give the whole message (Vaudenay 2002,
Bleichenbacher 1998; EFAIL for mail). So there is one answer, ``decryption-failed``, for everything that can go wrong
before the whole structure was read, from the padding to the last delimiter, and for a signature that is not there at
all: with a first block of one's own choosing anything can be made to look unsigned. Only then are a digest that does
not fit and a signer who is not pinned told apart; neither depends on what a single block decrypts to. What is wrong
**inside** the signed part counts once the signature was found good: the sender wrote it so, and may know.

A positive answer is an answer too. Where blocks can be put into bytes that nobody signs, such as the header block of
the signature part, the message stays good as long as they do not come out as something that matters there, and that can
be made to depend on the block one wants to know. Blocks that are put somewhere come out as noise, with others beside
them; so those bytes must be plain ASCII text, as they are in every real message. No MIC is told of a message that is
refused: it would be the digest of something that he who asks does not know.

What remains is in ``docs/explanation/as2.md``; the cure is GCM.
"""

from __future__ import annotations

import re
from typing import Final

from as2.cms.opening import EnvelopeForm
from as2.fault import (
    As2Fault,
    AuthenticationFailed,
    DecryptionFailed,
    DispositionCode,
    Insufficient,
    IntegrityFailed,
    Unreadable,
    Unsupported,
)

_TOLD_OF_A_WHOLE: Final = (IntegrityFailed, AuthenticationFailed, Insufficient)
_TEXT: Final = re.compile(rb"[\t\n\r -~]*")


class Secrecy:
    """How far one message was read, and so what may be said about it."""

    def __init__(self) -> None:
        self._malleable = False
        self._whole = False
        self._around: list[bytes] = []

    def opened(self, form: EnvelopeForm) -> None:
        """Its envelope was opened."""
        self._malleable = form == "enveloped"

    def around(self, block: bytes) -> None:
        """There is a header block inside the encryption and outside the signature."""
        self._around.append(block)

    def whole(self, block: bytes, signature: bytes) -> None:
        """Everything around the signed part was read, last the header block and the text of the signature.

        :class:`Unreadable` when something of it is noise; ``signature`` is empty where it is no text.
        """
        if self._malleable and not all(map(_TEXT.fullmatch, (*self._around, block, signature))):
            raise Unreadable(
                "noise-around-signature", "Bytes that are no text stand around the signature inside the encryption."
            )
        self._whole = True

    def proven(self) -> None:
        """Its signature holds: nobody changed it."""
        self._malleable = False

    def told(self, fault: As2Fault) -> DispositionCode:
        """What the partner hears about ``fault``."""
        # What is wrong with the request for a receipt stands outside the encryption.
        open_to_all = isinstance(fault, Unsupported) or (self._whole and isinstance(fault, _TOLD_OF_A_WHOLE))
        return DecryptionFailed.answer if self._malleable and not open_to_all else fault.disposition

    @property
    def mic_of_a_fault(self) -> bool:
        """Whether a refused message may be answered with its MIC."""
        return not self._malleable
