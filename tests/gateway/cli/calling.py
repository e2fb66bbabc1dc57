"""What a command answers, and where the files of the demonstration are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

EXAMPLES = Path(str(files("profiles"))) / "examples" / "demo"
IFTSTA, X214, ORDER = EXAMPLES / "iftsta.edi", EXAMPLES / "214.x12", EXAMPLES / "order.json"


class Answer(NamedTuple):
    """What a command answered."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode()

    def json(self) -> Any:  # noqa: ANN401 (whatever JSON holds)
        """Standard output as the one JSON document that it is."""
        return json.loads(self.out)


Call = Callable[..., Answer]


def process(*arguments: str | Path, env: Mapping[str, str] | None = None, **settings: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401
    """The command in a process of its own, as a user's shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", *map(str, arguments)],
        stdout=settings.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", **(env or {})},
        **settings,
    )
