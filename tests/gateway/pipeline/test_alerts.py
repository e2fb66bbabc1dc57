"""Alerts from the journal to what is sent, on both databases: told once, in time, in one message of many alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, text

from archive import ArchiveDamaged
from gateway.alert_orders import ALERTS, SEND
from gateway.alert_sending import send_with
from gateway.alerting import catch_up, judge_with, tell_due
from gateway.alerts import Notice
from gateway.config import FILE, Home, open_home
from gateway.control import MuteAlerts, Refused, UnmuteAlerts, obey
from gateway.database import DatabaseFault
from gateway.ledger import alerts, cases, journal
from gateway.mailing import NotTaken
from gateway.sweeping import tidy
from gateway.working import Workers
from tests.gateway.pipeline import customs
from tests.gateway.pipeline.play import Play

BOTH = ("desk", "a@example.com"), ("pager", "")
DESTINATIONS = """
  email: [{id: desk, host: mail.example.com, sender: e@example.com, to: [a@example.com]}]
  webhooks: [{id: pager, url: 'https://hooks.example.com/', secret: pager}]
"""


class Alarm:
    """A gateway with alerts, and what its destinations got."""

    def __init__(self, home: Home, rules: str, since: Alarm | None = None) -> None:
        """``since``: the gateway that ran before, whose clock goes on."""
        file = home.folder / FILE
        kept = file.read_text().partition("alerts:")[0]
        file.write_text(
            f"{kept}alerts:{DESTINATIONS}  rules:{'' if rules else ' []'}\n"
            + "".join(f"    - {{{each}}}\n" for each in rules.splitlines())
        )
        self.play = Play(open_home(home.folder, {}))
        if since is not None:
            self.play.now = since.play.now
        self.gateway = self.play.gateway
        self.settings = self.gateway.home.config.alerts
        self.sent: list[tuple[Notice, str, str]] = []
        self.broken: dict[str, Exception] = {}
        """What destinations raise instead of taking something."""
        stages = {ALERTS: judge_with(self.settings), SEND: send_with(self.send)}
        self.workers = Workers(self.gateway, stages, 0)

    def send(self, notice: Notice, destination: str, recipient: str) -> str:
        """See :data:`gateway.alert_sending.Send`."""
        if destination in self.broken:
            raise self.broken[destination]
        self.sent.append((notice, destination, recipient))
        return "250 taken"

    def work(self) -> None:
        """Run what is ready."""
        while self.workers.run_one():
            pass

    def told(self, minutes: float = 1.0) -> list[Notice]:
        """What the first destination was told, some minutes later."""
        self.work()
        self.play.now += timedelta(minutes=minutes)
        tell_due(self.gateway, self.settings)
        self.work()
        found = [notice for notice, destination, _ in self.sent if destination == "desk"]
        self.sent.clear()
        return found

    def open(self, subject: str = "flow", cause: str = "silent", party: str | None = "blue-anchor") -> str:
        """A case comes up."""
        return self.gateway.database.write(
            lambda c: cases.open(c, cause, "text of a partner", subject, party, self.play.now)
        )

    def close(self, case: str) -> None:
        """Somebody settles it."""
        self.gateway.database.write(lambda c: cases.close(c, case, "done", "ann", self.play.now))

    def jobs(self) -> int:
        """Jobs of alerts that are not at their end."""
        statement = text("SELECT count(*) FROM job WHERE kind IN ('alerts', 'alert-send') AND state <> 'buried'")
        return int(self.gateway.database.read(lambda c: c.execute(statement).scalar_one()))


MakeAlarm = Callable[[str], Alarm]


@pytest.fixture
def make_alarm(make_home: Home) -> Iterator[MakeAlarm]:
    """Opens a gateway with these rules, one a line; the one that was opened before is closed."""
    made: list[Alarm] = []

    def make(rules: str) -> Alarm:
        for each in made:
            each.gateway.close()
        (make_home.profiles / "be-customs.yaml").write_text(customs.PROFILE)
        made[:] = [Alarm(make_home, rules, *made)]
        return made[0]

    yield make
    for each in made:
        each.gateway.close()


def test_one_alert_for_one_case_at_each_destination(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silence], severity: critical, to: [desk, pager]")
    case = alarm.open()
    alarm.open()
    alarm.work()
    assert tell_due(alarm.gateway, alarm.settings) == 0, "the digest's window is not over"
    alarm.play.now += timedelta(minutes=1)
    assert tell_due(alarm.gateway, alarm.settings) == 1
    alarm.work()
    assert sorted((destination, recipient) for _, destination, recipient in alarm.sent) == sorted(BOTH)
    notice = alarm.sent[0][0]
    assert notice == alarm.sent[1][0] and notice.id.startswith("n-")
    assert (notice.kind, notice.rule, notice.party, notice.count) == ("alert", "quiet", "blue-anchor", 1)
    assert notice.severity == "critical"
    assert [(each.subject, each.about, each.topic) for each in notice.items] == [(case, "flow", "silent")]
    alarm.sent.clear()
    alarm.open()
    assert alarm.told(60 * 24) == [] and alarm.jobs() == 0


def test_a_storm_is_one_message(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silence], to: [desk]")
    at = alarm.play.now

    def storm(connection: Connection) -> None:
        for number in range(1000):
            cases.open(connection, "silent", "text", f"f{number}", "blue-anchor", at + timedelta(microseconds=number))
        cases.open(connection, "silent", "text", "other", "prairie-freight", at)

    alarm.gateway.database.write(storm)
    first, second = alarm.told(1.1)
    assert (first.party, first.count, len(first.items)) == ("blue-anchor", 1000, 20)
    assert first.items[0].about == "f0" and first.topics == {"silent": 1000}
    assert (second.party, second.count) == ("prairie-freight", 1)


def test_what_ends_in_time_is_not_told(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: boss, on: [silent], to: [desk], after: PT4H")
    case, other = alarm.open(), alarm.open("other")
    assert alarm.told(60 * 3) == []
    alarm.close(case)
    (notice,) = alarm.told(61)
    assert [each.subject for each in notice.items] == [other]


def test_closed_before_it_was_judged(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk], resolved: yes")
    alarm.close(alarm.open())
    assert alarm.told() == []


def test_reminders_until_it_is_over_and_then_once(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk], repeat: P1D, resolved: yes")
    case = alarm.open()
    (first,) = alarm.told()
    assert alarm.told(60 * 23) == []
    (second,) = alarm.told(60)
    assert (second.kind, second.parents) == ("reminder", (first.id,))
    (third,) = alarm.told(60 * 24)
    assert (third.kind, third.parents) == ("reminder", (first.id,))
    alarm.close(case)
    (last,) = alarm.told()
    assert (last.kind, last.parents, last.count) == ("resolved", (first.id,), 1)
    assert alarm.told(60 * 24 * 3) == []


def test_news_and_reminders_of_one_moment_are_two_messages(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk], repeat: P1D")
    old = alarm.open()
    assert len(alarm.told()) == 1
    alarm.play.now += timedelta(hours=24)
    new = alarm.open("other")
    found = {notice.kind: [each.subject for each in notice.items] for notice in alarm.told()}
    assert found == {"reminder": [old], "alert": [new]}


def test_a_case_that_is_opened_again_is_told_again(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    case = alarm.open()
    (first,) = alarm.told()
    alarm.close(case)
    assert alarm.told() == []
    assert alarm.open() == case
    (again,) = alarm.told()
    assert again.id != first.id and again.kind == "alert" and again.parents == ()


def test_closing_that_is_judged_after_the_opening_that_followed_it(make_alarm: MakeAlarm) -> None:
    """Two nodes take a job each, and the second is faster."""
    alarm = make_alarm("id: quiet, on: [silent], to: [desk], resolved: yes, repeat: P1D")
    case = alarm.open()
    assert len(alarm.told()) == 1
    alarm.close(case)
    alarm.open()
    claim = partial(alarm.gateway.queue.claim, worker="w", lanes=(1,), limit=1, kinds=(ALERTS,))
    jobs = [job for _ in range(2) for job in alarm.gateway.database.write(claim)]
    assert len(jobs) == 2
    for job in reversed(jobs):
        judge_with(alarm.settings)(alarm.gateway, job)
    assert alarm.told() == [], "it is open, and was told"
    assert [each.kind for each in alarm.told(60 * 24)] == ["reminder"]


def test_what_ended_while_alerts_were_off_is_over(make_alarm: MakeAlarm) -> None:
    rules = "id: quiet, on: [silent], to: [desk], repeat: P1D\nid: late, on: [silent], to: [desk], after: PT4H"
    alarm = make_alarm(rules)
    case, other = alarm.open(), alarm.open("other")
    assert [each.rule for each in alarm.told()] == ["quiet"]
    alarm = make_alarm("")
    alarm.close(case)
    alarm.work()
    alarm = make_alarm(rules)
    assert catch_up(alarm.gateway, alarm.settings) == 1
    assert catch_up(alarm.gateway, alarm.settings) == 0
    told = {each.rule: [item.subject for item in each.items] for each in alarm.told(60 * 24)}
    assert told == {"quiet": [other], "late": [other]}


def test_rule_that_is_new_tells_what_is_open(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("")
    case, over = alarm.open(), alarm.open("over")
    alarm.close(over)
    assert alarm.told() == []
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    assert catch_up(alarm.gateway, alarm.settings) == 1
    (notice,) = alarm.told()
    assert (notice.kind, [each.subject for each in notice.items]) == ("alert", [case])
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    assert catch_up(alarm.gateway, alarm.settings) == 0 and alarm.told() == [], "a restart tells nothing twice"


@pytest.mark.parametrize("narrower", ["on: [silent], parties: [prairie-freight]", "on: [disk-low]"])
def test_rule_that_is_narrowed_reminds_of_nothing_else(make_alarm: MakeAlarm, narrower: str) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk], repeat: P1D, resolved: yes")
    case = alarm.open()
    assert len(alarm.told()) == 1
    alarm = make_alarm(f"id: quiet, {narrower}, to: [desk], repeat: P1D, resolved: yes")
    assert catch_up(alarm.gateway, alarm.settings) == 1
    assert alarm.told(60 * 24) == []
    alarm.close(case)
    assert alarm.told() == []


def test_rule_that_begins_to_remind_and_stops(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    alarm.open()
    assert len(alarm.told()) == 1
    alarm = make_alarm("id: quiet, on: [silent], to: [desk], repeat: P1D")
    catch_up(alarm.gateway, alarm.settings)
    assert [each.kind for each in alarm.told(60 * 24)] == ["reminder"]
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    catch_up(alarm.gateway, alarm.settings)
    assert alarm.told(60 * 24) == []


@pytest.mark.parametrize("subject", ["t-north", "m-line", "m-line/status-in"])
def test_case_about_something_whose_name_looks_like_an_id(make_alarm: MakeAlarm, subject: str) -> None:
    """A rule that names flows has the gateway look to which flow the case belongs."""
    alarm = make_alarm(
        "id: quiet, on: [silent], to: [desk]\nid: flow, on: [silent], flows: [m-line/status-in], to: [desk]"
    )
    case, other = alarm.open(subject), alarm.open()
    found = {each.rule: {item.subject for item in each.items} for each in alarm.told()}
    assert found == {"quiet": {case, other}} | ({"flow": {case}} if "/" in subject else {})


def test_document_that_cannot_be_read_takes_no_case_with_it(
    make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come of one transaction; the event needs the document, and the case does not."""
    alarm = make_alarm("id: hold, on: [customs.hold, silent, gateway], to: [desk]")
    alarm.play.upload(customs.hold(), "answer.edi", customs.PARTY)
    alarm.play.work()
    (message,) = alarm.play.messages()
    (line,) = [
        each
        for each in alarm.gateway.database.read(lambda c: journal.of(c, message.id))
        if each.kind == "message-translated"
    ]
    alarm.told()

    def again(connection: Connection) -> None:
        journal.append(
            connection, at=alarm.play.now, subject=message.id, kind=line.kind, actor="gateway", data=line.data
        )
        cases.open(connection, "silent", "text", "flow", "be-customs", alarm.play.now)

    def damaged(sha256: str) -> bytes:
        raise ArchiveDamaged(f"{sha256} is not what it was")

    monkeypatch.setattr(alarm.gateway, "content", damaged)
    alarm.gateway.database.write(again)
    notices = [*alarm.told(), *alarm.told()]
    assert sorted((topic, count) for each in notices for topic, count in each.topics.items()) == [
        ("archive-damaged", 1),
        ("silent", 1),
    ]


