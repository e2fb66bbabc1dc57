"""Code lists: a partner's codes and ours, both ways, with the days they hold.

Conversion has to be a function in each direction on every day, or re-running a message would need luck. Two entries
may share one of our codes or one of theirs only when their days do not meet or when each is for one direction.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from partners.days import not_before, overlap, within
from partners.model import Model, inner_error
from partners.scalars import Day, Form, Id, Name

_Code = Annotated[str, Form(r"\S(?:[^\r\n]{0,68}\S)?", "a code: one line of at most 70 characters", True)]


class CodePair(Model):
    """One of our codes and one of theirs; ``direction`` limits a synonym to what is received or to what is sent."""

    ours: _Code
    theirs: _Code
    direction: Literal["both", "in", "out"] = "both"
    valid_from: Day | None = None
    valid_to: Day | None = None
    """The last day the pair holds."""

    @field_validator("valid_to")
    @classmethod
    def _ends_after_it_begins(cls, valid_to: date | None, info: ValidationInfo) -> date | None:
        return not_before(valid_to, info.data.get("valid_from"))

    def holds(self, on: date, direction: Literal["in", "out"]) -> bool:
        """Whether the pair is used on a day in a direction."""
        return self.direction in ("both", direction) and within(on, self.valid_from, self.valid_to)

    def shares_a_day_with(self, other: CodePair) -> bool:
        """Whether both hold on some day."""
        return overlap(self.valid_from, self.valid_to, other.valid_from, other.valid_to)


class CodeList(Model):
    """A named list of pairs, and what happens to a code that is not in it."""

    id: Id
    name: Name | None = None
    unmapped: Literal["finding", "keep"] = "finding"
    """``finding``: a code without a pair is reported; ``keep``: it passes unchanged."""
    entries: Annotated[tuple[CodePair, ...], Field(min_length=1)]

    @field_validator("entries")
    @classmethod
    def _is_a_function_both_ways(cls, entries: tuple[CodePair, ...]) -> tuple[CodePair, ...]:
        by_ours: dict[str, list[CodePair]] = {}
        by_theirs: dict[str, list[CodePair]] = {}
        for number, pair in enumerate(entries):
            for other in by_theirs.setdefault(pair.theirs, []):
                if "out" not in (pair.direction, other.direction) and pair.shares_a_day_with(other):
                    raise inner_error(f"their `{pair.theirs}` means `{other.ours}` already", number, "theirs")
            for other in by_ours.setdefault(pair.ours, []):
                if "in" not in (pair.direction, other.direction) and pair.shares_a_day_with(other):
                    raise inner_error(f"our `{pair.ours}` becomes `{other.theirs}` already", number, "ours")
            by_theirs[pair.theirs].append(pair)
            by_ours[pair.ours].append(pair)
        return entries

    def to_ours(self, theirs: str, on: date) -> str | None:
        """Our code for one of theirs on a day; ``None`` when there is no pair."""
        return next((pair.ours for pair in self.entries if pair.theirs == theirs and pair.holds(on, "in")), None)

    def to_theirs(self, ours: str, on: date) -> str | None:
        """Their code for one of ours on a day; ``None`` when there is no pair."""
        return next((pair.theirs for pair in self.entries if pair.ours == ours and pair.holds(on, "out")), None)
