"""The public keys that a channel names: lines of its own, or a file of the profiles folder."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from partners.authorized_key import check_line
from partners.certificate import FILE

KeyLines = Annotated[
    tuple[Annotated[str, AfterValidator(check_line)], ...],
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                {
                    "type": "object",
                    "properties": {"file": {"type": "string", "pattern": f"^(?:{FILE.pattern})$"}},
                    "required": ["file"],
                    "additionalProperties": False,
                },
            ],
            "description": "OpenSSH public key lines, or a file of the profiles folder that holds them",
        }
    ),
]
