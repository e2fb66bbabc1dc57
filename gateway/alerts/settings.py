"""The section ``alerts`` of ``sallyport.yaml``: where alerts go to, which rules there are, and which limits hold."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from gateway.alerts.causes import NAMES, ends, unfolded
from gateway.alerts.notice import AlertSeverity
from partners.fault import did_you_mean
from partners.model import Model, inner_error
from partners.scalars import Duration, Form, Id, Switch, Whole, read_duration

_HOST = r"[0-9A-Za-z](?:[0-9A-Za-z.-]{0,250}[0-9A-Za-z])?"
_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"

MailAddress = Annotated[str, Form(rf"{_LOCAL}@{_HOST}", "an e-mail address such as edi@example.com")]
RuleId = Annotated[
    str,
    Form("[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?", "an id: lower-case letters, digits and hyphens, at most 24"),
]
FlowName = Annotated[str, Form(r"[a-z0-9-]{1,64}/[a-z0-9-]{1,64}", "a flow such as blue-anchor/status-in")]
File = Annotated[str, Form(r"[^\r\n]+", "a file")]


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise ValueError(f"`{twice[0]}` appears twice")
    return names


def _known(name: str) -> str:
    if name not in NAMES:
        close = did_you_mean(name, NAMES)
        raise ValueError(f"`{name}` is no cause, family or event{': ' + close if close else ''}")
    return name


Topic = Annotated[str, Form(r"[^\r\n]{1,64}", "a cause, a family of causes or a type of event"), AfterValidator(_known)]


class MailDestination(Model):
    """People, by e-mail."""

    id: RuleId
    """What rules call it."""
    host: Annotated[str, Form(_HOST, "a mail server such as mail.example.com")]
    """The server that takes the mail."""
    port: Annotated[Whole, Field(ge=1, le=65535)] = 587
    """587 for `starttls`, 465 for `implicit`, 25 for a relay of your own."""
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    """`starttls` turns the connection into TLS, and sends nothing where the server does not offer that; `implicit`
    speaks TLS from the start; `none` is for a relay on the same machine."""
    trusted: File | None = None
    """Certificates (PEM) that the server's has to come from; without it, those that the machine trusts."""
    user: Annotated[str, Form(r"[\x21-\x7e]{1,254}", "a user name")] | None = None
    """Who logs in; nobody where it is left out."""
    secret: Id | None = None
    """The name of the password among the gateway's secrets."""
    timeout: Duration = read_duration("PT20S")
    """How long the server may take for each of its answers."""
    sender: MailAddress
    """Whom the mail is from."""
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1, max_length=50), AfterValidator(_once)]
    """Whom it is for; each gets a copy of its own, so that one that is not taken now does not keep others waiting."""

    @model_validator(mode="after")
    def _login_is_whole_and_unseen(self) -> MailDestination:
        if (self.user is None) != (self.secret is None):
            raise ValueError("a login needs both `user` and `secret`")
        if self.user is not None and self.tls == "none":
            raise inner_error("a password is not sent without TLS: choose `starttls` or `implicit`", "tls")
        return self


class WebhookDestination(Model):
    """A program, by a request that is signed as Standard Webhooks says."""

    id: RuleId
    """What rules call it."""
    url: Annotated[str, Form(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[\x21-\x7e]*)?", "a URL")]
    """Where it is posted to; a redirection is not followed."""
    secret: Id
    """The name of the signing secret among the gateway's secrets: `whsec_` and 24 to 64 bytes in base64."""
    previous_secret: Id | None = None
    """A second one that is signed with too, while the receiver changes from one to the other."""
    trusted: File | None = None
    """Certificates (PEM) that the server's, which has to bear the host's name, comes from; without it, those that the
    machine trusts."""
    timeout: Duration = read_duration("PT10S")
    """How long connecting, and each wait for a part of the answer, may take."""


class AlertRule(Model):
    """What is told to whom."""

    id: RuleId
    """What it is called in messages, and in `sallyport alerts`."""
    on: Annotated[tuple[Topic, ...], Field(min_length=1)]
    """Causes of cases, families of causes, or types of event."""
    parties: tuple[Id, ...] = ()
    """Only what is about these partners; everything, where it is left out."""
    flows: tuple[FlowName, ...] = ()
    """Only what is about messages of these flows (`agreement/flow`)."""
    severity: AlertSeverity = "warning"
    """How urgent it is: a pager chooses by it whom to wake, and a mail that is `critical` is marked important."""
    to: Annotated[tuple[RuleId, ...], Field(min_length=1), AfterValidator(_once)]
    """The destinations."""
    after: Duration | None = None
    """Only what is still open after that long."""
    repeat: Duration | None = None
    """Told again, each time that it has been open for that long since."""
    digest: Duration = read_duration("PT1M")
    """How long like things of one partner are collected, to be told in one message that says how many."""
    resolved: Switch = False
    """Whether it is told too that what was told is over."""

    @field_validator("after", "repeat", "resolved")
    @classmethod
    def _asks_for_what_ends(cls, value: object, info: ValidationInfo) -> object:
        names = info.data.get("on", ())
        events = sorted(topic for topic in unfolded(names) if not ends(topic))
        if value and events:
            raise ValueError(
                f"`{info.field_name}` needs what can end, and `{events[0]}` only happens: a rule of its own"
            )
        return value

    @property
    def topics(self) -> frozenset[str]:
        """The causes and events that it is about."""
        return unfolded(self.on)


class Limits(Model):
    """What the gateway has to keep to; beyond it there is a case, which closes itself when all is well again."""

    disk_free: Whole | None = None
    """Bytes that should be free on the disk of the data folder: `disk-low`."""
    queue_age: Duration | None = None
    """How long work that could be done may wait: `queue-slow`."""
    delivery_age: Duration | None = None
    """How long it may take until what is sent to a partner has arrived: `delivery-late`, one case for each partner."""


class AlertSettings(Model):
    """Who is told when something stands still."""

    name: Annotated[str, Form(r"[\x21-\x7e]{1,60}", "a word such as sallyport-antwerp")] = "sallyport"
    """Which gateway it is, in subjects and webhooks."""
    domain: Annotated[str, Form(_HOST, "a domain name")] = "sallyport.invalid"
    """The right side of the Message-IDs of mails; a domain of yours makes them unique in the world."""
    email: tuple[MailDestination, ...] = ()
    """Destinations that get mail."""
    webhooks: tuple[WebhookDestination, ...] = ()
    """Destinations that get requests."""
    rules: tuple[AlertRule, ...] = ()
    """What is told to whom."""
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _fits_together(self) -> AlertSettings:
        destinations = [("email", number, each.id) for number, each in enumerate(self.email)]
        destinations += [("webhooks", number, each.id) for number, each in enumerate(self.webhooks)]
        for each in (destinations, [("rules", number, rule.id) for number, rule in enumerate(self.rules)]):
            seen: set[str] = set()
            for kind, number, name in each:
                if name in seen:
                    raise inner_error(f"`{name}` appears twice", kind, number, "id")
                seen.add(name)
        known = self.destinations
        for number, rule in enumerate(self.rules):
            for place, name in enumerate(rule.to):
                if name not in known:
                    close = did_you_mean(name, known)
                    told = f"there is no destination `{name}`{': ' + close if close else ''}"
                    raise inner_error(told, "rules", number, "to", place)
        return self

    @property
    def destinations(self) -> dict[str, MailDestination | WebhookDestination]:
        """Every destination by its id."""
        found: dict[str, MailDestination | WebhookDestination] = {each.id: each for each in self.email}
        return found | {each.id: each for each in self.webhooks}
