"""Articles: by which numbers a line of an order, a despatch or an invoice says what it is about."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.party import Text
from translators.canonical.vocabulary import ItemIdType


class ItemId(Coded, frozen=True, kw_only=True):
    """One number of an article. The same article has several: the buyer's, the seller's, the one in the bar code."""

    type: ItemIdType
    value: Text
