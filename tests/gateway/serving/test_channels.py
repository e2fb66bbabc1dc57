"""Holding up a channel of a gateway that runs, as an operator does it and as a partner meets it."""

from __future__ import annotations

import json

import pytest

from tests.gateway.serving.running import MakeHouse, example, until

MAILBOX = "blue-anchor-mailbox"


def test_a_channel_is_paused_through_a_restart_resumed_and_drained(make_house: MakeHouse) -> None:
    house = make_house()
    paused = house.command("channels", "pause", MAILBOX, "--reason", "their server moves", "--actor", "kim")
    assert paused.returncode == 0, paused.stderr
    assert house.stop() == 0
    house.start()
    with pytest.raises(OSError, match="No files are taken here for the time being"):
        house.upload(example("iftsta.edi"), "early.edi")
    house.upload(example("214.x12"), "214.x12", "prairie-freight")
    assert house.collect(1, "prairie-freight"), "another partner goes on"
    (held,) = [each for each in json.loads(house.command("channels", "list", "--json").stdout) if each["pause"]]
    assert (held["channel"], held["state"], held["pause"]["actor"]) == (MAILBOX, "paused", "kim")
    assert house.command("channels", "resume", MAILBOX, "--reason", "it has moved").returncode == 0
    house.upload(example("iftsta.edi"), "late.edi")
    drained = house.command("channels", "drain", MAILBOX, "--reason", "an upgrade", "--wait", "--json")
    assert drained.returncode == 0, drained.stderr
    answer = json.loads(drained.stdout)
    assert (answer["state"], answer["waiting"], answer["under_way"], answer["unread"]) == ("drained", 0, 0, 0)
    assert len(house.collect(1)) == 1, "what came before was answered"
    with pytest.raises(OSError, match="No files are taken here"):
        house.upload(example("iftsta.edi"), "later.edi")
    kinds = "SELECT kind FROM event WHERE kind LIKE 'channel-%' ORDER BY seq"
    assert until("the journal", lambda: house.rows(kinds) or None) == [
        ("channel-paused",),
        ("channel-resumed",),
        ("channel-paused",),
    ]
