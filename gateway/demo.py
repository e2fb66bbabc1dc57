"""The demonstration: a gateway in its own process, two partners played by an SFTP client that is not ours, and an ERP.

Nothing is pretended. The gateway is started as an operator would start it; the partners log in with keys made for the
occasion, upload and collect over the wire, and write their acknowledgments as text of their own; the company's system
sends and receives over RabbitMQ, or over the embedded exchange; what is shown of messages and receipts is what the
commands print. Every step is checked, and the first that is not as it should be ends the demonstration.
"""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec
import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.config import FILE
from gateway.control import NotRunning, Refused, Send, Status, Take, ask, take_letters
from gateway.serving import Serving
from queues import Letter, RabbitExchange

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds that any one step may take."""
DUE = "PT5S"
"""How long the carrier may take for its 997 in the demonstration; in the example profile it is four hours."""

EDIFACT, X12 = "blue-anchor", "prairie-freight"
"""The two partners: a logistics provider and a road carrier."""


class DemoFailed(Exception):
    """Something was not as it should be; the text says what."""


class Scene:
    """The stage: the gateway's folder, its process, the console."""

    def __init__(self, folder: Path, amqp: str | None, console: Console) -> None:
        self.folder = folder
        self.amqp = amqp
        self.console = console
        self.control = folder / "var" / "control.sock"
        self.keys = {name: Ed25519PrivateKey.generate() for name in (EDIFACT, X12)}
        self.happened: list[tuple[str, str]] = []

    @property
    def environment(self) -> dict[str, str]:
        """What the gateway and its commands are started with: the broker's address, which stands in no file."""
        return {"PATH": "", **({"SALLYPORT_DEMO_AMQP": self.amqp} if self.amqp else {})}

    def heading(self, text: str) -> None:
        """Begin a part of the story."""
        self.console.print(f"\n[bold cyan]{escape(text)}[/]", highlight=False)

    def tell(self, text: str) -> None:
        """One line of the story."""
        self.console.print("  " + escape(text), highlight=False, soft_wrap=True)

    def show(self, title: str, content: bytes) -> None:
        """Bytes as they were on the wire, one segment a line."""
        self.console.print(f"  [dim]{escape(title)}[/]", highlight=False, soft_wrap=True)
        text = content.decode("latin-1").replace("\r", "").replace("\n", "")
        # A released terminator is data and does not end the line.
        for segment in re.split(r"(?<=[^?]['~])", text):
            if segment:
                self.console.print("    " + escape(segment), highlight=False, soft_wrap=True)

    def note(self, what: str, outcome: str) -> None:
        """A row of the table at the end."""
        self.happened.append((what, outcome))

    def command(self, *arguments: str) -> str:
        """Run a command as the reader could, show it with its answer, and return the answer."""
        shown = " ".join(f"'{each}'" if " " in each else each for each in arguments)
        self.console.print(f"  [bold]$ sallyport {escape(shown)}[/]", highlight=False, soft_wrap=True)
        answer = self.ask(*arguments)
        self.console.print(escape(answer.rstrip()), highlight=False, soft_wrap=True)
        return answer

    def ask(self, *arguments: str) -> str:
        """The answer of a command."""
        ended = subprocess.run(  # noqa: S603 (our own command, with our own arguments)
            [sys.executable, "-m", "gateway", *arguments, "--home", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
            env={**self.environment, "COLUMNS": str(self.console.width), "SALLYPORT_ACTOR": "demo"},
        )
        if ended.returncode not in (0, 1):
            raise DemoFailed(f"`sallyport {' '.join(arguments)}` ended with {ended.returncode}: {ended.stderr.strip()}")
        return ended.stdout


class _Place(msgspec.Struct):
    line: int | None
    column: int | None


class _Finding(msgspec.Struct):
    severity: str
    text: str
    where: _Place


class _Message(msgspec.Struct):
    """A message, as far as the demonstration tells of it, in the words of ``messages search --json``."""

    id: str
    reference: str
    type: str
    version: str
    party: str | None
    agreement: str | None
    flow: str | None
    content: str
    receipt: str
    guide: str | None
    map: str | None
    canonical_type: str | None
    canonical_sha256: str | None
    findings: list[_Finding]


class _Hit(msgspec.Struct):
    message: _Message


class _File(msgspec.Struct):
    name: str
    size: int
    sha256: str


class _Story(msgspec.Struct):
    transmission: _File


def play(folder: Path, amqp: str | None, console: Console) -> None:
    """The whole story in ``folder``, where a gateway's folder was made. Raises :class:`DemoFailed`."""
    scene = Scene(folder, amqp, console)
    scene.heading("1  A gateway starts")
    _prepare(scene)
    started = time.monotonic()
    with _gateway(scene) as serving:
        scene.tell(f"it serves SFTP on port {serving.sftp_port}; its business side is {serving.business}")
        _statuses_come_in(scene, serving)
        _orders_go_out(scene, serving)
        _look_back(scene, serving)
        trouble = ask(scene.control, Status())
        if not isinstance(trouble, dict) or trouble.get("trouble"):
            raise DemoFailed(f"the gateway is in trouble at the end: {trouble}")
    _epilogue(scene, time.monotonic() - started)


def _prepare(scene: Scene) -> None:
    keys = scene.folder / "profiles" / "keys"
    for name, key in scene.keys.items():
        line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        (keys / f"{name}.pub").write_text(f"{line} {name}@demo\n")
    config = ["sftp:", "  port: 0", "metrics:", "  port: 0", "overdue_check: PT1S"]
    if scene.amqp:
        config += ["business:", "  amqp: ${SALLYPORT_DEMO_AMQP}"]
    (scene.folder / FILE).write_text("\n".join(config) + "\n")
    carrier = scene.folder / "profiles" / f"{X12}.yaml"
    carrier.write_text(carrier.read_text().replace("due: PT4H", f"due: {DUE}"))
    scene.tell(f"two partners: {EDIFACT} speaks EDIFACT D.96A, {X12} speaks X12 004010")
    scene.tell(f"for this demonstration {X12} has five seconds for a 997 (its profile says four hours)")


@contextmanager
def _gateway(scene: Scene) -> Iterator[Serving]:
    """The gateway in a process of its own, until the block ends."""
    with (scene.folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own command, with our own arguments)
            [sys.executable, "-m", "gateway", "serve", "--home", str(scene.folder)],
            stderr=log,
            stdout=log,
            env=scene.environment,
        )
    try:
        yield _until(scene, "the gateway to serve", lambda: _status(scene, process))
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def _status(scene: Scene, process: subprocess.Popen[bytes]) -> Serving | None:
    if process.poll() is not None:
        log = (scene.folder / "gateway.log").read_text()
        raise DemoFailed(f"the gateway ended with {process.returncode}:\n{log[-2000:]}")
    try:
        return msgspec.convert(ask(scene.control, Status()), Serving)
    except NotRunning:
        return None


