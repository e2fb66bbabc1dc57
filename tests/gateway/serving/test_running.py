"""The gateway in its own process: what an operator and a partner see of it while all goes well.

The tests share one gateway and are kept on one worker for that; each brings control numbers of its own.
"""

from __future__ import annotations

import re
import stat
import urllib.request

import pytest

from queues import Letter
from tests.gateway.serving.running import BLUE_ANCHOR, PRAIRIE_FREIGHT, House, MakeHouse, example, until

pytestmark = pytest.mark.xdist_group("serving")

ACCEPTED_OF_4711 = """
SELECT m.id FROM message m JOIN interchange i ON i.id = m.interchange
WHERE i.direction = 'in' AND i.control_number = '4711' AND m.content = 'accepted'
"""


def iftsta(number: int) -> bytes:
    """Three messages, of which the third has a fault."""
    return example("iftsta.edi").replace(b"4711", str(number).encode())


def test_upload_is_answered_in_the_mailbox_and_reaches_the_company(house: House) -> None:
    house.upload(iftsta(4711), "status.edi")
    contrl = house.answer_to("4711")
    assert b"UCI+4711+5412345000013:14+5498765000017:14+7'UCM+3+IFTSTA:D:96A:UN+4'" in contrl
    accepted = {str(row[0]) for row in house.rows(ACCEPTED_OF_4711)}
    assert len(accepted) == 2
    taken: dict[str, Letter] = {}

    def look() -> list[Letter] | None:
        # The gateway is shared: other tests' files make letters too.
        taken.update({letter.message_id: letter for letter in house.letters(1)})
        return [taken[each] for each in accepted] if accepted <= taken.keys() else None

    letters = until("its letters", look)
    assert [letter.type for letter in letters] == ["transport_status/1"] * 2
    assert {letter.headers["party"] for letter in letters} == {BLUE_ANCHOR}


def test_partner_sees_what_it_uploaded_and_nobody_else_does(house: House) -> None:
    content = example("214.x12")
    house.upload(content, "status.x12", PRAIRIE_FREIGHT)
    with house.partner(PRAIRIE_FREIGHT) as sftp:
        (entry,) = sftp.listdir_attr("/in")
        assert (entry.filename, entry.st_size) == ("status.x12", len(content))
    with house.partner() as sftp:
        assert "status.x12" not in sftp.listdir("/in")


def test_second_gateway_on_the_same_folder_is_refused(house: House) -> None:
    refused = house.command("serve")
    assert refused.returncode == 2
    assert "Another process writes" in refused.stderr and "Traceback" not in refused.stderr
    house.upload(iftsta(4720), "the-first-one-runs-on.edi")


def test_port_that_is_taken_is_told_with_what_to_do(house: House, make_house: MakeHouse) -> None:
    other = make_house(start=False, sftp=f"{{port: {house.serving.sftp_port}}}")
    refused = other.command("serve")
    assert refused.returncode == 2
    assert "cannot listen" in refused.stderr and "check the ports" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_only_its_owner_gives_it_orders(house: House) -> None:
    assert stat.S_IMODE(house.control.stat().st_mode) == 0o600
    data = house.control.parent
    for private in (data, data / "ledger.db", *(data / "keys").glob("*_ed25519")):
        assert not stat.S_IMODE(private.stat().st_mode) & 0o077, private


def test_metrics_tell_how_things_stand(house: House) -> None:
    house.upload(iftsta(4730), "to-be-counted.edi")
    house.answer_to("4730")
    accepted = r'^sallyport_messages_content\{direction="in",status="accepted"\} [1-9]'
    until("the messages to be counted", lambda: _page(house, accepted))
    with house.partner():
        # The connections of the tests before may not be over yet.
        until("one connection", lambda: _page(house, r"^sallyport_sftp_connections 1\.0$"))


def _page(house: House, line: str) -> str | None:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.serving.metrics_port}/metrics") as answer:
        page: str = answer.read().decode()
    return page if re.search(line, page, re.MULTILINE) else None


def test_changed_profile_takes_effect_without_a_restart(house: House) -> None:
    profile = house.folder / "profiles" / "blue-anchor.yaml"
    good = profile.read_text()
    profile.write_text(good + "  - nonsense\n")
    until("the fault to be told", lambda: house.log("profile fault; the profiles read before stay in force") or None)
    house.upload(iftsta(4801), "while-it-is-wrong.edi")
    house.answer_to("4801")
    profile.write_text(good.replace("{type}-{number}.edi", "{type}_{number}.txt"))
    until("the profiles to be read again", lambda: house.log("profiles read again") or None)
    house.upload(iftsta(4802), "afterwards.edi")
    house.answer_to("4802")
    with house.partner() as sftp:
        assert [name for name in sftp.listdir("/out") if re.fullmatch(r"CONTRL_\d+\.txt", name)]
    profile.write_text(good)
