"""The configuration of one gateway: ``sallyport.yaml``, read with every fault and its line.

The file is read by the same reader as the partner profiles, so ``NO`` stays text, an unknown key is a fault, and all
faults come at once. Paths are relative to the folder that holds the file. Secrets do not belong into a file under
version control: a value of the form ``${NAME}`` is taken from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gateway.alerts.settings import AlertSettings
from gateway.events.taxonomy import EVENT_TYPES, FAMILIES
from partners.document import Mapping as MappingNode
from partners.document import Node, Scalar, Sequence, read_document
from partners.fault import Fault, Place, fault, in_order
from partners.model import Model
from partners.scalars import Duration, Form, Switch, Whole, read_duration
from partners.validation import validate

FILE = "sallyport.yaml"

Port = Annotated[Whole, Field(le=65535)]
_LABEL = r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_IPV6 = r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,40}(?:\.[0-9]{1,3}){0,3}"
Address = Annotated[str, Form(rf"{_LABEL}(?:\.{_LABEL}){{0,20}}|{_IPV6}", "an address to listen on, such as 127.0.0.1")]
"""An IPv4 or IPv6 address, or a name that can be one: others make the resolver raise what is no ``OSError``."""
EventChoice = Annotated[
    str,
    Form("|".join(map(re.escape, (*FAMILIES, *EVENT_TYPES))), "a type of event or a family, as the events page lists"),
]
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class SftpSettings(Model):
    """Our SFTP server."""

    listen: Address = "127.0.0.1"
    """Where partners connect to; ``0.0.0.0`` is every address of the machine."""
    port: Port = 2222
    """0 takes a free one, which the start-up line names."""
    max_upload: Annotated[Whole, Field(ge=1)] = 512 << 20
    """Bytes of one file; a larger upload is refused while it is being written."""
    disk_reserve: Whole = 256 << 20
    """Bytes that stay free: uploads are refused before the disk is full, so that answers can still be written."""


class As2Settings(Model):
    """Our AS2 endpoint, where partners post messages and receipts to."""

    enabled: Switch = False
    listen: Address = "127.0.0.1"
    """Where partners, or the proxy before them, connect to."""
    port: Port = 4080
    """0 takes a free one, which the start-up line names."""
    path: Annotated[str, Form(r"/[A-Za-z0-9._~/-]{0,200}", "a path such as /as2")] = "/as2"
    """Messages and receipts come here; any other path is not found."""
    url: Annotated[str, Form(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/[\x21-\x7e]*", "a URL")] | None = None
    """The address that partners see, for asynchronous receipts to come to; where a profile asks for them."""
    domain: Annotated[str, Form(rf"{_LABEL}(?:\.{_LABEL}){{0,20}}", "a domain name")] = "sallyport.invalid"
    """The right side of our Message-IDs; a domain of yours makes them unique in the world."""
    certificate: Annotated[str, Form(r"[^\r\n]+", "a file")] | None = None
    """The chain of certificates of an HTTPS server, as PEM; without one the endpoint speaks HTTP, behind a proxy."""
    private_key: Annotated[str, Form(r"[^\r\n]+", "a file")] | None = None
    """Its key, as PEM."""
    max_body: Annotated[Whole, Field(ge=1)] = 4 << 30
    """Bytes of one request; a larger one is refused, where its length is stated before its body is read."""
    disk_reserve: Whole = 256 << 20
    """Bytes that stay free: requests are refused before the disk is full."""
    at_once: Annotated[Whole, Field(ge=1, le=1000)] = 32
    """Requests that are worked on at a time; a further one is told to come again (503)."""
    at_once_per_partner: Annotated[Whole, Field(ge=1, le=1000)] = 8
    """Of one partner, so that one cannot keep the others out."""
    partials_kept: Duration = read_duration("P2D")
    """How long the beginning of a message that broke off is kept, where the partner may go on with it."""
    partials_per_partner: Annotated[Whole, Field(ge=1)] = 4 << 30
    """Bytes of them that are kept of one partner; beyond that its oldest one goes, and is sent again from the start."""
    partials_in_all: Annotated[Whole, Field(ge=1)] = 16 << 30
    """Bytes of them that are kept of all partners; beyond that the oldest one goes of whoever has the most."""


class BusinessSettings(Model):
    """The company's own side: where canonical messages go to and come from."""

    amqp: Annotated[str, Form(r"amqps?://\S+", "an AMQP URL such as amqp://user:password@host/vhost")] | None = None
    """A RabbitMQ; without one the queues inside the database are used."""