def _until(scene: Scene, what: str, look: Callable[[], T | None]) -> T:
    """What ``look`` finds, as soon as it finds it."""
    end = time.monotonic() + PATIENCE
    with scene.console.status(f"waiting for {what}"):
        while time.monotonic() < end:
            if (found := look()) is not None:
                return found
            time.sleep(0.1)
    raise DemoFailed(f"waited {PATIENCE:.0f} seconds for {what}")


@contextmanager
def _partner(scene: Scene, serving: Serving, name: str) -> Iterator[paramiko.SFTPClient]:
    """A partner's own SFTP client, logged in, having checked that it speaks to the right server."""
    private = scene.keys[name].private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    key = paramiko.Ed25519Key.from_private_key(io.StringIO(private.decode()))
    host_key = paramiko.Ed25519Key.from_private_key_file(str(scene.folder / "var" / "keys" / "sftp_host_ed25519"))
    client = paramiko.SSHClient()
    client.get_host_keys().add(f"[127.0.0.1]:{serving.sftp_port}", host_key.get_name(), host_key)
    try:
        client.connect(
            "127.0.0.1", serving.sftp_port, name, pkey=key, allow_agent=False, look_for_keys=False, timeout=PATIENCE
        )
        with client.open_sftp() as sftp:
            yield sftp
    finally:
        client.close()


