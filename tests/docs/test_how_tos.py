"""What the how-tos say about the code is what the code does: causes of cases, names on the broker, properties."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.limits import CAUSES
from partners import Outcome
from queues import BODY_LIMIT, Topology
from queues.rabbitmq import FIRST_QUEUE, FIRST_ROUTING_KEY, REASON

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to"
OPERATE = (HOW_TO / "operate.md").read_text()
CONNECT = (HOW_TO / "connect-your-erp.md").read_text()
_TELLING = {"GiveUp": 0, "_bury": 1, "_unassigned": 5, "cases.open": 1}
"""Calls that take a cause among their arguments, and where."""


def causes(source: str) -> Iterator[str]:
    """The causes of cases that a module names: ``cause=`` of ``cases.open``, or an argument of the calls above."""
    tree = ast.parse(source)
    constants = {
        each.targets[0].id: each.value
        for each in tree.body
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).removeprefix("self.")
        told = [each.value for each in node.keywords if each.arg == "cause" and name == "cases.open"]
        arguments = node.args
        if name == "partial" and arguments and getattr(arguments[0], "attr", "") in _TELLING:
            name, arguments = getattr(arguments[0], "attr", ""), arguments[1:]
        if name in _TELLING and len(arguments) > _TELLING[name]:
            told.append(arguments[_TELLING[name]])
        for stated in told:
            value = constants.get(stated.id) if isinstance(stated, ast.Name) else stated
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def known_causes() -> set[str]:
    """Every cause that the gateway can open a case for; those of AS2 have a page of their own."""
    paths = [path for path in (ROOT / "gateway").rglob("*.py") if "as2" not in path.parts]
    named = {cause for path in paths for cause in causes(path.read_text())}
    return named | set(CAUSES) | {outcome.value for outcome in Outcome if outcome is not Outcome.RECOGNISED}


def test_every_cause_is_explained_once_and_no_other() -> None:
    explained = [
        cause
        for cell in re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", OPERATE, re.M)
        for cause in re.findall(r"`([a-z-]+)`", cell)
    ]
    assert sorted(explained) == sorted(known_causes())


def test_causes_of_as2_are_explained_with_it() -> None:
    folder = ROOT / "gateway" / "channels" / "as2"
    named = {cause for path in folder.glob("*.py") for cause in causes(path.read_text())} - known_causes()
    assert len(named) >= 4
    page = (ROOT / "docs" / "how-to" / "connect-by-as2.md").read_text()
    assert [cause for cause in sorted(named) if f"`{cause}`" not in page] == []
    assert "connect-by-as2.md#what-a-case-means" in OPERATE


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('cases.open(c, cause="unreadable", text="t")', ["unreadable"]),
        ('cases.open(c, "upload-broken", text)', ["upload-broken"]),
        ('raise GiveUp("unfit", "text")', ["unfit"]),
        ('self._settle(partial(self._bury, job, "stage-failed", text))', ["stage-failed"]),
        ('log.warning("x", cause="not one")', []),
        ("cases.open(c, cause=cause, text=text)", []),
        ('CAUSE = "silent"\n\ndef f():\n    cases.open(c, CAUSE, text)', ["silent"]),
    ],
)
def test_causes_are_found(source: str, found: list[str]) -> None:
    """The search above sees the forms in which causes are written."""
    assert list(causes(source)) == found


def test_some_causes_are_found() -> None:
    assert {"receipt-overdue", "identity-mismatch", "cannot-be-written", "stage-failed"} <= known_causes()


def test_the_names_on_the_broker() -> None:
    topology = Topology()
    for name in (topology.exchange, topology.out, topology.inward, topology.dead):
        assert re.search(rf"^\| `{re.escape(name)}` \|", CONNECT, re.M), name
    for binding in (topology.out_binding, topology.inward_binding):
        assert f"`{binding}`" in CONNECT
    assert f"{topology.length_limit:,} messages" in CONNECT
    for header in (REASON, FIRST_QUEUE, FIRST_ROUTING_KEY):
        assert f"`{header}`" in CONNECT
    topology.route("canonical.transport_status.blue-anchor")
    assert topology.route("submit.blue-anchor.order-out") == [topology.inward]


def test_the_largest_document() -> None:
    assert BODY_LIMIT == 16 << 20
    assert "(16 MiB)" in OPERATE


def test_the_metrics_to_watch_exist() -> None:
    reference = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    named = set(re.findall(r"`(sallyport_[a-z_]+)", OPERATE))
    assert named
    for name in named:
        assert f"| `{name}` |" in reference, name
