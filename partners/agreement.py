"""Agreements: what we exchange with one counterpart, since when and until when.

:class:`Terms` is what an agreement's own YAML says once its templates are merged in; it names parties, channels and
code lists by id. :class:`Agreement` is the *resolved* agreement: the terms together with everything they name. Its
canonical text is what is hashed, shown to an auditor and kept as long as a message that was handled under it: the same
content gives the same bytes on any machine, whatever the order of keys or files, and the bytes can be read back.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, field_validator

from partners.channel import Channel
from partners.code_list import CodeList
from partners.days import not_before, overlap, within
from partners.flow import Direction, Flow
from partners.identity import WireIdentity
from partners.model import Model, inner_error
from partners.party import Party
from partners.reading import ReadingSettings
from partners.scalars import Day, Form, Id, Name

Status = Literal["draft", "test", "live", "suspended", "ended"]


class Terms(Model):
    """What two parties agreed. ``us`` and ``party`` are party ids; the days are whole days in ``timezone``."""

    id: Id
    name: Name | None = None
    us: Id
    party: Id
    status: Status
    """Messages are handled under ``test`` and ``live`` only; ``test`` has its own control numbers."""
    valid_from: Day | None = None
    valid_to: Day | None = None
    """The last day."""
    timezone: Annotated[
        str, Form("UTC|[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z0-9_+-]+){1,2}", "a time zone such as Europe/Paris")
    ] = "UTC"
    """Of the agreement's days, and of times in messages that name no zone."""
    retention: Id
    """A retention class, never a number of days: what has to be kept follows from rules that the class names."""
    reading: ReadingSettings | None = None
    """How the counterpart's interchanges are read, whatever flow their messages turn out to be in."""
    flows: Annotated[tuple[Flow, ...], Field(min_length=1)]

    @field_validator("valid_to")
    @classmethod
    def _ends_after_it_begins(cls, valid_to: date | None, info: ValidationInfo) -> date | None:
        return not_before(valid_to, info.data.get("valid_from"))

    @field_validator("flows")
    @classmethod
    def _flows_are_apart(cls, flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
        ids: set[str] = set()
        carried: dict[tuple[str, str, str, str], str] = {}
        for number, flow in enumerate(flows):
            if flow.id in ids:
                raise inner_error(f"there are two flows `{flow.id}`", number, "id")
            ids.add(flow.id)
            other = carried.setdefault(carries(flow), flow.id)
            if other != flow.id:
                raise inner_error(f"flow `{other}` carries {flow.message} {flow.direction} already", number, "message")
        return flows

    def covers(self, on: date) -> bool:
        """Whether the agreement is in force on a day, its status aside."""
        return within(on, self.valid_from, self.valid_to)

    def shares_a_day_with(self, other: Terms) -> bool:
        """Whether both are in force on some day."""
        return overlap(self.valid_from, self.valid_to, other.valid_from, other.valid_to)


def carries(flow: Flow) -> tuple[str, str, str, str]:
    """What tells one flow of two parties from another: direction, standard, version and type."""
    return flow.direction, flow.message.standard, flow.message.version, flow.message.type


class Agreement(Model):
    """A resolved agreement: the terms, both parties, and the channels and code lists that its flows use."""

    format: Literal["sallyport-agreement/1"] = "sallyport-agreement/1"
    terms: Terms
    us: Party
    party: Party
    channels: tuple[Channel, ...]
    code_lists: tuple[CodeList, ...] = ()

    _resolved: bytes = PrivateAttr(default=b"")

    def model_post_init(self, context: object) -> None:
        """Writes the canonical text once; it is asked for with every message."""
        content = self.model_dump(mode="json", exclude_none=True)
        self._resolved = (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()

    @property
    def id(self) -> str:
        """The agreement's id."""
        return self.terms.id

    @property
    def status(self) -> Status:
        """draft, test, live, suspended or ended."""
        return self.terms.status

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All flows, in the order of their ids."""
        return self.terms.flows

    @property
    def resolved(self) -> bytes:
        """The canonical text: UTF-8 JSON, keys sorted, durations and defaults written out, absent values left out.

        An agreement that was read back keeps the bytes it was read from, so that its hash stays that of its day.
        """
        return self._resolved

    @property
    def sha256(self) -> str:
        """The hash of ``resolved``, in hexadecimal: what a message records as the profile that handled it."""
        return hashlib.sha256(self.resolved).hexdigest()

    def flow(self, flow_id: str) -> Flow | None:
        """The flow of that id."""
        return next((flow for flow in self.flows if flow.id == flow_id), None)

    def flow_for(self, direction: Direction, standard: str, type: str, version: str) -> Flow | None:
        """The one flow that carries such a message; ``None`` when the agreement has none."""
        wanted = (direction, standard, version.strip(), type.strip())
        return next((flow for flow in self.flows if carries(flow) == wanted), None)

    def why_no_flow(self, direction: Direction, standard: str, type: str, version: str) -> str:
        """One sentence for a person: why ``flow_for`` has no answer, and what comes nearest."""
        there = [flow for flow in self.flows if flow.direction == direction and flow.message.standard == standard]
        same_type = sorted(flow.message.version for flow in there if flow.message.type == type.strip())
        if same_type:
            return f"agreement `{self.id}` has {type} {direction} in {', '.join(same_type)}, not in {version}"
        types = ", ".join(sorted(str(flow.message) for flow in there)) or "nothing"
        return f"agreement `{self.id}` has no {type} {direction}; of {standard} it has {types}"

    def channel(self, channel_id: str) -> Channel | None:
        """The channel of that id, if a flow uses it."""
        return next((channel for channel in self.channels if channel.id == channel_id), None)

    def code_list(self, flow: Flow, table: str) -> CodeList | None:
        """The code list that stands in for a table of the flow's map."""
        name = flow.code_lists.get(table)
        return next((codes for codes in self.code_lists if codes.id == name), None)

    def addresses(self, flow: Flow) -> tuple[WireIdentity, WireIdentity] | None:
        """Our identity and the counterpart's in a flow's envelopes; ``None`` for XML, which has none."""
        scheme = {"edifact": "unb", "x12": "x12"}.get(flow.message.standard)
        ours, theirs = (self.us.identity(scheme), self.party.identity(scheme)) if scheme else (None, None)
        return (ours, theirs) if ours and theirs else None

    def sends_test(self, flow: Flow) -> bool:
        """Whether interchanges we send in this flow carry the test indicator."""
        return flow.envelope.test == "always" or (flow.envelope.test == "by-status" and self.status == "test")


def read_agreement(resolved: bytes) -> Agreement:
    """The agreement whose canonical text this is; raises ``ValueError`` when it is none."""
    try:
        agreement = Agreement.model_validate_json(resolved)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the text"
        raise ValueError(f"not a resolved agreement: {where}: {first['msg']}") from None
    agreement._resolved = resolved
    return agreement


def diff(before: Agreement, after: Agreement) -> list[str]:
    """Readable lines, by path, for what differs: ``~ path: old -> new``, ``- path: old`` and ``+ path: new``.

    Items of a list are named by their id, or by what tells them apart, so that an inserted flow is one addition.
    """
    old, new = _leaves(json.loads(before.resolved)), _leaves(json.loads(after.resolved))
    lines = []
    for path in sorted(old.keys() | new.keys()):
        if path not in new:
            lines.append(f"- {path}: {old[path]}")
        elif path not in old:
            lines.append(f"+ {path}: {new[path]}")
        elif old[path] != new[path]:
            lines.append(f"~ {path}: {old[path]} -> {new[path]}")
    return lines


_Json = str | int | bool | None | list["_Json"] | dict[str, "_Json"]


def _leaves(value: _Json, path: str = "") -> dict[str, str]:
    if isinstance(value, dict) and value:
        return {
            leaf: text
            for key, item in value.items()
            for leaf, text in _leaves(item, f"{path}.{key}" if path else key).items()
        }
    if isinstance(value, list) and value:
        labels = [_label(item, number) for number, item in enumerate(value)]
        if len(set(labels)) < len(labels):
            labels = [str(number) for number in range(len(value))]
        return {
            leaf: text
            for label, item in zip(labels, value, strict=True)
            for leaf, text in _leaves(item, f"{path}[{label}]").items()
        }
    return {path: value if isinstance(value, str) else json.dumps(value)}


def _label(item: _Json, number: int) -> str:
    if isinstance(item, dict):
        for key in ("id", "receipt", "role", "file"):
            if key in item:
                return str(item[key])
        for keys in (("scheme", "qualifier", "value"), ("ours", "theirs", "direction", "valid_from")):
            if keys[0] in item:
                return " ".join(str(item[key]) for key in keys if key in item)
    return str(number)
