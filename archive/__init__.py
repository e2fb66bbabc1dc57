"""The write-once archive: bytes become durable here before anything else may refer to them.

:class:`Archive` appends content to pack files and reads it back verified; a :class:`Locator` says where content lies
and what it must hash to. ``pack`` is the format, pure; ``disk`` owns every call that touches a disk; ``store`` holds
the order of those calls, which is what makes the promise true.
"""

from archive.disk import Disk, LocalDisk
from archive.fault import ArchiveBusy, ArchiveDamaged, ArchiveFailed, ArchiveFault, ArchiveFull, Damage, Recovery
from archive.large import LARGE
from archive.locator import Locator
from archive.memory import MemoryDisk
from archive.store import PACK_LIMIT, Archive

__all__ = [
    "LARGE",
    "PACK_LIMIT",
    "Archive",
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveFailed",
    "ArchiveFault",
    "ArchiveFull",
    "Damage",
    "Disk",
    "LocalDisk",
    "Locator",
    "MemoryDisk",
    "Recovery",
]
