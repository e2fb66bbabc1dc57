"""Terms of payment: when an invoice is due, and what is taken off if it is paid earlier."""

from __future__ import annotations

from decimal import Decimal

from translators.canonical.coded import Coded
from translators.canonical.goods import Count
from translators.canonical.moment import Moment
from translators.canonical.party import Text
from translators.canonical.quantity import refuse_endless
from translators.canonical.vocabulary import PaymentStart, PaymentTermsType


class PaymentTerms(Coded, frozen=True, kw_only=True):
    """When payment is due."""

    type: PaymentTermsType | None = None
    """Absent for the usual case: a number of days, or a day."""
    start: PaymentStart | None = None
    """From when the days count; absent where nothing else was agreed than the date of the invoice."""
    net_days: Count | None = None
    """Days until the whole amount is due."""
    net_due: Moment | None = None
    """The day on which the whole amount is due."""
    discount_percent: Decimal | None = None
    """What is taken off when payment comes early enough."""
    discount_amount: Decimal | None = None
    """The same as an amount, in the document's currency."""
    discount_days: Count | None = None
    """Days within which the discount is earned."""
    discount_due: Moment | None = None
    """The last day on which the discount is earned."""
    description: Text | None = None

    def __post_init__(self) -> None:
        refuse_endless(discount_percent=self.discount_percent, discount_amount=self.discount_amount)
