"""Peers that send without end and never read: bounded memory, nobody else disturbed, and a sentence."""
import contextlib
import socket
import struct
import threading
import time

import pytest

from devices import Device
from server import Server, is_sanitized, patience_s
from wire import PINGREQ, Wire, packet, publish

KIB_MAX = 40 * 1024  # what one peer may make the server grow by; an idle server has about 10 MiB


@pytest.fixture(scope="module")
def quiet_server(tmp_path_factory):
    """Without a log, which would be all that these tests write to disk."""
    one = Server(tmp_path_factory.mktemp("floods") / "server", "--log-level", "off").start()
    yield one
    one.stop()


@pytest.fixture
def server(quiet_server):
    """One for all tests here: it has to live through them."""
    yield quiet_server
    quiet_server.client().list_things()


@contextlib.contextmanager
def bounded(server):
    """What happens inside costs little memory. A sanitizer keeps freed memory, so it shows nothing there."""
    before_kib = server.status_kib("VmRSS")
    yield
    grown_kib = server.status_kib("VmRSS") - before_kib
    assert is_sanitized() or grown_kib < KIB_MAX, grown_kib


def send_without_reading(connection, data, times):
    """Sends until the server reads no more, or closes."""
    connection.settimeout(1)
    with contextlib.suppress(OSError):
        for _ in range(times):
            connection.sendall(data)


