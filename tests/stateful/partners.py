"""What the partners and the company send: files whose fate follows from what they are, and answers to what they got.

Every file names its kind and its number, so that whoever sees its bytes knows it: the same kind and number are the same
bytes, and another kind under the same number is other content.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from tests.gateway.pipeline.conftest import EXAMPLES
from tests.gateway.pipeline.test_reprocess import EXTRA, OTHER

KNOWN, SCAC = b"5412345000013", b"PRFT"
"""The identities of Blue Anchor and of Prairie Freight that the profiles know at first."""
BLUE, PRAIRIE = "blue-anchor", "prairie-freight"
FLOWS = {BLUE: f"{BLUE}/order-out", PRAIRIE: f"{PRAIRIE}/tender-out"}

Kind = Literal["good", "odd", "strange", "miscounted"]
"""As it should be; with an element too many in its second message; from an identity that the profile does not know at
first; with a count that is wrong. The third message of each has a date that there is none of."""
Says = Literal["accepts", "notes-errors", "in-part", "rejects"]
KINDS, SAYINGS = get_args(Kind), get_args(Says)

_IFTSTA, _ORDER = ((EXAMPLES / name).read_bytes() for name in ("iftsta.edi", "order.json"))
_CONTRL = {"accepts": "7", "notes-errors": "7", "in-part": "8", "rejects": "4"}
_997 = {"accepts": "A", "notes-errors": "E", "rejects": "R"}


def report(kind: Kind, number: int) -> bytes:
    """A file of Blue Anchor's with three messages."""
    content = _IFTSTA.replace(b"+4711'", b"+%d'" % number).replace(b"SHP-2608", b"SHP-%d08" % number)
    match kind:
        case "odd":
            return content.replace(b"BGM+23+ST-90018+9'", EXTRA)
        case "strange":
            return content.replace(KNOWN + b":14", OTHER + b":14", 1)
        case "miscounted":
            return content.replace(b"UNZ+3", b"UNZ+4")
        case _:
            return content


def document(name: str, *, odd: bool, changed: bool = False) -> bytes:
    """An order of the company's; an odd one has characters that the partner's character set lacks."""
    content = _ORDER.replace(b'"number": "SHP-260812"', f'"number": "{name}"'.encode())
    if odd:
        content = content.replace(b"Antwerpen", "Antwerpen \u6e2f".encode())
    return content.replace(b"Machine parts", b"Other parts") if changed else content


def numbers_of(interchange: bytes) -> tuple[int, str | None]:
    """The control number of an interchange of ours, and the order that it carries, if it does."""
    found = re.match(rb"UNB\+[^+]*\+[^+]*\+[^+]*\+[^+]*\+(\d+)|ISA(?:\*[^*]*){12}\*(\d+)", interchange)
    assert found, interchange
    order = re.search(rb"\b(order\d+)\b", interchange)
    return int(found[1] or found[2]), order[1].decode() if order else None


def answer(interchange: bytes, number: int, says: Says) -> bytes:
    """Its receiver's answer to an order of ours, under a control number of the receiver's own."""
    if interchange.startswith(b"UNB"):
        found = re.match(rb"UNB\+UNOC:3\+([^+]+)\+([^+]+)\+|UNB\+UNOY:\d\+([^+]+)\+([^+]+)\+", interchange)
        assert found, interchange
        us, them = ((found[1] or found[3]).decode(), (found[2] or found[4]).decode())
        return contrl(us, them, numbers_of(interchange)[0], number, says)
    group = re.search(rb"GS\*SM\*[^~]*\*(\d+)\*X\*", interchange)
    assert group, interchange
    return functional(int(group[1]), number, says)


def contrl(us: str, them: str, answered: int, number: int, says: Says) -> bytes:
    """A CONTRL; it knows no errors that do no harm."""
    body = f"UNH+1+CONTRL:D:3:UN'UCI+{answered}+{us}+{them}+{_CONTRL[says]}'UNT+3+1'"
    return f"UNB+UNOC:3+{them}+{us}+261001:0940+{number}'{body}UNZ+1+{number}'".encode()


def functional(answered: int, number: int, says: Says) -> bytes:
    """A 997; in part, it says of the group alone that some of it was accepted."""
    if says == "in-part":
        body = f"AK1*SM*{answered}~AK9*P*1*1*0~"
    else:
        code = _997[says]
        body = f"AK1*SM*{answered}~AK2*204*0001~AK5*{code}~AK9*{code}*1*1*{int(code != 'R')}~"
    return (
        f"ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0940*U*00401*{number:09}*0*P*>~"
        f"GS*FA*PRFT*MERIDIAN*20261001*0940*{number}*X*004010~ST*997*0001~{body}SE*{body.count('~') + 2}*0001~"
        f"GE*1*{number}~IEA*1*{number:09}~"
    ).encode()
