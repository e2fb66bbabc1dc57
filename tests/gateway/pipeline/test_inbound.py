"""What arrives from partners: recognised, judged, translated, answered; and everything that can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.config import Home, open_home
from gateway.inbound import read_transmission
from gateway.ledger import profile_versions
from gateway.ledger.messages import MessageRow
from gateway.reprocessing import reprocess
from gateway.wiring import LANES
from tests.gateway.pipeline.play import Play

Example = Callable[[str], bytes]


def _told(message: MessageRow) -> list[dict[str, Any]]:
    """A message's findings as the ledger keeps them."""
    return msgspec.convert(message.findings, list[dict[str, Any]])


def test_good_messages_reach_the_business_and_the_bad_one_is_rejected(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    first, second, third = play.messages()
    assert [each.content for each in (first, second, third)] == ["accepted", "accepted", "rejected"]
    assert [each.delivery for each in (first, second, third)] == ["delivered", "delivered", "none"]
    assert {letter.message_id for letter in play.letters} == {first.id, second.id}
    (contrl,) = play.out().values()
    assert b"UCI+4711+5412345000013:14+5498765000017:14+7'UCM+3+IFTSTA:D:96A:UN+4'UCS+5'UCD+12+2:2'" in contrl
    assert b"UNB+UNOC:3+5498765000017:14+5412345000013:14+" in contrl
    (wrong,) = (finding for finding in _told(third) if finding["severity"] == "error")
    assert wrong["where"] == {**wrong["where"], "line": 26, "segment": "DTM", "segment_position": 5}


def test_canonical_document_is_kept_and_found_by_its_references(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    play.work()
    (found,) = play.messages("mskU 708132-9")
    assert found.canonical_type == "transport_status/1"
    assert found.canonical_sha256 is not None
    assert b"MSKU7081329" in play.gateway.content(found.canonical_sha256)
    assert [each.id for each in play.messages("SHP-260812")] == [found.id]
    assert [each.id for each in play.messages("BK-33*")] == [found.id]


def test_x12_is_answered_with_a_997(play: Play, example: Example) -> None:
    play.upload(example("214.x12"), "214.x12", "prairie-freight")
    play.work()
    (message,) = play.messages()
    assert (message.content, message.delivery, message.type) == ("accepted", "delivered", "214")
    ((name, answer),) = play.out("prairie-freight").items()
    assert name == "997-000000001.x12"
    assert b"AK1*QM*77~\nAK2*214*0001~\nAK5*A~\nAK9*A*1*1*1~" in answer
    assert answer.startswith(b"ISA*00*          *00*          *ZZ*MERIDIAN       *02*PRFT           *")


def test_story_has_everything(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"), "status.edi")
    play.work()
    story = play.story(play.messages()[0].id)
    assert story.transmission is not None and story.transmission.name == "status.edi"
    assert story.message.profile_sha256 is not None
    assert [receipt.kind for receipt in story.receipts] == ["contrl", "contrl"]
    kinds = [event.kind for event in story.events]
    assert kinds.index("transmission-received") < kinds.index("message-accepted") < kinds.index("delivery-confirmed")
    whole = play.gateway.content(story.transmission.sha256)
    wire = whole[story.message.offset : story.message.offset + story.message.length]
    assert wire.startswith(b"UNH+1+IFTSTA") and wire.endswith(b"UNT+12+1'")


def test_repeat_has_no_effect_and_gets_the_same_answer_again(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"), "first.edi")
    play.work()
    before = play.out()
    play.later(hours=1)
    play.upload(example("iftsta.edi"), "second.edi")
    play.work()
    assert len(play.messages()) == 3
    assert len(play.letters) == 2
    assert play.out() == before
    assert not play.cases()


def test_control_number_used_twice_is_rejected(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    play.work()
    play.upload(example("iftsta.edi").replace(b"SHP-260799", b"SHP-260700"), "again.edi")
    play.work()
    assert [each.content for each in play.messages()][3:] == ["rejected"] * 3
    assert len(play.letters) == 2
    assert any(b"UCI+4711+5412345000013:14+5498765000017:14+4+26+UNB+6'" in each for each in play.out().values())


def test_number_of_a_rejected_interchange_may_be_used_for_its_correction(play: Play, example: Example) -> None:
    broken = example("iftsta.edi").replace(b"UNZ+3+4711", b"UNZ+2+4711")
    play.upload(broken)
    play.work()
    assert [each.content for each in play.messages()] == ["rejected"] * 3
    play.upload(example("iftsta.edi"))
    play.work()
    assert [each.content for each in play.messages()][3:] == ["accepted", "accepted", "rejected"]


@pytest.mark.parametrize("hours", [(0, -1, 1), (1, -1, -1), (0, 1, 1)])
def test_a_number_is_used_again_whatever_the_clock_says(hours: Sequence[int], play: Play, example: Example) -> None:
    """The newest that came need not be the one that was read last: a clock steps, and workers overtake each other."""
    wrong = example("iftsta.edi").replace(b"UNZ+3", b"UNZ+4")
    for number, step in enumerate(hours):
        play.now += timedelta(hours=step)
        play.upload(wrong.replace(b"ST-90017", b"ST-9999%d" % number), f"{number}.edi")
        play.work()
    play.upload(example("iftsta.edi"), "corrected.edi")
    play.work()
    assert sorted(each.content for each in play.messages()) == ["accepted"] * 2 + ["rejected"] * 10
    assert not play.cases()


def test_files_of_one_number_are_read_in_any_order(play: Play, example: Example) -> None:
    """The second one first, as workers do who are quicker; and then there is a third."""
    wrong = example("iftsta.edi").replace(b"UNZ+3", b"UNZ+4")
    first = play.upload(wrong)
    (held,) = play.gateway.database.write(
        lambda c: play.gateway.queue.claim(c, worker="a slow one", lanes=tuple(LANES.values()), limit=1)
    )
    assert held.payload == {"transmission": first}
    play.now += timedelta(seconds=1)
    play.upload(wrong.replace(b"ST-90017", b"ST-99990"))
    play.work()
    read_transmission(play.gateway, held)
    play.upload(example("iftsta.edi"))
    play.work()
    assert sorted(each.content for each in play.messages()) == ["accepted"] * 2 + ["rejected"] * 7
    assert not play.cases()


def test_window_over_makes_a_number_new_again(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    play.work()
    play.later(days=91)
    play.upload(example("iftsta.edi"))
    play.work()
    assert len(play.messages()) == 6


def test_unknown_sender_is_left_to_a_person(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi").replace(b"5412345000013:14+5498765000017", b"9999999999994:14+5498765000017"))
    play.work()
    assert {each.content for each in play.messages()} == {"unassigned"}
    assert not play.out() and not play.letters
    (case,) = play.cases()
    assert case.cause == "unknown-sender" and "9999999999994" in case.text


def test_nobody_can_speak_for_another_partner(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"), party="prairie-freight")
    play.work()
    assert {each.content for each in play.messages()} == {"unassigned"}
    assert not play.out("prairie-freight") and not play.out("blue-anchor")
    (case,) = play.cases()
    assert case.cause == "identity-mismatch"


def test_test_data_does_not_become_a_shipment(play: Play, example: Example) -> None:
    marked = example("iftsta.edi").replace(b"0915+4711'", b"0915+4711++++++1'", 1)
    play.upload(marked)
    play.work()
    assert {each.content for each in play.messages()} == {"rejected"}
    assert not play.letters
    assert any(b"+4+25+UNB+" in each for each in play.out().values())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no bytes"),
        (b" \r\n\n ", ""),
        (bytes(range(256)) * 40, ""),
        (b"PK\x03\x04 not edi at all", ""),
        (b"UNH+1+IFTSTA:D:96A:UN'BGM+23'UNT+3+1'", ""),
        (b"A" * 3_000_000, ""),
    ],
    ids=["empty", "blanks", "binary", "zip", "headless", "long-line"],
)
def test_what_is_no_interchange_becomes_a_case(play: Play, content: bytes, words: str) -> None:
    play.upload(content, "odd.bin")
    play.work()
    assert not play.messages()
    (case,) = play.cases()
    assert case.cause == "unreadable" and "odd.bin" in case.text and words in case.text
    assert "close this case" in case.text


def test_a_file_too_large_to_be_read_is_kept_and_read_when_the_limit_is_raised(
    make_home: Home, example: Example
) -> None:
    """A worker that runs out of memory takes the gateway with it, again and again: so it does not begin."""
    content, config = example("iftsta.edi"), make_home.folder / "sallyport.yaml"
    common = config.read_text()
    config.write_text(f"{common}largest_document: {len(content) - 1}\n")
    play = Play(open_home(make_home.folder, {}))
    transmission = play.upload(content)
    play.work()
    (case,) = play.cases()
    assert case.cause == "too-large-to-read" and f"{len(content):,} bytes" in case.text and not play.letters
    (told,) = reprocess(play.gateway, [transmission], actor="me", reason="too early")
    assert told.outcome == "refused" and "Raise `largest_document`" in told.text
    play.gateway.close()

    config.write_text(f"{common}largest_document: {len(content)}\n")
    play = Play(open_home(make_home.folder, {}))
    (told,) = reprocess(play.gateway, [transmission], actor="me", reason="more memory")
    assert told.outcome == "done"
    play.work()
    assert play.letters and not play.cases()
    play.gateway.close()


def test_truncated_file_keeps_what_was_whole_and_is_rejected(play: Play, example: Example) -> None:
    content = example("iftsta.edi")
    play.upload(content[: content.index(b"STS+1+21")])
    play.work()
    assert [each.content for each in play.messages()] == ["rejected", "rejected"]
    assert any(b"+4+13+UNZ" in each for each in play.out().values())
    assert not play.letters


def test_a_package_that_no_flow_takes_is_left_to_a_person_and_its_neighbours_are_taken(
    play: Play, example: Example
) -> None:
    """One that is damaged is rejected in the CONTRL instead."""
    package = b"UNO+IMG%d+1:MT-1+24:TIF+4'T'\0F%b"
    content = example("iftsta.edi").replace(b"UNOC:3", b"UNOC:4").replace(b"+261001:", b"+20261001:")
    whole, broken = package % (1, b"UNP+4+IMG1'"), package % (2, b"UNP+4+IMG3'")
    play.upload(content.replace(b"UNZ+3", whole + broken + b"UNZ+5"))
    play.work()
    assert [each.content for each in play.messages()] == ["accepted", "accepted", "rejected"]
    (case,) = play.cases()
    assert case.cause == "package-unassigned" and "IMG1." in case.text and "IMG2" not in case.text
    assert any(b"UCM+++4+28+UNP+3+IMG2+1:MT-1'" in each and b"IMG1" not in each for each in play.out().values())


def test_unknown_message_type_is_refused_and_the_others_are_not_touched(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi").replace(b"UNH+2+IFTSTA:D:96A", b"UNH+2+NOTYPE:D:96A"))
    play.work()
    assert [(each.type, each.content) for each in play.messages()] == [
        ("IFTSTA", "accepted"),
        ("NOTYPE", "rejected"),
        ("IFTSTA", "rejected"),
    ]
    assert any(b"UCM+2+NOTYPE:D:96A:UN+4+14+UNH+3:1'" in each for each in play.out().values())


def test_message_that_was_not_agreed_is_refused(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi").replace(b"UNH+2+IFTSTA:D:96A", b"UNH+2+IFTMIN:D:96A"))
    play.work()
    assert [each.content for each in play.messages()] == ["accepted", "rejected", "rejected"]
    assert any(b"UCM+2+IFTMIN:D:96A:UN+4+17+UNH" in each for each in play.out().values())


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        (b"UNT+8+2'", b"UNT+9+2'", b"UCM+2+IFTSTA:D:96A:UN+4+29+UNT+2'"),
        (b"UNT+8+2'", b"UNT+8+9'", b"UCM+2+IFTSTA:D:96A:UN+4+28+UNT+3'"),
        (b"UNZ+3+4711'", b"UNZ+4+4711'", b"+4+29+UNZ+2'"),
        (b"UNZ+3+4711'", b"UNZ+3+4712'", b"+4+28+UNZ+3'"),
    ],
    ids=["segments", "message-reference", "messages", "interchange-reference"],
)
def test_wrong_counts_and_references_are_answered_at_their_level(
    play: Play, example: Example, before: bytes, after: bytes, answer: bytes
) -> None:
    play.upload(example("iftsta.edi").replace(before, after))
    play.work()
    assert any(answer in each for each in play.out().values())


def test_two_interchanges_in_one_file_are_judged_apart(play: Play, example: Example) -> None:
    good = example("iftsta.edi")
    broken = good.replace(b"4711", b"4712").replace(b"UNZ+3", b"UNZ+5")
    play.upload(good + broken)
    play.work()
    assert [each.content for each in play.messages()] == ["accepted", "accepted", "rejected"] + ["rejected"] * 3
    assert len(play.out()) == 2


def test_control_numbers_have_no_gap(play: Play, example: Example) -> None:
    for number in range(5):
        play.upload(example("iftsta.edi").replace(b"4711", str(100 + number).encode()))
    play.work()
    assert sorted(play.out()) == [f"CONTRL-{number}.edi" for number in range(1, 6)]


def test_profile_that_changes_later_does_not_change_what_is_remembered(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi"))
    play.work()
    before = play.messages()[0].profile_sha256
    profile = play.folder / "profiles" / "blue-anchor.yaml"
    profile.write_text(profile.read_text().replace("due: PT4H", "due: PT8H"))
    assert play.gateway.profiles.refresh()
    play.upload(example("iftsta.edi").replace(b"4711", b"4800"))
    play.work()
    after = play.messages()[3].profile_sha256
    assert before is not None and after is not None and before != after
    kept = play.gateway.database.read(lambda c: profile_versions.get(c, before))
    assert "PT4H" in kept.text


def test_bytes_rejected_by_our_own_fault_are_processed_when_it_is_mended(play: Play, example: Example) -> None:
    profile = play.folder / "profiles" / "blue-anchor.yaml"
    good = profile.read_text()
    profile.write_text(good.replace('    - {scheme: unb, qualifier: "14", value: "5412345000013"}', ""))
    text = good.replace('value: "5412345000013"}', 'value: "5412345000020"}', 1)
    profile.write_text(text)
    assert play.gateway.profiles.refresh()
    play.upload(example("iftsta.edi"))
    play.work()
    assert {each.content for each in play.messages()} == {"unassigned"}
    profile.write_text(good)
    assert play.gateway.profiles.refresh()
    play.upload(example("iftsta.edi"))
    play.work()
    assert [each.content for each in play.messages()][3:] == ["accepted", "accepted", "rejected"]


def test_interchange_twice_in_one_file_counts_once(play: Play, example: Example) -> None:
    play.upload(example("iftsta.edi") * 2)
    play.work()
    assert [each.content for each in play.messages()] == ["accepted", "accepted", "rejected"] + ["rejected"] * 3
    assert len(play.letters) == 2
    answers = play.out().values()
    assert len(answers) == 2 and any(b"+4+26+UNB+6'" in each for each in answers)


def test_answer_that_cannot_be_written_does_not_hold_up_the_messages(play: Play, example: Example) -> None:
    # The subject's character set is UNOA, whose repertoire has no lower case; its own reference has.
    content = example("iftsta.edi").replace(b"UNOC:3", b"UNOA:3", 1).replace(b"+4711'", b"+47ab'")
    play.upload(content)
    play.work()
    assert [each.content for each in play.messages()] == ["accepted", "accepted", "rejected"]
    assert len(play.letters) == 2
    assert [case.cause for case in play.cases()] == ["cannot-be-answered"]
    assert not play.out()


def test_flow_can_say_which_references_are_indexed(play: Play, example: Example) -> None:
    profile = play.folder / "profiles" / "blue-anchor.yaml"
    profile.write_text(
        profile.read_text().replace("    flows:\n", "    flows:\n      - id: status-in\n        keys: [container]\n", 1)
    )
    assert play.gateway.profiles.refresh()
    play.upload(example("iftsta.edi"))
    play.work()
    assert len(play.messages("MSKU7081329")) == 1
    assert not play.messages("BK-33071")


def test_a_partners_file_is_read_as_the_agreement_says(play: Play, example: Example) -> None:
    """A line break in a text rejects its message, and is a blank where the two have agreed on that."""
    broken = example("214.x12").replace(b"*CHICAGO*", b"*CHI\nCAGO*", 1)
    assert broken != example("214.x12")
    play.upload(broken, "214.x12", "prairie-freight")
    play.work()
    profile = play.folder / "profiles" / "prairie-freight.yaml"
    breaks = "    reading: {x12: {line_breaks: {severity: off, value: space}}}\n"
    profile.write_text(profile.read_text().replace("    flows:\n", breaks + "    flows:\n", 1))
    assert play.gateway.profiles.refresh()
    play.upload(broken.replace(b"000000077", b"000009999"), "214-2.x12", "prairie-freight")
    play.work()
    first, second = play.messages()
    assert (first.content, [told["code"] for told in _told(first)]) == ("rejected", ["character-invalid"])
    assert second.content == "accepted"
    assert "character-invalid" not in {told["code"] for told in _told(second)}
    assert first.profile_sha256 != second.profile_sha256
    assert second.canonical_sha256 is not None
    assert b"CHI CAGO" in play.gateway.content(second.canonical_sha256)