class EventSettings(Model):
    """What happened, published for the company's own systems as CloudEvents."""

    enabled: Switch = False
    types: tuple[EventChoice, ...] = FAMILIES
    """Which events: a type such as `customs.hold`, or a family such as `customs` for all of its types."""
    queue: Switch = False
    """Whether the broker keeps them in a queue, `sallyport.events.out`, besides those that your systems bind."""
    source: Annotated[str, Form(r"[\x21-\x7e]{1,200}", "a URI or path, such as /sallyport/antwerp")] = "/sallyport"
    """Which gateway they are from, where several publish on one broker."""


class MetricsSettings(Model):
    """The Prometheus endpoint."""

    listen: Address = "127.0.0.1"
    """Where Prometheus connects to; the figures need no password, so keep them inside."""
    port: Port = 9464
    """0 takes a free one, which the start-up line names."""
    enabled: Switch = True


class RehearsalSettings(Model):
    """The limits within which work is tried out that may have ended its workers."""

    cpu: Duration = read_duration("PT10M")
    """Processor time that reading or building one document may take."""
    memory: Annotated[Whole, Field(ge=256 << 20)] = 4 << 30
    """Bytes of memory that it may take; `largest_document` says how much an honest one needs."""


class LogSettings(Model):
    """Structured logs on standard error."""

    format: Literal["json", "console"] = "json"
    """One JSON object a line, or lines for a person."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is worth a line."""


class Config(Model):
    """Everything in ``sallyport.yaml``."""

    database: Annotated[str, Form(r"sqlite|postgresql\+psycopg://\S+", "`sqlite`, or postgresql+psycopg://…")] = (
        "sqlite"
    )
    """Where the ledger is; ``sqlite`` keeps it as ``ledger.db`` in the data folder."""
    data: Annotated[str, Form(r"[^\r\n]+", "a folder")] = "var"
    """Archive, spool, the gateway's own keys, and the ledger if it is SQLite."""
    profiles: Annotated[str, Form(r"[^\r\n]+", "a folder")] = "profiles"
    """The partner profiles."""
    workers: Annotated[Whole, Field(ge=1, le=64)] = 2
    """Threads that read, translate and deliver; 1 to 64."""
    largest_document: Annotated[Whole, Field(ge=1)] = 128 << 20
    """Bytes of one document that is read and translated; a larger one is kept and becomes a case. Reading needs up to
    sixteen times as much memory, in each worker."""
    overdue_check: Duration = read_duration("PT15S")
    """How often due dates are looked at; a receipt is reported overdue at most this long after its moment."""
    sftp: SftpSettings = SftpSettings()
    as2: As2Settings = As2Settings()
    directories: Annotated[str, Form(r"[^\r\n]+", "a folder")] = "directories"
    """Where the folders of channels of kind `directory` are; it is made by you, and so are they."""
    business: BusinessSettings = BusinessSettings()
    events: EventSettings = EventSettings()
    alerts: AlertSettings = AlertSettings()
    metrics: MetricsSettings = MetricsSettings()
    rehearsal: RehearsalSettings = RehearsalSettings()
    log: LogSettings = LogSettings()


