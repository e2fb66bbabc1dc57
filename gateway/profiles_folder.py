"""The partner profiles of one gateway, from its folder to a register, live.

Profiles change while the gateway runs: ``refresh`` is called every second or so and reads the folder again when a file
in it has changed, so that ``current``, which is asked for with each arrival and each login, never touches the disk. A
folder that has become faulty does not stop traffic: the last good register stays in force and the faults are reported
once.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from zoneinfo import available_timezones

import structlog

from gateway.catalogue import Catalogue
from partners import Fault, Loaded, Register, load

log = structlog.get_logger()

RETENTION_CLASSES = frozenset({"standard", "customs"})
"""The retention classes that an agreement may name."""

MAX_FILE = 2 << 20
"""Bytes of the largest file read from the folder; a profile is some dozens of kilobytes."""


class ProfilesUnusable(Exception):
    """There is no register to start with; ``loaded`` has the faults."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__("\n".join(str(each) for each in loaded.faults))
        self.loaded = loaded


def load_profiles(folder: Path, catalogue: Catalogue) -> Loaded:
    """Everything in ``folder`` and the shipped templates, as a register or as faults; what cannot be read is one."""
    known = catalogue.known(frozenset(available_timezones()), RETENTION_CLASSES)
    contents, unreadable = _contents(folder)
    loaded = load([*catalogue.templates(), *contents], known)
    guides = [
        Fault(file=file, line=1, column=1, path="", message=text, suggestion="import it again", severity="warning")
        for file, text in catalogue.own_faults.items()
    ]
    register = None if unreadable else loaded.register
    return Loaded(register, [*unreadable, *guides, *loaded.faults]) if unreadable or guides else loaded


class ProfilesFolder:
    """The register in force."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        """Raises :class:`ProfilesUnusable` when the folder does not give a register."""
        self._folder = folder
        self._catalogue = catalogue
        self._lock = Lock()
        self._stamp = self._seen = _stamp(folder)
        loaded = load_profiles(folder, catalogue)
        if loaded.register is None:
            raise ProfilesUnusable(loaded)
        self._register = loaded.register

    @property
    def current(self) -> Register:
        """The register in force."""
        return self._register

    def refresh(self, *, settled: bool = False) -> bool:
        """Read the folder again if it has changed; whether another register is in force now.

        With ``settled`` it must have stayed as it is since the call before: a profile that is just being written may
        look whole and lack an agreement, and what arrives in that moment would belong to nobody.
        """
        with self._lock:
            stamp = _stamp(self._folder)
            unrest, self._seen = stamp != self._seen, stamp
            if stamp == self._stamp or (settled and unrest):
                return False
            self._stamp = stamp
            loaded = load_profiles(self._folder, self._catalogue)
            if loaded.register is None:
                for each in loaded.faults:
                    log.error("profile fault; the profiles read before stay in force", fault=str(each))
                return False
            self._register = loaded.register
            log.info("profiles read again", agreements=len(loaded.register.agreements))
            return True


def _files(folder: Path) -> list[Path]:
    """The files that count: hidden ones and editors' back-ups are left alone. Raises ``OSError``."""
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise error

    # `Path.rglob` would pass over a folder that cannot be read, and its partners would be missing without a word.
    for above, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(above, name)
            for name in names
            if not name.startswith(".") and not name.endswith(("~", ".swp", ".bak")) and Path(above, name).is_file()
        ]
    return sorted(found)


def _contents(folder: Path) -> tuple[list[tuple[str, bytes]], list[Fault]]:
    contents: list[tuple[str, bytes]] = []
    unreadable: list[Fault] = []
    try:
        files = _files(folder)
    except OSError as error:
        return [], [_unreadable(folder, Path(error.filename), error)]
    for file in files:
        try:
            with file.open("rb") as stream:
                # One byte more than allowed is enough for the reader to say that it is too much.
                contents.append((_name(folder, file), stream.read(MAX_FILE + 1)))
        except OSError as error:
            unreadable.append(_unreadable(folder, file, error))
    return contents, unreadable


def _unreadable(folder: Path, file: Path, error: OSError) -> Fault:
    name = _name(folder, file) if file != folder else str(folder)
    hint = "check `profiles` in the configuration" if isinstance(error, FileNotFoundError) else "check who may read it"
    return Fault(file=name, line=1, column=1, path="", message=f"cannot be read: {error.strerror}", suggestion=hint)


def _name(folder: Path, file: Path) -> str:
    # A name in another character set than UTF-8 is shown with its odd bytes escaped.
    return os.fsencode(file.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...] | None:
    """What changes when a file in the folder does; ``None`` while the folder cannot be looked at."""
    stamps = []
    try:
        for file in _files(folder):
            state = file.stat()
            stamps.append((str(file), state.st_mtime_ns, state.st_size))
    except OSError:
        # It is being replaced this very moment, or cannot be read: loading says which.
        return None
    return tuple(stamps)
