"""Dates, times and periods: formats of 2379 and 1250, with values that exist and some that do not."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.dates import EDIFACT_FORMATS, X12_FORMATS, format_name, unreal, unreal_x12

# Format, values that exist, values that do not; written from the code list's own layouts.
EDIFACT = [
    ("2", ["031126", "290228"], ["320126", "290227", "31126"]),
    ("3", ["110326", "022928"], ["133126", "022927"]),
    ("4", ["03112026"], ["29022027"]),
    ("5", ["031120262359"], ["031120262400"]),
    ("6", ["2026111"], ["2026113", "2026131"]),
    ("7", ["2026115"], ["2026117"]),
    ("10", ["20261103T0915", "202611030915"], ["20261103T2515"]),
    ("101", ["261103", "000229"], ["261131", "010229", "20261103"]),
    (
        "102",
        ["20261103", "20240229", "20000229"],
        ["20260229", "19000229", "20261301", "20261100", "00000101", "2026110"],
    ),
    ("103", ["26457"], ["26458", "26540", "26001"]),
    ("104", ["1102-1103", "11021103"], ["1302-1103"]),
    ("105", ["26365", "24366"], ["26366", "26000"]),
    ("106", ["1103", "0229"], ["1131", "0230"]),
    ("107", ["366"], ["367", "000"]),
    ("108", ["53"], ["54"]),
    ("109", ["12"], ["13", "00"]),
    ("110", ["31"], ["32"]),
    ("201", ["2611030915"], ["2611030960"]),
    ("203", ["202611030915", "202611032359"], ["202611032400", "202602300915", "20261103"]),
    ("204", ["20261103091500"], ["20261103091560"]),
    ("205", ["202611030915+0100", "2026110309150100"], ["202611030915Z"]),
    ("303", ["202611030915UTC", "202611030915Z"], ["2026110309156060"]),
    ("304", ["20261103091559CET"], ["20261103096059CET"]),
    ("305", ["11030915"], ["13030915"]),
    ("306", ["030915"], ["320915"]),
    ("307", ["20261103091500123"], ["20261103091500"]),
    ("401", ["0915", "0000"], ["2400", "0960", "915"]),
    ("402", ["091559"], ["091560"]),
    ("501", ["09151730", "0915-1730"], ["09152530"]),
    ("602", ["2026"], ["0000", "26"]),
    ("604", ["20262"], ["20263"]),
    ("608", ["20264"], ["20265"]),
    ("609", ["2611"], ["2613"]),
    ("610", ["202611"], ["202613"]),
    ("614", ["2026113"], ["2026114"]),
    ("616", ["202645"], ["202654"]),
    ("713", ["2611030915-2611040915", "26110309152611040915"], ["2611030915"]),
    ("716", ["202645-202646", "202645202646"], ["202645-202654"]),
    ("718", ["20261101-20261130", "2026110120261130"], ["20261101-20261131", "20261101"]),
    ("719", ["202611010900-202611301700"], ["202611010900-202611302400"]),
    ("804", ["14", "2.5"], ["two", "-3", ""]),
    ("813", ["7"], ["8", "0"]),
]


@pytest.mark.parametrize(("code", "good", "bad"), EDIFACT, ids=[row[0] for row in EDIFACT])
def test_formats_of_2379(code: str, good: list[str], bad: list[str]) -> None:
    fields = EDIFACT_FORMATS[code]
    assert [(value, unreal(value, fields)) for value in good] == [(value, None) for value in good]
    assert [value for value in bad if unreal(value, fields) is None] == []


def test_the_table_of_formats_is_whole() -> None:
    for fields in (*EDIFACT_FORMATS.values(), *X12_FORMATS.values()):
        assert format_name(fields)
        assert unreal("", fields) is not None
        assert unreal("no date", fields) is not None


@pytest.mark.parametrize(
    ("value", "code", "kind"),
    [("202613010915", "203", "date"), ("202612012515", "203", "time"), ("2500", "401", "time"), ("915", "401", "time")],
)
def test_which_of_the_two_is_wrong(value: str, code: str, kind: str) -> None:
    wrong = unreal(value, EDIFACT_FORMATS[code])
    assert wrong is not None
    assert wrong.kind == kind


@pytest.mark.parametrize(
    ("value", "kind", "good"),
    [
        ("20261103", "DT", True),
        ("261103", "DT", True),
        ("20260230", "DT", False),
        ("2026-1-3", "DT", False),
        ("0915", "TM", True),
        ("091559", "TM", True),
        ("0915595", "TM", True),
        ("09155999", "TM", True),
        ("2400", "TM", False),
        ("0960", "TM", False),
        ("091560", "TM", False),
        ("09155", "TM", False),
        ("9:15", "TM", False),
    ],
)
def test_dates_and_times_of_x12(value: str, kind: str, good: bool) -> None:
    found = unreal_x12(value, "DT" if kind == "DT" else "TM")
    assert (found is None) == good
    assert found is None or found.kind == ("date" if kind == "DT" else "time")


@given(st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31)))
@settings(max_examples=100)
def test_every_day_of_the_calendar_exists(day: datetime.date) -> None:
    assert unreal(f"{day:%Y%m%d}".rjust(8, "0"), "Y M D") is None


@given(st.integers(0, 99999999))
@settings(max_examples=300)
def test_no_other_day_does(number: int) -> None:
    value = f"{number:08d}"
    try:
        datetime.datetime.strptime(value, "%Y%m%d").replace(tzinfo=datetime.UTC)
        exists = True
    except ValueError:
        exists = False
    assert (unreal(value, "Y M D") is None) == exists


@given(st.text(max_size=20), st.sampled_from(sorted(EDIFACT_FORMATS.values())))
@settings(max_examples=200)
def test_any_text_is_a_date_or_is_not(value: str, fields: str) -> None:
    found = unreal(value, fields)
    assert found is None or found.kind in ("date", "time")
