"""The command ``keys ssh``: the keys with which we log in at partners' SFTP servers."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from gateway.channels.files.keys import make_user_key, public_line
from gateway.channels.files.place import Denied
from gateway.cli.output import Exit, fail, note, print_bytes, print_json
from gateway.cli.places import DEFAULT_HOME, HomeOption, JsonOption, home_of
from partners.scalars import ID

_NAME = re.compile(ID)


def ssh(
    name: Annotated[str, typer.Argument(help="The name of the key, as channels state it in `keys`.")] = "sftp",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show the public half of a key with which we log in at partners' SFTP servers; the first time, make the key.

    The private half is a file of the gateway's key folder and leaves it nowhere. Give the partner the line that is
    printed.
    """
    place = home_of(home)
    if not _NAME.fullmatch(name):
        fail(f"`{name}` is not the name of a key", "small letters, digits and hyphens, such as sftp-2027", Exit.USAGE)
    try:
        line = public_line(place.keys, name)
        made = line is None
        if line is None:
            line = make_user_key(place.keys, name)
    except Denied as fault:
        fail(str(fault), "nothing was changed")
    if as_json:
        print_json({"name": name, "made": made, "public_key": line})
        return
    note(f"{'made' if made else 'this is'} the key `{name}`; the partner needs its public half:")
    print_bytes(f"{line}\n".encode())
