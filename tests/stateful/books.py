"""The comparison of a gateway with the model: what became of what was sent, seen from the ledger and from outside.

Nothing in the model is taken from the gateway but the names that it gives to things, in what order it read files, and
the moments by which answers are due, which are checked against what was agreed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select

from gateway.exchange import fold
from gateway.ledger import journal
from gateway.ledger.messages import MessageRow
from gateway.ledger.schema import expectation
from gateway.reconciling import reconcile
from tests.stateful.gateway_at_hand import AtHand
from tests.stateful.model import Content, Model, Report
from tests.stateful.partners import Says, numbers_of

ALLOWED = timedelta(hours=4)
"""What the partners have for an answer."""
UNDER_WAY = ("queued", "sending", "sent", "retry-wait")
HELD = ("parked", "doubtful", "refused")

_ARRIVED = "SELECT id, name, sha256 FROM transmission WHERE direction = 'in' ORDER BY id"
_READ = """
SELECT i.id, i.transmission FROM interchange i JOIN event e ON e.subject = i.id
WHERE e.kind = 'interchange-received' ORDER BY e.seq
"""
_IN_MAILBOXES = "SELECT DISTINCT party, sha256 FROM mailbox_entry WHERE folder = 'out'"
_GIVEN = "SELECT receiver, control_number FROM interchange WHERE direction = 'out'"
_JOBS = "SELECT kind, key, state FROM job"


class Answer(msgspec.Struct, frozen=True):
    """A file that answers a message of ours, or nothing that we sent."""

    name: str
    sender: bytes
    message: str | None
    says: Says


class Order(msgspec.Struct, frozen=True):
    """A document of the company's."""

    name: str
    party: str
    odd: bool


Sent = Report | Answer | Order


