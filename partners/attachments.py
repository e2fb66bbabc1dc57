"""Files that a channel names: public keys and certificates, put into the tree where they are named.

What an attachment says then takes part in everything a profile's own text takes part in: it is validated, a fault in
it has its own file and line, and it is in the resolved profile and its hash. A file that is not there is a warning: a
new partner's profile is usually written before its key arrives, and until then nobody can log in.
"""

from __future__ import annotations

from collections.abc import Mapping as Lookup

from partners.authorized_key import PRIVATE_KEY
from partners.document import Mapping, Node, Scalar, Sequence
from partners.fault import Fault, Place, did_you_mean, fault

_KEYS = {
    "authorized_keys": "nobody can log in here until it is there",
    "host_keys": "the server is not trusted until it is there",
}
"""The lists of public keys that a channel can have, and what a missing file means for it."""


def attach(channel: Mapping, attachments: Lookup[str, bytes], faults: list[Fault]) -> Mapping:
    """The channel with the lines of its key file, and the text of its certificates, in their places."""
    items = dict(channel.items)
    for name, effect in _KEYS.items():
        keys = items.get(name)
        if isinstance(keys, Mapping):
            items[name] = _key_lines(keys, attachments, faults, effect)
        elif isinstance(keys, Sequence) and not keys.items:
            hint = "add a public key, or name a file: {file: keys/name.pub}"
            faults.append(fault(keys.place, "the list is empty", hint))
    certificates = items.get("certificates")
    if isinstance(certificates, Sequence):
        with_text = [_with_pem(item, attachments, faults) for item in certificates.items]
        items["certificates"] = Sequence(with_text, certificates.place)
    return Mapping(items, channel.keys, channel.place)


def _key_lines(node: Mapping, attachments: Lookup[str, bytes], faults: list[Fault], effect: str) -> Sequence:
    others = [key for key in node.keys if key != "file"]
    for key in others:
        faults.append(fault(node.keys[key], f"`{key}` is not a key here", did_you_mean(key, ["file"])))
    name = node.items.get("file")
    if not isinstance(name, Scalar):
        if name is not None or ("file" not in node.keys and not others):
            faults.append(fault(node.place, "expected the name of a file", "write {file: keys/name.pub}"))
        return Sequence([], node.place)
    text = _text(name, attachments, faults, effect)
    if text is None:
        return Sequence([], name.place)
    lines = [
        Scalar(line.strip(), Place(name.text, number, 1, name.place.path))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        faults.append(fault(Place(name.text, 1, 1, name.place.path), "the file holds no public key"))
    return Sequence(list[Node](lines), name.place)


def _with_pem(node: Node, attachments: Lookup[str, bytes], faults: list[Fault]) -> Node:
    if not isinstance(node, Mapping):
        return node
    if "pem" in node.keys:
        faults.append(fault(node.keys["pem"], "a certificate is not written into a profile", "name its file: `file`"))
    name = node.items.get("file")
    if not isinstance(name, Scalar):
        return node
    text = _text(name, attachments, faults, "nothing can be sent or verified with it until it is there")
    if text is None:
        return node
    place = Place(name.text, 1, 1, name.place.path)
    return Mapping({**node.items, "pem": Scalar(text, place)}, {**node.keys, "pem": place}, node.place)


def _text(name: Scalar, attachments: Lookup[str, bytes], faults: list[Fault], effect: str) -> str | None:
    content = attachments.get(name.text)
    if content is None:
        hint = did_you_mean(name.text, attachments) if attachments else None
        faults.append(fault(name.place, f"there is no file `{name.text}`; {effect}", hint, "warning"))
        return None
    place = Place(name.text, 1, 1, name.place.path)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        faults.append(fault(place, "the file is not text"))
        return None
    if "PRIVATE KEY" in text:
        # Nothing more is said about it, for that would quote it.
        faults.append(fault(place, PRIVATE_KEY))
        return None
    return text
