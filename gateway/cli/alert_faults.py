"""What ``check`` and ``doctor`` say about alerts: rules that can never tell anything, and destinations that cannot be
told. Nobody would notice either until the day on which somebody should have heard of something.
"""

from __future__ import annotations

import ssl

from gateway.alerts import MailDestination, WebhookDestination
from gateway.alerts.webhook import UnfitSecret, signed_headers
from gateway.clock import system_clock
from gateway.config import FILE, Home
from gateway.secret_files import SecretMissing, read_secret
from partners import Fault, Register
from partners.document import Mapping, Node, Scalar, read_document
from partners.fault import Place, did_you_mean, fault


def alert_faults(place: Home, register: Register) -> list[Fault]:
    """A warning for each partner and flow that a rule names and no profile has, at its place in the configuration."""
    rules = place.config.alerts.rules
    if not any(rule.parties or rule.flows for rule in rules):
        return []
    root, _ = read_document(FILE, (place.folder / FILE).read_bytes())
    flows = [f"{agreement.id}/{flow.id}" for agreement, flow in register.flows()]
    found = []
    for number, rule in enumerate(rules):
        for key, noun, names, known in (
            ("parties", "party", rule.parties, list(register.parties)),
            ("flows", "flow", rule.flows, flows),
        ):
            for index, name in enumerate(names):
                if name not in known:
                    told = f"no profile has the {noun} `{name}`: the rule `{rule.id}` tells nothing of it"
                    at = _place(root, "alerts", "rules", number, key, index)
                    found.append(fault(at, told, did_you_mean(name, known), "warning"))
    return found


def unready_destinations(place: Home) -> dict[str, str]:
    """By its id, why nothing can be sent to a destination; no server is called."""
    found: dict[str, str] = {}
    for name, destination in place.config.alerts.destinations.items():
        try:
            _look_at(place, destination)
        except (SecretMissing, UnfitSecret) as trouble:
            found[name] = str(trouble)
        except (OSError, ValueError) as trouble:
            found[name] = f"{destination.trusted} is no file of certificates (PEM): {trouble}"
    return found


def _look_at(place: Home, destination: MailDestination | WebhookDestination) -> None:
    """Raises what is in the way."""
    if isinstance(destination, MailDestination):
        if destination.secret is not None:
            read_secret(place.secrets, destination.secret)
    else:
        for name in (destination.secret, destination.previous_secret):
            if name is not None:
                signed_headers("n-0", b"", [read_secret(place.secrets, name)], system_clock())
    if destination.trusted is not None:
        ssl.create_default_context(cafile=place.folder / destination.trusted)


def _place(node: Node | None, *path: str | int) -> Place:
    """Where that stands; as near to it as the file goes."""
    at = Place(FILE, 1, 1)
    for step in path:
        if node is None or isinstance(node, Scalar):
            break
        node = node.items[str(step)] if isinstance(node, Mapping) else node.items[int(step)]
        at = node.place
    return at
