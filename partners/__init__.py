"""The profile model: parties, channels, agreements and flows, parsed with every fault and its line.

``load(files)`` gives a :class:`Register`, or every fault in the files. ``Register.recognise`` says which parties and
which agreement an interchange belongs to. ``Agreement.resolved`` and ``sha256`` are what a message remembers of it.
The package does no I/O and knows no clock: contents, names and days are arguments.
"""

from partners.agreement import Agreement, Terms, diff, read_agreement
from partners.as2_channel import As2Channel
from partners.authorized_key import decode as decode_key
from partners.authorized_key import fingerprint as key_fingerprint
from partners.channel import AmqpChannel, Channel, SftpChannel
from partners.code_list import CodeList, CodePair
from partners.envelope import Clearance, Delimiters, Envelope
from partners.fault import Fault, Place
from partners.file_channel import Collecting, DirectoryChannel, SftpClientChannel
from partners.flow import (
    WEEKDAYS,
    Cadence,
    Direction,
    Duplicate,
    Flow,
    MessageType,
    NumberRange,
    Retry,
)
from partners.identity import Identity, WireIdentity, canonical_qualifier
from partners.loading import Known, Loaded, load
from partners.party import Contact, Party
from partners.reading import EdifactReading, ReadingSettings, X12Reading
from partners.receipt import ExpectedReceipt, IssuedReceipt
from partners.register import Outcome, Recognition, Register
from partners.scalars import read_duration, write_duration
from partners.schema import profile_schema

__all__ = [
    "WEEKDAYS",
    "Agreement",
    "AmqpChannel",
    "As2Channel",
    "Cadence",
    "Channel",
    "Clearance",
    "CodeList",
    "CodePair",
    "Collecting",
    "Contact",
    "Delimiters",
    "Direction",
    "DirectoryChannel",
    "Duplicate",
    "EdifactReading",
    "Envelope",
    "ExpectedReceipt",
    "Fault",
    "Flow",
    "Identity",
    "IssuedReceipt",
    "Known",
    "Loaded",
    "MessageType",
    "NumberRange",
    "Outcome",
    "Party",
    "Place",
    "ReadingSettings",
    "Recognition",
    "Register",
    "Retry",
    "SftpChannel",
    "SftpClientChannel",
    "Terms",
    "WireIdentity",
    "X12Reading",
    "canonical_qualifier",
    "decode_key",
    "diff",
    "key_fingerprint",
    "load",
    "profile_schema",
    "read_agreement",
    "read_duration",
    "write_duration",
]
