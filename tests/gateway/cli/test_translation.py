"""``translate``: to the canonical form, from it, and through it; by the standard's own maps or an agreement's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.gateway.cli.calling import IFTSTA, ORDER, X214, Call


def test_one_message_is_one_document(sallyport: Call) -> None:
    answer = sallyport("translate", X214)
    assert answer.code == 0
    document = answer.json()
    assert document["type"] == "transport_status/1"
    assert document["consignments"][0]["number"] == "SHP-260812"
    assert "[map-unmapped]" in answer.err, "what was kept as sent is told, beside the document"


def test_several_messages_are_an_array_and_a_bad_one_hides_no_good_one(sallyport: Call) -> None:
    answer = sallyport("translate", IFTSTA)
    assert answer.code == 1
    assert [each["number"] for each in answer.json()] == ["ST-90017", "ST-90018"]
    assert "error line 26, column 9 · message 3" in answer.err


def test_lineage_says_where_each_field_came_from(sallyport: Call) -> None:
    answer = sallyport("translate", X214, "--lineage").json()
    assert set(answer) == {"document", "lineage"}
    numbers = [each for each in answer["lineage"] if each["path"] == "consignments[0].number"]
    assert [(each["text"], each["where"]["segment"], each["where"]["line"]) for each in numbers] == [
        ("SHP-260812", "B10", 4)
    ]


def test_an_agreement_brings_its_time_zone(sallyport: Call, home: Path) -> None:
    told = sallyport("translate", IFTSTA, "--profile", "blue-anchor", "--home", home).json()
    assert told[0]["issued"]["at"] == "2026-10-01T09:10:00+02:00"
    assert sallyport("translate", IFTSTA).json()[0]["issued"]["at"] == "2026-10-01T09:10:00Z"


def test_a_document_becomes_a_message(sallyport: Call) -> None:
    iftmin = sallyport("translate", ORDER, "--to", "edifact")
    assert iftmin.code == 0
    assert iftmin.out.startswith(b"UNB+UNOC:3+SENDER+RECEIVER+000101:0000+1++++++1'UNH+1+IFTMIN:D:96A:UN'")
    tender = sallyport("translate", ORDER, "--to", "x12", "--message", "204")
    assert tender.code == 0
    assert b"~ST*204*0001~B2**PRFT**SHP-260812**PP~" in tender.out
    for written in (iftmin.out, tender.out):
        assert sallyport("validate", "-", stdin=written).code == 0


def test_an_interchange_becomes_another_by_way_of_the_canonical_form(sallyport: Call) -> None:
    status = sallyport("translate", X214, "--to", "edifact")
    assert status.code == 0
    assert b"UNH+1+IFTSTA:D:96A:UN'" in status.out and b"CNI+1+SHP-260812'" in status.out
    assert sallyport("validate", "-", stdin=status.out).code == 0
    dated = b"DTM+137:202610010911:203'"
    delivered = IFTSTA.read_bytes().replace(dated, dated + b"NAD+CA+PRFT:172:182'")
    report = sallyport(
        "translate", "-", "--to", "x12", "--message", "214", stdin=delivered.replace(b"UNT+8+2", b"UNT+9+2")
    )
    assert b"~ST*214*0002~" in report.out and b"*SHP-260799*" in report.out
    assert b"~K1*Signed: D. Peeters" in report.out, "the colon of the text is no delimiter of this interchange"
    assert sallyport("validate", "-", stdin=report.out).code == 0


def test_what_translate_prints_it_also_reads(sallyport: Call) -> None:
    printed = sallyport("translate", IFTSTA).out
    assert sallyport("translate", "-", stdin=printed).json() == json.loads(printed)
    assert sallyport("translate", "-", stdin=b"\xef\xbb\xbf\n" + printed).code == 0
    one = sallyport("translate", "-", "--to", "edifact", "--message", "IFTSTA", stdin=printed)
    assert one.code == 0
    assert b"UNH+1+IFTSTA" in one.out and b"UNH+2+IFTSTA" in one.out and one.out.endswith(b"UNZ+2+1'")


def test_a_document_that_cannot_be_written_hides_no_other(sallyport: Call) -> None:
    """The 214 needs the carrier's SCAC, which the first of the two has not."""
    documents = sallyport("translate", IFTSTA).json()
    documents[1]["parties"] = [{"role": "carrier", "id": "PRFT", "id_system": "scac"}]
    answer = sallyport("translate", "-", "--to", "x12", "--message", "214", stdin=json.dumps(documents).encode())
    assert answer.code == 1
    assert answer.out.count(b"~ST*214*") == 1 and b"SHP-260799" in answer.out
    assert "error message 0001" in answer.err and "[map-required]" in answer.err


