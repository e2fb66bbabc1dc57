"""The common ground of everything a profile says: frozen values, and no key that the model does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

INNER = "inner"
"""The type of an error that a check of a whole raises about one of its parts."""


class Model(BaseModel):
    """A frozen value; an unknown key is a fault, because a misspelt setting must not be silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def inner_error(message: str, *at: str | int) -> PydanticCustomError:
    """The error for a validator to raise when the fault lies deeper than the value it checks, at ``at`` below it."""
    return PydanticCustomError(INNER, "{message}", {"message": message, "at": at})
