"""Whatever people do, in whatever order, nothing is lost, nothing takes effect twice unasked, and the books balance."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection, text

from gateway import instance
from gateway.catalogue import Catalogue
from gateway.config import open_home
from gateway.dismissing import dismiss
from gateway.exchange import fold
from gateway.ledger import journal
from gateway.ledger.messages import MessageRow
from gateway.operations import NotPossible, resend
from gateway.reconciling import reconcile
from gateway.reprocessing import EFFECTIVE, reprocess
from gateway.rerunning import rerun
from queues import PublishFault, Unroutable
from tests.gateway.pipeline.conftest import EXAMPLES
from tests.gateway.pipeline.play import START, Play
from tests.gateway.pipeline.test_reprocess import EXTRA, OTHER
from tests.gateway.pipeline.test_reprocess_outbound import ORDER_OUT

IFTSTA, ORDER = ((EXAMPLES / name).read_bytes() for name in ("iftsta.edi", "order.json"))
KNOWN = b"5412345000013"
IN_FLIGHT = ("queued", "sending", "sent", "retry-wait", "parked", "doubtful")
UNUSED = ("rejected", "unassigned", "reprocessed", "dismissed")
"""What had no effect, and has none any more."""
Place = tuple[object, object]
"""A message as its sender knows it: the interchange's number, and which of its messages it is."""