def test_over_and_back_before_anybody_was_told(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk], resolved: yes, repeat: P1D")
    case = alarm.open()
    (first,) = alarm.told()
    alarm.close(case)
    alarm.work()
    alarm.open()
    assert alarm.told() == []
    (reminder,) = alarm.told(60 * 24)
    assert (reminder.kind, reminder.parents) == ("reminder", (first.id,))


def test_rejected_messages_and_customs_holds_are_told_once(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: hold, on: [customs.hold, message.received], parties: [be-customs], to: [desk]")
    alarm.play.upload(customs.hold(), "answer.edi", customs.PARTY)
    alarm.play.work()
    (message,) = alarm.play.messages()
    (notice,) = alarm.told()
    assert notice.topics == {"customs.hold": 1, "message.received": 1} and notice.party == "be-customs"
    assert {each.subject for each in notice.items} == {message.id}
    assert alarm.told(60 * 24) == []


def test_of_one_flow(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: flow, on: [silent], flows: [blue-anchor/status-in], to: [desk]")
    alarm.open("blue-anchor/other")
    case = alarm.open("blue-anchor/status-in")
    (notice,) = alarm.told()
    assert [each.subject for each in notice.items] == [case]


def test_an_overdue_receipt(make_alarm: MakeAlarm, example: Callable[[str], bytes]) -> None:
    """The whole way: from a document that is sent to the case that the sweeper opens."""
    alarm = make_alarm("id: late, on: [overdue], flows: [blue-anchor/order-out], to: [desk]")
    alarm.play.submit(example("order.json"), "blue-anchor/order-out")
    alarm.play.work()
    alarm.play.later(hours=5)
    (notice,) = alarm.told()
    (case,) = alarm.play.cases()
    assert [(each.subject, each.about) for each in notice.items] == [(case.id, case.subject)]


def test_muted_rules_tell_what_is_still_open_when_they_may(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    until = (alarm.play.now + timedelta(days=1)).astimezone(UTC)
    obey(alarm.gateway, MuteAlerts(rule="quiet", until=until, actor="ann", reason="migration"))
    case, other = alarm.open(), alarm.open("other")
    assert alarm.told(60) == []
    alarm.close(case)
    (notice,) = alarm.told(60 * 24)
    assert [each.subject for each in notice.items] == [other]
    lines = alarm.gateway.database.read(lambda c: journal.of(c, "quiet"))
    assert [(each.kind, each.actor, each.data["reason"]) for each in lines] == [("alerts-muted", "ann", "migration")]


def test_unmuted(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    until = alarm.play.now + timedelta(days=1)
    for _ in range(2):
        obey(alarm.gateway, MuteAlerts(rule="quiet", until=until, actor="ann", reason="migration"))
    alarm.open()
    assert alarm.told() == []
    obey(alarm.gateway, UnmuteAlerts(rule="quiet", actor="ann", reason="done"))
    assert len(alarm.told()) == 1
    with pytest.raises(Refused, match="is not muted"):
        obey(alarm.gateway, UnmuteAlerts(rule="quiet", actor="ann", reason="done"))
    with pytest.raises(Refused, match="there is no rule `quite`; there are: quiet"):
        obey(alarm.gateway, MuteAlerts(rule="quite", until=until, actor="ann", reason="x"))
    with pytest.raises(Refused, match="name a moment to come"):
        obey(alarm.gateway, MuteAlerts(rule="quiet", until=alarm.play.now, actor="ann", reason="x"))
    with pytest.raises(Refused, match="needs a reason"):
        obey(alarm.gateway, MuteAlerts(rule="quiet", until=until, actor="ann", reason=" "))


def test_a_destination_that_is_away_gets_the_same_later(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    alarm.open()
    alarm.broken = {"desk": NotTaken("451 greylisted")}
    assert alarm.told() == [] and alarm.jobs() == 1
    alarm.broken = {}
    (notice,) = alarm.told(20)
    assert notice.count == 1
    assert alarm.told(60) == []
    fired = alarm.gateway.database.read(alerts.fired)["quiet"]
    assert (fired.unsent, fired.open, fired.waiting) == (0, 1, 0) and fired.sent is not None


def test_what_a_destination_refuses_is_a_case_that_the_others_tell_of_once(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silence], to: [pager]\nid: all, on: [gateway, delivery], to: [desk, pager]")
    alarm.open()
    alarm.broken = {"pager": NotTaken("410 gone", for_ever=True)}
    assert alarm.told() == []
    (case,) = [each for each in alarm.play.cases() if each.subject == "alert-send/pager"]
    assert case.cause == "alert-undeliverable" and case.party is None
    assert "an alert to `pager` was refused: 410 gone" in case.text
    (notice,) = alarm.told()
    assert [each.subject for each in notice.items] == [case.id] and notice.party is None
    alarm.open("another")
    assert alarm.told() == [], "the case is open already"
    assert alarm.told(60 * 24) == [] and alarm.jobs() == 0


def test_a_destination_is_not_told_of_what_it_does_not_take(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: all, on: [gateway, delivery, silence], to: [desk]")
    alarm.open()
    alarm.broken = {"desk": NotTaken("550 no such user", for_ever=True)}
    assert alarm.told() == []
    assert [each.subject for each in alarm.play.cases() if each.subject != "flow"] == ["alert-send/desk"]
    alarm.broken = {}
    assert alarm.told(60 * 24) == [] and alarm.jobs() == 0


def test_destination_that_is_away_for_long_is_a_case_until_it_is_back(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silence], to: [pager]\nid: all, on: [gateway], to: [desk], resolved: yes")
    alarm.broken = {"pager": NotTaken("503 away")}

    def states() -> list[str]:
        statement = text("SELECT state FROM \"case\" WHERE cause = 'alert-late' AND subject = 'alert-send/pager'")
        return list(alarm.gateway.database.read(lambda c: c.execute(statement).scalars()))

    alarm.open()
    assert alarm.told() == [] and alarm.told(14) == []
    alarm.work()
    assert states() == [], "a server may be away for a quarter of an hour"
    alarm.told(11)
    alarm.open("other")
    (notice,) = alarm.told()
    assert notice.topics == {"alert-late": 1} and states() == ["open"]
    assert alarm.told(20) == [], "both wait, and it is one case"
    alarm.broken = {}
    (over,) = [*alarm.told(20), *alarm.told()]
    assert (over.kind, states()) == ("resolved", ["closed"])
    assert alarm.jobs() == 0


def test_it_is_attempted_for_a_day(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: all, on: [gateway, delivery, silence], to: [desk]")
    alarm.open()
    alarm.broken = {"desk": NotTaken("the server is away")}
    alarm.told()
    alarm.told(60 * 25)
    (case,) = [each for each in alarm.play.cases() if each.subject == "alert-send/desk"]
    assert case.cause == "retries-used-up" and "the server is away" in case.text
    assert alarm.told(60) == [] and alarm.jobs() == 0


def test_a_destination_that_is_configured_no_more(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [pager]")
    alarm.open()
    alarm.work()
    alarm.play.now += timedelta(minutes=1)
    tell_due(alarm.gateway, alarm.settings)
    # As after a restart with another configuration; the value itself is frozen.
    object.__setattr__(alarm.settings, "webhooks", ())
    alarm.work()
    assert alarm.sent == [] and alarm.jobs() == 0


def test_two_nodes_tell_once(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    alarm.open()
    alarm.work()
    alarm.play.now += timedelta(minutes=1)
    look = partial(alerts.due, rules=["quiet"], now=alarm.play.now)
    (seen,) = alarm.gateway.database.read(look)
    (rule,) = alarm.settings.rules
    taken = [
        alarm.gateway.database.write(lambda c: alerts.take(c, seen, rule, "n-1", alarm.play.now)) for _ in range(2)
    ]
    assert [len(each) for each in taken] == [1, 0]


def test_nodes_that_look_at_the_same_moment_tell_once(make_alarm: MakeAlarm) -> None:
    """Transactions of several threads, as of several nodes: each partner's things are in one message of one of them."""
    alarm = make_alarm("id: quiet, on: [silent], to: [desk], repeat: P1D, resolved: yes")
    opened = [alarm.open(f"f{number}", party=f"party-{number % 5}") for number in range(20)]
    alarm.work()

    def told_by_six(minutes: float) -> list[Notice]:
        alarm.play.now += timedelta(minutes=minutes)
        start = threading.Barrier(6)

        def node() -> int:
            start.wait(30)
            return tell_due(alarm.gateway, alarm.settings)

        with ThreadPoolExecutor(6) as nodes:
            decided = sum(each.result(30) for each in [nodes.submit(node) for _ in range(6)])
        alarm.work()
        found = [notice for notice, _, _ in alarm.sent]
        alarm.sent.clear()
        assert decided == len(found)
        return found

    for kind, minutes in (("alert", 1.0), ("reminder", 60 * 24.0)):
        found = told_by_six(minutes)
        assert sorted((each.kind, each.party, each.count) for each in found) == [
            (kind, f"party-{number}", 4) for number in range(5)
        ]
    for case in opened:
        alarm.close(case)
    alarm.work()
    assert sorted((each.kind, each.count) for each in told_by_six(1.0)) == [("resolved", 4)] * 5


def test_work_that_is_done_twice_tells_once(make_alarm: MakeAlarm) -> None:
    """A worker that was killed after it judged, and before it could say so, judged nothing."""
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    alarm.open()
    (job,) = alarm.gateway.database.write(
        lambda c: alarm.gateway.queue.claim(c, worker="w", lanes=(1,), limit=1, kinds=(ALERTS,))
    )
    judge_with(alarm.settings)(alarm.gateway, job)
    with pytest.raises(Exception, match="no longer held"):
        judge_with(alarm.settings)(alarm.gateway, job)
    assert len(alarm.told()) == 1


def test_what_was_sent_and_not_written_down_is_sent_again_as_it_was(
    make_alarm: MakeAlarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: whoever gets it twice can tell by the id, also when the case was closed meanwhile."""
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    case = alarm.open()
    with monkeypatch.context() as broken:

        def away(*_: object) -> None:
            raise DatabaseFault("the database is away")

        broken.setattr(alerts, "sent", away)
        (first,) = alarm.told()
    alarm.close(case)
    (second,) = alarm.told(60)
    assert second == first
    assert alarm.told(60 * 24) == [] and alarm.jobs() == 0


def test_nothing_is_ordered_that_no_rule_is_about(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    alarm.close(alarm.open("x", cause="unreadable"))
    assert alarm.jobs() == 0


def test_what_is_over_is_forgotten_after_a_while(make_alarm: MakeAlarm) -> None:
    alarm = make_alarm("id: quiet, on: [silent], to: [desk]")
    case, kept = alarm.open(), alarm.open("kept")
    assert len(alarm.told()) == 1
    alarm.close(case)
    alarm.work()
    alarm.play.now += timedelta(days=91)
    tidy(alarm.gateway)
    statement = text("SELECT subject FROM alert")
    assert alarm.gateway.database.read(lambda c: [row[0] for row in c.execute(statement)]) == [kept]
    assert alarm.gateway.database.read(lambda c: c.execute(text("SELECT * FROM alert_notice")).all()) == []
