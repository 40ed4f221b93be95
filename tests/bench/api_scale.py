#!/usr/bin/python3
"""What a request to the control plane costs the server, by the size of its registry: CPU of the process per request.

    tests/bench/api_scale.py DIRECTORY [DIRECTORY…]

Each DIRECTORY is a data directory that bench_registry left behind (account 123456789012, region us-east-1). Its server is
asked over HTTP, one request at a time: DescribeThing at random places, ListThings, and policies detached from certificates chosen
at random and attached again, durable. All servers run; the directories take turns, fifty requests each, so that what else the
machine does falls on all alike. A figure is the median of thirty turns. build/kedge, or KEDGE_BINARY."""
import json
import pathlib
import random
import sqlite3
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))
import server as server_module  # noqa: E402
from aws import Client  # noqa: E402
from connect_scale import cpu_s, stop  # noqa: E402

server_module.REGION = "us-east-1"
BATCHES, BATCH = 30, 50


def certificate_ids(data):
    """Some of them, spread over the table."""
    with sqlite3.connect(f"file:{data}/kedge.db?mode=ro", uri=True) as store:
        rows = store.execute("SELECT substr(key, 13) FROM certificates LIMIT 200000")
        return [row[0].decode() for row in rows]


def workloads(things, ids, policies):
    def describe():
        return "GET", f"/things/device-{random.randrange(things):07}", b""

    state = {}

    def attach():
        """By turns: a certificate loses the policy that bench_registry gave it, and gets it back."""
        method = "PUT" if state else "POST"
        chosen = state.pop("id") if state else state.setdefault("id", random.choice(ids))
        arn = f"arn:aws:iot:us-east-1:123456789012:cert/{chosen}"
        return method, f"/target-policies/policy-{int(chosen[16:], 16) % policies}", json.dumps({"target": arn}).encode()

    return {"DescribeThing": describe, "ListThings, 25": lambda: ("GET", "/things?maxResults=25", b""),
            "Detach- and AttachPolicy": attach}


class Measured:
    """One workload on one server; its requests are signed beforehand."""

    def __init__(self, server, make):
        self.server, self.took_s = server, []
        self.client = Client(server.env)
        self.connection = self.client.connect()
        self.requests = iter([self.client.request(*make()) for _ in range((BATCHES + 1) * BATCH)])

    def batch(self):
        begun = cpu_s(self.server.process.pid)
        for _ in range(BATCH):
            self.connection.sendall(next(self.requests))
            status, body = self.client.answer(self.connection)
            assert status == 200, body
        self.took_s.append(cpu_s(self.server.process.pid) - begun)

    def per_request_us(self):
        """Without the first batch, and without those that something came between."""
        return statistics.median(self.took_s[1:]) * 1e6 / BATCH


def start(data):
    server = server_module.Server(pathlib.Path(tempfile.mkdtemp()), "--threads", "1", data=data).start()
    with sqlite3.connect(f"file:{data}/kedge.db?mode=ro", uri=True) as store:
        things, = store.execute("SELECT count(*) FROM things").fetchone()
        policies, = store.execute("SELECT count(*) FROM policies").fetchone()
    return server, workloads(things, certificate_ids(data), policies)


def main():
    random.seed(7)
    started = [start(data) for data in sys.argv[1:]]
    for name in started[0][1]:
        measured = [Measured(server, works[name]) for server, works in started]
        for _ in range(BATCHES + 1):
            for one in measured:
                one.batch()
        base = measured[0].per_request_us()
        for data, one in zip(sys.argv[1:], measured):
            us = one.per_request_us()
            print(f"{name:26} {data:30} {us:7.1f} µs  ratio {us / base:.2f}")
            one.connection.close()
    for server, _ in started:
        stop(server)


if __name__ == "__main__":
    main()