class Desk(RuleBasedStateMachine):
    """A gateway, two partners' worth of traffic, and people who may do anything to it."""

    profile: str

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="sallyport-desk-"))
        profiles = self.folder / "profiles"
        profiles.mkdir()
        for entry in (files("profiles") / "partners-example").iterdir():
            if entry.name.endswith(".yaml"):
                (profiles / entry.name).write_bytes(entry.read_bytes())
        self.profile = (profiles / "blue-anchor.yaml").read_text()
        (self.folder / "sallyport.yaml").write_text("")
        self.play = Play(open_home(self.folder, {}))
        self.documents = 0
        self.asked: Counter[Place] = Counter()
        """How often somebody had a message made again that had had its effect."""
        self.resent: set[str] = set()
        self.agreed = dict.fromkeys(("introduced", "tolerant", "wide"), False)

    def teardown(self) -> None:
        """Close and forget."""
        self.play.gateway.close()
        shutil.rmtree(self.folder)

    @rule(kind=st.sampled_from(["good", "odd", "strange", "miscounted"]), worked=st.booleans())
    def upload(self, kind: str, worked: bool) -> None:
        """A file comes, perhaps one that came before."""
        content = IFTSTA.replace(b"4711", b"%d" % ["good", "odd", "strange", "miscounted"].index(kind))
        if kind == "odd":
            content = content.replace(b"BGM+23+ST-90018+9'", EXTRA)
        elif kind == "strange":
            content = content.replace(KNOWN + b":14", OTHER + b":14", 1)
        elif kind == "miscounted":
            content = content.replace(b"UNZ+3", b"UNZ+4")
        self.play.upload(content)
        if worked:
            self.play.work()

    @rule(odd=st.booleans(), worked=st.booleans())
    def submit(self, odd: bool, worked: bool) -> None:
        """The company sends a document."""
        self.documents += 1
        content = ORDER.replace(b"Antwerpen", "Antwerpen \u6e2f".encode()) if odd else ORDER
        self.play.submit(content, ORDER_OUT, f"order-{self.documents}")
        if worked:
            self.play.work()
        else:
            self.play.workers.run_one()

    @rule(minutes=st.sampled_from([0, 1, 90, 300]))
    def work(self, minutes: int) -> None:
        """Time passes, and the workers come to it."""
        self.play.later(minutes=minutes)
        self.play.work()

    @rule(fault=st.sampled_from([None, Unroutable("no queue takes it"), PublishFault("the broker is away")]))
    def exchange(self, fault: Exception | None) -> None:
        """The company's exchange works, or does not."""
        self.play.exchange_fault = fault

    @rule(what=st.sampled_from(["introduced", "tolerant", "wide"]))
    def agree(self, what: str) -> None:
        """The profile is changed in one thing."""
        self.agreed[what] = not self.agreed[what]
        profile = self.profile
        if self.agreed["introduced"]:
            profile = profile.replace(f'"14", value: "{KNOWN.decode()}"', f'"14", value: "{OTHER.decode()}"', 1)
        if self.agreed["tolerant"]:
            flow = "    flows:\n      - id: status-in\n        policies: {extra_elements: keep}\n"
            profile = profile.replace("    flows:\n", flow, 1)
        if self.agreed["wide"]:
            profile = profile.replace("    every_flow:", "    every_flow:\n      envelope: {charset: UNOY}", 1)
        (self.folder / "profiles" / "blue-anchor.yaml").write_text(profile)
        self.play.gateway.profiles.refresh()

    @precondition(lambda self: self.play.messages())
    @rule(which=st.lists(st.integers(0, 99), min_size=1, max_size=3), answer=st.booleans())
    def reprocess(self, which: list[int], answer: bool) -> None:
        """Somebody has messages made again, whatever they are."""
        chosen = {row.id: row for row in self._chosen(which)}
        treated = reprocess(self.play.gateway, list(chosen), actor="ann", reason="why", answer=answer)
        assert [each.subject for each in treated] == list(chosen)
        for each in treated:
            if each.outcome == "done" and chosen[each.subject].content in EFFECTIVE:
                self.asked[self._place(chosen[each.subject])] += 1

    @precondition(lambda self: self.play.messages())
    @rule(which=st.lists(st.integers(0, 99), min_size=1, max_size=3))
    def dismiss(self, which: list[int]) -> None:
        """Somebody dismisses messages, whatever they are."""
        dismiss(self.play.gateway, [row.id for row in self._chosen(which)], actor="eva", reason="why")

    @precondition(lambda self: self.play.messages())
    @rule(which=st.integers(0, 99))
    def resend(self, which: int) -> None:
        """Somebody has something sent again."""
        (row,) = self._chosen([which])
        # Where it is not possible it says why; what matters here is that nothing was changed.
        with suppress(NotPossible):
            resend(self.play.gateway, row.id, actor="tom", reason="why")
            self.resent.add(row.id)

    @precondition(lambda self: self.play.messages())
    @rule()
    def audit(self) -> None:
        """Everything that a profile handled comes out as it did then."""
        treated = rerun(self.play.gateway, [row.id for row in self.play.messages()], actor="kim", reason="why")
        assert [each for each in treated if not each.equal and "under no profile" not in each.text] == []

    @rule()
    def restart(self) -> None:
        """The gateway is stopped and started."""
        old = self.play
        old.gateway.close()
        self.play = Play(open_home(self.folder, {}))
        self.play.now, self.play.letters, self.play.exchange_fault = old.now, old.letters, old.exchange_fault

    def _chosen(self, which: list[int]) -> list[MessageRow]:
        rows = self.play.messages()
        return [rows[number % len(rows)] for number in which]

    def _place(self, row: MessageRow) -> Place:
        if row.direction == "out":
            return row.source, 1
        envelope = self.play.story(row.id).interchange
        assert envelope is not None
        return envelope.control_number, row.position

    @invariant()
    def statuses_are_what_the_journal_says(self) -> None:
        """The caches are the folds."""
        for row in self.play.messages():
            told = fold(self.play.events(row.id))
            assert (row.content, row.delivery, row.receipt) == (told.content, told.delivery, told.receipt)

    @invariant()
    def the_books_balance(self) -> None:
        """Everything accepted is delivered, cancelled or in flight; nothing else is on its way anywhere."""
        rows = self.play.messages()
        accepted = [row for row in rows if row.content in EFFECTIVE]
        assert {row.delivery for row in accepted} <= {"delivered", "cancelled", *IN_FLIGHT}
        idle = [row for row in rows if row.content not in EFFECTIVE]
        assert {(row.content in UNUSED, row.delivery) for row in idle} <= {(True, "none")}

    @invariant()
    def everything_is_in_somebodys_hands(self) -> None:
        """The gateway's own reconciliation finds nothing wrong with an honest day, however it went."""
        first, last = START.date(), self.play.now.date()
        found = self.play.gateway.database.read(lambda c: reconcile(c, first, last))
        assert found.holds, found

    @invariant()
    def nothing_takes_effect_more_often_than_somebody_asked(self) -> None:
        """Once by itself, and once for each time that somebody had what had its effect made again."""
        rows = [row for row in self.play.messages() if row.content in EFFECTIVE]
        effects = Counter(self._place(row) for row in rows)
        assert all(many <= 1 + self.asked[place] for place, many in effects.items())
        sent = {letter.message_id for letter in self.play.letters}
        received = {row.id: row.delivery for row in rows if row.direction == "in"}
        assert sent <= received.keys()
        assert {each for each, delivery in received.items() if delivery == "delivered"} <= sent

    @invariant()
    def what_was_made_again_is_one_line(self) -> None:
        """One child at most; what was made again, or dismissed, is nobody's work, and goes out no more by itself."""
        rows = {row.id: row for row in self.play.messages()}
        children = Counter(row.parent for row in rows.values() if row.parent is not None)
        assert all(many == 1 for many in children.values())
        assert {each for each, row in rows.items() if row.content == "reprocessed"} <= children.keys()
        about = {case.subject for case in self.play.cases()}
        assert not {each for each in about if each in rows and rows[each].content in ("reprocessed", "dismissed")}
        going = {each for each, row in rows.items() if row.delivery in IN_FLIGHT}
        assert not going & children.keys() - self.resent

    @invariant()
    def what_was_given_up_is_somebodys_work(self) -> None:
        """Each buried job has an open case about what it was to send or read."""
        buried = self.play.gateway.database.read(self.play.gateway.queue.buried)
        assert {job.payload["transmission"] for job in buried} <= {case.subject for case in self.play.cases()}

    @invariant()
    def numbers_have_no_gap(self) -> None:
        """Whatever was cancelled or made again."""

        def numbers(connection: Connection) -> list[int]:
            found = connection.execute(text("SELECT control_number FROM interchange WHERE direction = 'out'"))
            return sorted(int(number) for number in found.scalars())

        taken = self.play.gateway.database.read(numbers)
        assert taken == list(range(1, len(taken) + 1))
        assert self.play.gateway.database.write(journal.rebuild) == []


def test_people_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few examples here; raise both numbers to look harder."""
    catalogue = Catalogue()
    monkeypatch.setattr(instance, "Catalogue", lambda _: catalogue)
    run = Desk.TestCase
    # Shrinking would run a failing day hundreds of times: the steps that are printed have to do.
    seen = (Phase.explicit, Phase.reuse, Phase.generate)
    run.settings = settings(max_examples=5, stateful_step_count=20, deadline=None, phases=seen)
    run().runTest()
