#!/usr/bin/python3
"""What a request to the control plane costs the server, by the size of its registry: CPU of the process per request.

    tests/bench/api_scale.py DIRECTORY [DIRECTORY…]

Each DIRECTORY is a data directory that bench_registry left behind (account 123456789012, region us-east-1). Its server is
asked over HTTP, one request at a time: DescribeThing at random places, ListThings, and policies detached from certificates chosen
at random and attached again, durable. The directories take turns, three rounds. build/kedge, or KEDGE_BINARY."""
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
REQUESTS, ROUNDS = 1500, 3


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


def measure(server, make):
    client = Client(server.env)
    requests = [client.request(*make()) for _ in range(REQUESTS)]
    with client.connect() as connection:
        for i, request in enumerate(requests):
            if i == 100:
                begun = cpu_s(server.process.pid)
            connection.sendall(request)
            status, body = client.answer(connection)
            assert status == 200, body
    return (cpu_s(server.process.pid) - begun) * 1e6 / (REQUESTS - 100)


def main():
    random.seed(7)
    results = {}
    for _ in range(ROUNDS):
        for data in sys.argv[1:]:
            server = server_module.Server(pathlib.Path(tempfile.mkdtemp()), "--threads", "1", data=data).start()
            with sqlite3.connect(f"file:{data}/kedge.db?mode=ro", uri=True) as store:
                things, = store.execute("SELECT count(*) FROM things").fetchone()
                policies, = store.execute("SELECT count(*) FROM policies").fetchone()
            for name, make in workloads(things, certificate_ids(data), policies).items():
                results.setdefault((name, data), []).append(measure(server, make))
            stop(server)
    for (name, data), figures in results.items():
        base = statistics.median(results[name, sys.argv[1]])
        print(f"{name:26} {data:30} {statistics.median(figures):7.1f} µs  ratio {statistics.median(figures) / base:.2f}  "
              f"({', '.join(f'{f:.1f}' for f in figures)})")


main()
