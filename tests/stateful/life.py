"""A message's life as a state machine: whatever happens to it, in whatever order, comes out as the model says.

The rules are what partners, the company, people and the machine do; the gateway is the real one, with its files, its
database and its stages, run one after the other. After each rule it is compared with the model
(:mod:`tests.stateful.books`). Each life ends with the dust settling: then nothing is left to be done, and every
business key has had exactly the effects that it must have.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway import dismissing, operations, reprocessing, rerunning
from gateway.ledger.messages import MessageRow
from gateway.operations import NotPossible
from gateway.receiving import BUILD, READ, Conflict
from gateway.sweeping import sweep
from gateway.wiring import LANES
from queues import Job, LostLease, PublishFault, Unroutable
from tests.gateway.pipeline.test_reprocess import OTHER
from tests.stateful.books import Answer, Books, Order
from tests.stateful.gateway_at_hand import AtHand, Kill, Player
from tests.stateful.model import Report
from tests.stateful.partners import (
    BLUE,
    FLOWS,
    KINDS,
    KNOWN,
    PRAIRIE,
    SAYINGS,
    SCAC,
    Kind,
    Says,
    answer,
    contrl,
    document,
    functional,
    report,
)

NOT_ARRIVED = ("queued", "retry-wait", "parked", "doubtful")
kills = st.none() | st.builds(lambda number, after: Kill(number, after=after), st.integers(1, 9), st.booleans())
one = st.integers(0, 99)
some = st.lists(one, min_size=1, max_size=3)


class Life(RuleBasedStateMachine):
    """One gateway, two partners, the company's systems, and people who may do anything."""

    database: ClassVar[Callable[[], str | None]] = staticmethod(lambda: None)
    """Where each life's ledger is: the URL of an empty PostgreSQL database, or none for SQLite."""
    happened: ClassVar[Counter[str]] = Counter()
    """What came about so far, over all lives: what never did was not tried."""

    def __init__(self) -> None:
        super().__init__()
        self.hand = AtHand(type(self).database())
        self.books = Books(self.hand)
        self.books.happened = self.happened
        self.model = self.books.model
        self.sent: list[tuple[str, str, bytes, Report | Answer]] = []
        """What partners sent: the file's name, whose it is, its bytes, and what it is."""
        self.submitted: list[Order] = []
        self.numbers = 900
        self.first = self.last = self.play.now

    @property
    def play(self) -> Player:
        """The gateway that is open."""
        return self.hand.play

    def teardown(self) -> None:
        """Whatever the day was like, it comes to its end."""
        try:
            # After a fault there is nothing more to be found out, and another one would hide it.
            if sys.exc_info()[0] is None:
                self.settle()
        finally:
            self.happened["lives"] += 1
            self.hand.discard()

    # Partners

    @rule(kind=st.sampled_from(KINDS), number=st.integers(1, 2), kill=kills, at_once=st.booleans())
    def sends(self, kind: Kind, number: int, kill: Kill | None, at_once: bool) -> None:
        """A partner sends a file: a new one, or one with a number that it used before."""
        what = Report(kind, number)
        self._arrives(f"{what.name}.edi", BLUE, report(kind, number), what, kill)
        self._work(at_once)

    @precondition(lambda self: self.sent)
    @rule(which=one, renamed=st.booleans(), kill=kills)
    def sends_again(self, which: int, renamed: bool, kill: Kill | None) -> None:
        """It did not hear us, or does not trust what it heard: the same bytes, perhaps under another name."""
        name, party, content, what = self.sent[which % len(self.sent)]
        self._arrives(f"again-{name}" if renamed else name, party, content, what, kill)

    @precondition(lambda self: self._orders_seen())
    @rule(which=one, says=st.sampled_from(SAYINGS), at_once=st.booleans())
    def answers(self, which: int, says: Says, at_once: bool) -> None:
        """A partner answers one of our orders."""
        orders = self._orders_seen()
        self._answers(orders[which % len(orders)], says)
        self._work(at_once)

    @precondition(lambda self: self._orders_seen())
    @rule(which=one, says=st.sampled_from(SAYINGS))
    def answers_late(self, which: int, says: Says) -> None:
        """Later than it has to; by then somebody was told."""
        orders = self._orders_seen()
        self._passes(timedelta(hours=5))
        self._answers(orders[which % len(orders)], says)
        self._work(True)

    @precondition(lambda self: self._orders_seen())
    @rule(which=one, says=st.lists(st.sampled_from(SAYINGS), min_size=2, max_size=2))
    def answers_twice(self, which: int, says: list[Says]) -> None:
        """And perhaps otherwise the second time."""
        orders = self._orders_seen()
        for each in says:
            self._answers(orders[which % len(orders)], each)
            self._work(True)

    def _answers(self, order: tuple[str, str, bytes], says: Says) -> None:
        message, party, content = order
        self.numbers += 1
        if party == BLUE and says == "notes-errors":
            says = "accepts"  # A CONTRL knows no errors that do no harm.
        sender = OTHER if OTHER in content[:100] else KNOWN if party == BLUE else SCAC
        what = Answer(f"{party}-{self.numbers}", sender, message, says)
        self._arrives(f"{what.name}.edi", party, answer(content, self.numbers, says), what, None)

    @rule(party=st.sampled_from([BLUE, PRAIRIE]), says=st.sampled_from(SAYINGS))
    def answers_nothing(self, party: str, says: Says) -> None:
        """An answer to what we never sent."""
        self.numbers += 1
        content = functional(7777, self.numbers, says)
        if party == BLUE:
            content = contrl("5498765000017:14", f"{KNOWN.decode()}:14", 7777, self.numbers, says)
        what = Answer(f"{party}-{self.numbers}", KNOWN if party == BLUE else SCAC, None, says)
        self._arrives(f"{what.name}.edi", party, content, what, None)

    def _arrives(self, name: str, party: str, content: bytes, what: Report | Answer, kill: Kill | None) -> None:
        """A file comes; whose sender hears of no OK sends it until it does."""
        with self.hand.may_be_killed(kill) as killed:
            self.play.upload(content, name, party)
        self.books.came(what, sure=not killed)
        if killed:
            self.happened["killed while a file came"] += 1
            self.play.upload(content, name, party)
            self.books.came(what, sure=True)
        self.sent.append((name, party, content, what))

    def _orders_seen(self) -> list[tuple[str, str, bytes]]:
        """Our orders that lie, or lay, in the partners' mailboxes: the message, the partner, the bytes."""
        rows = self.hand.rows(
            "SELECT DISTINCT c.message, m.party, m.sha256 FROM mailbox_entry m"
            " JOIN carriage c ON c.transmission = m.transmission JOIN message o ON o.id = c.message"
            " WHERE m.folder = 'out' AND o.direction = 'out' ORDER BY c.message"
        )
        return [(str(message), str(party), self.play.gateway.content(str(sha256))) for message, party, sha256 in rows]

    # The company

    @rule(party=st.sampled_from([BLUE, PRAIRIE]), odd=st.booleans(), kill=kills, at_once=st.booleans())
    def submits(self, party: str, odd: bool, kill: Kill | None, at_once: bool) -> None:
        """The company sends a document."""
        # X12 has no character that cannot be written.
        order = Order(f"order{len(self.submitted) + 1}", party, odd and party == BLUE)
        with self.hand.may_be_killed(kill) as killed:
            self._submit(order)
        self.books.came(order, sure=not killed)
        if killed:
            self.happened["killed while a document came"] += 1
            there = any(each == order for each in self.books.arrived.values())
            assert self._submit(order) == there, "what was kept is known, and what was not is new"
            if not there:
                self.books.came(order, sure=True)
        self.submitted.append(order)
        self._work(at_once)

    @precondition(lambda self: self.submitted)
    @rule(which=one, changed=st.booleans())
    def submits_again(self, which: int, changed: bool) -> None:
        """Under an id that it used before: the same document, which is none, or another, which it is told of."""
        order = self.submitted[which % len(self.submitted)]
        if not changed:
            assert self._submit(order), f"{order} is new"
            self.happened["documents that came again"] += 1
            return
        try:
            self._submit(order, changed=True)
        except Conflict:
            self.happened["documents under a used id"] += 1
            return
        raise AssertionError(f"{order} was replaced")

    def _submit(self, order: Order, *, changed: bool = False) -> bool:
        """Whether it was there already."""
        content = document(order.name, odd=order.odd, changed=changed)
        return self.play.submit(content, FLOWS[order.party], order.name).repeated

    @rule(fault=st.sampled_from([None, Unroutable("no queue takes it"), PublishFault("the broker is away")]))
    def exchange(self, fault: Exception | None) -> None:
        """The company's exchange works, or does not."""
        self.play.exchange_fault = fault

    # The machine

    @rule(kill=kills)
    def works(self, kill: Kill | None) -> None:
        """The workers do what is ready, unless they are killed over it."""
        with self.hand.may_be_killed(kill) as killed:
            self.play.work()
        self.happened["killed while it worked"] += bool(killed)

    def _work(self, at_once: bool) -> None:
        if at_once:
            self.play.work()

    @rule(minutes=st.sampled_from([1, 31, 95, 245, 3000]))
    def time_passes(self, minutes: int) -> None:
        """And somebody looks at what that means."""
        self._passes(timedelta(minutes=minutes))

    @rule(minutes=st.sampled_from([-90, -7, 7, 90]))
    def clock_steps(self, minutes: int) -> None:
        """The machine's clock was wrong, and is put right, or the other way round."""
        self._passes(timedelta(minutes=minutes))
        self.happened["steps of the clock, back" if minutes < 0 else "steps of the clock, on"] += 1

    def _passes(self, time: timedelta) -> None:
        self.play.now += time
        self.first, self.last = min(self.first, self.play.now), max(self.last, self.play.now)
        due = self.books.due()
        sweep(self.play.gateway)
        self.model.ran_out(due, self.play.now)

    @rule(many=st.integers(1, 3))
    def dies(self, many: int) -> None:
        """Killed with work in hand, and begun again."""
        self._claim(many)
        self.hand.open_again()
        self.happened["restarts with work in hand"] += 1

    @rule(many=st.integers(1, 2))
    def lease_runs_out(self, many: int) -> None:
        """A worker is stopped for minutes; when it goes on, its work is another's and it takes no effect."""
        held = self._claim(many)
        self._passes(timedelta(minutes=2))
        for job in held:
            with suppress(LostLease):
                self.hand.database.write(lambda c, job=job: self.play.gateway.queue.complete(c, job))  # type: ignore[misc]
                raise AssertionError(f"{job} was completed by who had lost it")
            self.happened["leases that ran out"] += 1

    def _claim(self, many: int) -> list[Job]:
        queue = self.play.gateway.queue
        return self.hand.database.write(
            lambda c: queue.claim(c, worker="lost", lanes=tuple(LANES.values()), limit=many)
        )

    # People

    @rule(what=st.sampled_from(["introduced", "tolerant", "wide"]))
    def agrees(self, what: str) -> None:
        """The profile is changed in one thing."""
        terms = self.model.terms
        setattr(terms, what, not getattr(terms, what))
        profile = self.hand.profile
        if terms.introduced:
            profile = profile.replace(f'"14", value: "{KNOWN.decode()}"', f'"14", value: "{OTHER.decode()}"', 1)
        if terms.tolerant:
            flow = "    flows:\n      - id: status-in\n        policies: {extra_elements: keep}\n"
            profile = profile.replace("    flows:\n", flow, 1)
        if terms.wide:
            profile = profile.replace("    every_flow:", "    every_flow:\n      envelope: {charset: UNOY}", 1)
        (self.hand.folder / "profiles" / f"{BLUE}.yaml").write_text(profile)
        self.play.gateway.profiles.refresh()

    @precondition(lambda self: self.model.messages)
    @rule(which=some, again=st.booleans(), going=st.booleans())
    def reprocesses(self, which: list[int], again: bool, going: bool) -> None:
        """Somebody has messages made again, whatever they are, or such as did not arrive yet."""
        chosen = self._chosen(which, going=going)
        treated = reprocessing.reprocess(self.play.gateway, list(chosen), actor="ann", reason="why", answer=again)
        assert [each.subject for each in treated] == list(chosen)
        rows = {row.id: row for row in self.play.messages()}
        for row in rows.values():
            if row.parent is not None and row.id not in self.model.messages:
                self.model.superseded(row.parent)
                self._kept_back(chosen.get(row.parent), rows[row.parent])
        for each in treated:
            self.happened[f"reprocessed: {each.outcome}"] += 1

    @precondition(lambda self: self.model.messages)
    @rule(which=some, going=st.booleans())
    def dismisses(self, which: list[int], going: bool) -> None:
        """Somebody dismisses messages, whatever they are, or such as did not arrive yet."""
        chosen = self._chosen(which, going=going)
        treated = dismissing.dismiss(self.play.gateway, list(chosen), actor="eva", reason="why")
        rows = {row.id: row for row in self.play.messages()}
        for each in treated:
            if each.outcome == "done":
                self.model.dismissed(each.subject)
                self._kept_back(chosen[each.subject], rows[each.subject])
            self.happened[f"dismissed: {each.outcome}"] += 1

    @precondition(lambda self: self.model.messages)
    @rule(which=one)
    def resends(self, which: int) -> None:
        """Somebody has something sent again."""
        ((message, row),) = self._chosen([which]).items()
        # Where it is not possible it says why, and nothing is changed.
        with suppress(NotPossible):
            operations.resend(self.play.gateway, message, actor="tom", reason="why")
            self.model.sent_again(message)
            if row.delivery == "cancelled":
                self.model.effects[self.model.messages[message].key] += 1
            self.happened["resent"] += 1

    @precondition(lambda self: self.model.messages)
    @rule()
    def audits(self) -> None:
        """Everything that a profile handled comes out as it did then, and nothing is changed by looking."""
        treated = rerunning.rerun(self.play.gateway, list(self.model.messages), actor="kim", reason="why")
        assert [each for each in treated if not each.equal and "under no profile" not in each.text] == []
        self.happened["re-run"] += len(treated)

    @precondition(lambda self: self._given_up())
    @rule(which=one)
    def rescues(self, which: int) -> None:
        """Somebody takes up what the gateway gave up because its workers died over it."""
        subjects = self._given_up()
        subject = subjects[which % len(subjects)]
        (treated,) = reprocessing.reprocess(self.play.gateway, [subject], actor="ann", reason="it was not its fault")
        self.happened[f"given up and taken up again: {treated.outcome}"] += 1

    def _given_up(self) -> list[str]:
        """What came, and was never read or built because it was given up."""
        return [job.payload["transmission"] for job in self.play.buried() if job.kind in (READ, BUILD)]

    def _chosen(self, which: list[int], *, going: bool = False) -> dict[str, MessageRow]:
        every = self.play.messages()
        rows = [row for row in every if row.delivery in NOT_ARRIVED or not going] or every
        return {row.id: row for row in (rows[number % len(rows)] for number in which)}

    def _kept_back(self, before: MessageRow | None, after: MessageRow) -> None:
        """What had not arrived is kept back now, and the model hears of it."""
        if before is not None and before.delivery in NOT_ARRIVED:
            assert after.delivery == "cancelled", f"{after.id} was decided about, and goes out all the same"
        if after.delivery != "cancelled" or (before is not None and before.delivery == "cancelled"):
            return
        key = self.model.messages[after.id].key
        seen = any(letter.message_id == after.id for letter in self.play.letters)
        self.model.kept_back(after.id, seen=seen or any(order == key[1] for _, _, order in self.books.files()))
        self.happened["deliveries kept back"] += 1

    # The dust

    def settle(self) -> None:
        """Time passes until nothing more comes of it; then every effect must have been had that was to be had."""
        self.play.exchange_fault = None
        for _ in range(30):
            self._passes(timedelta(hours=2))
            self.play.work()
            self.books.look()
            if not self.hand.rows("SELECT id FROM job WHERE state <> 'buried'"):
                break
        self.agrees_with_the_model()
        self.books.settled()

    @invariant()
    def agrees_with_the_model(self) -> None:
        """What became of everything is what must have become of it."""
        self.happened["steps"] += 1
        self.books.look()
        self.books.check(self.first, self.last)
