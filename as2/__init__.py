"""AS2 messages and receipts as bytes and values (RFC 4130); knows no socket, no clock and no disk.

``build_message`` gives what is sent, ``receive`` what became of what arrived; ``build_mdn`` and ``read_mdn`` do the
same for receipts, and ``compare`` says whether a receipt's MIC proves that the partner has our bytes. ``judge_answer``
and ``judge_mdn`` say what an answer means for the message it answers. Bodies are sources that are read piece by piece,
so a message may be larger than the memory; times, ids, keys and random bytes are arguments. What a partner sends never
ends in an exception but in an outcome, with one cause for the operator and one code for the partner.
"""

from as2.building import Address, Built, Encrypting, Payload, Sending, build_message
from as2.certificates import Certificate, KeyPair, Unusable, load_certificates, load_pkcs12, load_private_key, pair
from as2.cms.algorithms import Permits
from as2.diagnosis import Diagnosis, diagnose
from as2.fault import As2Fault, DispositionCode
from as2.headers import Headers, parse_block
from as2.heading import Heading, read_heading
from as2.mdn import MdnMessage, Receipt, build_mdn
from as2.mdn_reading import ReadMdn, is_mdn, read_mdn
from as2.mic import Candidate, MicVerdict, Packaging, compare
from as2.options import ReceiptRequest, write_request
from as2.receiving import Document, Received, Receiving, receive
from as2.response import Attempt, Outcome, judge_answer, judge_mdn
from as2.signed import Signing
from as2.source import BytesSource, Entropy, Joined, MemoryScratch, Scratch, Source
from as2.tolerance import TOLERANCES, Tolerance, ToleranceId

__all__ = [
    "TOLERANCES",
    "Address",
    "As2Fault",
    "Attempt",
    "Built",
    "BytesSource",
    "Candidate",
    "Certificate",
    "Diagnosis",
    "DispositionCode",
    "Document",
    "Encrypting",
    "Entropy",
    "Headers",
    "Heading",
    "Joined",
    "KeyPair",
    "MdnMessage",
    "MemoryScratch",
    "MicVerdict",
    "Outcome",
    "Packaging",
    "Payload",
    "Permits",
    "ReadMdn",
    "Receipt",
    "ReceiptRequest",
    "Received",
    "Receiving",
    "Scratch",
    "Sending",
    "Signing",
    "Source",
    "Tolerance",
    "ToleranceId",
    "Unusable",
    "build_mdn",
    "build_message",
    "compare",
    "diagnose",
    "is_mdn",
    "judge_answer",
    "judge_mdn",
    "load_certificates",
    "load_pkcs12",
    "load_private_key",
    "pair",
    "parse_block",
    "read_heading",
    "read_mdn",
    "receive",
    "write_request",
]
