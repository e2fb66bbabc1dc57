"""``transport_order/1``: move these goods from here to there. IFTMIN, 204 and 304 are written from it.

The journey is a list of stops, as a carrier plans it: where goods are loaded and unloaded, within which times, whom to
ask for. Each line of goods names the stop where it is loaded. Parties that are no stop (who orders, who pays, who is to
be told) stand in ``parties``; the carrier that gets the order is one of them. An order to a sea carrier from port to
port has no stops: its ports are ``locations``, its ship and voyage in ``transports``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.equipment import Equipment
from translators.canonical.goods import GoodsItem
from translators.canonical.location import Location
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Site, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import FreightTerms, Haulage, Purpose, StopPurpose


class Stop(Coded, frozen=True, kw_only=True):
    """A place where the vehicle stops, and the times within which it is to be there."""

    sequence: Annotated[int, msgspec.Meta(ge=1)]
    """The stops' order; each number stands once."""
    purpose: StopPurpose
    earliest: Moment | None = None
    latest: Moment | None = None
    site: Site | None = None
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()


class TransportOrder(Coded, frozen=True, kw_only=True, tag_field="type", tag="transport_order/1"):
    """An order to a carrier or forwarder."""

    number: Text
    """The order's number: the shipment identification that statuses and invoices will quote."""
    purpose: Purpose
    issued: Moment | None = None
    haulage: Haulage | None = None
    freight_terms: FreightTerms | None = None
    parties: tuple[Party, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    remarks: tuple[Remark, ...] = ()
    locations: tuple[Location, ...] = ()
    """Ports and other places that are no stop of the carrier that gets the order."""
    transports: tuple[Transport, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    stops: tuple[Stop, ...] = ()
    goods: tuple[GoodsItem, ...] = ()

    def __post_init__(self) -> None:
        if not self.stops and not self.locations:
            raise ValueError("the order does not say from where and to where: give stops, or the ports as locations")
        sequences = [stop.sequence for stop in self.stops]
        if len(set(sequences)) != len(sequences):
            raise ValueError("two stops have the same sequence: number the stops 1, 2, 3 in the order of the journey")
        for number, item in enumerate(self.goods):
            if self.stops and item.loaded_at is not None and item.loaded_at not in sequences:
                raise ValueError(f"goods[{number}].loaded_at is {item.loaded_at}, but no stop has this sequence")
