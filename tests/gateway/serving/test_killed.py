"""The gateway in its own process is killed, cut off and stopped: what was acknowledged is there, once."""

from __future__ import annotations

import io

from tests.gateway.serving.running import House, MakeHouse, example, until


def accepted(house: House) -> list[tuple[object, ...]]:
    """The accepted messages as the ledger has them."""
    return sorted(house.rows("SELECT interchange, reference FROM message WHERE content = 'accepted'"))


def test_killed_in_the_middle_of_an_upload(make_house: MakeHouse) -> None:
    house = make_house()
    spool = house.folder / "var" / "spool"
    with house.partner() as sftp:
        file = sftp.open("/in/status.edi", "wb")
        file.write(example("iftsta.edi")[:300])
        file.flush()
        until("the first bytes", lambda: list(spool.iterdir()) or None)
        house.kill()
    house.start()
    assert not house.rows("SELECT id FROM transmission")
    assert not list(spool.iterdir())
    with house.partner() as sftp:
        assert sftp.listdir("/in") == []
    house.upload(example("iftsta.edi"), "status.edi")
    house.answer_to("4711")
    assert len(accepted(house)) == 2 and len(house.letters(2)) == 2


def test_killed_right_after_the_ok_and_the_partner_unsure(make_house: MakeHouse) -> None:
    house = make_house()
    for number in (4711, 4712):
        content = example("iftsta.edi").replace(b"4711", str(number).encode())
        house.upload(content, f"{number}.edi")
        house.kill()
        house.start()
        # It may not have seen the OK, so it sends the file once more.
        house.upload(content, f"{number}.edi")
        house.answer_to(str(number))
    house.idle()
    assert len(accepted(house)) == 4
    letters = house.letters(4)
    assert len(letters) == len({letter.body for letter in letters}) * 2 == 4
    assert sorted(house.collect(2)) == ["CONTRL-1.edi", "CONTRL-2.edi"]
    assert house.command("archive", "verify").returncode == 0


def test_connection_cut_in_the_middle_of_an_upload(make_house: MakeHouse) -> None:
    house = make_house()
    with house.partner() as sftp:
        file = sftp.open("/in/status.edi", "wb")
        file.write(example("iftsta.edi")[:300])
        file.flush()
        channel = sftp.get_channel()
        assert channel is not None
        channel.get_transport().sock.close()
        (trace,) = until(
            "the upload to be missed", lambda: house.log("an upload broke off; nothing of it was kept") or None
        )
    assert (trace["name"], trace["bytes"], trace["party"]) == ("status.edi", 300, "blue-anchor")
    case = until("the case", lambda: house.rows('SELECT cause, party FROM "case"') or None)
    assert case == [("upload-broken", "blue-anchor")]
    assert not house.rows("SELECT id FROM transmission")
    with house.partner() as sftp:
        assert sftp.listdir("/in") == []


def test_asked_to_stop_it_finishes_what_it_has_begun(make_house: MakeHouse) -> None:
    house = make_house()
    with house.partner() as sftp:
        for number in range(4711, 4721):
            content = example("iftsta.edi").replace(b"4711", str(number).encode())
            sftp.putfo(io.BytesIO(content), f"/in/{number}.edi")
        file = sftp.open("/in/late.edi", "wb")
        file.write(b"UNB+")
        file.flush()
        assert house.stop() == 0
    # What was begun is done, what was not is still to be done, and nobody has to wait for a lease to run out.
    assert not house.rows("SELECT key FROM job WHERE state = 'leased'")
    assert not house.control.exists()
    assert len(house.rows("SELECT id FROM transmission WHERE direction = 'in'")) == 10
    house.start()
    house.idle()
    assert len(accepted(house)) == 20
    assert sorted(house.collect(10)) == sorted(f"CONTRL-{number}.edi" for number in range(1, 11))
