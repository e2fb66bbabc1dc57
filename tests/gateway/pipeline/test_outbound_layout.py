"""What a profile says about the envelope is what its partner receives."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.gateway.pipeline.play import Play
from translators.reading import read

Example = Callable[[str], bytes]
ORDER_OUT, TENDER_OUT = "blue-anchor/order-out", "prairie-freight/tender-out"


def shaped(play: Play, party: str, flow: str, envelope: str) -> None:
    """The profile of ``party`` with an envelope for one of its flows."""
    profile = play.folder / "profiles" / f"{party}.yaml"
    text = profile.read_text().replace(f"- id: {flow}", f"- id: {flow}\n        envelope: {envelope}")
    profile.write_text(text)
    assert play.gateway.profiles.refresh()


def sent(play: Play, example: Example, party: str, flow: str, **changes: str) -> bytes:
    document = example("order.json")
    for old, new in changes.items():
        assert old.encode() in document
        document = document.replace(old.encode(), new.encode())
    play.submit(document, flow, "order-1")
    play.work()
    files = play.out(party)
    return next(iter(files.values())) if files else b""


def test_an_edifact_partner_of_the_old_school(play: Play, example: Example) -> None:
    shaped(
        play,
        "blue-anchor",
        "order-out",
        "{charset: UNOA, unencodable: substitute, syntax_version: 2, una: always, newline: yes, line_break: crlf,"
        " final_newline: no, groups: yes, group_sender: TMS, application_reference: IFTMIN, priority: A,"
        " password: PW, password_qualifier: BB, agreement: AGREED, request_acknowledgment: yes, receipt_only: yes}",
    )
    content = sent(play, example, "blue-anchor", ORDER_OUT)
    lines = content.split(b"\r\n")
    assert lines[:3] == [
        b"UNA:+.? '",
        b"UNB+UNOA:2+5498765000017:14+5412345000013:14+261001:0930+1+PW:BB+IFTMIN+A+2+AGREED'",
        b"UNG+IFTMIN+TMS+5412345000013:14+261001:0930+1+UN+D:96A'",
    ]
    assert lines[-2:] == [b"UNE+1+1'", b"UNZ+1+1'"]
    (interchange,) = read(content).interchanges
    assert not interchange.findings and not interchange.groups[0].findings
    (message,) = interchange.messages
    assert not message.findings
    (row,) = play.messages("SHP-260812")
    assert (row.offset, row.length) == (message.offset, message.end - message.offset)
    # A CONTRL that rejects the message inside its group finds it there.
    play.upload(
        b"UNB+UNOA:2+5412345000013:14+5498765000017:14+261001:0935+91'UNH+1+CONTRL:D:3:UN'"
        b"UCI+1+5498765000017:14+5412345000013:14+7'"
        b"UCF+1+TMS+5412345000013:14+7'UCM+1+IFTMIN:D:96A:UN+4+12'UNT+5+1'UNZ+1+91'"
    )
    play.work()
    (row,) = play.messages("SHP-260812")
    assert row.receipt == "rejected"


def test_numbers_with_a_comma(play: Play, example: Example) -> None:
    shaped(play, "blue-anchor", "order-out", '{decimal_mark: ","}')
    content = sent(play, example, "blue-anchor", ORDER_OUT)
    plain = read(content).interchanges[0]
    assert content.startswith(b"UNA:+,? '") and not plain.findings
    values = [segment.text(3, 2) for segment in next(plain.messages).segments if segment.tag == "MEA"]
    assert values and not any("." in value for value in values)


def test_an_x12_partner_that_takes_other_delimiters(play: Play, example: Example) -> None:
    shaped(
        play,
        "prairie-freight",
        "tender-out",
        '{delimiters: {alternatives: "|^"}, authorization: {qualifier: "03", value: ACCESS},'
        ' security: {qualifier: "01", value: SECRET}, newline: no, final_newline: yes}',
    )
    content = sent(play, example, "prairie-freight", TENDER_OUT, Harbor="Har*bor")
    assert content.startswith(b"ISA|03|ACCESS    |01|SECRET    |") and content.endswith(b"~\n")
    assert content.count(b"\n") == 1 and b"Har*bor" in content
    (interchange,) = read(content).interchanges
    assert not interchange.findings


@pytest.mark.parametrize("envelope", ["{}", '{delimiters: {alternatives: "!"}, delimiter_in_data: substitute}'])
def test_what_cannot_be_sent_takes_no_number(play: Play, example: Example, envelope: str) -> None:
    shaped(play, "prairie-freight", "tender-out", envelope)
    content = sent(play, example, "prairie-freight", TENDER_OUT, Harbor="Har*bor!")
    if envelope == "{}":
        assert content == b""
        (case,) = play.cases()
        assert case.cause == "cannot-be-written" and "delimiter '*'" in case.text
    else:
        assert b"Har?bor!" in content and b"000000001" in content
