"""How commands reach the ledger: for reading they open it; for orders they ask the gateway that runs, if one does."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from archive import Archive, ArchiveFault
from gateway import logs
from gateway.cli.output import Exit, fail, note, one_line
from gateway.config import Home, LogSettings
from gateway.control import NoAnswer, NotRunning, Order, Refused, ask, obey
from gateway.database import Database, DatabaseFault, Work, WriterBusy
from gateway.instance import Gateway
from gateway.ledger import NotRecorded, objects
from gateway.ledger.migrating import current, head
from gateway.profiles_folder import ProfilesUnusable

T = TypeVar("T")


@contextmanager
def reading(home: Home) -> Iterator[Database]:
    """The ledger, for reading; the gateway may run meanwhile."""
    try:
        database = Database.open(home.database_url, mode="read")
    except DatabaseFault as fault:
        fail(str(fault))
    try:
        if database.read(current) != head():
            fail("the ledger is of another version of Sallyport", "start this version once, which brings it up to date")
        yield database
    except NotRecorded as fault:
        fail(str(fault), "look it up: sallyport messages search", Exit.INPUT)
    except DBAPIError as fault:
        fail(f"the ledger cannot be read: {one_line(fault.orig)}", f"sallyport doctor --home {home.folder}")
    finally:
        database.close()


def read(home: Home, work: Work[T]) -> T:
    """The result of one look into the ledger."""
    with reading(home) as database:
        return database.read(work)


def content(home: Home, database: Database, sha256: str) -> bytes:
    """The archived bytes with this hash, verified."""
    locator = database.read(lambda connection: objects.find(connection, sha256))
    if locator is None:
        fail(f"the ledger knows no content {sha256}", f"sallyport archive fsck --home {home.folder}")
    try:
        return Archive.open(home.archive, mode="read").read(locator)
    except ArchiveFault as fault:
        fail(str(fault), f"sallyport archive fsck --home {home.folder}")


def order(home: Home, request: Order) -> object:
    """The result of an order, carried out by the running gateway, or here when none runs."""
    (result,) = orders(home, [request])
    return result


def orders(home: Home, requests: Sequence[Order]) -> Iterator[object]:
    """The result of each order, one after the other, carried out by the running gateway, or here when none runs."""
    for number, request in enumerate(requests):
        try:
            yield ask(home.control, request)
        except NotRunning:
            yield from _obeyed_here(home, requests[number:])
            return
        except NoAnswer as fault:
            fail(str(fault), f"see whether it still works: sallyport doctor --home {home.folder}")
        except Refused as fault:
            fail(str(fault), code=Exit.INPUT)


def _obeyed_here(home: Home, requests: Sequence[Order]) -> Iterator[object]:
    # What the gateway's parts log is for the terminal now, and none of it belongs on standard output.
    logs.configure(LogSettings(format="console", level="warning"))
    try:
        with Gateway.open(home) as gateway:
            for request in requests:
                yield obey(gateway, request)
    except Refused as fault:
        fail(str(fault), code=Exit.INPUT)
    except WriterBusy:
        fail(
            "another process has the ledger open and takes no orders: a gateway that starts or stops, or a command",
            f"try again in a moment; sallyport doctor --home {home.folder} says whether a gateway runs",
        )
    except ProfilesUnusable as fault:
        for each in fault.loaded.faults:
            note(str(each), "red")
        fail("the profiles have faults", f"sallyport check --home {home.folder} says when they are put right")
    except (DatabaseFault, ArchiveFault) as fault:
        fail(str(fault))
    except DBAPIError as fault:
        fail(f"the ledger cannot be written: {one_line(fault.orig)}", f"sallyport doctor --home {home.folder}")
    except OSError as fault:
        fail(f"{fault.filename or home.data}: {fault.strerror}", "run the command as the user whose gateway it is")


def actor_or_user(actor: str) -> str:
    """Who acts: as given, or the name under which the system knows the user."""
    try:
        return actor or getpass.getuser()
    except (KeyError, OSError):
        # A container's user often has a number and no name.
        return f"uid {os.getuid()}"
