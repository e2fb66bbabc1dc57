"""The register: every party, channel, agreement and code list in force, and who is who on the wire.

An arriving interchange names its sender and its receiver; the register says which parties those are, which agreement
joins them on that day, and when there is none, why not, in words an operator can act on. It knows what was *claimed*.
Whether the channel an interchange came through may claim that identity is for the caller to compare:
``channel_of_login(...).party`` is who came, ``Recognition.party.id`` is who the envelope says it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar

import msgspec

from partners.agreement import Agreement
from partners.as2_channel import As2Channel
from partners.channel import Channel, SftpChannel
from partners.code_list import CodeList
from partners.flow import Direction, Flow
from partners.identity import WireIdentity
from partners.party import Party
from partners.reading import ReadingSettings


class Outcome(StrEnum):
    """What recognising came to. Only ``recognised`` lets a message be handled."""

    RECOGNISED = "recognised"
    UNKNOWN_SENDER = "unknown-sender"
    UNKNOWN_RECEIVER = "unknown-receiver"
    NO_AGREEMENT = "no-agreement"
    OUTSIDE_DATES = "outside-dates"
    DRAFT = "draft"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Recognition(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent to whom, and under which agreement; what is not known is ``None``.

    ``agreements`` are those in force between the two on the day, the likeliest first: two parties may have one for
    each group of messages, and one under test beside a live one. When none is in force, ``nearest`` is the one that
    came closest, such as the suspended one, and ``text`` says what is wrong with it.
    """

    outcome: Outcome
    text: str
    party: Party | None = None
    us: Party | None = None
    agreements: tuple[Agreement, ...] = ()
    nearest: Agreement | None = None

    @property
    def agreement(self) -> Agreement | None:
        """The first of ``agreements``."""
        return self.agreements[0] if self.agreements else None

    def reading(self, standard: str) -> ReadingSettings | None:
        """How such interchanges are read; ``None`` where nothing was settled.

        Which agreement a message falls under is not known yet. So the first one that says something counts, of those
        with the status of the likeliest; profiles in which two of them differ are refused.
        """
        for agreement in self.agreements:
            if agreement.status != self.agreements[0].status:
                break
            if agreement.terms.reading is not None and agreement.terms.reading.of(standard) is not None:
                return agreement.terms.reading
        return None

    def flow_for(self, direction: Direction, standard: str, type: str, version: str) -> tuple[Agreement, Flow] | None:
        """The flow that carries such a message, in whichever agreement has it."""
        for agreement in self.agreements:
            if flow := agreement.flow_for(direction, standard, type, version):
                return agreement, flow
        return None


