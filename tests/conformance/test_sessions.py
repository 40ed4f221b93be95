"""MQTT 3.1.1 sessions as devices know them: takeover, will, keep alive, order."""
import threading
import time

import pytest

from server import patience_s
from wire import (CONNACK, DISCONNECT, PINGREQ, PINGRESP, PUBACK, PUBLISH, SUBACK, UNSUBACK, Wire, connect, packet, publish,
                  subscribe, unsubscribe)


def test_a_second_connection_with_the_same_client_identifier_closes_the_first(server, device):
    one = device()
    listener = device().connect().subscribe("will/+")
    first = one.connect("twin", will=("will/twin", "taken over", 1, False))
    time.sleep(1.1)  # AWS lets a client identifier connect once a second
    begun = time.monotonic()
    second = one.connect("twin")
    first.expect_lost(within_s=1.0, since=begun)
    assert listener.receive().payload == b"taken over"
    second.publish("a", "b")
    server.expect_why("twin", "twin")
    second.close()


def test_the_will_is_published_when_the_connection_is_lost_and_not_after_a_disconnect(server, device):
    listener = device().connect().subscribe("will/+")
    one = device()
    one.connect(will=("will/polite", "no", 1, False)).close()
    one.connect(will=("will/dropped", "yes", 1, False)).drop()
    message = listener.receive()
    assert (message.topic, message.payload, message.retain) == ("will/dropped", b"yes", False)
    listener.expect_silence()


def test_a_silent_client_is_closed_after_one_and_a_half_keep_alives(standard_server):
    """[MQTT311-3.1.2-24]; in the profile standard, for AWS takes less than 30 s for 30 s."""
    wire = Wire(standard_server.mqtt_port).open("silent", keep_alive_s=1)
    took_s = wire.expect_closed(within_s=10)
    assert 1.4 <= took_s <= patience_s(2.5)
    standard_server.expect_why("silent", "keep alive")


def test_a_ping_keeps_a_connection_open(standard_server):
    wire = Wire(standard_server.mqtt_port).open("pinging", keep_alive_s=1)
    for _ in range(4):
        time.sleep(0.8)
        wire.send(packet(PINGREQ)).expect(PINGRESP, b"")
    wire.close()


def test_publish_subscribe_and_unsubscribe_are_acknowledged_byte_by_byte(server):
    wire = Wire(server.mqtt_port).open("by-hand")
    wire.send(subscribe("a/+/c", "#", qos=1, mid=0x1234)).expect(SUBACK, b"\x12\x34\1\1")
    wire.send(publish("a/b/c", b"payload", qos=1, mid=7))
    got = sorted((wire.receive() for _ in range(2)), key=lambda packet_: packet_[0])
    assert got[0][0] == PUBLISH and got[0][2].startswith(b"\0\5a/b/c") and got[0][2].endswith(b"payload")
    assert got[1] == (PUBACK, 0, b"\0\7")
    wire.send(unsubscribe("#", "a/+/c", "never/subscribed", mid=9)).expect(UNSUBACK, b"\0\x09")
    wire.send(publish("a/b/c", qos=1, mid=8)).expect(PUBACK, b"\0\x08")
    wire.send(packet(DISCONNECT)).expect_closed()


def test_everything_sent_in_one_go_after_connect_is_answered_in_order(server):
    wire = Wire(server.mqtt_port).open("eager")
    wire.send(subscribe("t", mid=1), publish("t", b"1"), publish("t", b"2", qos=1, mid=2), packet(PINGREQ), packet(DISCONNECT))
    kinds = []
    with pytest.raises(EOFError):
        while True:
            kinds.append(wire.receive()[0])
    assert sorted(kinds) == sorted([SUBACK, PUBLISH, PUBLISH, PUBACK, PINGRESP])
    assert kinds[0] == SUBACK and kinds.index(PUBACK) < kinds.index(PINGRESP)


def test_what_one_publisher_sends_arrives_in_order(server, device):
    """Each publisher on a connection of its own, so that messages cross threads."""
    count, publishers = 200, 4
    listener = device().connect().subscribe("order/#")
    one = device()
    clients = [one.connect(f"publisher-{number}") for number in range(publishers)]

    def send(client):
        for number in range(count):
            client.publish(f"order/{client.id}", str(number), qos=1, wait=False)
            if number % 20 == 19:
                time.sleep(0.25)  # AWS takes 100 publishes a second from a connection
    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    heard = {}
    for _ in range(count * publishers):
        message = listener.receive(within_s=10)
        heard.setdefault(message.topic, []).append(int(message.payload))
    for thread in threads:
        thread.join()
    assert len(heard) == publishers
    for numbers in heard.values():
        assert numbers == list(range(count))


def test_a_subscription_counts_from_its_suback(server, device):
    publisher, one = device().connect(), device()
    for number in range(10):
        listener = one.connect().subscribe(f"prompt/{number}")
        publisher.publish(f"prompt/{number}", "x")
        assert listener.receive().payload == b"x"
        listener.close()


@pytest.mark.parametrize("filter, topic, matches", [
    ("+", "a", True), ("+", "/a", False), ("+/+", "/a", True), ("a/+/c", "a/b/c", True), ("a/+/c", "a/b/d", False),
    ("a/#", "a/b/c", True), ("#", "a/b", True), ("a/+", "a/", True), ("a/b", "a/B", False)])
def test_wildcards(server, filter, topic, matches):
    """[MQTT311-4.7.1-2] [MQTT311-4.7.1-3]"""
    wire = Wire(server.mqtt_port).open("by-hand")
    wire.send(subscribe(filter)).expect(SUBACK, b"\0\1\0")
    wire.send(publish(topic, b"x"), packet(PINGREQ))
    assert wire.receive()[0] == (PUBLISH if matches else PINGRESP)


@pytest.mark.parametrize("profile, matches", [("aws", False), ("standard", True)])
def test_whether_a_multi_level_wildcard_includes_the_parent_depends_on_the_profile(tmp_path, profile, matches):
    """AWS: `a/#` does not match `a` [AWS device-gateway 3]; the standard: it does [MQTT311-4.7.1-2]."""
    from server import Server
    one = Server(tmp_path / "server", "--profile", profile).start()
    wire = Wire(one.mqtt_port).open("by-hand")
    wire.send(subscribe("a/#")).expect(SUBACK, b"\0\1\0")
    wire.send(publish("a", b"x"), packet(PINGREQ))
    assert wire.receive()[0] == (PUBLISH if matches else PINGRESP)
    one.stop()


def test_reserved_topics_are_not_matched_by_a_leading_wildcard(server):
    """[MQTT311-4.7.2-1]: whatever the server publishes below $aws stays away from `#`."""
    wire = Wire(server.mqtt_port).open("curious")
    wire.send(subscribe("#", "+/#")).expect(SUBACK, b"\0\1\0\0")
    Wire(server.mqtt_port).open("other").send(packet(DISCONNECT))
    time.sleep(0.3)
    wire.send(packet(PINGREQ)).expect(PINGRESP)


def test_a_client_identifier_of_aws_is_1_to_128_bytes_and_does_not_begin_with_a_dollar(server):
    for good in ("a", "x" * 128, "weird id/+#ü"):
        Wire(server.mqtt_port).open(good).close()
    for bad in ("x" * 129, "$reserved"):
        wire = Wire(server.mqtt_port).send(connect(bad))
        refused = False
        try:
            kind, _flags, body = wire.receive()
            refused = kind == CONNACK and body[1] != 0
        except (EOFError, ConnectionError):
            refused = True
        assert refused, bad
