"""Changes to bills of lading that customs has on a manifest already."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.customs_words import BillAmendment
from translators.canonical.goods import Count
from translators.canonical.party import Text
from translators.canonical.remark import Remark


class BillChange(Coded, frozen=True, kw_only=True):
    """What is changed about one bill of lading, and why."""

    change: BillAmendment | None = None
    number: Text
    """The bill's number, without its issuer."""
    issuer: Text
    """Who issued the bill, as a rule by its SCAC."""
    carrier: Text
    """Who carries the goods, as a rule by its SCAC."""
    port: Text
    """The code of the port where they are discharged."""
    quantity: Count | None = None
    """The number of packages that holds from now on."""
    reason: Text | None = None
    """The authority's code for the reason."""
    remarks: tuple[Remark, ...] = ()
    """What an answer says of the change."""
