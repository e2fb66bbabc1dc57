"""The command ``doctor``: what is not as it should be on this machine, and what to do about it.

Each look is one row: *good*, *warning* (works, and somebody should know) or *bad* (the gateway will not start, or not
do its work). Nothing is changed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sqlite3
import sys
from importlib.metadata import version
from typing import Literal, NamedTuple

import msgspec
import typer
from sqlalchemy.exc import DBAPIError

from gateway.catalogue import Catalogue
from gateway.channels.files.keys import user_keys
from gateway.channels.files.place import Denied
from gateway.cli.alert_faults import alert_faults, unready_destinations
from gateway.cli.certificates import urgent_certificates
from gateway.cli.channels import look, told
from gateway.cli.output import Exit, one_line, print_json, table
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption
from gateway.clock import system_clock
from gateway.config import ConfigFault, Home, NoGateway, open_home
from gateway.control import NoAnswer, NotRunning, Status, ask
from gateway.database import Database, DatabaseFault
from gateway.ledger.migrating import current, head
from gateway.profiles_folder import load_profiles
from gateway.serving import Serving
from partners import As2Channel, DirectoryChannel, Register, SftpChannel, SftpClientChannel
from queues import ExchangeFault, RabbitExchange

SAFE_SQLITE = (3, 51, 3)
"""From here on SQLite is free of a fault that two connections writing or checkpointing at once can meet."""
PATIENCE = 5.0
"""Seconds in which a RabbitMQ, or a gateway that runs, must answer."""


class Look(NamedTuple):
    """One row."""

    what: str
    state: Literal["good", "warning", "bad"]
    text: str


def doctor(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Say what is not as it should be on this machine, and what to do.

    Looks at the software, the gateway's folder, its ledger, profiles, ports, RabbitMQ and alerts, and changes nothing.
    """
    looks = [_python()]
    try:
        place = open_home(home, os.environ)
    except NoGateway as fault:
        looks += [_sqlite(), Look("folder", "bad", f"{fault}; `sallyport init {home}` makes one")]
    except ConfigFault as fault:
        looks += [_sqlite(), *(Look("configuration", "bad", str(each)) for each in fault.faults)]
    else:
        running, serving = _running(place)
        looks += [_sqlite()] if place.config.database == "sqlite" else []
        looks += [*_data(place), _ledger(place), *_profiles(place), *_channels(place), running]
        looks += [] if serving else _ports(place)
        looks += [_exchange(place), *_alerts(place)]
    if as_json:
        print_json([look._asdict() for look in looks])
    else:
        colours = {"good": "", "warning": "yellow", "bad": "red"}
        table(("", "", ""), [(*look[:2][::-1], look.text) for look in looks], styles=[colours[x.state] for x in looks])
    if any(look.state == "bad" for look in looks):
        raise typer.Exit(Exit.USAGE)


def _python() -> Look:
    return Look("Sallyport", "good", f"{version('sallyport')} on Python {sys.version.split()[0]}")


def _sqlite() -> Look:
    found = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return Look("SQLite", "good", found)
    text = (
        f"{found}: versions before 3.51.3 can damage a database that two connections write at once. The gateway is the"
        " only writer of its ledger and relies on it: open ledger.db with no other program for writing"
    )
    return Look("SQLite", "warning", text)


def _data(place: Home) -> list[Look]:
    if not place.data.exists():
        return [Look("data folder", "good", f"{place.data} will be made at the first start")]
    try:
        mode = place.data.stat().st_mode & 0o077
        free = shutil.disk_usage(place.data).free
    except OSError as fault:
        return [Look("data folder", "bad", f"{place.data}: {fault.strerror}")]
    looks = []
    if not os.access(place.data, os.R_OK | os.W_OK | os.X_OK):
        looks.append(Look("data folder", "bad", f"you may not write to {place.data}: run this as the gateway's user"))
    elif mode:
        looks.append(Look("data folder", "warning", f"others may read {place.data}: run `chmod 700 {place.data}`"))
    else:
        looks.append(Look("data folder", "good", str(place.data)))
    reserve = place.config.sftp.disk_reserve
    told = f"{free >> 20:,} MiB are free; uploads are refused below {reserve >> 20:,} MiB (sftp.disk_reserve)"
    looks.append(Look("disk", "good" if free > 4 * reserve else "warning" if free > reserve else "bad", told))
    return looks


def _profiles(place: Home) -> list[Look]:
    loaded = load_profiles(place.profiles, Catalogue(place.guides))
    errors_found = [each for each in loaded.faults if each.severity == "error"]
    if errors_found:
        told = f"{len(errors_found)} faults; `sallyport check` lists them. The first: {errors_found[0]}"
        return [Look("profiles", "bad", told)]
    channels = loaded.register.channels.values() if loaded.register else ()
    logins = sum(isinstance(channel, SftpChannel) for channel in channels)
    partners = sum(isinstance(channel, As2Channel) for channel in channels)
    elsewhere = sum(isinstance(channel, DirectoryChannel | SftpClientChannel) for channel in channels)
    many = len(loaded.register.agreements) if loaded.register else 0
    told = f"{many} agreements, {logins} mailboxes, {partners} AS2 partners, {elsewhere} places elsewhere"
    told += f" in {place.profiles}"
    look = Look("profiles", "good", told)
    if loaded.faults:
        look = Look("profiles", "warning", "; ".join(str(each) for each in loaded.faults))
    if loaded.register is None:
        return [look]
    looks = [Look("alerts", "warning", str(each)) for each in alert_faults(place, loaded.register)]
    return [look, *_certificates(place, loaded.register), *_places(place, loaded.register), *looks]


