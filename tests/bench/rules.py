#!/usr/bin/python3
"""What topic rules cost the server: CPU of the process per message of 164 bytes, published with QoS 0 by one client that nobody
hears; without a rule, with one that does not fit the topic, with one that fits and lets nothing pass, and with one that republishes.

    tests/bench/rules.py

The cases take turns, five rounds; a figure is the median. build/kedge, or KEDGE_BINARY."""
import json
import pathlib
import socket
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))
import server as server_module  # noqa: E402
from connect_scale import cpu_s, stop  # noqa: E402

MESSAGES, BURST, PAUSE_S, ROUNDS = 20000, 100, 0.01, 5
PAYLOAD = json.dumps({"deviceId": "sensor-00017", "temperature": 31.5, "humidity": 48.25, "battery": 3.7,
                      "location": {"lat": 47.606, "lon": -122.332}, "status": "ok", "seq": 184467, "ts": 1767323045678},
                     separators=(",", ":")).encode()
SELECT = "SELECT temperature, deviceId FROM "
CASES = {"without a rule": None,
         "a rule on another topic": SELECT + "'e/+/t' WHERE temperature > 30",
         "a rule that lets nothing pass": SELECT + "'d/+/t' WHERE temperature > 40",
         "a rule that republishes": SELECT + "'d/+/t' WHERE temperature > 30"}


def publish(port, count):
    topic = b"d/sensor-00017/t"
    body = len(topic).to_bytes(2, "big") + topic + PAYLOAD
    packet = b"\x30" + bytes([len(body) % 128 | 0x80, len(body) // 128]) + body
    with socket.create_connection(("localhost", port)) as connection:
        connection.sendall(b"\x10\x11\0\4MQTT\4\2\0\x3c\0\5bench")
        assert connection.recv(4) == b"\x20\x02\0\0"
        for _ in range(count // BURST):
            connection.sendall(packet * BURST)
            time.sleep(PAUSE_S)
        connection.sendall(b"\xc0\0")
        assert connection.recv(2) == b"\xd0\0"
    time.sleep(0.3)  # a worker may still be at it


def measure(server, iot, sql):
    if sql:
        iot.create_topic_rule(ruleName="bench", topicRulePayload={
            "sql": sql, "awsIotSqlVersion": "2016-03-23",
            "actions": [{"republish": {"roleArn": "arn:aws:iam::123456789012:role/rules", "topic": "out/${topic(2)}"}}]})
    publish(server.mqtt_port, MESSAGES // 10)
    begun = cpu_s(server.process.pid)
    publish(server.mqtt_port, MESSAGES)
    took = cpu_s(server.process.pid) - begun
    if sql:
        iot.delete_topic_rule(ruleName="bench")
    return took * 1e6 / MESSAGES


def main():
    server = server_module.Server(pathlib.Path(tempfile.mkdtemp()), "--threads", "1").start()
    iot = server.client()
    results = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, sql in CASES.items():
            results[name].append(measure(server, iot, sql))
    print(f"{len(PAYLOAD)} bytes")
    for name, figures in results.items():
        print(f"{name:32} {statistics.median(figures):6.2f} µs  ({', '.join(f'{f:.2f}' for f in figures)})")
    dropped = server.log().count("rule.dropped")
    if dropped:
        print(f"{dropped} messages reached no rule")
    stop(server)


if __name__ == "__main__":
    main()