def _example(name: str) -> bytes:
    return (files("profiles") / "examples" / "demo" / name).read_bytes()


def _collect(scene: Scene, sftp: paramiko.SFTPClient, start: str) -> tuple[str, bytes]:
    """The partner looks into its mailbox until a file is there whose name begins with ``start``, and takes it."""

    def look() -> str | None:
        return next((name for name in sorted(sftp.listdir("/out")) if name.startswith(start)), None)

    name = _until(scene, f"{start} in the partner's mailbox", look)
    with sftp.open(f"/out/{name}") as file:
        content = file.read()
    sftp.remove(f"/out/{name}")
    return name, content


def _taken(scene: Scene, count: int) -> list[Letter]:
    """What the company's system receives: ``count`` canonical documents."""
    letters: list[Letter] = []
    if scene.amqp:
        asyncio.run(_consume(scene.amqp, letters, count))
    else:
        end = time.monotonic() + PATIENCE
        while len(letters) < count and time.monotonic() < end:
            take_letters(scene.control, Take(limit=count - len(letters)), letters.append)
    if len(letters) != count:
        raise DemoFailed(f"the ERP received {len(letters)} documents instead of {count}")
    return letters


async def _consume(url: str, letters: list[Letter], count: int) -> None:
    exchange = RabbitExchange(url, end="business")
    complete = asyncio.Event()

    async def take(letter: Letter) -> None:
        letters.append(letter)
        if len(letters) >= count:
            complete.set()

    try:
        await exchange.consume(take)
        await asyncio.wait_for(complete.wait(), PATIENCE)
    except TimeoutError:
        return
    finally:
        await exchange.close()


def _statuses_come_in(scene: Scene, serving: Serving) -> None:
    scene.heading("2  Partners report: an IFTSTA interchange with a faulty message, and a 214")
    status, report = _example("iftsta.edi"), _example("214.x12")
    with _partner(scene, serving, EDIFACT) as sftp:
        sftp.putfo(io.BytesIO(status), "/in/status-0815.edi.part")
        sftp.posix_rename("/in/status-0815.edi.part", "/in/status-0815.edi")
        scene.show(f"{EDIFACT} uploads status-0815.edi", status)
        name, contrl = _collect(scene, sftp, "CONTRL")
        scene.show(f"{EDIFACT} finds {name}", contrl)
    if b"UCI+4711+" not in contrl or b":14+7'" not in contrl or contrl.count(b"UCM+") != 1:
        raise DemoFailed("the CONTRL does not accept the interchange and reject exactly one message")
    _tell_what_became(scene, "4711")
    scene.note(f"IFTSTA of {EDIFACT}, 3 messages", "2 accepted, 1 rejected at its exact place, CONTRL collected")
    with _partner(scene, serving, X12) as sftp:
        sftp.putfo(io.BytesIO(report), "/in/214-000000077.x12")
        scene.show(f"{X12} uploads 214-000000077.x12", report)
        name, functional = _collect(scene, sftp, "997")
        scene.show(f"{X12} finds {name}", functional)
    _tell_what_became(scene, "000000077")
    if b"AK1*QM*77~" not in functional or b"AK9*A*1*1*1~" not in functional:
        raise DemoFailed("the 997 does not accept the group")
    scene.note(f"214 of {X12}", "accepted, 997 collected")
    letters = _taken(scene, 3)
    for letter in letters:
        scene.tell(f"the ERP receives {letter.type} from {letter.headers['party']} (message {letter.message_id})")
    scene.console.print(escape(msgspec.json.format(letters[0].body, indent=2).decode()), highlight=False)
    scene.note("canonical transport_status for the ERP", f"{len(letters)} received over {_way(scene)}")


