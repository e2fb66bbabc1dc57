"""Commands that set up and run a gateway: ``init``, ``check``, ``serve``."""

from __future__ import annotations

import os
import socket
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.output import Exit, fail, note, one_line, print_json, say
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption, home_of
from gateway.config import FILE, ConfigFault, NoGateway, open_home

if TYPE_CHECKING:
    from gateway.serving import Serving


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", metavar="DIR")],
) -> None:
    """Make a gateway's folder: a commented configuration and example profiles.

    It runs unedited.
    """
    try:
        if (folder / FILE).exists():
            fail(f"{folder} holds a gateway already", "choose another folder, or edit what is there")
        make_home(folder)
    except OSError as error:
        fail(f"{error.filename or folder} cannot be made: {error.strerror}", "choose a folder that you may write to")
    say(f"made {folder}", "green")
    say("  next: put your partners' public keys into profiles/keys, as the example profiles name them")
    say(f"        sallyport check --home {folder}")
    say(f"        sallyport serve --home {folder}")


def make_home(folder: Path) -> None:
    """Write the configuration and the example profiles into ``folder``; existing files are left as they are."""
    shipped = files("profiles")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profiles" / "keys").mkdir(parents=True, exist_ok=True)
    for entry in (shipped / "partners-example").iterdir():
        if entry.name.endswith(".yaml"):
            _write(folder / "profiles" / entry.name, entry.read_bytes())
    _write(folder / "schemas" / "profile.json", (shipped / "schemas" / "profile.json").read_bytes())
    # The configuration makes a folder a gateway, so it comes last: what was cut short can be made again.
    _write(folder / FILE, (shipped / "templates" / "gateway" / FILE).read_bytes())


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_bytes(content)


def check(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Check the configuration and the profiles. Nothing is started.

    Every fault is said at once, with file, line, column and a suggestion.
    """
    from gateway.catalogue import Catalogue
    from gateway.cli.alert_faults import alert_faults
    from gateway.cli.certificates import certificate_faults
    from gateway.cli.profiles import tell
    from gateway.clock import system_clock
    from gateway.profiles_folder import load_profiles

    try:
        place = open_home(home, os.environ)
    except NoGateway:
        home_of(home)
    except ConfigFault as fault:
        if as_json:
            print_json({"good": False, "faults": fault.faults})
        else:
            for each in fault.faults:
                note(str(each), "red")
            note("not usable: put the configuration right and check again; the profiles were not looked at", "bold red")
        raise typer.Exit(Exit.INPUT) from None
    else:
        loaded = load_profiles(place.profiles, Catalogue(place.guides))
        if loaded.register is not None:
            loaded.faults.extend(certificate_faults(place, loaded.register, system_clock()))
            loaded.faults.extend(alert_faults(place, loaded.register))
        if as_json:
            print_json({"good": loaded.register is not None, "faults": loaded.faults})
        else:
            tell(loaded)
        if loaded.register is None:
            raise typer.Exit(Exit.INPUT)


def serve(home: HomeOption = DEFAULT_HOME) -> None:
    """Run the gateway until it is told to stop.

    It stays in the foreground, logs to standard error and ends at SIGTERM or Ctrl-C.
    """
    place = home_of(home)
    # All of the gateway is behind this: the other commands of this module need none of it.
    import asyncio

    from sqlalchemy.exc import DBAPIError

    from archive import ArchiveFault
    from gateway import logs
    from gateway.channels.private_folder import FolderBusy
    from gateway.channels.sftp import KeyFault
    from gateway.database import DatabaseFault
    from gateway.profiles_folder import ProfilesUnusable
    from gateway.serving import GatewayBroken
    from gateway.serving import serve as run
    from queues import ExchangeFault

    logs.configure(place.config.log)
    try:
        asyncio.run(run(place, _announce))
    except ProfilesUnusable as fault:
        for each in fault.loaded.faults:
            note(str(each), "red")
        fail("the profiles have faults", f"put them right; sallyport check --home {home} says when they are")
    except (DatabaseFault, ArchiveFault, GatewayBroken, KeyFault, FolderBusy, ExchangeFault) as fault:
        fail(str(fault), f"sallyport doctor --home {home} looks at everything around it")
    except DBAPIError as fault:
        fail(f"the database cannot be used: {one_line(fault.orig)}", f"check `database` in {place.folder / FILE}")
    except socket.gaierror as fault:
        fail(f"an address to listen on is not known: {fault.strerror}", f"check `listen` in {place.folder / FILE}")
    except OSError as fault:
        if fault.filename:
            fail(f"{fault.filename}: {fault.strerror}", "see that the gateway's user may use it")
        fail(f"the gateway cannot listen: {fault.strerror or fault}", f"check the ports in {place.folder / FILE}")


def _announce(serving: Serving) -> None:
    metrics = f", metrics on port {serving.metrics_port}" if serving.metrics_port else ""
    as2 = f", AS2 on port {serving.as2_port}" if serving.as2_port else ""
    note(f"serving: SFTP on port {serving.sftp_port}{as2}{metrics}, business side {serving.business}", "green")
