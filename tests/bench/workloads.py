"""What is measured: one row each. A row's `measure` gives one figure of one round on one server.

`budget` and `peer` are the design's figures for ours and for mosquitto 2.0.11 (2.1 where it has no other), from
another machine: what is to hold here is their ratio. Without `peer` (bytes, delays) the budget holds as it stands."""
import contextlib
import dataclasses
import json
import subprocess
import time
import typing


class Failed(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Row:
    group: str
    name: str
    unit: str
    measure: typing.Callable  # (server, load, quick) -> figure, or None: does not apply to this server
    budget: typing.Optional[float] = None
    peer: typing.Optional[float] = None
    rounds_most: int = 100


def run(load, work, server, tls, *words):
    port = server.tls_port if tls else server.port
    command = [load, work, "--port", port, "--server", server.process.pid, *words,
               *(server.tls_words() if tls else [])]
    try:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        raise Failed("did not end within 60 s")
    if done.returncode != 0:
        raise Failed(done.stderr.strip().splitlines()[-1] if done.stderr else f"ended with {done.returncode}")
    return json.loads(done.stdout)


# Traffic

TRAFFIC = "Traffic: CPU seconds of the server per million deliveries, 64-byte payloads"


def traffic(name, *words, tls=False, **more):
    def measure(server, load, quick):
        seconds = ["--seconds", "0.3", "--warm-up", "0.1"] if quick else ["--seconds", "1", "--warm-up", "0.2"]
        return run(load, "messages", server, tls, *words, *seconds)["cpu_s_per_million"]
    return Row(TRAFFIC, name, "s", measure, **more)


def one_to_one(qos, tls, **more):
    name = f"QoS {qos} 1:1 {'mTLS' if tls else 'plain'}"
    ten = ["--publishers", "10", "--subscribers", "10"]
    return [traffic(f"{name}, 1 pair", "--qos", qos, tls=tls, **more),
            traffic(f"{name}, 10 pairs", "--qos", qos, *ten, tls=tls, **more)]


# The pairs take turns: some lie on one loop thread, some on two.
ONE_AT_A_TIME = ["--publishers", "8", "--subscribers", "8", "--rate", "5000"]
FAN_IN = ["--fan", "--publishers", "100", "--window", "50"]
FAN_OUT = ["--fan", "--subscribers", "1000", "--window", "100"]

# Connections

CONNECTIONS = "Connections"


def connects(tls):
    def measure(server, load, quick):
        count = 300 if quick else 1000
        return run(load, "connects", server, tls, "--connections", count)["cpu_ms_per_connect"]
    return measure


def idle(tls, count):
    """On a server that was just started: memory that earlier connections left behind would be used again."""
    def measure(server, load, quick):
        server.restart()
        return run(load, "idle", server, tls, "--connections", count // (4 if quick else 1))["kib_per_connection"]
    return measure


# Delays

DELAYS = "Delay of established traffic (4 mTLS pairs, 100 messages a second each) while 64 clients connect over mTLS"
storms = {}  # of the last round, by server: one storm fills several rows


def storm(server, load, quick):
    storms[server.name] = run(load, "storm", server, True, "--publishers", 4, "--connections", 64,
                              "--seconds", 1 if quick else 4)
    return storms[server.name]["storm_p99_ms"]


def from_storm(key):
    return lambda server, load, quick: storms.get(server.name, {}).get(key)



# The process itself

PROCESS = "The process, with nothing to do"


def ready(server, load, quick):
    server.restart()
    return server.ready_after_s * 1e3


def rss(server, load, quick):
    server.restart()
    time.sleep(0.3)
    return server.rss_kib() / 1024


def idle_cpu(server, load, quick):
    before, seconds = server.cpu_s(), 0.5 if quick else 2
    time.sleep(seconds)
    return (server.cpu_s() - before) / seconds * 1e3


# The control plane

API = "Control plane: CPU of the server per request, SigV4 verified, keep-alive connections, one request at a time on each"


def ask(server, connections, request, count):
    """One request on each connection, then their answers."""
    for c in connections:
        c.sendall(request)
    for c in connections:
        status, answer = server.api.answer(c)
        if status != 200:
            raise Failed(f"{status} {answer.decode()[:200]}")
    return count + len(connections)


def api(operation, connections, method, target, document=None, **more):
    body = b"" if document is None else json.dumps(document).encode()

    def measure(server, load, quick):
        if server.name != "kedge":
            return None
        count, signed_at = 0, 0
        with contextlib.ExitStack() as stack:
            open_ones = [stack.enter_context(server.api.connect()) for _ in range(connections)]
            end, before = time.monotonic() + (0.3 if quick else 1), server.cpu_s()
            while time.monotonic() < end:
                if int(time.time()) != signed_at:  # one signature a second, as it holds seconds
                    request, signed_at = server.api.request(method, target, body), int(time.time())
                count = ask(server, open_ones, request, count)
            return (server.cpu_s() - before) / count * 1e6
    return Row(API, f"{operation}, {connections} connection{'s' if connections > 1 else ''}", "µs", measure, **more)


DESCRIBE_THING = ("GET", "/things/bench")
UPDATE_THING = ("PATCH", "/things/bench", {"attributePayload": {"attributes": {"site": "there"}}})


ROWS = [
    *one_to_one(0, False, budget=0.25, peer=5.87),
    *one_to_one(1, False, budget=0.45, peer=11.6),
    *one_to_one(0, True, budget=0.40, peer=7.9),
    *one_to_one(1, True, budget=0.70, peer=15.0),
    traffic("fan-in 100→1 plain, QoS 0", *FAN_IN, budget=0.35, peer=7.3),
    traffic("fan-out 1→1000 plain, QoS 0", *FAN_OUT, budget=0.65, peer=3.8),
    traffic("fan-out 1→1000 mTLS, QoS 0", *FAN_OUT, tls=True, budget=0.95, peer=5.7, rounds_most=3),
    traffic("one message at a time, 5,000/s plain, 8 pairs", *ONE_AT_A_TIME, budget=9.5, peer=12.0),
    Row(CONNECTIONS, "connect, plain", "ms CPU", connects(False)),
    Row(CONNECTIONS, "connect, mTLS, EC certificate", "ms CPU", connects(True), budget=0.70, peer=1.54),
    Row(DELAYS, "storm, p99", "ms", storm, budget=6),
    Row(DELAYS, "storm, p50", "ms", from_storm("storm_p50_ms")),
    Row(DELAYS, "storm, most", "ms", from_storm("storm_max_ms")),
    Row(DELAYS, "storm, quiet before, p99", "ms", from_storm("quiet_p99_ms")),
    Row(DELAYS, "storm, connects per second", "", from_storm("connects_per_second")),
    api("DescribeThing", 1, *DESCRIBE_THING, budget=60),
    api("DescribeThing", 16, *DESCRIBE_THING, budget=60),
    api("UpdateThing (on disk when answered)", 1, *UPDATE_THING),
    api("UpdateThing (on disk when answered)", 16, *UPDATE_THING),
    Row(PROCESS, "memory per idle connection, plain", "KiB", idle(False, 4000), budget=0.7, rounds_most=3),
    Row(PROCESS, "memory per idle connection, mTLS", "KiB", idle(True, 800), budget=19.9, rounds_most=3),
    Row(PROCESS, "ready after", "ms", ready, budget=1000),
    Row(PROCESS, "resident memory when ready", "MiB", rss, budget=15),
    Row(PROCESS, "CPU while idle", "ms/s", idle_cpu),
]
