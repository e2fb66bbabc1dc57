"""Control numbers, claims, and what is recorded once under its hash."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from archive import Locator
from gateway.database import Database
from gateway.ids import ALPHABET, new_id, noun_of
from gateway.ledger import NotRecorded, counters, idempotency, objects, profile_versions
from gateway.ledger.idempotency import Existing
from gateway.ledger.statements import chunks, spellings

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ONE, TWO = "1" * 64, "2" * 64


def claim(database: Database, subject: str, sha256: str = ONE, **given: datetime) -> Existing | None:
    at, since = given.get("at", AT), given.get("since")
    return database.write(
        lambda c: idempotency.claim(
            c, scope="business", key="order-7", sha256=sha256, subject=subject, at=at, since=since
        )
    )


def test_the_first_to_claim_a_key_holds_it(database: Database) -> None:
    assert claim(database, "t-1") is None
    assert claim(database, "t-2", at=AT + timedelta(days=1)) == Existing(sha256=ONE, subject="t-1", at=AT, same=True)
    other = claim(database, "t-3", TWO)
    assert other is not None
    assert not other.same


def test_a_claim_that_is_rolled_back_is_free_again(database: Database) -> None:
    def fails(connection: Connection) -> None:
        idempotency.claim(connection, scope="business", key="order-7", sha256=ONE, subject="t-1", at=AT)
        raise LookupError

    with pytest.raises(LookupError):
        database.write(fails)
    assert claim(database, "t-2") is None


def test_a_claim_outside_its_window_is_taken_over(database: Database) -> None:
    days = timedelta(days=1)
    claim(database, "t-1")
    assert claim(database, "t-2", TWO, at=AT + 90 * days, since=AT) is not None, "the window's first moment is inside"
    assert claim(database, "t-3", TWO, at=AT + 91 * days, since=AT + days) is None
    held = claim(database, "t-4", TWO, at=AT + 92 * days, since=AT + 2 * days)
    assert held == Existing(sha256=TWO, subject="t-3", at=AT + 91 * days, same=True)


def test_of_many_that_claim_at_once_one_is_first(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: (n, claim(database, f"t-{n}")), range(16)))
    (winner,) = [number for number, result in results if result is None]
    assert {result.subject for _, result in results if result} == {f"t-{winner}"}


def test_numbers_have_no_gaps_even_when_work_fails(database: Database) -> None:
    def take(number: int) -> int | None:
        def work(connection: Connection) -> int:
            taken = counters.take(connection, "acme-isa")
            if number % 3 == 0:
                raise LookupError
            return taken

        try:
            return database.write(work)
        except LookupError:
            return None

    with ThreadPoolExecutor(6) as pool:
        taken = [each for each in pool.map(take, range(30)) if each is not None]
    assert sorted(taken) == list(range(1, 21))


def test_a_range_begins_again_at_its_end_and_follows_its_profile(database: Database) -> None:
    def take(minimum: int = 8, maximum: int = 10) -> int:
        return database.write(lambda c: counters.take(c, "short", minimum=minimum, maximum=maximum))

    assert [take() for _ in range(5)] == [8, 9, 10, 8, 9]
    assert take(minimum=100, maximum=200) == 100, "the profile has other bounds now"
    assert take(minimum=100, maximum=200) == 101
    assert database.write(lambda c: counters.take(c, "another")) == 1


def test_content_that_is_known_keeps_its_place(database: Database) -> None:
    first = Locator(sha256=ONE, size=3, pack="p-1", offset=0, length=9)
    again = Locator(sha256=ONE, size=3, pack="p-2", offset=50, length=9)
    for each in (first, again):
        database.write(partial(objects.record, locator=each, at=AT))
    assert database.read(lambda c: objects.find(c, ONE)) == first
    assert database.read(lambda c: objects.find(c, TWO)) is None
    assert database.read(objects.all_locators) == [first]


def test_a_profile_is_kept_word_for_word_under_its_hash(database: Database) -> None:
    text = "agreement: Größe\n" * 1000
    assert database.write(lambda c: profile_versions.record(c, ONE, "acme", text, AT))
    assert not database.write(lambda c: profile_versions.record(c, ONE, "acme", text, AT + timedelta(days=1)))
    kept = database.read(lambda c: profile_versions.get(c, ONE))
    assert (kept.text, kept.agreement, kept.first_used_at) == (text, "acme", AT)
    with pytest.raises(NotRecorded, match="no profile version"):
        database.read(lambda c: profile_versions.get(c, TWO))


@pytest.mark.parametrize(
    ("number", "all_of_them"),
    [
        ("42", ["000000042", "42"]),
        ("000000042", ["000000042", "42"]),
        ("0042", ["000000042", "0042", "42"]),
        ("0", ["0", "000000000"]),
        ("12345678901234", ["12345678901234"]),
        ("A42", ["A42"]),
        ("٤٢", ["٤٢"]),
        ("", [""]),
    ],
)
def test_the_ways_a_number_is_spelt(number: str, all_of_them: list[str]) -> None:
    assert spellings(number) == all_of_them


@given(st.lists(st.integers(), max_size=40), st.integers(1, 7))
def test_chunks_are_the_list_again(values: list[int], size: int) -> None:
    parts = list(chunks(values, size))
    assert [each for part in parts for each in part] == values
    assert all(0 < len(part) <= size for part in parts)


@given(st.lists(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 1, 1)), min_size=2, max_size=9))  # noqa: DTZ001
def test_ids_sort_by_time_say_their_noun_and_differ(moments: list[datetime]) -> None:
    aware = sorted(each.replace(microsecond=each.microsecond // 1000 * 1000, tzinfo=UTC) for each in moments)
    made = [new_id("m", each) for each in aware]
    for earlier, later, before, after in zip(made, made[1:], aware, aware[1:], strict=False):
        assert earlier < later or before == after
    assert len(set(made)) == len(made)
    for each in made:
        assert len(each) == 22
        assert set(each[2:]) <= set(ALPHABET)
        assert noun_of(each) == "m"


def test_twenty_thousand_ids_of_one_moment_differ() -> None:
    assert len({new_id("m", AT) for _ in range(20_000)}) == 20_000


@pytest.mark.parametrize("text", ["", "m", "m-", "z-0000", "msg-1", "job 7"])
def test_what_is_no_id_names_nothing(text: str) -> None:
    assert noun_of(text) is None
