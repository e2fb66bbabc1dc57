"""Free text, with what it is about."""

from __future__ import annotations

from translators.canonical.coded import Coded
from translators.canonical.party import Text
from translators.canonical.vocabulary import RemarkSubject


class Remark(Coded, frozen=True, kw_only=True):
    """A remark for people."""

    subject: RemarkSubject | None = None
    text: Text
    """Lines are divided by line feeds."""