def reset(connection):
    """Closes with an RST, while the server still writes."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_pipelined_requests_of_a_client_that_reads_no_answer(server):
    connection = socket.create_connection(("127.0.0.1", server.api_port))
    with bounded(server):
        send_without_reading(connection, b"GET /things HTTP/1.1\r\nHost: a\r\n\r\n" * 1000, 1000)
    reset(connection)


def test_pipelined_requests_are_answered_in_order_however_many(server):
    connection = socket.create_connection(("127.0.0.1", server.api_port), 30)
    connection.sendall(b"GET /things HTTP/1.1\r\nHost: a\r\n\r\n" * 999 + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answers = b""
    while more := connection.recv(65536):
        answers += more
    assert answers.count(b"HTTP/1.1 403 ") == 1000
    connection.close()


@pytest.mark.parametrize("data", [packet(PINGREQ), publish("t", qos=1)], ids=["pings", "publishes"])
def test_a_client_that_reads_none_of_its_answers_is_closed_and_told_why(server, data):
    wire = Wire(server.mqtt_port).open("deaf")
    with bounded(server):
        send_without_reading(wire.socket, data * 50_000, 1000)
    server.expect_why("deaf", "without reading what it is answered")
    wire.close()


@contextlib.contextmanager
def repeated_by_threads(count, action):
    """`action` again and again by so many threads, while what is inside happens."""
    done = threading.Event()

    def repeat():
        while not done.is_set():
            action()
    threads = [threading.Thread(target=repeat) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    done.set()
    for thread in threads:
        thread.join()


def test_a_crowd_that_wants_key_pairs_holds_up_nobody_else(server):
    one, iot = Device(server), server.client()
    slowest_s = 0
    with repeated_by_threads(24, server.client().create_keys_and_certificate):
        time.sleep(1)
        for number in range(10):
            begun = time.monotonic()
            iot.list_things()
            Wire(server.mqtts_port, one.tls()).open(f"passer-by-{number}").close()
            slowest_s = max(slowest_s, time.monotonic() - begun)
    assert slowest_s < patience_s(2), slowest_s


# What comes before authentication

UPLOAD = b"POST /things/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" + b"x" * (1 << 20)
BUDGET_KIB = 32 * 1024


def upload(server, data, wires, timeout_s=3):
    """Sends `data` on a connection of its own, as far as the server takes it."""
    connection = socket.create_connection(("127.0.0.1", server.api_port), 30)
    wires.append(connection)
    connection.settimeout(timeout_s)
    with contextlib.suppress(OSError):
        connection.sendall(data)
    return connection


def answer_of(connection):
    """What was answered, or nothing when the connection ended or is still open without an answer."""
    connection.settimeout(0.2)
    answer = b""
    with contextlib.suppress(OSError):
        while more := connection.recv(65536):
            answer += more
    return answer


def close_all(wires):
    for one in wires:
        one.close()


def test_bodies_of_strangers_take_a_bounded_share_of_memory_and_let_others_through(server):
    """150 connections each send 1 MiB but for the last byte: most are given up, in words, and the API answers."""
    iot, wires, slowest_s = server.client(), [], 0
    before_kib = server.status_kib("VmRSS")
    for _ in range(150):
        upload(server, UPLOAD[:-1], wires)
        begun = time.monotonic()
        iot.list_things()
        slowest_s = max(slowest_s, time.monotonic() - begun)
    grown_kib = server.status_kib("VmRSS") - before_kib
    refused = [answer for answer in map(answer_of, wires) if answer]
    assert len(refused) > 100 and all(answer.startswith(b"HTTP/1.1 503 ") for answer in refused)
    assert all(b"ServiceUnavailableException" in answer and b"send it again" in answer for answer in refused)
    assert is_sanitized() or grown_kib < 2 * BUDGET_KIB + 16 * 1024, grown_kib
    assert slowest_s < patience_s(2), slowest_s
    close_all(wires)
    iot.list_things()


def test_whole_bodies_of_strangers_are_refused_by_their_signature_and_leave_nothing(server):
    wires = []
    with bounded(server):
        for _ in range(60):
            connection = upload(server, UPLOAD, wires, 10)
            assert answer_of(connection)[:12] in (b"HTTP/1.1 403", b"HTTP/1.1 503", b"")
    close_all(wires)


@pytest.mark.parametrize("data, code", [
    (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"414"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 200 + b"\r\n", b"431"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", b"413"),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"a" * 65536 + b"\r\n" * 17, b"400"),
], ids=["target", "header", "headers", "declared body", "chunks"])
def test_giants_are_refused_by_their_number(server, data, code):
    connection = socket.create_connection(("127.0.0.1", server.api_port), 10)
    with contextlib.suppress(OSError):
        connection.sendall(data)
    assert answer_of(connection).startswith(b"HTTP/1.1 " + code)
    connection.close()


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("head", [
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 0\r\nContent-Length: 40\r\n",
    b"Content-Length: +5\r\n", b"Content-Length : 5\r\n", b"Content-Length: 5, 6\r\n", b"Content-Length: 0x5\r\n",
    b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, identity\r\n", b"Transfer-Encoding : chunked\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n", b"X: a\n\r\nContent-Length: 5\r\n", b" Content-Length: 5\r\n",
    b"Content-Length: 5\r\n folded\r\n", b"X\x00: a\r\n", b"Content-Length: 18446744073709551617\r\n"])
def test_forms_of_request_smuggling_end_the_connection(server, head):
    """Whoever stands before the server may read these otherwise, so nothing after them is looked at."""
    connection = socket.create_connection(("127.0.0.1", server.api_port), 10)
    connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n0\r\n\r\n" + SMUGGLED)
    answer = answer_of(connection)
    assert answer.count(b"HTTP/1.1 ") == 1 and answer[9:12] in (b"400", b"413", b"501"), answer
    assert connection.recv(1) == b""
    connection.close()


def test_slow_clients_of_http_cost_their_connections_only(server):
    """Slowloris: 400 requests come a byte at a time, and nobody else waits for them."""
    iot, slowest_s = server.client(), 0
    wires = [socket.create_connection(("127.0.0.1", server.api_port), 10) for _ in range(400)]
    with bounded(server):
        for byte in b"GET / HTTP/1.1\r\nX-":
            for wire in wires:
                wire.send(bytes([byte]))
            begun = time.monotonic()
            iot.list_things()
            slowest_s = max(slowest_s, time.monotonic() - begun)
    assert slowest_s < patience_s(2), slowest_s
    close_all(wires)
