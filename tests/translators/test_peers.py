"""Reading against peers that others wrote: the same segments and elements, or a disagreement that is explained.

``tests/vectors/differences`` has a file for each peer: for every vector on which it reads something else, the reason.
An unexplained disagreement fails, and so does an explained one that no longer occurs.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.exceptions import EDISyntaxError
from pydifact.parser import Parser

from tests.services.peers import Split, split_by_pyx12
from tests.services.running import Missing, skip_or_fail
from translators.reading import read
from translators.syntax import Reading, Segment

VECTORS = Path(__file__).parents[1] / "vectors"
EDIFACT = sorted(
    path
    for folder in ("edifact", "guides", "acks/answers", "acks/issued")
    for path in (VECTORS / folder).glob("*.edi")
    if path.read_bytes()[:3] != b"ISA"
)
X12 = sorted(path for folder in ("x12", "guides") for path in (VECTORS / folder).glob("*.*") if path.suffix != ".json")
X12 = [path for path in X12 if path.suffix == ".x12" or (path.parent.name == "x12" and path.suffix == ".edi")]


def name_of(path: Path) -> str:
    return str(path.relative_to(VECTORS).with_suffix(""))


def segments(reading: Reading) -> list[Segment]:
    """Everything that was read, envelopes and all, in file order."""
    found: list[Segment | None] = []
    for interchange in reading.interchanges:
        found += [interchange.header, *interchange.acknowledgments]
        for group in interchange.groups:
            found += [group.header] if group.explicit else []
            found += [segment for message in group.messages for segment in message.segments]
            found += [group.trailer] if group.explicit else []
        found.append(interchange.trailer)
    return sorted((segment for segment in found if segment is not None), key=lambda segment: segment.offset_of(0, 0))


def split(data: bytes, repetition: str) -> Split:
    """The segments that we read, in the peers' form: they know no repetition, and leave its separator in the text."""
    return [
        [
            segment.tag,
            *(
                repetition.join("\0".join(occurrence) for occurrence in element).split("\0")
                for element in segment.elements
            ),
        ]
        for segment in segments(read(data))
    ]


def explained(peer: str) -> dict[str, str]:
    reasons = json.loads((VECTORS / "differences" / f"{peer}.json").read_bytes())
    return {vector: reason for reason, vectors in reasons.items() for vector in vectors}


def split_by_pydifact(data: bytes) -> Split | str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Its published package has no directories, and says so for every segment.
        try:
            found = list(Parser().parse(data.decode("latin-1")))
        except (EDISyntaxError, ValueError) as error:
            return str(error)
    return [
        [segment.tag, *([each] if isinstance(each, str) else list(each) for each in segment.elements)]
        for segment in found
        if segment.tag != "UNA"
    ]


def disagreeing(paths: list[Path], theirs: list[Split | str], repetition: str) -> set[str]:
    return {
        name_of(path) for path, peer in zip(paths, theirs, strict=True) if split(path.read_bytes(), repetition) != peer
    }


def test_every_disagreement_with_pydifact_is_explained() -> None:
    theirs = [split_by_pydifact(path.read_bytes()) for path in EDIFACT]
    assert disagreeing(EDIFACT, theirs, "*") == set(explained("pydifact"))


def test_every_disagreement_with_pyx12_is_explained() -> None:
    try:
        theirs = split_by_pyx12(X12)
    except Missing as reason:
        skip_or_fail(reason)
    assert disagreeing(X12, theirs, "^") == set(explained("pyx12"))


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=12)
COMPOSITES = st.lists(st.one_of(st.just(""), TEXT), min_size=1, max_size=4).map(
    # pydifact drops empty components at the end; what it keeps is compared.
    lambda parts: parts if parts[-1] else [*parts, "end"]
)
BODIES = st.lists(
    st.tuples(st.sampled_from(["BGM", "DTM", "FTX", "NAD"]), st.lists(COMPOSITES, min_size=1, max_size=5)), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(BODIES, st.sampled_from([":+.? '", ":+,? '", "|*.\\ ~", "<>.^ !"]))
def test_generated_messages_are_read_as_pydifact_reads_them(
    body: list[tuple[str, list[list[str]]]], characters: str
) -> None:
    component, element, release, terminator = characters[0], characters[1], characters[3], characters[5]

    def escaped(text: str) -> str:
        return "".join(release + each if each in (component, element, release, terminator) else each for each in text)

    def line(tag: str, elements: list[list[str]]) -> str:
        return tag + "".join(element + component.join(map(escaped, parts)) for parts in elements) + terminator

    written = [
        line("UNB", [["UNOC", "3"], ["SENDER", "14"], ["RECEIVER", "14"], ["261103", "0915"], ["77"]]),
        line("UNH", [["1"], ["IFTSTA", "D", "96A", "UN"]]),
        *(line(tag, elements) for tag, elements in body),
        line("UNT", [[str(len(body) + 2)], ["1"]]),
        line("UNZ", [["1"], ["77"]]),
    ]
    data = ("UNA" + characters + "".join(written)).encode("latin-1")
    assert split(data, "*") == split_by_pydifact(data)
    assert len(split(data, "*")) == len(body) + 4
