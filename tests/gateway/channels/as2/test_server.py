"""The endpoint as HTTP sees it: limits, lengths, patience, and one answer to strangers."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.exc import OperationalError

from archive import ArchiveFault
from as2.mic import Packaging
from gateway import gates
from gateway.channels.as2 import patience
from gateway.channels.workplace import Growing, SpoolFolder
from gateway.metrics import LedgerCollector
from tests.as2.keys import KEYS
from tests.as2.samples import DOCUMENT
from tests.gateway.channels.as2.conftest import MakeEndpoint
from tests.gateway.channels.as2.endpoint import PATIENCE, Endpoint, message


@pytest.fixture
def endpoint(make_endpoint: MakeEndpoint) -> Endpoint:
    """An endpoint with the settings that it has by default."""
    return make_endpoint()


def answered(link: socket.socket) -> bytes:
    """Everything that comes until the other side ends the connection."""
    link.settimeout(PATIENCE)
    held = b""
    try:
        while more := link.recv(65536):
            held += more
    except ConnectionResetError:
        pass
    return held


def first_line(link: socket.socket) -> bytes:
    """The status line of the next answer, whose header is read."""
    link.settimeout(PATIENCE)
    held = b""
    while b"\r\n\r\n" not in held:
        more = link.recv(1)
        assert more, held
        held += more
    return held.partition(b"\r\n")[0]


def nothing_kept(endpoint: Endpoint) -> bool:
    """Whether the ledger and the spool are as they were."""
    endpoint.close_requests()
    left = list(endpoint.gateway.home.as2_spool.iterdir())
    return not left and endpoint.rows("SELECT count(*) FROM object") == [(0,)] and endpoint.orders() == 0


def until(look: Callable[[], bool]) -> None:
    """Return as soon as it is so."""
    end = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < end
        time.sleep(0.01)


# Methods and paths


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("PUT", 405), ("HEAD", 200), ("OPTIONS", 405)])
def test_methods(endpoint: Endpoint, method: str, status: int) -> None:
    reply = endpoint.post_raw(message().headers, b"", method=method)
    assert reply.status == status
    assert reply.headers.get("Content-Length") == "0" if method == "HEAD" else reply.body
    assert nothing_kept(endpoint)


def test_another_path(endpoint: Endpoint) -> None:
    for path in ("/", "/as2/", "/metrics", "/as2%2f", "/AS2"):
        with httpx2.Client(trust_env=False, timeout=PATIENCE) as client:
            assert client.post(endpoint.url.removesuffix("/as2") + path, content=b"x").status_code == 404


def test_a_query_is_no_matter(endpoint: Endpoint) -> None:
    sent = message()
    with httpx2.Client(trust_env=False, timeout=PATIENCE) as client:
        found = client.post(f"{endpoint.url}?x=1", headers=list(sent.headers), content=b"".join(sent.body.chunks()))
    assert found.status_code == 200


# Lengths


def test_two_lengths_are_two_readings(endpoint: Endpoint) -> None:
    with endpoint.connection() as link:
        link.sendall(endpoint.head(message(), "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n")
        assert answered(link).startswith(b"HTTP/1.1 400 ")
    assert nothing_kept(endpoint)


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 3", "Content-Length: 4"),
        ("Content-Length: -1",),
        ("Content-Length: 3x",),
        ("Transfer-Encoding: gzip",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("AS2-From : ACME",),
    ],
)
def test_framing_that_nobody_may_guess_at(endpoint: Endpoint, lines: Sequence[str]) -> None:
    with endpoint.connection() as link:
        link.sendall(endpoint.head(message(), *lines) + b"abcd")
        assert answered(link).split(b" ")[1] in (b"400", b"501")
    assert nothing_kept(endpoint)


@pytest.mark.parametrize("length", ["{}", "000{}", "{}, {}"])
def test_lengths_that_are_put_up_with(endpoint: Endpoint, length: str) -> None:
    sent = message()
    body = b"".join(sent.body.chunks())
    with endpoint.connection() as link:
        link.sendall(endpoint.head(sent, f"Content-Length: {length.format(len(body), len(body))}") + body)
        assert first_line(link) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_however_it_comes_in_pieces(endpoint: Endpoint, step: int) -> None:
    sent = message()
    body = b"".join(sent.body.chunks())
    whole = endpoint.head(sent, f"Content-Length: {len(body)}") + body
    with endpoint.connection() as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(whole), step):
            link.sendall(whole[start : start + step])
        assert first_line(link) == b"HTTP/1.1 200 OK"
    assert endpoint.orders() == 1


def test_in_chunks(endpoint: Endpoint) -> None:
    sent = message()
    assert endpoint.post(sent, chunked=True).mic(sent).outcome == "match"


def test_several_on_one_connection(endpoint: Endpoint) -> None:
    with httpx2.Client(trust_env=False, timeout=PATIENCE) as client:
        for _ in range(3):
            sent = message()
            answer = client.post(endpoint.url, headers=list(sent.headers), content=b"".join(sent.body.chunks()))
            assert answer.status_code == 200
    assert endpoint.orders() == 3


def test_http_1_0(endpoint: Endpoint) -> None:
    sent = message()
    body = b"".join(sent.body.chunks())
    head = endpoint.head(sent, f"Content-Length: {len(body)}").replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    with endpoint.connection() as link:
        link.sendall(head + body)
        assert answered(link).split(b" ")[1] == b"200"


# Sizes


@pytest.fixture
def small(make_endpoint: MakeEndpoint) -> Endpoint:
    """An endpoint that takes little."""
    return make_endpoint(as2="{enabled: yes, port: 0, max_body: 5000}")


def test_too_large_by_its_length(small: Endpoint) -> None:
    with small.connection() as link:
        # The answer comes although not a byte of the body was sent.
        link.sendall(small.head(message(), "Content-Length: 5001"))
        assert first_line(link) == b"HTTP/1.1 413 Request Entity Too Large"
    assert nothing_kept(small)


def test_too_large_as_it_turns_out(small: Endpoint) -> None:
    sent = message(DOCUMENT * 200)
    assert small.post(sent, chunked=True).status == 413
    assert nothing_kept(small)
    assert small.server.outcomes["too-large"] == 1
    assert small.post(message()).status == 200


def test_larger_than_the_profile_allows_when_inflated(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(channel="receive: {limit: 1000}")
    packed = Packaging(signed=True, encrypted=True, compression="before-signing")
    reply = endpoint.post(message(b"UNA" + b" " * 5000, packed))
    assert reply.mdn.disposition.verdict == "error"
    assert endpoint.orders() == 0


# Asked before


def test_whoever_asks_before_is_told_to_go_on(endpoint: Endpoint) -> None:
    sent = message()
    body = b"".join(sent.body.chunks())
    with endpoint.connection() as link:
        link.sendall(endpoint.head(sent, f"Content-Length: {len(body)}", "Expect: 100-continue"))
        assert first_line(link).startswith(b"HTTP/1.1 100")
        link.sendall(body)
        assert first_line(link) == b"HTTP/1.1 200 OK"


def test_whoever_asks_before_is_refused_before(small: Endpoint) -> None:
    with small.connection() as link:
        link.sendall(small.head(message(), "Content-Length: 50000000000", "Expect: 100-continue"))
        assert first_line(link) == b"HTTP/1.1 413 Request Entity Too Large"


# Strangers


def renamed(*pairs: tuple[str, str]) -> list[tuple[str, str]]:
    """The header fields of a message with other values."""
    return [(name, dict(pairs).get(name, value)) for name, value in message().headers]


STRANGERS = [
    renamed(("AS2-From", "NOBODY")),
    renamed(("AS2-To", "NOBODY")),
    renamed(("AS2-From", "acme")),
    renamed(("AS2-From", '"Us & Co"'), ("AS2-To", "ACME")),
]


def test_one_answer_to_strangers(endpoint: Endpoint) -> None:
    body = b"".join(message().body.chunks())
    replies = [endpoint.post_raw(headers, body) for headers in STRANGERS]
    assert {(reply.status, reply.body, reply.headers.fields) for reply in replies} == {
        (403, replies[0].body, replies[0].headers.fields)
    }
    assert nothing_kept(endpoint)
    (case,) = endpoint.cases("as2-unknown-sender")
    assert "NOBODY" in case.text and "127.0.0.1" in case.text


def test_a_stranger_never_gets_a_receipt_on_a_way_of_its_own(endpoint: Endpoint) -> None:
    fields = [*renamed(("AS2-From", "NOBODY")), ("Receipt-Delivery-Option", "http://10.0.0.1/")]
    assert endpoint.post_raw(fields, b"x").status == 403
    assert endpoint.rows("SELECT count(*) FROM job") == [(0,)]


def test_many_strangers_are_one_case_and_few_lines(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(30):
        assert endpoint.post_raw(renamed(("AS2-From", f"N{number}")), b"x").status == 403
    endpoint.close_requests()
    assert capsys.readouterr().out.count("a stranger was turned away") == 10
    assert len(endpoint.cases("as2-unknown-sender")) == 1
    assert endpoint.server.outcomes["stranger"] == 30


@pytest.mark.parametrize(
    "fields",
    [
        [("AS2-To", "ACME")],
        [("AS2-From", "ACME")],
        [("AS2-From", "ACME"), ("AS2-From", "ACME"), ("AS2-To", '"Us & Co"')],
        [("AS2-From", "A" * 129), ("AS2-To", '"Us & Co"')],
        [("AS2-From", ""), ("AS2-To", '"Us & Co"')],
    ],
    ids=["no-sender", "no-receiver", "two-senders", "too-long", "empty"],
)
def test_what_names_nobody(endpoint: Endpoint, fields: list[tuple[str, str]]) -> None:
    assert endpoint.post_raw(fields, b"x").status == 400
    assert nothing_kept(endpoint)


# Patience


def test_a_body_that_comes_too_slowly(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BODY_GRACE", 0.1)
    with endpoint.connection() as link:
        link.sendall(endpoint.head(message(), "Content-Length: 3000") + b"x" * 100)
        assert first_line(link) == b"HTTP/1.1 408 Request Timeout"
    assert nothing_kept(endpoint)
    assert endpoint.server.outcomes["slow"] == 1


def test_time_runs_out_while_the_disk_is_slow(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is not closed under the thread that writes into it."""
    # Long enough for a busy machine to have brought what is written; the write takes longer.
    monkeypatch.setattr(patience, "BODY_GRACE", 1.0)
    monkeypatch.setattr(patience, "BODY_RATE", 1 << 30)
    real, ended = Growing.write, []

    def write(growing: Growing, data: bytes) -> None:
        real(growing, data[:100])
        time.sleep(1.3)
        real(growing, data[100:])
        ended.append(growing.size)

    monkeypatch.setattr(Growing, "write", write)
    with endpoint.connection() as link:
        link.sendall(endpoint.head(message(), "Content-Length: 9000000") + b"x" * (2 << 20))
        assert first_line(link) == b"HTTP/1.1 408 Request Timeout"
    assert len(ended) == 1
    assert nothing_kept(endpoint)


