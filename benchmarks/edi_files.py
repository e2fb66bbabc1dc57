"""The files that readers are measured with: generated, the same in every run, and different from message to message.

Two of them. EDIFACT holds IFTSTA and DESADV of D.96A in turn, X12 holds 214 and 856 of 004010. About one segment in a
hundred has a released character in it (X12 has none). References, times, places, quantities and texts come from a
seeded generator, so that no reader profits from having seen the same bytes before. In the faulty kind one message in a
hundred has one of six faults; everything else is valid by the standard's own guide.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

Family = Literal["edifact", "x12"]

FAULT_EVERY = 100
"""In the faulty kind, how many messages there are for each that has a fault."""

_PORTS = ("BEANR", "NLRTM", "DEHAM", "GBFXT", "USNYC", "USLAX", "CNSHA", "SGSIN", "BRSSZ", "AEJEA")
_CITIES = (("CHICAGO", "IL", "60611"), ("DALLAS", "TX", "75201"), ("NEWARK", "NJ", "07101"), ("OAKLAND", "CA", "94607"))
_GOODS = ("PUMP HOUSING", "VALVE SET", "GEAR BOX", "COPPER WIRE", "GLASS PANEL", "BOTTLED WATER", "SPARE TYRE")
_REMARKS = ("seal checked", "door side left", "driver waited", "two pallets restacked", "temperature in order")


class Sample(NamedTuple):
    """One message between its header and its trailer: the type, the segments with terminators, and how many."""

    type: str
    body: str
    segments: int


def write_file(path: Path, family: Family, size: int, *, faulty: bool = False) -> int:
    """Writes a file of about ``size`` bytes to ``path`` and returns the number of messages in it.

    A large file repeats the bodies of its first messages under new references: what matters then is its length.
    """
    count = 0
    with path.open("wb") as file:
        for piece in pieces(family, size, faulty=faulty):
            file.write(piece)
            count += piece.startswith((b"UNH+", b"ST*"))
    return count


def generated(family: Family, size: int, *, faulty: bool = False) -> bytes:
    """The same file in memory."""
    return b"".join(pieces(family, size, faulty=faulty))


def pieces(family: Family, size: int, *, faulty: bool = False) -> Iterator[bytes]:
    """The file in pieces: headers, trailers, and each message by itself."""
    return _edifact(size, faulty) if family == "edifact" else _x12(size, faulty)


_DISTINCT = 10_000
"""How many bodies differ before they repeat; some 14 MB."""


def _bodies(make: Callable[[random.Random, int], Sample], faults: tuple[Callable[[str], str], ...]) -> Iterator[Sample]:
    chance = random.Random(20261125)  # noqa: S311 - a generator of test data
    kept: list[Sample] = []
    number = 0
    while True:
        number += 1
        if len(kept) < _DISTINCT:
            kept.append(make(chance, number))
        sample = kept[(number - 1) % _DISTINCT]
        if faults and number % FAULT_EVERY == 0:
            fault = faults[number // FAULT_EVERY % len(faults)]
            body = fault(sample.body)
            # A fault may take a segment away or add one; the trailer's count stays right, so that it is the only one.
            terminator = "~" if body.endswith("~") else "'"
            gained = body.count(terminator) - sample.body.count(terminator)
            sample = Sample(sample.type, body, sample.segments + gained)
        yield sample


def _edifact(size: int, faulty: bool) -> Iterator[bytes]:
    header = b"UNB+UNOC:3+5412345000013:14+5498765000017:14+261001:0915+4711'"
    yield header
    written, count = len(header), 0
    for count, sample in enumerate(_bodies(_edifact_sample, _EDIFACT_FAULTS if faulty else ()), 1):
        head, tail = f"UNH+{count}+{sample.type}:D:96A:UN'", f"UNT+{sample.segments + 2}+{count}'"
        message = f"{head}{sample.body}{tail}".encode("latin-1")
        yield message
        written += len(message)
        if written >= size:
            break
    yield f"UNZ+{count}+4711'".encode("ascii")


def _x12(size: int, faulty: bool) -> Iterator[bytes]:
    """Two groups, since a group holds one functional identifier: first 214s, then 856s."""
    isa = "ISA*00*          *00*          *02*PRFT           *ZZ*MERIDIAN       *261001*0930*U*00401*000000077*0*P*>~"
    yield isa.encode("ascii")
    bodies: tuple[tuple[str, str, Callable[[random.Random, int], Sample]], ...] = (
        ("QM", "214", _status_214),
        ("SH", "856", _notice_856),
    )
    for number, (identifier, kind, make) in enumerate(bodies, 1):
        yield f"GS*{identifier}*PRFT*MERIDIAN*20261001*0930*{number}*X*004010~".encode("ascii")
        written = count = 0
        for count, sample in enumerate(_bodies(make, _X12_FAULTS[kind] if faulty else ()), 1):
            head, tail = f"ST*{kind}*{count:04d}~", f"SE*{sample.segments + 2}*{count:04d}~"
            message = f"{head}{sample.body}{tail}".encode("ascii")
            yield message
            written += len(message)
            if written >= size // 2:
                break
        yield f"GE*{count}*{number}~".encode("ascii")
    yield b"IEA*2*000000077~"


def _moment(chance: random.Random) -> str:
    day = f"2026{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}"
    return f"{day}{chance.randint(0, 23):02d}{chance.randint(0, 59):02d}"


def _edifact_sample(chance: random.Random, number: int) -> Sample:
    return _iftsta(chance, number) if number % 2 else _desadv(chance, number)


def _iftsta(chance: random.Random, number: int) -> Sample:
    segments = [f"BGM+23+ST-{number}-{chance.randint(100, 999)}+9", f"DTM+137:{_moment(chance)}:203"]
    segments += [f"NAD+CA+54{chance.randint(10**10, 10**11 - 1)}::9", "CTA+IC+:DISPATCH", "COM+3225550142:TE"]
    for consignment in range(1, chance.randint(2, 5)):
        segments += [
            f"CNI+{consignment}+SHP-{chance.randint(10**6, 10**7)}",
            f"STS+1+{chance.choice((24, 21, 31, 48))}",
            f"RFF+BN:BK-{chance.randint(10**5, 10**6)}",
            f"RFF+CN:{chance.randint(10**8, 10**9)}",
            f"DTM+334:{_moment(chance)}:203",
            f"FTX+AAI+++{chance.choice(_REMARKS)}",
            f"LOC+5+{chance.choice(_PORTS)}:139:6:Terminal {chance.randint(1, 90)}",
            f"EQD+CN+MSKU{chance.randint(10**6, 10**7 - 1)}",
            f"SEL+{chance.randint(10**6, 10**7)}+CA",
        ]
        if chance.random() < 0.12:
            segments[-4] = f"FTX+AAI+++Left O?'Hare depot at 07?:{chance.randint(10, 59)}, {chance.choice(_REMARKS)}"
    return _sample("IFTSTA", segments, "'")


def _desadv(chance: random.Random, number: int) -> Sample:
    order = chance.randint(10**6, 10**7)
    segments = [
        f"BGM+351+DA{number:08d}+9",
        f"DTM+137:{_moment(chance)}:203",
        f"DTM+17:2026{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}:102",
        f"MEA+PD+AAD+KGM:{chance.randint(100, 20000)}.{chance.randint(0, 9)}",
        f"RFF+ON:{order}",
        "DTM+171:20260901:102",
        f"NAD+SU+54{chance.randint(10**10, 10**11 - 1)}::9",
        f"NAD+DP+54{chance.randint(10**10, 10**11 - 1)}::9++Lakeside+Quay {chance.randint(1, 400)}+Antwerp++2030+BE",
        "CTA+GR+:RECEIVING",
        f"COM+32355501{chance.randint(10, 99)}:TE",
        f"TDT+20+{chance.randint(1000, 9999)}+30+31",
        f"LOC+7+{chance.choice(_PORTS)}:139:6",
        "CPS+1",
        f"PAC+{chance.randint(1, 33)}++201",
    ]
    for level in range(2, chance.randint(4, 8)):
        segments += [
            f"CPS+{level}+1",
            "PAC+1++201",
            f"MEA+PD+AAB+KGM:{chance.randint(10, 900)}",
            "PCI+17",
            f"GIN+BJ+{chance.randint(10**17, 10**18 - 1)}",
        ]
        for line in range(1, chance.randint(2, 5)):
            segments += [
                f"LIN+{level * 10 + line}++{chance.randint(10**12, 10**13 - 1)}:EN",
                f"PIA+1+{chance.randint(10**5, 10**6)}:SA",
                f"IMD+F++:::{chance.choice(_GOODS)} {chance.randint(1, 99)}",
                f"QTY+12:{chance.randint(1, 999)}:PCE",
                f"DTM+361:2027{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}:102",
                f"RFF+ON:{order}:{line}",
            ]
            if chance.random() < 0.05:
                segments[-4] = f"IMD+F++:::{chance.choice(_GOODS)} 3?+1, type {chance.randint(1, 99)}"
    return _sample("DESADV", segments, "'")


def _status_214(chance: random.Random, number: int) -> Sample:
    city, state, code = chance.choice(_CITIES)
    segments = [
        f"B10*PRO{number}*SHP-{chance.randint(10**6, 10**7)}*PRFT",
        f"L11*BK-{chance.randint(10**5, 10**6)}*BN",
        f"L11*{chance.randint(10**7, 10**8)}*PO",
        "N1*SH*MERIDIAN TRADING*25*MT01",
        f"N3*{chance.randint(1, 999)} HARBOR DRIVE",
        f"N4*{city}*{state}*{code}*US",
        f"N1*CN*LAKESIDE WAREHOUSE*25*LW{chance.randint(10, 99)}",
        f"N3*{chance.randint(1, 999)} LAKE STREET",
        f"N4*{city}*{state}*{code}*US",
    ]
    for stop in range(1, chance.randint(2, 5)):
        moment = _moment(chance)
        segments += [
            f"LX*{stop}",
            f"AT7*{chance.choice(('X3', 'AF', 'X1', 'D1'))}*NS***{moment[:8]}*{moment[8:]}*CT",
            f"MS1*{city}*{state}*US",
            f"MS2*PRFT*TRL{chance.randint(1000, 9999)}*TL",
            f"L11*{stop}*QN",
            f"AT8*G*L*{chance.randint(500, 42000)}*{chance.randint(1, 26)}",
        ]
    return _sample("214", segments, "~")


def _notice_856(chance: random.Random, number: int) -> Sample:
    city, state, code = chance.choice(_CITIES)
    moment = _moment(chance)
    segments = [
        f"BSN*00*SHP{number:08d}*{moment[:8]}*{moment[8:]}*0001",
        "HL*1**S",
        f"TD1*CTN25*{chance.randint(1, 90)}****G*{chance.randint(100, 20000)}*LB",
        "TD5*B*2*PRFT*M",
        f"TD3*TL**TRL{chance.randint(1000, 9999)}",
        f"REF*BM*{chance.randint(10**7, 10**8)}",
        f"DTM*011*{moment[:8]}",
        "N1*SF*MERIDIAN TRADING*92*MT01",
        f"N3*{chance.randint(1, 999)} HARBOR DRIVE",
        f"N4*{city}*{state}*{code}*US",
        f"N1*ST*LAKESIDE WAREHOUSE*92*LW{chance.randint(10, 99)}",
    ]
    level = 1
    for _ in range(chance.randint(1, 3)):
        level += 1
        order = level
        segments += [f"HL*{order}*1*O", f"PRF*{chance.randint(10**6, 10**7)}***20260901"]
        for _ in range(chance.randint(2, 6)):
            level += 1
            segments += [
                f"HL*{level}*{order}*I",
                f"LIN**UP*{chance.randint(10**11, 10**12 - 1)}*VN*{chance.randint(10**4, 10**5)}",
                f"SN1**{chance.randint(1, 999)}*EA",
                f"PID*F****{chance.choice(_GOODS)} {chance.randint(1, 99)}",
                f"MAN*GM*{chance.randint(10**17, 10**18 - 1)}",
            ]
    segments.append(f"CTT*{level}")
    return _sample("856", segments, "~")


def _sample(kind: str, segments: list[str], terminator: str) -> Sample:
    return Sample(kind, "".join(f"{segment}{terminator}" for segment in segments), len(segments))


def _replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda body: body.replace(old, new, 1)


def _without_first(body: str) -> str:
    """The body without its first segment, which is mandatory in all four messages."""
    terminator = body[-1]
    return body.partition(terminator)[2]


_EDIFACT_FAULTS: tuple[Callable[[str], str], ...] = (
    _replaced("DTM+137:2026", "DTM+137:2O26"),
    _replaced(":203'", ":20X'"),
    _replaced("NAD+", "XYZ+1'NAD+"),
    _without_first,
    _replaced("DTM+137:202", "DTM+137:20299999999999999999999999999999999999"),
    _replaced("NAD+", "NAD+QQQQ+"),
)
_X12_FAULTS: dict[str, tuple[Callable[[str], str], ...]] = {
    "214": (
        _replaced("*CT~", "*ZZZ~"),
        _replaced("AT7*", "ZZ9*1~AT7*"),
        _without_first,
        _replaced("LX*1~", "LX*A~"),
        _replaced("*NS***2026", "*NS***2O26"),
        _replaced("N4*", "N4*THE CITY WITH A NAME THAT IS TOO LONG FOR ANYBODY"),
    ),
    "856": (
        _replaced("*EA~", "*EAEA~"),
        _replaced("HL*2", "ZZ9*1~HL*2"),
        _without_first,
        _replaced("SN1**", "SN1**X"),
        _replaced("DTM*011*2026", "DTM*011*2O26"),
        _replaced("BSN*00*", "BSN*0099*"),
    ),
}


def iftsta(messages: int) -> bytes:
    """An interchange of that many like IFTSTA of twelve segments, for measurements that are not about reading."""
    body = "".join(
        f"UNH+{n}+IFTSTA:D:96A:UN'BGM+23+ST-{n}+9'DTM+137:202610010910:203'NAD+CA+5412345000013::9'"
        f"CNI+1+SHP-{n}'STS+1+24'RFF+BN:BK-{n}'DTM+334:202610010740:203'"
        f"FTX+AAI+++Left O?'Hare depot at 07?:40, seal checked'LOC+5+BEANR:139:6:Antwerpen'"
        f"EQD+CN+MSKU7081329'UNT+12+{n}'"
        for n in range(1, messages + 1)
    )
    header = "UNB+UNOC:3+5412345000013:14+5498765000017:14+261001:0915+4711'"
    return f"{header}{body}UNZ+{messages}+4711'".encode("ascii")