class Register:
    """An immutable view over everything loaded; replaced as a whole when profiles change."""

    def __init__(
        self,
        *,
        parties: Iterable[Party],
        channels: Iterable[Channel],
        agreements: Iterable[Agreement],
        code_lists: Iterable[CodeList],
    ) -> None:
        """The caller has made sure that ids, identities and logins are each claimed once."""
        self.parties: Mapping[str, Party] = _by_id(parties)
        self.channels: Mapping[str, Channel] = _by_id(channels)
        self.agreements: Mapping[str, Agreement] = _by_id(agreements)
        self.code_lists: Mapping[str, CodeList] = _by_id(code_lists)
        self._party_of = {identity.wire.key: party for party in self.parties.values() for identity in party.identities}
        self._channel_of_login: dict[tuple[str, str], Channel] = {
            (channel.kind, channel.login): channel
            for channel in self.channels.values()
            if isinstance(channel, SftpChannel)
        }
        self._channel_of_as2: dict[str, As2Channel] = {}
        for channel in self.channels.values():
            if isinstance(channel, As2Channel) and (name := self.as2_name(channel)) is not None:
                self._channel_of_as2[name] = channel
        self._between: dict[tuple[str, str], list[Agreement]] = {}
        for agreement in self.agreements.values():
            self._between.setdefault((agreement.us.id, agreement.party.id), []).append(agreement)

    def party_of(self, identity: WireIdentity) -> Party | None:
        """The party that has this identity, however its qualifier is written."""
        return self._party_of.get(identity.key)

    def channel_of_login(self, kind: str, user: str) -> Channel | None:
        """The channel whose login this is; logins are compared exactly."""
        return self._channel_of_login.get((kind, user))

    def as2_name(self, channel: As2Channel) -> str | None:
        """The partner's AS2 name at this endpoint."""
        identity = self.parties[channel.party].identity("as2")
        return channel.as2_name or (identity.value if identity else None)

    def channel_of_as2(self, sender: str, receiver: str) -> tuple[As2Channel, Party] | None:
        """The channel that a message from one AS2 name to another belongs to, and the party of ours it is for.

        Names are compared exactly (RFC 4130, 6.2). ``None`` unless both are known and some agreement joins the two.
        """
        channel, us = self._channel_of_as2.get(sender), self.party_of(WireIdentity("as2", receiver))
        if channel is None or us is None or (us.id, channel.party) not in self._between:
            return None
        return channel, us

    def party_of_login(self, kind: str, user: str) -> Party | None:
        """The party whose login this is."""
        channel = self.channel_of_login(kind, user)
        return self.parties[channel.party] if channel else None

    def flow(self, name: str) -> tuple[Agreement, Flow] | None:
        """The flow named ``agreement/flow``; the flow's id alone will do when only one agreement has such a flow."""
        agreement_id, _, flow_id = name.rpartition("/")
        found = [pair for pair in self.flows() if pair[1].id == flow_id and agreement_id in ("", pair[0].id)]
        return found[0] if len(found) == 1 else None

    def flows(self) -> Iterator[tuple[Agreement, Flow]]:
        """Every flow with its agreement, in the order of ids."""
        for agreement in self.agreements.values():
            for flow in agreement.flows:
                yield agreement, flow

    def recognise(self, sender: WireIdentity, receiver: WireIdentity, on: date, *, test: bool = False) -> Recognition:
        """Which agreement a counterpart's interchange falls under on a day.

        ``test`` is the interchange's own indicator: where the two parties have agreements under test and live, those
        that fit it come first. A contradiction between indicator and status is left for the caller to report.
        """
        party, us = self.party_of(sender), self.party_of(receiver)
        if party is None:
            return Recognition(outcome=Outcome.UNKNOWN_SENDER, text=self._unknown("sender", sender), us=us)
        if us is None:
            return Recognition(outcome=Outcome.UNKNOWN_RECEIVER, text=self._unknown("receiver", receiver), party=party)
        candidates = self._between.get((us.id, party.id), [])
        if not candidates:
            text = f"there is no agreement between `{us.id}`, who receives, and `{party.id}`, who sends"
            return Recognition(outcome=Outcome.NO_AGREEMENT, text=text, party=party, us=us)
        in_force = [each for each in candidates if each.status in ("live", "test") and each.terms.covers(on)]
        if in_force:
            in_force.sort(key=lambda each: ((each.status == "test") != test, each.id))
            text = f"`{party.id}` sends to `{us.id}` under agreement `{in_force[0].id}`"
            return Recognition(
                outcome=Outcome.RECOGNISED,
                text=text,
                party=party,
                us=us,
                agreements=tuple(in_force),
                nearest=in_force[0],
            )
        return _not_in_force(candidates, party, us, on)

    def _unknown(self, role: str, identity: WireIdentity) -> str:
        text = f"no party has the {role}'s identity {identity}"
        same_value = [
            f"`{party.id}` has it as {other.wire}"
            for party in self.parties.values()
            for other in party.identities
            if other.value.strip().casefold() == identity.value.strip().casefold()
        ]
        return f"{text}; {', '.join(same_value)}" if same_value else text


def _not_in_force(candidates: list[Agreement], party: Party, us: Party, on: date) -> Recognition:
    """The recognition that names the agreement that came closest to being in force, and what it lacks."""

    def distance(agreement: Agreement) -> tuple[int, int, str]:
        # A suspended agreement is a decision somebody took for this very traffic; a draft is only a plan.
        rank = {"suspended": 0, "live": 1, "test": 1, "draft": 2, "ended": 3}[agreement.status]
        return int(not agreement.terms.covers(on)), rank, agreement.id

    nearest = min(candidates, key=distance)
    if nearest.status in ("live", "test"):
        outcome = Outcome.OUTSIDE_DATES
        first, last = nearest.terms.valid_from, nearest.terms.valid_to
        text = f"agreement `{nearest.id}` holds from {first or 'ever'} to {last or 'further notice'}, not on {on}"
    else:
        outcome = Outcome(nearest.status)
        text = f"agreement `{nearest.id}` is {'a draft' if nearest.status == 'draft' else nearest.status}"
    return Recognition(outcome=outcome, text=text, party=party, us=us, nearest=nearest)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def _by_id(values: Iterable[_N]) -> Mapping[str, _N]:
    return MappingProxyType({value.id: value for value in sorted(values, key=lambda value: value.id)})
