"""Channels: the transport endpoints of a counterpart.

A channel belongs to one party and carries what is particular to its transport, told apart by ``kind``. Secrets are not
profile data: a profile is text in version control, so it holds public keys and certificates and nothing private.
"""

from __future__ import annotations

import re
from datetime import date
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from partners.authorized_key import check_line
from partners.days import not_before
from partners.model import Model
from partners.scalars import Day, Form, Id, Switch

NAME_PARTS = {"party": 64, "flow": 64, "standard": 7, "type": 70, "number": 14, "date": 8, "time": 6, "id": 24}
"""What an outbound file name can be made of, and the length each part can have.

``date`` is YYYYMMDD and ``time`` HHMMSS, both UTC; ``id`` is ours."""

MAX_NAME = 255
"""Of a file's name on the partner's side: the limit of most file systems."""

_FILE = Form(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,7}", "a file of the profiles folder")


def _name_pattern(pattern: str) -> str:
    try:
        fields = [
            (name, spec, conversion) for _, name, spec, conversion in Formatter().parse(pattern) if name is not None
        ]
    except ValueError as error:
        raise ValueError(f"`{pattern}` is not a file name pattern: {error}") from None
    for name, spec, conversion in fields:
        if name not in NAME_PARTS or spec or conversion:
            raise ValueError(f"`{{{name}}}` is not a part of a file name; there are {', '.join(NAME_PARTS)}")
    if not {"number", "id"} & {name for name, _, _ in fields}:
        raise ValueError("a file name needs {number} or {id}, or two files would have one name")
    literal = "".join(text for text, _, _, _ in Formatter().parse(pattern))
    # Slashes would leave the mailbox; a leading dot hides the file from many clients' listings.
    if len(literal) + sum(NAME_PARTS[name] for name, _, _ in fields) > MAX_NAME:
        raise ValueError(f"such a file name could have more than {MAX_NAME} characters")
    if not re.fullmatch(r"[A-Za-z0-9._ +=@-]*", literal) or pattern.startswith("."):
        raise ValueError("a file name has letters, digits, blanks and . _ - + = @ only, and no dot in front")
    if literal.lower().endswith((".part", ".tmp", ".filepart")):
        raise ValueError("a file name does not end like a temporary name")
    return pattern


NamePattern = Annotated[
    str, AfterValidator(_name_pattern), WithJsonSchema({"type": "string", "pattern": r"\{(number|id)\}"})
]
KeyLine = Annotated[str, AfterValidator(check_line)]


class SftpChannel(Model):
    """A mailbox on our SFTP server: the partner puts into ``in/`` and collects from ``out/``."""

    kind: Literal["sftp"]
    id: Id
    party: Id
    login: Annotated[
        str, Form("[a-z0-9][a-z0-9._-]{0,31}", "a login: lower-case letters, digits, . _ and -, at most 32")
    ]
    authorized_keys: Annotated[
        tuple[KeyLine, ...],
        WithJsonSchema(
            {
                "oneOf": [
                    {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    {
                        "type": "object",
                        "properties": {"file": {"type": "string", "pattern": f"^(?:{_FILE.pattern})$"}},
                        "required": ["file"],
                        "additionalProperties": False,
                    },
                ],
                "description": "OpenSSH public key lines, or a file of the profiles folder that holds them",
            }
        ),
    ]
    """OpenSSH public key lines, or ``{file: keys/name.pub}``: a file of the profiles folder that holds them."""
    file_name: NamePattern = "{type}-{number}.edi"
    """The pattern of the names we give to files in ``out/``; its parts: ``{party}``, ``{flow}``, ``{standard}``,
    ``{type}``, ``{number}``, ``{date}``, ``{time}``, ``{id}``."""

    def name_of(self, **parts: str) -> str:
        """The outbound file name; ``parts`` are those of ``NAME_PARTS``.

        What could leave the folder, or hide the file, becomes ``_``."""
        safe = {part: re.sub(r"^\.|[^A-Za-z0-9._+=@-]", "_", text) for part, text in parts.items()}
        return self.file_name.format(**safe)


class MdnTerms(Model):
    """The receipt an AS2 partner sends: in the answer to our request, or later to our URL."""

    mode: Literal["sync", "async"] = "sync"
    signed: Switch = True


def _pem(text: str) -> str:
    # What the file holds is not quoted: it may be the wrong file.
    if not re.fullmatch(r"(?s)\s*-----BEGIN CERTIFICATE-----\s.*-----END CERTIFICATE-----\s*", text):
        raise ValueError("the file does not hold a PEM certificate")
    return text


class Certificate(Model):
    """A certificate of the partner's, with the days it is used on; two may overlap while one replaces the other."""

    file: Annotated[str, _FILE]
    pem: Annotated[str, AfterValidator(_pem)] | None = None
    """The file's content: filled in when the profiles are loaded."""
    use: Annotated[tuple[Literal["verify", "encrypt"], ...], Field(min_length=1)] = ("verify", "encrypt")
    valid_from: Day | None = None
    valid_to: Day | None = None

    @field_validator("valid_to")
    @classmethod
    def _ends_after_it_begins(cls, valid_to: date | None, info: ValidationInfo) -> date | None:
        return not_before(valid_to, info.data.get("valid_from"))


class As2Channel(Model):
    """A partner's AS2 endpoint. The AS2 names are identities of the parties."""

    kind: Literal["as2"]
    id: Id
    party: Id
    url: Annotated[str, Form(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[\x21-\x7e]*)?", "a URL")]
    sign: Literal["none", "sha256", "sha384", "sha512"] = "sha256"
    encrypt: Literal["none", "3des", "aes128", "aes192", "aes256"] = "aes256"
    compress: Switch = False
    mdn: MdnTerms = MdnTerms()
    certificates: tuple[Certificate, ...] = ()


class AmqpChannel(Model):
    """A RabbitMQ exchange we publish to and, where the partner publishes too, the queue we read from."""

    kind: Literal["amqp"]
    id: Id
    party: Id
    exchange: Annotated[str, Form(r"[\x21-\x7e]{1,127}", "an exchange's name")]
    routing_key: Annotated[str, Form(r"[\x21-\x7e]{1,255}", "a routing key")]
    queue: Annotated[str, Form(r"[\x21-\x7e]{1,255}", "a queue's name")] | None = None


Channel = Annotated[SftpChannel | As2Channel | AmqpChannel, Field(discriminator="kind")]
KINDS: dict[str, type[SftpChannel] | type[As2Channel] | type[AmqpChannel]] = {
    "sftp": SftpChannel,
    "as2": As2Channel,
    "amqp": AmqpChannel,
}