def _tell_what_became(scene: Scene, number: str) -> None:
    """What the gateway made of a received interchange, as its ledger has it."""
    hits = msgspec.json.decode(scene.ask("messages", "search", number, "--json"), type=list[_Hit])
    messages = [hit.message for hit in reversed(hits)]
    if not messages:
        raise DemoFailed(f"interchange {number} is not in the ledger")
    story = msgspec.json.decode(scene.ask("messages", "show", messages[0].id, "--json"), type=_Story)
    file = story.transmission
    scene.tell(f"archived: {file.name}, {file.size} bytes, sha256 {file.sha256}")
    for each in messages:
        scene.tell(
            f"message {each.reference}: {each.type} {each.version} of {each.party}, agreement {each.agreement},"
            f" flow {each.flow}: {each.content} by guide {each.guide}"
        )
        for finding in each.findings:
            if finding.severity == "error":
                scene.tell(f"    line {finding.where.line}, column {finding.where.column}: {finding.text}")
        if each.canonical_sha256:
            scene.tell(f"    became {each.canonical_type} by map {each.map}, sha256 {each.canonical_sha256}")


def _orders_go_out(scene: Scene, serving: Serving) -> None:
    scene.heading("3  The company orders: one canonical form becomes an IFTMIN and a 204")
    order = _example("order.json")
    for flow in (f"{EDIFACT}/order-out", f"{X12}/tender-out"):
        _submit(scene, flow, f"order-{flow.partition('/')[0]}-1", order)
        scene.tell(f"the ERP sends transport_order/1 for {flow} over {_way(scene)}")
    with _partner(scene, serving, EDIFACT) as sftp:
        name, iftmin = _collect(scene, sftp, "IFTMIN")
        scene.show(f"{EDIFACT} collects {name}", iftmin)
        sftp.putfo(io.BytesIO(_contrl_of_partner(iftmin)), "/in/contrl-1.edi")
    with _partner(scene, serving, X12) as sftp:
        name, tender = _collect(scene, sftp, "204")
        scene.show(f"{X12} collects {name}", tender)
        sftp.putfo(io.BytesIO(_functional_of_partner(tender)), "/in/997-1.x12")
    for partner in (EDIFACT, X12):
        _until(
            scene,
            f"the acknowledgment of {partner} to be matched",
            partial(_receipt, scene, partner, "met"),
        )
        scene.tell(f"{partner} acknowledges, and the expectation is met")
        scene.note(f"transport_order to {partner}", "written, collected, acknowledged: the receipt that was due is met")
    scene.heading("4  A receipt does not come")
    _submit(scene, f"{X12}/tender-out", f"order-{X12}-2", order.replace(b"SHP-260812", b"SHP-260813"))
    with _partner(scene, serving, X12) as sftp:
        _collect(scene, sftp, "204")
    scene.tell(f"{X12} collects a second 204 and does not answer")
    _until(scene, "the 997 to be overdue", lambda: _receipt(scene, X12, "overdue"))
    scene.command("receipts", "list", "--overdue")
    scene.note(f"second transport_order to {X12}", "delivered, 997 overdue, a case is open")


def _submit(scene: Scene, flow: str, message_id: str, document: bytes) -> None:
    if scene.amqp:
        asyncio.run(_publish(scene.amqp, flow, message_id, document))
        return
    try:
        ask(scene.control, Send(message_id=message_id, flow=flow, content=document, actor="demo"))
    except Refused as fault:
        raise DemoFailed(str(fault)) from None


async def _publish(url: str, flow: str, message_id: str, document: bytes) -> None:
    exchange = RabbitExchange(url, end="business")
    try:
        await exchange.publish(
            Letter(
                message_id=message_id,
                type="transport_order/1",
                routing_key="submit." + flow.replace("/", "."),
                body=document,
                headers={"flow": flow},
            )
        )
    finally:
        await exchange.close()