def test_a_body_may_take_the_time_that_its_size_takes(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BODY_GRACE", 0.2)
    monkeypatch.setattr(patience, "BODY_RATE", 50)
    sent = message()
    body = b"".join(sent.body.chunks())
    with endpoint.connection() as link:
        link.sendall(endpoint.head(sent, f"Content-Length: {len(body)}") + body[:2000])
        time.sleep(0.5)
        link.sendall(body[2000:])
        assert first_line(link) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("sent", [b"", b"POST /as2 HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half-a-header"])
def test_a_header_that_never_ends(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(patience, "HEAD_WITHIN", 0.1)
    with endpoint.connection() as link:
        link.sendall(sent)
        assert answered(link) == b""


def test_a_second_header_that_never_ends(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_WITHIN", 1.0)
    with endpoint.connection() as link:
        link.sendall(b"HEAD /as2 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert first_line(link) == b"HTTP/1.1 200 OK"
        link.sendall(b"POST /as2")
        assert answered(link) == b""


@pytest.mark.parametrize("many", [0, 1, 1500])
def test_a_body_that_breaks_off(endpoint: Endpoint, many: int) -> None:
    sent = message()
    body = b"".join(sent.body.chunks())
    with endpoint.connection() as link:
        link.sendall(endpoint.head(sent, f"Content-Length: {len(body)}") + body[:many])
        until(lambda: endpoint.server.in_flight == 1)
    until(lambda: endpoint.server.outcomes["broken-off"] == 1)
    assert nothing_kept(endpoint)
    assert endpoint.post(sent).status == 200


# Room


def test_one_partner_does_not_keep_others_out(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(as2="{enabled: yes, port: 0, at_once_per_partner: 1}")
    with endpoint.connection() as link:
        link.sendall(endpoint.head(message(), "Content-Length: 3000") + b"x")
        until(lambda: endpoint.server.in_flight == 1)
        reply = endpoint.post(message())
        assert (reply.status, reply.headers.get("Retry-After")) == (503, "30")
    until(lambda: endpoint.server.in_flight == 0)
    assert endpoint.post(message()).status == 200


def test_all_at_once_is_too_much(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(as2="{enabled: yes, port: 0, at_once: 1, at_once_per_partner: 5}")
    with endpoint.connection() as link:
        link.sendall(endpoint.head(message(), "Content-Length: 3000") + b"x")
        until(lambda: endpoint.server.in_flight == 1)
        assert endpoint.post(message()).status == 503
        # Whoever only looks whether somebody is there is answered all the same.
        assert endpoint.post_raw([], b"", method="HEAD").status == 200
    assert endpoint.server.outcomes["busy"] == 1


def test_a_paused_channel_says_so_before_the_body(endpoint: Endpoint) -> None:
    gates.pause(endpoint.gateway, "acme-as2", "in", actor="kim", reason="an upgrade")
    with endpoint.connection() as link:
        link.sendall(endpoint.head(message(), "Content-Length: 3000", "Expect: 100-continue"))
        assert first_line(link) == b"HTTP/1.1 503 Service Unavailable"
    reply = endpoint.post(message())
    assert (reply.status, reply.headers.get("Retry-After")) == (503, "300")
    until(lambda: endpoint.server.outcomes["paused"] == 2)
    assert nothing_kept(endpoint)
    gates.resume(endpoint.gateway, "acme-as2", "in", actor="kim", reason="done")
    assert endpoint.post(message()).status == 200


def test_a_paused_channel_takes_no_message_that_looks_like_a_receipt(endpoint: Endpoint) -> None:
    """A signed message that is not encrypted begins as a signed receipt does; only its body tells."""
    gates.pause(endpoint.gateway, "acme-as2", "in", actor="kim", reason="an upgrade")
    sent = message()
    fields = [(name, value) for name, value in sent.headers if name.lower() != "content-type"]
    signed = [*fields, ("Content-Type", 'multipart/signed; protocol="application/pkcs7-signature"; boundary="b"')]
    assert endpoint.post_raw(signed, b"--b\r\n\r\nUNB\r\n--b--\r\n").status == 503
    assert nothing_kept(endpoint)


def test_a_full_disk_is_said_before_the_body(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint(as2="{enabled: yes, port: 0, disk_reserve: 999999999999999}")
    with endpoint.connection() as link:
        link.sendall(endpoint.head(message(), "Content-Length: 3000", "Expect: 100-continue"))
        assert first_line(link) == b"HTTP/1.1 503 Service Unavailable"
    assert nothing_kept(endpoint)


def test_a_disk_that_fills_while_a_message_is_taken_apart(
    make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = make_endpoint()
    sent = message(DOCUMENT * 40_000)
    real, looks = SpoolFolder.check_room, iter(range(100))

    def check_room(spool: SpoolFolder) -> None:
        # The first two looks are at the request and at its body.
        if next(looks) >= 2:
            raise OSError(28, "No space left on device")
        real(spool)

    monkeypatch.setattr(SpoolFolder, "check_room", check_room)
    assert endpoint.post(sent).status == 503
    assert nothing_kept(endpoint)
    monkeypatch.undo()
    assert endpoint.post(sent).mic(sent).outcome == "match"


@pytest.mark.parametrize("what", ["archive", "database"])
def test_what_cannot_be_kept_is_not_promised(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    def fail(*_arguments: object) -> None:
        if what == "archive":
            raise ArchiveFault("the disk is full")
        raise OperationalError("INSERT", {}, Exception("the server is away"))

    sent = message()
    if what == "archive":
        monkeypatch.setattr(endpoint.gateway.archive, "append_all", fail)
    else:
        monkeypatch.setattr(endpoint.gateway.database, "write", fail)
    reply = endpoint.post(sent)
    assert (reply.status, reply.headers.get("Retry-After")) == (503, "30")
    assert nothing_kept(endpoint)
    monkeypatch.undo()
    assert endpoint.post(sent).mic(sent).outcome == "match"


# The process


def test_what_is_under_way_is_answered_before_the_end(make_endpoint: MakeEndpoint) -> None:
    endpoint = make_endpoint()
    sent = message()
    body = b"".join(sent.body.chunks())
    with endpoint.connection() as link, ThreadPoolExecutor(1) as pool:
        link.sendall(endpoint.head(sent, f"Content-Length: {len(body)}") + body[:1000])
        until(lambda: endpoint.server.in_flight == 1)
        stopping = pool.submit(endpoint.stop)
        link.sendall(body[1000:])
        assert first_line(link) == b"HTTP/1.1 200 OK"
        stopping.result(PATIENCE)
    assert endpoint.orders() == 1


def test_figures(endpoint: Endpoint) -> None:
    endpoint.post(message())
    endpoint.post_raw(STRANGERS[0], b"x")
    endpoint.close_requests()
    registry = CollectorRegistry()
    registry.register(LedgerCollector(endpoint.gateway, lambda: 0, endpoint.server))
    told = generate_latest(registry).decode()
    assert 'sallyport_as2_requests_total{outcome="accepted"} 1.0' in told
    assert 'sallyport_as2_requests_total{outcome="stranger"} 1.0' in told
    assert "sallyport_as2_in_flight 0.0" in told


def test_https(make_endpoint: MakeEndpoint) -> None:
    chain, key = KEYS / "rsa-other.pem", KEYS / "rsa-other.key.pem"
    endpoint = make_endpoint(as2=f"{{enabled: yes, port: 0, certificate: {chain}, private_key: {key}}}")
    context = ssl.create_default_context(cafile=str(KEYS / "rsa-other.pem"))
    context.check_hostname = False
    sent = message()
    url = endpoint.url.replace("http:", "https:")
    with httpx2.Client(trust_env=False, timeout=PATIENCE, verify=context) as client:
        found = client.post(url, headers=list(sent.headers), content=b"".join(sent.body.chunks()))
    assert found.status_code == 200


def test_a_port_that_is_taken(endpoint: Endpoint) -> None:
    with pytest.raises(OSError, match="no AS2 on 127\\.0\\.0\\.1, port"):
        asyncio.run(endpoint.server.listen("127.0.0.1", endpoint.server.port))
