"""``messages``, ``receipts``, ``cases``, ``archive``, ``send``, ``receive``: over a gateway that does not run."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway import control
from gateway.config import open_home
from gateway.instance import Gateway
from tests.gateway.cli.calling import IFTSTA, ORDER, Call, process

READERS = (
    ("messages", "search"),
    ("messages", "show", "m-1"),
    ("receipts", "list"),
    ("reconcile",),
    ("receipts", "unmatched"),
    ("cases", "list"),
    ("archive", "verify"),
    ("archive", "fsck"),
)
WRITERS = (
    ("messages", "resend", "m-1", "--reason", "lost"),
    ("messages", "reprocess", "m-1", "--reason", "mended"),
    ("messages", "rerun", "m-1", "--reason", "an audit"),
    ("messages", "dismiss", "m-1", "--reason", "called off"),
    ("cases", "assign", "c-1", "--to", "ann"),
    ("cases", "close", "c-1", "--reason", "done"),
    ("send", str(ORDER), "--flow", "blue-anchor/order-out"),
)


@pytest.fixture
def found(sallyport: Call, home: Path) -> Callable[..., list[dict[str, dict[str, str]]]]:
    """What a search answers."""

    def search(*arguments: str) -> list[dict[str, dict[str, str]]]:
        answer = sallyport("messages", "search", *arguments, "--home", home, "--json")
        assert (answer.code, answer.err) == (0, "")
        return list(answer.json())

    return search


def types(hits: list[dict[str, dict[str, str]]]) -> list[str]:
    """The types of what was found."""
    return sorted(hit["message"]["type"] for hit in hits)


DAY = ("--from", "2026-10-01", "--to", "2026-10-02")
"""The days of the gateway in the folder."""


def test_reconcile_counts_what_was_exchanged(sallyport: Call, home: Path) -> None:
    answer = sallyport("reconcile", *DAY, "--home", home, "--json")
    told = answer.json()
    assert (answer.code, told["holds"], told["unaccounted"]) == (0, True, [])
    counts = {
        (each["party"], each["type"]): (each["taken"], each["delivered"], each["rejected"], each["overdue"])
        for each in told["balances"]
    }
    assert counts[("blue-anchor", "IFTSTA")] == (3, 2, 1, 0)
    assert counts[("prairie-freight", "204")] == (1, 1, 0, 1)
    shown = sallyport("reconcile", *DAY, "--party", "prairie-freight", "--home", home, columns=200)
    assert "1 overdue" in shown.out.decode() and "blue-anchor" not in shown.out.decode()
    assert "everything is accounted for" in shown.out.decode()


def test_reconcile_names_what_is_lost(sallyport: Call, home: Path) -> None:
    with Gateway.open(open_home(home, {})) as gateway:
        lost = "UPDATE message SET delivery = 'none' WHERE delivery = 'delivered' AND type = '214'"
        gateway.database.write(lambda c: c.execute(text(lost)))
    answer = sallyport("reconcile", *DAY, "--home", home)
    assert answer.code == 1
    assert "handed on to nobody" in answer.err and "m-" in answer.err
    assert sallyport("reconcile", *DAY, "--home", home, "--json").json()["holds"] is False


@pytest.mark.parametrize(
    ("days", "told"),
    [(("--from", "yesterday"), "is no day"), (("--from", "2026-10-02", "--to", "2026-10-01"), "before")],
)
def test_reconcile_asks_for_days(sallyport: Call, home: Path, days: tuple[str, ...], told: str) -> None:
    answer = sallyport("reconcile", *days, "--home", home)
    assert answer.code == 2 and told in answer.err


def test_search_by_what_somebody_may_have_in_hand(found: Callable[..., list[dict[str, dict[str, str]]]]) -> None:
    assert types(found()) == ["204", "214", "IFTMIN", "IFTSTA", "IFTSTA", "IFTSTA"]
    assert types(found("SHP-260812")) == ["204", "214", "IFTMIN", "IFTSTA"]
    assert types(found("shp 2608*", "--direction", "out")) == ["204", "IFTMIN"]
    assert types(found("--type", "IFTSTA", "--content", "rejected")) == ["IFTSTA"]
    assert types(found("--receipt", "overdue")) == ["204", "IFTMIN"]
    assert types(found("--party", "prairie-freight", "--until", "2026-10-01T09:31")) == ["204", "214"]
    assert found("--since", "2026-10-02") == []
    assert types(found("--since", "2026-10-01T11:30+02:00", "--delivery", "delivered")) == [
        *("204", "214", "IFTMIN", "IFTSTA", "IFTSTA")
    ]
    first = found("--limit", "4")
    rest = found("--before", first[-1]["message"]["id"])
    assert len(first) == 4 and len(rest) == 2
    assert not {hit["message"]["id"] for hit in first} & {hit["message"]["id"] for hit in rest}


def test_search_for_people(sallyport: Call, home: Path) -> None:
    wide = sallyport("messages", "search", "SHP-260812", "--home", home, columns=140).text.splitlines()
    assert len(wide) == 5
    assert re.split(" {2,}", wide[0]) == [
        *("message", "at (UTC)", "type", "partner", "control no.", "content", "delivery", "receipt", "file")
    ]
    narrow = sallyport("messages", "search", "SHP-260812", "--home", home, columns=80).text.splitlines()
    assert max(map(len, narrow)) <= 80
    whole = " ".join(" ".join(narrow).split())
    for word in ("prairie-freight", "delivery delivered", "receipt overdue", "control no. 000000002", "file 214.x12"):
        assert word in whole
    piped = sallyport("messages", "search", "SHP-260812", "--home", home).text.splitlines()
    assert len(piped) == 5, "a record is one line where no terminal is"
    nothing = sallyport("messages", "search", "SHP-1", "--home", home)
    assert (nothing.code, nothing.text) == (0, "nothing found\n")
    page = sallyport("messages", "search", "--limit", "2", "--home", home).text
    assert re.search("there may be more: --before m-[0-9a-z]{20}\n$", page)


@pytest.mark.parametrize("option", ["--since", "--until"])
@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "01.10.2026", ""])
def test_a_wrong_date_ends_with_2(option: str, text: str, sallyport: Call, home: Path) -> None:
    answer = sallyport("messages", "search", option, text, "--home", home)
    assert (answer.code, answer.out) == (2, b"")
    assert answer.err.startswith(f"error: {option} {text!r} is no day and no moment\n  next: write it as 2026-10-01")


def test_the_story_of_a_message(
    sallyport: Call, home: Path, found: Callable[..., list[dict[str, dict[str, str]]]]
) -> None:
    name = found("--type", "IFTMIN")[0]["message"]["id"]
    told = sallyport("messages", "show", name, "--home", home, "--json").json()
    assert told["message"]["id"] == name
    assert {"references", "events", "expectations", "receipts", "attempts", "cases", "carriers"} < set(told)
    raw = sallyport("messages", "show", name, "--home", home, "--raw")
    assert raw.out.startswith(b"UNH+1+IFTMIN:D:96A:UN'") and raw.out.endswith(b"'")
    document = sallyport("messages", "show", name, "--home", home, "--canonical").json()
    assert document["type"] == "transport_order/1"
    for columns in (80, 140):
        text = sallyport("messages", "show", name, "--home", home, columns=columns).text
        assert text.startswith("IFTMIN D.96A number 1 to blue-anchor\ncontent accepted · delivery delivered · receipt")
        assert max(len(line) for line in text.splitlines() if "sallyport" not in line) <= columns
        for part in ("time line (UTC)", "receipts expected", "on the wire", "canonical", "(open)", "  UNH+1+IFTMIN"):
            assert part in text, part


def test_what_a_rejected_message_has(
    sallyport: Call, home: Path, found: Callable[..., list[dict[str, dict[str, str]]]]
) -> None:
    name = found("--content", "rejected")[0]["message"]["id"]
    text = sallyport("messages", "show", name, "--home", home, columns=80).text
    assert "error: line 26, column 9: DTM element 1 component 2" in text
    none = sallyport("messages", "show", name, "--canonical", "--home", home)
    assert (none.code, none.out) == (1, b"")
    assert "was rejected: it has no canonical document" in none.err
    both = sallyport("messages", "show", name, "--canonical", "--raw", "--home", home)
    assert both.code == 2


def test_receipts(sallyport: Call, home: Path) -> None:
    due = sallyport("receipts", "list", "--overdue", "--home", home, "--json").json()
    assert {(each["party"], each["kind"], each["state"]) for each in due} == {
        ("blue-anchor", "contrl", "overdue"),
        ("prairie-freight", "997", "overdue"),
    }
    for columns in (80, 140):
        text = sallyport("receipts", "list", "--home", home, columns=columns).text
        assert due[0]["message"] in text and due[0]["control_number"] in text
        assert max(map(len, text.splitlines())) <= columns
    assert sallyport("receipts", "list", "--party", "nobody", "--home", home).text == "no receipt is awaited\n"
    assert sallyport("receipts", "unmatched", "--home", home).text == "no MDN waits for what it answers\n"


def test_cases(sallyport: Call, home: Path) -> None:
    listed = sallyport("cases", "list", "--home", home, "--json").json()
    (case,) = [each for each in listed if each["party"] == "prairie-freight"]
    assert (case["cause"], case["state"]) == ("receipt-overdue", "open")
    text = sallyport("cases", "list", "--home", home, columns=80).text
    assert case["id"] in text and max(map(len, text.splitlines())) <= 80
    given = sallyport("cases", "assign", case["id"], "--to", "ann", "--actor", "bob", "--home", home)
    assert (given.code, given.text) == (0, f"case {case['id']} is ann's\n")
    mine = sallyport("cases", "list", "--owner", "ann", "--home", home, "--json").json()
    assert [(each["id"], each["state"], each["owner"]) for each in mine] == [(case["id"], "assigned", "ann")]
    closed = sallyport("cases", "close", case["id"], "--reason", "they called", "--home", home, "--json")
    assert closed.json() == {"case": case["id"], "state": "closed", "reason": "they called"}
    again = sallyport("cases", "close", case["id"], "--reason", "they called", "--home", home)
    assert (again.code, again.out) == (1, b"")
    blank = sallyport("cases", "close", listed[0]["id"], "--reason", " ", "--home", home)
    assert blank.code == 1 and "say which" in blank.err
    assert case["id"] not in sallyport("cases", "list", "--home", home).text
    assert "they called" in sallyport("cases", "list", "--closed", "--home", home).text


def test_resend(sallyport: Call, home: Path, found: Callable[..., list[dict[str, dict[str, str]]]]) -> None:
    name = found("--type", "IFTMIN")[0]["message"]["id"]
    sent = sallyport("messages", "resend", name, "--reason", "lost", "--actor", "ann", "--home", home, "--json")
    assert sent.code == 0
    (one,) = sent.json()
    assert set(one) == {"transmission", "name", "sha256"}
    events = sallyport("messages", "show", name, "--home", home, "--json").json()["events"]
    assert [(each["actor"], each["data"]["reason"]) for each in events if each["kind"] == "delivery-resent"] == [
        ("ann", "lost")
    ]
    too_soon = sallyport("messages", "resend", name, "--reason", "lost", "--home", home)
    assert too_soon.code == 1 and "can be sent again once it is" in too_soon.err
    rejected = found("--content", "rejected")[0]["message"]["id"]
    nothing = sallyport("messages", "resend", rejected, "--reason", "lost", "--home", home)
    assert nothing.code == 1 and "nothing was sent for it" in nothing.err


def test_send(sallyport: Call, home: Path) -> None:
    first = sallyport("send", ORDER, "--flow", "tender-out", "--home", home, "--json")
    assert first.code == 0
    accepted = first.json()
    assert set(accepted) == {"message_id", "transmission", "repeated"} and accepted["repeated"] is False
    again = sallyport("send", ORDER, "--flow", "tender-out", "--home", home, "--json").json()
    assert again == {**accepted, "repeated": True}
    told = sallyport("send", ORDER, "--flow", "tender-out", "--home", home).text
    assert told.endswith("nothing new happens\n")
    other = ORDER.read_bytes().replace(b"SHP-260812", b"SHP-260813")
    conflict = sallyport(
        "send", "-", "--flow", "tender-out", "--id", accepted["message_id"], "--home", home, stdin=other
    )
    assert conflict.code == 1 and "with other content" in conflict.err


@pytest.mark.parametrize(
    ("file", "flow", "told"),
    [
        (str(IFTSTA), "tender-out", "is no canonical document"),
        (str(ORDER), "nope", "there is no outgoing flow `nope`; there are: blue-anchor/order-out, prairie-freight/"),
        (str(ORDER), "prairie-freight/status-in", "there is no outgoing flow `prairie-freight/status-in`"),
    ],
)
def test_what_send_refuses_leaves_no_trace(file: str, flow: str, told: str, sallyport: Call, home: Path) -> None:
    """It would become a case, and whoever types it is there to correct it."""
    before = sallyport("cases", "list", "--home", home, "--json").json()
    answer = sallyport("send", file, "--flow", flow, "--home", home)
    assert (answer.code, answer.out) == (1, b"")
    assert told in answer.err
    assert sallyport("cases", "list", "--home", home, "--json").json() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("messages", "show", "m-nope"),
        ("messages", "search", "--before", "m-nope"),
        ("messages", "resend", "m-nope", "--reason", "lost"),
        ("messages", "resend", "t-nope", "--reason", "lost"),
        ("cases", "assign", "c-nope", "--to", "ann"),
        ("cases", "close", "c-nope", "--reason", "done"),
    ],
)
def test_unknown_ids_end_with_1(arguments: tuple[str, ...], sallyport: Call, home: Path) -> None:
    answer = sallyport(*arguments, "--home", home)
    assert (answer.code, answer.out) == (1, b"")
    assert "nope" in answer.err
    assert "sallyport messages search" in answer.err or "sallyport cases list" in answer.err


def test_archive_in_order(sallyport: Call, home: Path) -> None:
    verified = sallyport("archive", "verify", "--home", home, "--json")
    assert verified.code == 0
    assert verified.json()["damages"] == [] and verified.json()["objects"] > 5
    checked = sallyport("archive", "fsck", "--home", home, "--json")
    assert checked.code == 0
    assert checked.json() | {"orphans": 0, "orphan_bytes": 0} == {
        "packs": 1,
        "objects": verified.json()["objects"],
        "missing": [],
        "damages": [],
        "orphans": 0,
        "orphan_bytes": 0,
    }
    assert re.search(
        r"^1 packs, \d+ objects: 0 damaged places, 0 missing", sallyport("archive", "fsck", "--home", home).text
    )


def test_archive_damaged(sallyport: Call, home: Path) -> None:
    (pack,) = (home / "var" / "archive" / "packs").glob("*.pack")
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(content)
    for command in ("verify", "fsck"):
        answer = sallyport("archive", command, "--home", home)
        assert answer.code == 1
        assert "damaged: pack 00000001, offset" in answer.err
        assert len(sallyport("archive", command, "--home", home, "--json").json()["damages"]) >= 1


def test_archive_cut_or_gone(sallyport: Call, home: Path) -> None:
    """Only the ledger knows what is missing at the end of the newest pack."""
    (pack,) = (home / "var" / "archive" / "packs").glob("*.pack")
    whole = pack.read_bytes()
    pack.write_bytes(whole[: len(whole) // 2])
    cut = sallyport("archive", "fsck", "--home", home, "--json")
    assert cut.code == 1
    assert cut.json()["missing"]
    assert "restore the pack from a copy" in sallyport("archive", "fsck", "--home", home).err
    shutil.rmtree(home / "var" / "archive")
    for command in ("verify", "fsck"):
        gone = sallyport("archive", command, "--home", home)
        assert (gone.code, gone.out) == (1, b"")
        assert "there is no archive at" in gone.err
    pack_lost = sallyport("messages", "show", "m-nope", "--home", home)
    assert pack_lost.code == 1


def test_orphans_are_counted_and_no_fault(sallyport: Call, home: Path) -> None:
    before = sallyport("archive", "fsck", "--home", home, "--json").json()["orphans"]
    with Gateway.open(open_home(home, {})) as gateway:
        gateway.archive.append(b"stored, and never committed")
    answer = sallyport("archive", "fsck", "--home", home, "--json")
    assert answer.code == 0
    assert answer.json()["orphans"] == before + 1


@pytest.mark.parametrize("arguments", [*READERS, *WRITERS, ("receive", "in")])
def test_no_gateway_in_the_folder(arguments: tuple[str, ...], sallyport: Call, tmp_path: Path) -> None:
    answer = sallyport(*arguments, "--home", tmp_path)
    assert (answer.code, answer.out) == (2, b"")
    assert f"there is no gateway in {tmp_path}" in answer.err and f"sallyport init {tmp_path}" in answer.err


@pytest.mark.parametrize("arguments", READERS)
def test_a_ledger_that_was_never_made(arguments: tuple[str, ...], sallyport: Call, fresh: Path) -> None:
    answer = sallyport(*arguments, "--home", fresh)
    assert (answer.code, answer.out) == (2, b"")
    assert "There is no ledger at" in answer.err and "start the gateway once" in answer.err
    assert not (fresh / "var").exists(), "looking makes nothing"


@pytest.mark.parametrize("arguments", [*READERS, *WRITERS])
@pytest.mark.parametrize("content", [b"no database at all, only text " * 100, b"SQLite format 3\0" + bytes(84)])
def test_a_ledger_that_is_none(arguments: tuple[str, ...], content: bytes, sallyport: Call, home: Path) -> None:
    for old in (home / "var").glob("ledger.db*"):
        old.unlink()
    (home / "var" / "ledger.db").write_bytes(content)
    answer = sallyport(*arguments, "--home", home)
    assert (answer.code, answer.out) == (2, b"")
    assert answer.err.startswith("error: ")


def test_a_ledger_of_another_version(sallyport: Call, fresh: Path) -> None:
    import sqlite3

    (fresh / "var").mkdir()
    sqlite3.connect(fresh / "var" / "ledger.db").close()
    (fresh / "var" / "ledger.db").touch()
    answer = sallyport("messages", "search", "--home", fresh)
    assert answer.code == 2
    assert "the ledger is of another version of Sallyport" in answer.err


@pytest.mark.parametrize("arguments", [*READERS, *WRITERS])
def test_a_database_server_that_is_away(arguments: tuple[str, ...], sallyport: Call, fresh: Path) -> None:
    (fresh / "sallyport.yaml").write_text("database: postgresql+psycopg://u:${PW}@127.0.0.1:1/x\n")
    answer = sallyport(*arguments, "--home", fresh, env={"PW": "secret-word"})
    assert (answer.code, answer.out) == (2, b"")
    assert "Connection refused" in answer.err
    assert "secret-word" not in answer.err


@pytest.mark.parametrize("arguments", WRITERS)
def test_profiles_with_faults_stop_orders(arguments: tuple[str, ...], sallyport: Call, home: Path) -> None:
    (home / "profiles" / "broken.yaml").write_text("party: [")
    answer = sallyport(*arguments, "--home", home)
    assert (answer.code, answer.out) == (2, b"")
    assert "broken.yaml:1:9: error:" in answer.err or "broken.yaml:2:1: error:" in answer.err
    assert "sallyport check --home" in answer.err


@pytest.mark.parametrize("arguments", WRITERS)
def test_a_ledger_that_somebody_else_writes(arguments: tuple[str, ...], sallyport: Call, home: Path) -> None:
    """A gateway that is starting has the ledger and takes no orders yet."""
    with Gateway.open(open_home(home, {})):
        answer = sallyport(*arguments, "--home", home)
        assert (answer.code, answer.out) == (2, b"")
        assert "another process has the ledger open" in answer.err and "try again in a moment" in answer.err
        assert sallyport("messages", "search", "--home", home).code == 0, "reading goes on"


@pytest.fixture
def hanging(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A gateway that was stopped (SIGSTOP): its socket lets callers in, and nobody answers."""
    monkeypatch.setattr(control, "PATIENCE", 0.2)
    with socket.socket(socket.AF_UNIX) as listening, control.address_of(home / "var" / "control.sock") as address:
        listening.bind(address)
        listening.listen()
        yield home