class Books:
    """What was sent to a gateway, what the model says of it, and whether the gateway agrees."""

    def __init__(self, hand: AtHand) -> None:
        self.hand = hand
        self.model = Model()
        self.happened: Counter[str] = Counter()
        self.arrived: dict[str, Sent] = {}
        """Everything that came, by transmission."""
        self._waiting: dict[str, Sent] = {}
        """What of it was not read or built yet."""
        self._read: set[str] = set()
        self._moments: set[datetime] = set()
        """What the clock said after each step."""
        self._heard: set[str] = set()
        """The answers that counted: the same one again has no effect."""

    # What comes

    def came(self, what: Sent, *, sure: bool) -> None:
        """Somebody sent this: it is there once; ``sure`` is false when the gateway was killed over it."""
        new = [str(row[0]) for row in self.hand.rows(_ARRIVED) if row[0] not in self.arrived]
        assert len(new) == 1 or (not sure and not new), f"{what} came as {new}"
        for transmission in new:
            self.arrived[transmission] = self._waiting[transmission] = what

    # What became of it

    def look(self) -> None:
        """Tell the model what the gateway has read and built since the last look, and compare."""
        self._moments.add(self.hand.play.now)
        rows = {row.id: row for row in self.hand.play.messages()}
        for interchange, transmission in self.hand.rows(_READ):
            if interchange in self._read:
                continue
            self._read.add(str(interchange))
            here = [row for row in rows.values() if row.interchange == interchange and row.parent is None]
            self._was_read(str(transmission), sorted(here, key=lambda row: row.position))
        for row in rows.values():
            if row.id not in self.model.messages:
                self._was_made(row, rows)
        self._compare(rows)

    def _was_read(self, transmission: str, here: list[MessageRow]) -> None:
        what = self._waiting.pop(transmission, None)
        if what is None:
            return  # It was taken up again, for a person: its messages have parents.
        if isinstance(what, Answer):
            if self.model.terms.knows(what.sender) and what.name not in self._heard:
                self._heard.add(what.name)
                self._answered(what)
            return
        assert isinstance(what, Report)
        must = self.model.read(what)
        self.happened[
            "copies that had no effect" if must is None else f"files read, {'/'.join(sorted(set(must)))}"
        ] += 1
        assert [row.position for row in here] == ([] if must is None else [1, 2, 3]), (what, must, here)
        for row, content in zip(here, must or [], strict=True):
            self.model.made(row.id, ("in", what.name, row.position), content)

    def _answered(self, what: Answer) -> None:
        if what.message is None:
            self.happened["answers to nothing"] += 1
            return
        before = self.model.messages[what.message].owed
        self.model.answered(what.message, what.says)
        self.happened[f"answers to what was {before}"] += 1

    def _was_made(self, row: MessageRow, rows: dict[str, MessageRow]) -> None:
        if row.direction == "out":
            assert row.source is not None
            order = self.arrived[row.source]
            assert isinstance(order, Order)
            self._waiting.pop(row.source, None)
            content: Content = "rejected" if order.odd and not self.model.terms.wide else "accepted"
            self.model.made(row.id, ("out", order.name, 1), content, owed=True)
            return
        assert row.parent is not None and row.transmission is not None, f"{row.id} came from nowhere"
        report = self.arrived[row.transmission]
        assert isinstance(report, Report)
        if row.interchange == rows[row.parent].interchange:
            self.model.made(row.id, ("in", report.name, row.position), self.model.judged(report, row.position))
            return
        # Taken up as a whole.
        must = self.model.read(report)
        assert must is not None, f"{report} had its effect before"
        for each in rows.values():
            if each.interchange == row.interchange:
                self.model.made(each.id, ("in", report.name, each.position), must[each.position - 1])

    def due(self) -> dict[str, datetime]:
        """By when the answers are due; the time for each began at a moment at which something could be delivered."""
        known = select(expectation.c.message, expectation.c.due_at).where(expectation.c.due_at.is_not(None))
        found = self.hand.read(lambda c: {message: due for message, due in c.execute(known)})
        assert {due - ALLOWED for due in found.values()} <= self._moments, found
        return found

    # Whether it is as it must be

    def _compare(self, rows: dict[str, MessageRow]) -> None:
        model = self.model
        assert rows.keys() == model.messages.keys()
        for message_id, must in model.messages.items():
            row = rows[message_id]
            owed = "none-due" if must.owed in (None, "withdrawn") else must.owed
            assert (row.content, row.receipt) == (must.content, owed), (must, row)
            effective = must.content == "accepted"
            assert (row.delivery != "none") == effective, (must, row)

    def check(self, first: datetime, last: datetime) -> None:
        """What must hold at any moment."""
        play = self.hand.play
        rows = {row.id: row for row in play.messages()}
        for row in rows.values():
            told = fold(play.events(row.id))
            assert (row.content, row.delivery, row.receipt) == (told.content, told.delivery, told.receipt)
        assert self.hand.database.write(journal.rebuild) == []
        found = self.hand.read(lambda c: reconcile(c, first.date(), last.date()))
        assert found.holds, found
        cases = {case.subject for case in play.cases()}
        buried = play.buried()
        assert {job.payload["transmission"] for job in buried} <= cases, "what was given up is somebody's work"
        children = Counter(row.parent for row in rows.values() if row.parent is not None)
        assert all(many == 1 for many in children.values()), "a message is made again once"
        over = {row.id for row in rows.values() if row.content in ("reprocessed", "dismissed")}
        assert not over & cases, "what was decided is nobody's work"
        self._letters(rows)
        self._numbers()

    def _letters(self, rows: dict[str, MessageRow]) -> None:
        """What the company's systems got: nothing that was not accepted, and everything that counts as delivered."""
        got: dict[str, bytes] = {}
        for letter in self.hand.play.letters:
            assert got.setdefault(letter.message_id, letter.body) == letter.body, "one id, two letters"
        accepted = {row.id: row for row in rows.values() if row.direction == "in" and row.content == "accepted"}
        assert got.keys() <= accepted.keys()
        assert {each for each, row in accepted.items() if row.delivery == "delivered"} <= got.keys()

    def _numbers(self) -> None:
        """Each partner's numbers are one row without a gap, and none is given twice."""
        given: dict[object, list[int]] = {}
        for receiver, number in self.hand.rows(_GIVEN):
            given.setdefault("PRFT" if receiver == "PRFT" else "blue-anchor", []).append(int(str(number)))
        for receiver, numbers in given.items():
            assert sorted(numbers) == list(range(1, len(numbers) + 1)), (receiver, sorted(numbers))
        files = self.files()
        assert len({(party, number) for party, number, _ in files}) == len(files), "one number, two files"

    def files(self) -> list[tuple[str, int, str | None]]:
        """What ever lay in the partners' mailboxes: whose, its number, and the order that it carries."""
        found = [(str(party), str(sha256)) for party, sha256 in self.hand.rows(_IN_MAILBOXES)]
        return [(party, *numbers_of(self.hand.play.gateway.content(sha256))) for party, sha256 in found]

    def settled(self) -> None:
        """What must hold when all that could be done was done."""
        play = self.hand.play
        left = [row for row in self.hand.rows(_JOBS) if row[2] != "buried"]
        assert not left, f"left to be done: {left}"
        buried = {job.payload["transmission"] for job in play.buried()}
        assert self._waiting.keys() <= buried, f"taken, and neither read nor given up: {self._waiting}"
        rows = {row.id: row for row in play.messages()}
        under_way = [row for row in rows.values() if row.delivery in UNDER_WAY]
        assert not under_way, f"under way, and nothing is left to be done: {under_way}"
        held = Counter(self.model.messages[row.id].key for row in rows.values() if row.delivery in HELD)
        effects = Counter(self._effects(rows.values()))
        for key in {*effects, *self.model.effects}:
            least = self.model.effects[key] - held[key]
            most = self.model.effects[key] + self.model.unsure[key]
            assert least <= effects[key] <= most, f"{key}: {effects[key]} effects, and {least} to {most} must be"

    def _effects(self, rows: Iterable[MessageRow]) -> Iterable[tuple[str, str, int]]:
        """The business key of each effect that was had, as those see it who have it."""
        keys = {row.id: self.model.messages[row.id].key for row in rows}
        for message_id, body in {letter.message_id: letter.body for letter in self.hand.play.letters}.items():
            key = keys[message_id]
            assert f"ST-9001{6 + key[2]}".encode() in body, "the letter of another message"
            yield key
        for _, _, order in self.files():
            if order is not None:
                yield "out", order, 1