def _places(place: Home, register: Register) -> list[Look]:
    """Folders and keys that channels need and that are not there; servers are not called."""
    looks = []
    for channel in register.channels.values():
        if isinstance(channel, DirectoryChannel):
            folder = place.directories / channel.folder
            needed = [folder / channel.deliver_to, *([folder / channel.collect.folder] if channel.collect else [])]
            looks += [
                Look("folder", "bad", f"channel `{channel.id}`: there is no {each}; make it, or mount its disk")
                for each in needed
                if not each.is_dir()
            ]
        elif isinstance(channel, SftpClientChannel):
            try:
                user_keys(place.keys, channel.keys)
            except Denied as fault:
                looks.append(Look("SFTP key", "bad", f"channel `{channel.id}`: {fault}"))
    return looks


def _certificates(place: Home, register: Register) -> list[Look]:
    """Those of AS2 that somebody has to do something about."""
    now = system_clock()
    return [
        Look(
            "AS2 certificate",
            "warning" if each.state.startswith("expires") else "bad",
            f"{each.file} of `{each.owner}`, used to {', '.join(each.use)}: {each.state}",
        )
        for each in urgent_certificates(place, register, now)
    ]


def _alerts(place: Home) -> list[Look]:
    """Whether what alerts are sent with is there; nothing is sent."""
    settings = place.config.alerts
    unready = unready_destinations(place)
    looks = [Look("alerts", "bad", f"nothing gets to `{name}`: {told}") for name, told in unready.items()]
    ready = ", ".join(name for name in settings.destinations if name not in unready)
    if ready:
        looks.append(Look("alerts", "good", f"{len(settings.rules)} rules; `sallyport alerts test` tries {ready}"))
    return looks


def _running(place: Home) -> tuple[Look, bool]:
    try:
        serving = msgspec.convert(ask(place.control, Status(), patience=PATIENCE), Serving)
    except NotRunning:
        return Look("gateway", "good", "does not run"), False
    except (NoAnswer, msgspec.ValidationError) as fault:
        return Look("gateway", "bad", f"runs and cannot be talked to: {fault}"), True
    metrics = f", metrics on port {serving.metrics_port}" if serving.metrics_port else ""
    as2 = f", AS2 on port {serving.as2_port}" if serving.as2_port else ""
    told = f"runs as process {serving.pid}: SFTP on port {serving.sftp_port}{as2}{metrics}"
    told += f", business side {serving.business}"
    if serving.trouble:
        return Look("gateway", "warning", f"{told}. {serving.trouble}"), True
    return Look("gateway", "good", told), True


def _ports(place: Home) -> list[Look]:
    """Whether the ports can be had; asked only while our own gateway does not hold them."""
    config = place.config
    looks = []
    wanted = [("SFTP port", "sftp", config.sftp.listen, config.sftp.port)]
    if config.as2.enabled:
        wanted.append(("AS2 port", "as2", config.as2.listen, config.as2.port))
    if config.metrics.enabled:
        wanted.append(("metrics port", "metrics", config.metrics.listen, config.metrics.port))
    for what, key, listen, port in wanted:
        try:
            family = socket.getaddrinfo(listen, port, type=socket.SOCK_STREAM)[0][0]
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((listen, port))
        except OSError as fault:
            told = f"{listen} port {port}: {fault.strerror}; choose another under `{key}` in the configuration"
            looks.append(Look(what, "bad", told))
        else:
            looks.append(Look(what, "good", f"{listen} port {port} is free" if port else f"{listen}, any free port"))
    return looks


def _ledger(place: Home) -> Look:
    try:
        database = Database.open(place.database_url, mode="read")
    except DatabaseFault as fault:
        if place.config.database == "sqlite" and not (place.data / "ledger.db").exists():
            return Look("ledger", "good", "will be made at the first start")
        return Look("ledger", "bad", str(fault))
    try:
        revision, wanted = database.read(current), head()
    except DBAPIError as fault:
        return Look("ledger", "bad", f"cannot be read: {one_line(fault.orig)}")
    finally:
        database.close()
    if revision != wanted:
        told = f"has schema {revision}; this version needs {wanted} and brings it up at the next start"
        return Look("ledger", "warning", told)
    return Look("ledger", "good", f"schema {revision}")


def _channels(place: Home) -> list[Look]:
    """Those through which not everything goes; none where the ledger cannot tell, which has a look of its own."""
    if _ledger(place).state != "good" or (
        place.config.database == "sqlite" and not (place.data / "ledger.db").exists()
    ):
        return []
    return [
        Look("channel", "warning", f"`{each.channel}` is {each.state}, and {each.waiting} wait: {told(each)}")
        for each in look(place)
        if each.state != "open"
    ]


def _exchange(place: Home) -> Look:
    url = place.config.business.amqp
    if url is None:
        return Look("business side", "good", "the queues inside the database: `sallyport send` and `sallyport receive`")
    try:
        asyncio.run(_reach(url))
    except (ExchangeFault, TimeoutError, OSError) as fault:
        told = one_line(fault) or f"no answer in {PATIENCE:.0f} seconds"
        return Look("business side", "bad", f"RabbitMQ cannot be used: {told}")
    return Look("business side", "good", "RabbitMQ answers")


async def _reach(url: str) -> None:
    exchange = RabbitExchange(url)
    try:
        await asyncio.wait_for(exchange.connect(), PATIENCE)
    finally:
        await exchange.close()