@pytest.mark.parametrize("arguments", [*WRITERS, ("receive", "in")])
def test_a_gateway_that_does_not_answer(
    arguments: tuple[str, ...], sallyport: Call, hanging: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = sallyport(*arguments, "--home", hanging)
    assert (answer.code, answer.out) == (2, b"")
    assert "it hangs, or it was stopped" in answer.err and "sallyport doctor --home" in answer.err


def test_receive_needs_a_gateway_that_runs(sallyport: Call, home: Path, tmp_path: Path) -> None:
    answer = sallyport("receive", tmp_path / "in", "--home", home)
    assert answer.code == 2
    assert (
        answer.err
        == f"error: no gateway runs here (No such file or directory)\n  next: sallyport serve --home {home}\n"
    )


def test_receive_and_orders_with_a_gateway_that_runs(sallyport: Call, home: Path, tmp_path: Path) -> None:
    """In a process of its own, as ever."""
    with process("serve", "--home", home) as gateway:
        assert gateway.stderr is not None
        for line in gateway.stderr:
            if line.startswith(b"serving: "):
                break
        drain = threading.Thread(target=gateway.stderr.read)
        drain.start()
        try:
            _orders(sallyport, home, tmp_path)
        finally:
            gateway.terminate()
            drain.join()
        assert gateway.wait(120) == 0


def _orders(sallyport: Call, home: Path, tmp_path: Path) -> None:
    assert "runs as process" in sallyport("doctor", "--home", home).text
    with process("serve", "--home", home) as second:
        _, told = second.communicate(timeout=120)
    assert second.returncode == 2 and b"ledger.db" in told
    assert sallyport("send", ORDER, "--flow", "order-out", "--id", "n1", "--home", home, "--json").code == 0
    refused = sallyport("cases", "close", "c-nope", "--reason", "x", "--home", home)
    assert refused.code == 1 and "c-nope" in refused.err
    plain = tmp_path / "plain"
    plain.write_text("")
    no_folder = sallyport("receive", plain, "--home", home)
    assert no_folder.code == 2 and "nothing is lost" in no_folder.err
    none = sallyport("receive", tmp_path / "in", "--home", home, "--json")
    assert (none.code, none.json()) == (0, [])
