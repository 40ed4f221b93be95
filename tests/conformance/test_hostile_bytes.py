"""Slow, torn, oversize and malformed input on every port, while a witness publishes and hears all along."""
import http.client
import os
import random
import socket
import ssl
import struct
import time

import pytest

from devices import Device, numbers, tls_context
from wire import (CONNACK, CONNECT, PINGREQ, PINGRESP, PUBLISH, SUBACK, SUBSCRIBE, Wire, connect, packet, publish, subscribe,
                  text)


@pytest.fixture
def server(shared_server):
    """One for all tests here: it has to live through them."""
    return shared_server


@pytest.fixture(scope="module")
def talker(shared_server):
    """A device that talks to itself."""
    return Device(shared_server).connect("witness").subscribe("witness")


@pytest.fixture
def witness(server, talker):
    """Calling it, and the end of each test, show that the device is still connected and is heard, and that the API answers."""
    said = []

    def speak():
        said.append(str(len(said)))
        talker.publish("witness", said[-1])
        assert talker.receive().payload.decode() == said[-1]
    speak()
    yield speak
    speak()
    assert not talker.lost.is_set()
    server.client().list_things()


@pytest.fixture
def stranger():
    """A client identifier that nobody used before."""
    return f"stranger-{next(numbers)}"


MALFORMED = {
    "a reserved packet type": packet(0),
    "the other reserved packet type": packet(15),
    "flags that PINGREQ has not": packet(PINGREQ, flags=1),
    "a SUBSCRIBE without its flags": packet(SUBSCRIBE, b"\0\1\0\1a\0", flags=0),
    "a SUBSCRIBE without a filter": packet(SUBSCRIBE, b"\0\1", flags=2),
    "a SUBSCRIBE with packet identifier 0": packet(SUBSCRIBE, b"\0\0\0\1a\0", flags=2),
    "a SUBSCRIBE for QoS 3": packet(SUBSCRIBE, b"\0\1\0\1a\3", flags=2),
    "a PUBLISH with QoS 3": packet(PUBLISH, text("a") + b"\0\1", flags=6),
    "a PUBLISH to a wildcard": publish("a/+"),
    "a PUBLISH to nothing": publish(""),
    "a PUBLISH whose topic is no UTF-8": packet(PUBLISH, b"\0\2\xc3\x28"),
    "a PUBLISH whose topic has a NUL": publish("a\0b"),
    "a PUBLISH whose topic is cut short": packet(PUBLISH, b"\0\x10abc"),
    "a QoS 1 PUBLISH with packet identifier 0": publish("a", qos=1, mid=0),
    "a filter with a misplaced wildcard": subscribe("a/#/b"),
    "a second CONNECT": connect("again"),
    "a CONNACK": packet(CONNACK, b"\0\0"),
    "a remaining length of five bytes": b"\x30\xff\xff\xff\xff\x01",
    "a topic of 300 bytes": publish("x" * 300),
    "a topic of nine levels": publish("a/b/c/d/e/f/g/h/i"),
    "nine filters at once": subscribe(*"abcdefghi"),
    "a payload above 128 KiB": publish("a", b"x" * (128 * 1024 + 1)),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_packet_closes_its_connection_and_no_other(server, witness, stranger, what):
    wire = Wire(server.mqtt_port).open(stranger)
    wire.send(MALFORMED[what])
    wire.expect_closed()
    server.expect_why(stranger, stranger)


REFUSED_CONNECTS = {
    "no CONNECT first": publish("a", b"x"),
    "a PINGREQ first": packet(PINGREQ),
    "another protocol's name": connect("c", name="HTTP"),
    "the reserved flag": connect("c", flags=0x03),
    "will QoS 3": connect("c", flags=0x1E, rest=text("t") + text("m")),
    "a will flag and no will": connect("c", flags=0x06),
    "a will on a wildcard": connect("c", flags=0x06, rest=text("a/#") + text("m")),
    "a password without a user name": connect("c", flags=0x42, rest=text("p")),
    "a client identifier that is no UTF-8": connect(b"\xff\xfe"),
    "a client identifier with a NUL": connect("a\0b"),
    "an empty body": packet(CONNECT),
    "bytes after the end": connect("c", rest=b"more"),
    "a CONNECT that says it is 200 MiB": b"\x10\x80\x80\x80\x64",
    "HTTP": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS on the plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
}


@pytest.mark.parametrize("what", REFUSED_CONNECTS)
def test_a_connection_that_does_not_begin_with_a_good_connect_is_closed(server, witness, what):
    Wire(server.mqtt_port).send(REFUSED_CONNECTS[what]).expect_closed()


@pytest.mark.parametrize("level, name", [(3, "MQIsdp"), (3, "MQTT"), (9, "MQTT")])
def test_another_protocol_level_is_refused_by_its_code(server, level, name):
    """[MQTT311-3.1.2-2]; levels above 5 may be answered in the words of MQTT 5."""
    kind, _flags, body = Wire(server.mqtt_port).send(connect("c", level=level, name=name)).receive()
    assert kind == CONNACK and (body == b"\0\1" or level > 5 and body[:2] == b"\0\x84")


def test_mqtt_5_is_refused_in_its_own_way_until_it_is_there(server):
    body = text("MQTT") + bytes([5, 2]) + struct.pack(">H", 60) + b"\0" + text("five")
    wire = Wire(server.mqtt_port).send(packet(CONNECT, body))
    kind, _flags, data = wire.receive()
    assert kind == CONNACK and data[:2] in (b"\0\x84", b"\0\x00")


def test_qos_2_of_an_mqtt_3_1_1_client_is_ignored_with_a_reason(server, witness, stranger):
    """As AWS does: no acknowledgement, no delivery, the connection stays [AWS device-gateway 3 row 2]."""
    wire = Wire(server.mqtt_port).open(stranger)
    wire.send(subscribe("t")).expect(SUBACK, b"\0\1\0")
    wire.send(publish("t", b"x", qos=2), packet(PINGREQ)).expect(PINGRESP, b"")
    server.expect_why(stranger, "QoS 2")


def test_qos_2_is_refused_in_words_by_the_profile_standard_until_it_is_there(standard_server):
    Wire(standard_server.mqtt_port).open("twice").send(publish("t", b"x", qos=2)).expect_closed()
    standard_server.expect_why("twice", "QoS 2")


def test_each_cut_of_a_good_conversation(server, witness):
    """Every prefix of CONNECT, SUBSCRIBE, PUBLISH, and then the connection is gone."""
    whole = connect("cut") + subscribe("cut/#", qos=1) + publish("cut/x", b"payload", qos=1)
    for length in range(len(whole)):
        wire = Wire(server.mqtt_port).send(whole[:length])
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST instead of FIN
        wire.close()
    witness()


def test_a_conversation_byte_by_byte(server, witness):
    wire = Wire(server.mqtt_port)
    for byte in connect("slow") + subscribe("slow", qos=1) + publish("slow", b"payload", qos=0):
        wire.send(bytes([byte]))
        time.sleep(0.001)
    wire.expect(CONNACK, b"\0\0")
    wire.expect(SUBACK, b"\0\1\1")
    wire.expect(PUBLISH, text("slow") + b"payload")


@pytest.mark.parametrize("port", ["api_port", "mqtts_port", "https_port", "mqtt_port"])
def test_random_bytes(server, witness, port):
    chance = random.Random(port)
    for _ in range(40):
        data = chance.randbytes(chance.choice([1, 2, 5, 100, 5000]))
        wire = Wire(getattr(server, port))
        try:
            wire.send(data)
            wire.socket.shutdown(socket.SHUT_WR)
            while wire.socket.recv(65536):
                pass
        except OSError:
            pass
        wire.close()
    witness()


def test_random_bytes_inside_tls(server, device, witness):
    chance, one = random.Random(7), device()
    for _ in range(20):
        wire = Wire(server.mqtts_port, one.tls())
        try:
            wire.send(chance.randbytes(chance.choice([1, 20, 4000])))
            wire.close()
        except OSError:
            pass
    witness()


def test_a_torn_handshake_at_each_length(server, device, witness):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = device().tls().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        half.do_handshake()
    hello = outgoing.read()
    for length in range(0, len(hello) + 1, 7):
        Wire(server.mqtts_port).send(hello[:length]).close()
    for position in range(0, len(hello), 11):
        Wire(server.mqtts_port).send(hello[:position], bytes([hello[position] ^ 0xFF]), hello[position + 1:]).close()
    witness()


def test_a_hundred_connections_that_never_say_a_word(server, witness):
    wires = [Wire(port) for port in (server.mqtts_port, server.mqtt_port, server.api_port, server.https_port) for _ in range(25)]
    begun = time.monotonic()
    witness()
    assert time.monotonic() - begun < 2
    for wire in wires:
        wire.close()


def test_a_name_that_the_server_does_not_serve_is_refused_in_the_handshake(server, device):
    """[AWS identity 4.2]"""
    context = tls_context(server.env["KEDGE_CA_FILE"])
    context.check_hostname = False
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with socket.create_connection(("127.0.0.1", server.mqtts_port), 10) as plain:
            context.wrap_socket(plain, server_hostname="nobody.example.com").recv(1)


HTTP = {
    "no HTTP": (b"\0\0\0\0\r\n\r\n", {400}),
    "no version": (b"GET /\r\n\r\n", {400}),
    "HTTP/9.9": (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", {400, 505}),
    "no Host": (b"GET /things HTTP/1.1\r\n\r\n", {400}),
    "two lengths": (b"POST /things/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", {400}),
    "a length and chunks": (b"POST /things/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "a negative length": (b"POST /things/a HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", {400}),
    "a length beyond bounds": (b"POST /things/a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", {400, 413}),
    "a body of 1 GiB": (b"POST /things/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n", {413}),
    "a blank before the colon": (b"GET /things HTTP/1.1\r\nHost : a\r\n\r\n", {400}),
    "a folded header": (b"GET /things HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", {400, 403}),
    "a header of 1 MiB": (b"GET /things HTTP/1.1\r\nHost: a\r\nX: " + b"x" * (1 << 20) + b"\r\n\r\n", {400, 431}),
    "ten thousand headers": (b"GET /things HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", {400, 431}),
    "a target of 1 MiB": (b"GET /" + b"x" * (1 << 20) + b" HTTP/1.1\r\nHost: a\r\n\r\n", {400, 414, 431}),
}


@pytest.mark.parametrize("what", HTTP)
def test_malformed_http_is_answered_and_closed(server, witness, what):
    data, statuses = HTTP[what]
    wire = Wire(server.api_port)
    try:
        wire.send(data)
    except OSError:
        pass  # the server may answer and close before it has read all
    answer = b""
    try:
        while more := wire.socket.recv(65536):
            answer += more
    except OSError:
        pass
    if answer or len(data) < 100_000:
        assert answer.startswith(b"HTTP/1.1 "), answer[:200]
        assert int(answer[9:12]) in statuses, answer[:200]
    witness()


def test_an_oversize_request_is_refused_and_the_server_lives(server, witness):
    connection = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=10)
    try:
        connection.request("POST", "/things/a", b"x" * (8 << 20))
        assert connection.getresponse().status == 413
    except (ConnectionError, BrokenPipeError):
        pass
    connection.close()
    witness()


def test_a_slow_reader_does_not_hold_up_the_others(server, witness):
    """It subscribes to a flood and reads nothing; what is kept for it is bounded."""
    sleeper = Wire(server.mqtt_port)
    sleeper.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.open("sleeper").send(subscribe("flood")).expect(SUBACK, b"\0\1\0")
    flood = Wire(server.mqtt_port).open("flood")
    before = server.status_kib("VmRSS")
    for number in range(300):
        flood.send(publish("flood", os.urandom(100_000)))
        if number % 50 == 0:
            witness()
            time.sleep(0.5)
    witness()
    assert server.status_kib("VmRSS") - before < 64 * 1024