def test_an_agreement_writes_its_own_envelope_as_a_test(sallyport: Call, home: Path) -> None:
    answer = sallyport("translate", ORDER, "--to", "x12", "--profile", "prairie-freight", "--home", home)
    assert answer.code == 0
    assert b"*ZZ*MERIDIAN       *02*PRFT           *" in answer.out
    assert b"*000000001*0*T*" in answer.out or b"*000000001*1*T*" in answer.out
    number = "000000001"
    listed = sallyport("messages", "search", number, "--type", "204", "--home", home, "--json")
    assert listed.json() == [], "the number is that of the 997, and no message was recorded"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--to", "xml"), "'xml' is not one of"),
        (
            ("--to", "edifact", "--message", "APERAK"),
            "which edifact message? transport_order/1 can be written as IFTMIN",
        ),
        (("--coverage", "--lineage"), "--coverage is about the messages of the file, so it stands alone"),
        (("--to", "edifact", "--profile", "prairie-freight"), "sends no message for transport_order/1"),
        (("--profile", "nobody"), "there is no agreement `nobody`"),
    ],
)
def test_a_wrong_call(arguments: tuple[str, ...], told: str, sallyport: Call, home: Path) -> None:
    answer = sallyport("translate", ORDER, *arguments, "--home", home, columns=140)
    assert (answer.code, answer.out) == (2, b"")
    assert told in answer.err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "not readable as JSON"),
        (b'{"type": "transport_order/1"}', "missing required field `number`"),
        (b'{"type": "weather/1"}', "weather/1"),
        (b'{"number": "1"}', "type"),
        (b"[]", "the array holds no document"),
        (b"[1]", "this is no canonical document"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"type":' * 100_000, "this is no canonical document"),
        (b'{"type": "transport_order/1", "number": "\xff"}', "this is no canonical document"),
    ],
)
def test_what_is_no_document_ends_with_1(content: bytes, told: str, sallyport: Call) -> None:
    answer = sallyport("translate", "-", stdin=content)
    assert (answer.code, answer.out) == (1, b"")
    assert told in answer.err


def test_acknowledgments_are_not_translated(sallyport: Call) -> None:
    answer = sallyport("translate", "-", stdin=sallyport("ack", IFTSTA).out)
    assert (answer.code, answer.out) == (1, b"")
    assert answer.err == "acknowledgments are not translated; here 1\n"


def test_a_message_without_a_map_is_told_what_there_is(sallyport: Call) -> None:
    answer = sallyport("translate", "-", stdin=IFTSTA.read_bytes().replace(b":D:96A:UN", b":D:97A:UN"))
    assert (answer.code, answer.out) == (1, b"")
    assert "there is no map edifact/D.97A/IFTSTA" in answer.err and "edifact/D.96A/IFTSTA" in answer.err


def test_coverage_says_what_of_a_file_nobody_reads(sallyport: Call) -> None:
    content = X214.read_bytes()
    table = sallyport("translate", "-", "--coverage", stdin=content)
    assert table.out.startswith(b"x12/004010/214: ") and b"% of" in table.out.splitlines()[0]
    answer = sallyport("translate", "-", "--coverage", "--json", stdin=content).json()
    assert answer["messages"] == 1
    number = next(each for each in answer["places"] if (each["path"], each["element"]) == ("B10", 2))
    assert (number["mapped"], number["unread"], number["examples"]) == (1, 0, ["SHP-260812"])


def test_lineage_of_what_is_written_names_canonical_paths(sallyport: Call) -> None:
    answer = sallyport("translate", X214, "--to", "edifact", "--lineage").json()
    assert answer["interchange"].startswith("UNB+")
    numbers = [each for each in answer["lineage"] if each["path"] == "consignments[0].number"]
    assert [(each["text"], each["where"]["segment"]) for each in numbers] == [("SHP-260812", "CNI")]


def test_an_overlay_of_the_gateway_s_own_is_found_shown_and_compared(sallyport: Call, tmp_path: Path) -> None:
    (tmp_path / "sallyport.yaml").write_text("")
    (tmp_path / "maps" / "acme").mkdir(parents=True)
    file = tmp_path / "maps" / "acme" / "status.yaml"
    file.write_text(
        "map: acme/status\nextends: x12/004010/214\ntables: {status: {codes: {ZZ: delivered}, drop: [D1]}}\n"
    )
    listed = sallyport("maps", "list", "--home", tmp_path, "--json").json()
    (own,) = [each for each in listed if each["map"] == "acme/status"]
    assert (own["canonical"], own["guide"]) == ("transport_status/1", "x12/004010/214")
    difference = sallyport("maps", "diff", "x12/004010/214", "acme/status", "--home", tmp_path).out
    assert b"+      ZZ: delivered" in difference and b"-      D1: delivered" in difference
    assert sallyport("maps", "check", "acme/status", "--home", tmp_path).out == b"no faults in 1 map\n"
    file.write_text("map: acme/status\nextends: x12/004010/214\npatch: [{at: B11, remove: yes}]\n")
    wrong = sallyport("maps", "check", "acme/status", "--home", tmp_path)
    assert wrong.code == 1
    assert b"acme/status:3:14: the map below has no `B11` here" in wrong.out
