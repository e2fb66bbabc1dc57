"""``customs_declaration/1``: goods put under a customs procedure: export, import, transit. CUSDEC is written from it.

What holds for all goods stands at the top, each kind of goods is an item. Codes that authorities list themselves, and
change every month, are kept as text: declaration type, procedure, documents. The names are those of the European
Union's data elements, and the shape is that of the WCO Data Model: a declaration, its consignment, its items.

The answer, ``customs_response``, names the declaration by the declarant's reference (LRN) and gives it a number (MRN).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from translators.canonical.coded import Coded
from translators.canonical.customs_words import DeclarationKind
from translators.canonical.delivery_terms import DeliveryTerms
from translators.canonical.duty import CustomsAmount, CustomsDocument, Duty
from translators.canonical.equipment import Equipment, Seal
from translators.canonical.event_time import EventTime
from translators.canonical.goods import Count
from translators.canonical.location import Location
from translators.canonical.measure import Measure
from translators.canonical.moment import Moment
from translators.canonical.party import Party, Text
from translators.canonical.reference import DocumentReference
from translators.canonical.remark import Remark
from translators.canonical.transport import Transport
from translators.canonical.vocabulary import Purpose


class CustomsIndicator(Coded, frozen=True, kw_only=True):
    """Something that is so or not, by a code of the authority: containerised, simplified, security data included."""

    code: Text
    code_list: Text | None = None
    """Where the code is listed, as the message says it: code list and agency (``109:147``)."""


class DeclaredPackages(Coded, frozen=True, kw_only=True):
    """Packages of one kind."""

    packages: Count | None = None
    package_kind: Text | None = None
    """UN/ECE Recommendation 21 (``CT`` carton, ``PX`` pallet)."""
    marks: tuple[Text, ...] = ()
    """Marks and numbers on the packages, line by line."""


class DeclarationItem(Coded, frozen=True, kw_only=True):
    """Goods of one tariff number and one procedure."""

    number: Annotated[int, msgspec.Meta(ge=1, le=99999)]
    """By which errors and controls name the item."""
    commodity_code: Text | None = None
    """Harmonized System, Combined Nomenclature or tariff number, digits only."""
    procedure: Text | None = None
    """The procedure requested and the one before it (``4000`` release for free circulation)."""
    additional_procedures: tuple[Text, ...] = ()
    """Further procedure codes (``C07``, ``000``)."""
    description: Text | None = None
    remarks: tuple[Remark, ...] = ()
    locations: tuple[Location, ...] = ()
    """Countries of origin, dispatch and destination."""
    gross_weight: Measure | None = None
    net_weight: Measure | None = None
    parties: tuple[Party, ...] = ()
    packages: tuple[DeclaredPackages, ...] = ()
    amounts: tuple[CustomsAmount, ...] = ()
    """The invoice's amount, the customs and the statistical value."""
    references: tuple[DocumentReference, ...] = ()
    """Previous declarations, licences, containers that the item is in."""
    documents: tuple[CustomsDocument, ...] = ()
    indicators: tuple[CustomsIndicator, ...] = ()
    duties: tuple[Duty, ...] = ()


class CustomsDeclaration(Coded, frozen=True, kw_only=True, tag_field="type", tag="customs_declaration/1"):
    """A declaration to customs."""

    kind: DeclarationKind | None = None
    number: Text
    """The declarant's own number (LRN), new for each declaration."""
    purpose: Purpose
    declaration_type: Text | None = None
    """The authority's code (``IM``, ``EX``, ``CO``, ``T1``)."""
    additional_type: Text | None = None
    """Whether it is complete, simplified or lodged before the goods are there (``A``, ``C``, ``D``)."""
    issued: Moment | None = None
    times: tuple[EventTime, ...] = ()
    locations: tuple[Location, ...] = ()
    """Offices, countries, and where the goods are."""
    indicators: tuple[CustomsIndicator, ...] = ()
    gross_weight: Measure | None = None
    packages: Count | None = None
    """How many packages there are in all."""
    equipment: tuple[Equipment, ...] = ()
    seals: tuple[Seal, ...] = ()
    """Seals on the transport, where the message does not say on which equipment."""
    remarks: tuple[Remark, ...] = ()
    references: tuple[DocumentReference, ...] = ()
    """Movement reference, transport documents, guarantees."""
    transports: tuple[Transport, ...] = ()
    """At departure or arrival, and at the border."""
    documents: tuple[CustomsDocument, ...] = ()
    parties: tuple[Party, ...] = ()
    delivery_terms: DeliveryTerms | None = None
    amounts: tuple[CustomsAmount, ...] = ()
    items: Annotated[tuple[DeclarationItem, ...], msgspec.Meta(min_length=1)]
    duties: tuple[Duty, ...] = ()
    """The totals of what the declarant has calculated."""
    authentication: Text | None = None
    """By whom or what it is signed."""
