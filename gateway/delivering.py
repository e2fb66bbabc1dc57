"""Delivery: one outgoing transmission is brought to where it has to go, as often as it takes, always the same bytes.

How, is the matter of the channel that carries its protocol; here it is only looked whether it still has to go.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.channels.channel import Carry
from gateway.instance import Gateway
from gateway.ledger import transmissions
from gateway.working import Stage
from queues import Job


def deliver_over(*channels: Mapping[str, Carry]) -> Stage:
    """The stage ``deliver``, over what these channels carry."""
    carries = {protocol: carry for channel in channels for protocol, carry in channel.items()}

    def deliver(gateway: Gateway, job: Job) -> None:
        transmission = gateway.database.read(lambda c: transmissions.get(c, job.payload["transmission"]))
        if transmission.delivery in (None, "delivered", "doubtful", "cancelled", "refused"):
            # Done before, or decided otherwise meanwhile: nothing is left to do but to end the job.
            gateway.database.write(lambda c: gateway.queue.complete(c, job))
            return
        carry = carries.get(transmission.protocol)
        if carry is None:
            raise LookupError(
                f"transmission {transmission.id} goes by {transmission.protocol}, and nothing carries that"
            )
        carry(gateway, job, transmission)

    return deliver
