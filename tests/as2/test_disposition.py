"""Dispositions: every form that products are described to write, every form that we write, and anything at all."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2.disposition import (
    AUTHENTICATION_FAILED_BUT_CONTINUED,
    AUTOMATIC,
    CATALOGUE,
    LONGEST_TEXT,
    Disposition,
    Meaning,
    Verdict,
    answer,
    parse,
    write,
)
from as2.fault import DispositionCode
from as2.tolerance import Tolerated

M = AUTOMATIC

GOOD: list[tuple[str, Verdict, Meaning]] = [
    (f"{M}; processed", "processed", "none"),
    (f"{M};processed", "processed", "none"),
    (f"{M.upper()}; PROCESSED", "processed", "none"),
    (" ; processed", "processed", "none"),
    ("processed", "processed", "none"),
    ("automatic-action/\r\n MDN-sent-automatically;\r\n processed", "processed", "none"),
    (f"{M}; {M}; processed", "processed", "none"),
    ("manual-action/MDN-sent-manually; processed", "processed", "none"),
    ("automatic-action/mdn sent; processed", "processed", "none"),
    (f"{M}; processed: message accepted", "processed", "other"),
    (f"{M}; processed/Warning: duplicate-document", "warning", "duplicate-document"),
    (f"{M}; processed/warning:duplicate-document", "warning", "duplicate-document"),
    (f"{M}; processed/Warning: authentication-failed, processing continued", "warning", "authentication-failed"),
    (f"{M}; processed/warning", "warning", "none"),
]

NOT_GOOD: list[tuple[str, Verdict, Meaning]] = [
    (f"{M}; processed/Error: decryption-failed", "error", "decryption-failed"),
    (f"{M}; processed/Error:decryption-failed", "error", "decryption-failed"),
    (f"{M}; processed/ERROR : Decryption-Failed", "error", "decryption-failed"),
    (f"{M}; processed/error; decryption-failed", "error", "decryption-failed"),
    (f"{M}; processed error: decryption failed", "error", "decryption-failed"),
    (f"{M}; processed/error: decryption-failed {M}; processed/error: decryption-failed", "error", "decryption-failed"),
    (f"{M}; processed/error: processed/error: authentication-failed", "error", "authentication-failed"),
    (f"{M}; processed/error: Error: authentication-failed", "error", "authentication-failed"),
    (f"{M}; processed/error: decompresion-failed", "error", "decompression-failed"),
    (f"{M}; processed/error: signed-message-required", "error", "insufficient-message-security"),
    (f"{M}; processed/error: error-storing-transaction", "error", "unexpected-processing-error"),
    (f"{M}; processed/error: unknown-trading-partner", "error", "unknown-trading-relationship"),
    (f"{M}; processed/error: Integrity_Check_Failed.", "error", "integrity-check-failed"),
    (f"{M}; processed/error: our database is asleep", "error", "other"),
    (f"{M}; processed/error", "error", "none"),
    (f"{M}; processed/warning, error: x", "error", "other"),
    (f"{M}; processed/error, warning: x", "error", "other"),
    ("error: unexpected-processing-error", "error", "unexpected-processing-error"),
    (f"{M}; error: unexpected-processing-error", "error", "unexpected-processing-error"),
    (f"{M}; failed/Failure: unsupported format", "failed", "unsupported-format"),
    (f"{M}; failed/Failure: unsupported MIC-algorithms", "failed", "unsupported-mic-algorithms"),
    (f"{M}; failed/failure: sender-equals-receiver", "failed", "sender-equals-receiver"),
    (f"{M}; failed", "failed", "none"),
    (f"{M}; failure: unsupported format", "failed", "unsupported-format"),
    (f"{M}; displayed", "unclear", "none"),
    (f"{M}; dispatched", "unclear", "none"),
    (f"{M}; deleted", "unclear", "none"),
    (f"{M}; warning: duplicate-document", "unclear", "duplicate-document"),
    (f"{M}; processed: authentication-failed", "unclear", "authentication-failed"),
    (f"{M}; processed/", "unclear", "none"),
    (f"{M}; processed/superseded", "unclear", "none"),
    (f"{M}; processedd", "unclear", "none"),
    (f"{M};", "unclear", "none"),
    (M, "unclear", "none"),
    ("", "unclear", "none"),
    ("\0", "unclear", "other"),
    ("200 OK", "unclear", "other"),
]


@pytest.mark.parametrize(("text", "verdict", "meaning"), GOOD + NOT_GOOD, ids=repr)
def test_reading(text: str, verdict: Verdict, meaning: Meaning) -> None:
    read = parse(text)
    assert (read.verdict, read.meaning) == (verdict, meaning)


FIELDS: list[tuple[str, list[tuple[str, str]], Verdict, Meaning]] = [
    ("processed/error", [("Error", "decryption-failed")], "error", "decryption-failed"),
    ("processed/error", [("ERROR", "what we saw"), ("Error", "decryption-failed")], "error", "decryption-failed"),
    ("processed", [("Error", "decryption-failed")], "error", "decryption-failed"),
    ("processed", [("Warning", "duplicate-document")], "warning", "duplicate-document"),
    ("processed/warning", [("Failure", "unsupported format")], "failed", "unsupported-format"),
    ("failed", [("Failure", "unsupported MIC-algorithms")], "failed", "unsupported-mic-algorithms"),
    ("processed", [("Error", "  "), ("X-Error", "decryption-failed")], "processed", "none"),
    ("processed/error: authentication-failed", [("Error", "authentication-failed")], "error", "authentication-failed"),
]


@pytest.mark.parametrize(("text", "fields", "verdict", "meaning"), FIELDS)
def test_reasons_in_fields_of_their_own(
    text: str, fields: list[tuple[str, str]], verdict: Verdict, meaning: Meaning
) -> None:
    read = parse(f"{M}; {text}", fields)
    assert (read.verdict, read.meaning) == (verdict, meaning)
    assert len(set(read.texts)) == len(read.texts)


@pytest.mark.parametrize(
    ("text", "tolerated"),
    [
        (f"{M}; processed", set()),
        (f"{M};processed", set()),
        (f"{M}; processed/Error: decryption-failed", set()),
        ("processed", {"disposition-form"}),
        (f"{M}; processed/Error:decryption-failed", {"disposition-form"}),
        (f"{M}; displayed", {"disposition-form"}),
        (f"{M}; processed/Error: decompresion-failed", {"disposition-old-text"}),
        ("processed/Error: unknown-trading-partner", {"disposition-form", "disposition-old-text"}),
    ],
)
def test_oddities_are_named(text: str, tolerated: Tolerated) -> None:
    seen: Tolerated = set()
    parse(text, (), seen)
    assert seen == tolerated


@pytest.mark.parametrize("code", get_args(DispositionCode))
def test_what_we_write_is_read_as_what_was_meant(code: DispositionCode) -> None:
    seen: Tolerated = set()
    read = parse(write(CATALOGUE[code]), (), seen)
    assert read == CATALOGUE[code]
    assert read.meaning == ("none" if code == "processed" else code)
    assert seen == set()


def test_the_catalogue_is_written_as_the_rfc_spells_it() -> None:
    assert write(CATALOGUE["processed"]) == f"{M}; processed"
    assert write(CATALOGUE["decryption-failed"]) == f"{M}; processed/Error: decryption-failed"
    assert write(CATALOGUE["duplicate-document"]) == f"{M}; processed/Warning: duplicate-document"
    assert write(CATALOGUE["unsupported-format"]) == f"{M}; failed/Failure: unsupported format"
    assert write(CATALOGUE["unsupported-mic-algorithms"]) == f"{M}; failed/Failure: unsupported MIC-algorithms"
    assert write(AUTHENTICATION_FAILED_BUT_CONTINUED).endswith(
        "; processed/Warning: authentication-failed, processing continued"
    )


@pytest.mark.parametrize(
    ("code", "older"),
    [
        ("invalid-message-id", "unexpected-processing-error"),
        ("duplicate-filename", "unexpected-processing-error"),
        ("illegal-filename", "unexpected-processing-error"),
        ("unknown-trading-relationship", "authentication-failed"),
        ("decryption-failed", "decryption-failed"),
        ("processed", "processed"),
    ],
)
def test_texts_of_1_3_are_sent_to_partners_of_1_3_only(code: DispositionCode, older: DispositionCode) -> None:
    assert answer(code, (1, 3)) == answer(code, (2, 0)) == CATALOGUE[code]
    assert answer(code, (1, 2)) == answer(code, (1, 0)) == CATALOGUE[older]


def test_only_failures_of_the_request_are_failed() -> None:
    failed = {code for code, entry in CATALOGUE.items() if entry.verdict == "failed"}
    assert failed == {"unsupported-format", "unsupported-mic-algorithms", "sender-equals-receiver"}
    assert [code for code, entry in CATALOGUE.items() if entry.verdict in ("processed", "warning")] == [
        "processed",
        "duplicate-document",
    ]


_PIECES = st.sampled_from(
    [
        *M.split("; "),
        "processed",
        "failed",
        "error",
        "warning",
        "failure",
        "/",
        ":",
        ";",
        ",",
        " ",
        "\r\n ",
        "-action",
        "é",
    ]
)


@given(st.text() | st.lists(_PIECES, max_size=40).map("".join), st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_anything_is_a_disposition(text: str, fields: list[tuple[str, str]]) -> None:
    seen: Tolerated = set()
    read = parse(text, fields, seen)
    assert all(len(said) <= LONGEST_TEXT for said in read.texts)
    assert not any(set(said) & set("\r\n") for said in read.texts)
    if read.verdict in ("processed", "warning"):
        # What is a success was stated as one.
        assert "processed" in text.lower()
        assert read.type == "processed"


@given(st.sampled_from(["error", "failure"]), st.text(alphabet="processed/warning:; -", max_size=40))
def test_an_error_field_is_never_a_success(name: str, text: str) -> None:
    assert parse(text, [(name, "reason")]).verdict in ("error", "failed")


def test_long_values_are_read_in_little_time() -> None:
    for text in ("-action" * 100_000, "a/" * 100_000, "processed/" + "error," * 100_000, f"{M};" * 50_000, ":" * 10**6):
        assert parse(text).verdict != "processed"


def test_equal_dispositions_are_one() -> None:
    assert Disposition("processed") == parse(f"{M}; processed")