def _contrl_of_partner(iftmin: bytes) -> bytes:
    """The partner's own CONTRL: it accepts the interchange. Written here as text, by nobody's library."""
    header = re.search(rb"UNB\+(UNO.:.)\+([^+]*)\+([^+]*)\+([0-9]+:[0-9]+)\+([^+']*)", iftmin)
    if header is None:
        raise DemoFailed("the IFTMIN has no UNB that the partner can read")
    syntax, us, them, when, number = (part.decode() for part in header.groups())
    return (
        f"UNB+{syntax}+{them}+{us}+{when}+1'UNH+1+CONTRL:D:3:UN'UCI+{number}+{us}+{them}+7'UNT+3+1'UNZ+1+1'"
    ).encode()


def _functional_of_partner(tender: bytes) -> bytes:
    """The partner's own 997: it accepts the group and its one set."""
    plain = tender.replace(b"\n", b"").decode()
    header, group = plain[:105], re.search(r"GS\*SM\*([^*]*)\*([^*]*)\*[^*]*\*[^*]*\*([0-9]+)\*", plain)
    if group is None:
        raise DemoFailed("the 204 has no GS that the partner can read")
    us, them, number = group.groups()
    isa = header.split("*")
    isa[5], isa[6], isa[7], isa[8] = isa[7], isa[8], isa[5], isa[6]
    isa[13], isa[14] = "000000501", "0"
    return (
        f"{'*'.join(isa)}~GS*FA*{them}*{us}*20261001*1200*501*X*004010~ST*997*0001~AK1*SM*{number}~"
        "AK2*204*0001~AK5*A~AK9*A*1*1*1~SE*6*0001~GE*1*501~IEA*1*000000501~"
    ).encode()


def _receipt(scene: Scene, party: str, state: str) -> str | None:
    """The id of a message to ``party`` whose receipt has come to ``state``."""
    hits = msgspec.json.decode(scene.ask("messages", "search", "", "--party", party, "--json"), type=list[_Hit])
    return next((hit.message.id for hit in hits if hit.message.receipt == state), None)


def _look_back(scene: Scene, serving: Serving) -> None:
    scene.heading("5  Looking back: one reference finds the whole exchange")
    scene.command("messages", "search", "SHP-260812")
    order = _receipt(scene, EDIFACT, "met")
    if order is None:
        raise DemoFailed("the acknowledged order is not found any more")
    scene.command("messages", "show", order)
    scene.heading("6  The same bytes once more")
    scene.command("messages", "resend", order, "--reason", "the partner lost the file")
    with _partner(scene, serving, EDIFACT) as sftp:
        name, again = _collect(scene, sftp, "IFTMIN")
    first = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "-m", "gateway", "messages", "show", order, "--raw", "--home", str(scene.folder)],
        capture_output=True,
        check=True,
        env=scene.environment,
    ).stdout
    if first not in again:
        raise DemoFailed("what was sent again is not what was sent first")
    scene.tell(f"{EDIFACT} finds {name} again, identical to the first")
    scene.note("resend of the IFTMIN", "the identical bytes, under the same name and numbers")


def _epilogue(scene: Scene, seconds: float) -> None:
    scene.heading("What happened")
    made = Table(header_style="bold")
    made.add_column("what")
    made.add_column("outcome")
    for what, outcome in scene.happened:
        made.add_row(escape(what), escape(outcome))
    scene.console.print(made)
    scene.tell(f"in {seconds:.0f} seconds, on real transports. To go on:")
    for line in (
        "sallyport init DIR && sallyport serve --home DIR     a gateway of your own, with the example profiles",
        "sallyport validate FILE                              every fault of an EDI file, with its place",
        "sallyport profiles check --home DIR                  every fault of the partner profiles, with its line",
        "sallyport demo --keep DIR                            this story, with its folder left to look into",
    ):
        scene.tell("  " + line)


def _way(scene: Scene) -> str:
    return "RabbitMQ" if scene.amqp else "the embedded exchange"
