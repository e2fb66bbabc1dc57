"""What ``check`` and ``doctor`` say about the certificates of AS2: who has to do something about which."""

from __future__ import annotations

from datetime import datetime

from gateway.channels.as2.inventory import Listed, inventory
from gateway.channels.as2.keys import As2Keys
from gateway.config import Home
from partners import Fault, Register


def urgent_certificates(place: Home, register: Register, now: datetime) -> list[Listed]:
    """Those that do not work, or will stop working while the profiles still use them."""
    return [each for each in inventory(register, As2Keys(place.keys), now) if each.urgent]


def certificate_faults(place: Home, register: Register, now: datetime) -> list[Fault]:
    """The same as warnings of the profiles; a file that is not there was named when they were loaded."""
    return [
        Fault(
            file=each.file,
            line=1,
            column=1,
            path="",
            message=f"the certificate of `{each.owner}` ({', '.join(each.use)}): {each.state}",
            severity="warning",
        )
        for each in urgent_certificates(place, register, now)
        if each.fingerprint is not None
    ]
