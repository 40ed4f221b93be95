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