class Home:
    """The folder of one gateway and the places in it."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder = folder
        self.config = config
        self.data = folder / config.data
        self.profiles = folder / config.profiles
        self.directories = folder / config.directories
        self.guides = folder / "guides"
        """The gateway's own guides; the folder need not be there."""

    @property
    def database_url(self) -> str:
        """The ledger's SQLAlchemy URL."""
        if self.config.database != "sqlite":
            return self.config.database
        # Only who opens the ledger needs the driver. A folder's name may hold what means something in a URL.
        from sqlalchemy import URL

        return URL.create("sqlite", database=str(self.data / "ledger.db")).render_as_string()

    @property
    def archive(self) -> Path:
        """The folder of the archive's packs."""
        return self.data / "archive"

    @property
    def spool(self) -> Path:
        """The folder where uploads grow until they are complete."""
        return self.data / "spool"

    @property
    def collecting(self) -> Path:
        """The folder where files that are being collected grow until they are whole."""
        return self.data / "collecting"

    @property
    def as2_spool(self) -> Path:
        """The folder where AS2 messages are kept while they are taken apart."""
        return self.data / "as2-spool"

    @property
    def as2_partials(self) -> Path:
        """The folder where beginnings of AS2 messages that broke off are kept."""
        return self.data / "as2-partials"

    @property
    def as2_outgoing(self) -> Path:
        """The folder where AS2 messages are kept while they are built."""
        return self.data / "as2-outgoing"

    @property
    def secrets(self) -> Path:
        """The folder of passwords that profiles name: one file each."""
        return self.keys / "secrets"

    @property
    def keys(self) -> Path:
        """The folder of the gateway's own private keys."""
        return self.data / "keys"

    @property
    def control(self) -> Path:
        """The socket on which a running gateway takes orders from the command line."""
        return self.data / "control.sock"


class ConfigFault(Exception):
    """The configuration cannot be used; ``faults`` says where and why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(each) for each in faults))
        self.faults = faults


class NoGateway(Exception):
    """The folder holds no gateway."""


def read_config(content: bytes, environment: Mapping[str, str]) -> tuple[Config | None, list[Fault]]:
    """The configuration, or all faults of it; an empty file is the default configuration."""
    if not content.strip():
        return Config(), []
    root, faults = read_document(FILE, content)
    if root is None:
        # A file of nothing but comments says: everything as it is by default.
        only_comments = all(not line.strip() or line.lstrip().startswith(b"#") for line in content.splitlines())
        return (Config(), []) if only_comments else (None, faults)
    root = _with_variables(root, environment, faults)
    told = {(each.line, each.column) for each in faults}
    config, found = validate(Config, root)
    # What a missing variable leaves behind is no second fault.
    found = [each for each in found if (each.line, each.column) not in told]
    faults = in_order(faults + found)
    return (None if faults else config), faults


def open_home(folder: Path, environment: Mapping[str, str]) -> Home:
    """The gateway at ``folder``; raises :class:`NoGateway`, or :class:`ConfigFault` when it is set up wrongly."""
    file = folder / FILE
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NoGateway(f"there is no gateway in {folder}: it has no {FILE}") from None
    except OSError as error:
        place = Place(FILE, 1, 1)
        raise ConfigFault([fault(place, f"{file} cannot be read: {error.strerror}", "check who may read it")]) from None
    config, faults = read_config(content, environment)
    if config is None or faults:
        raise ConfigFault(faults)
    return Home(folder.resolve(), config)


def _with_variables(node: Node, environment: Mapping[str, str], faults: list[Fault]) -> Node:
    if isinstance(node, Scalar):
        for name in _VARIABLE.findall(node.text):
            if name not in environment:
                faults.append(fault(node.place, f"the environment has no variable {name}", "set it, or write a value"))
        return Scalar(_VARIABLE.sub(lambda found: environment.get(found[1], ""), node.text), node.place)
    if isinstance(node, Sequence):
        return Sequence([_with_variables(item, environment, faults) for item in node.items], node.place)
    items = {key: _with_variables(item, environment, faults) for key, item in node.items.items()}
    return MappingNode(items, node.keys, node.place)
