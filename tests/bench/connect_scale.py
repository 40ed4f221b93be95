#!/usr/bin/python3
"""What a whole connection costs the server, by the size of its registry: CPU of the process per mTLS connect.

    tests/bench/connect_scale.py DIRECTORY [DEVICES]

DIRECTORY is a data directory, such as bench_registry leaves behind (account 123456789012, region us-east-1), or an empty one.
DEVICES (1,000) certificates with a thing and a policy each are imported into it; then each connects once, over TLS 1.3, one
after the other, so that nothing of a device has been read before. build/kedge, or KEDGE_BINARY."""
import base64
import json
import pathlib
import re
import socket
import ssl
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))
import server as server_module  # noqa: E402
from devices import ALLOW_ALL, Authority, private_key  # noqa: E402

server_module.REGION = "us-east-1"


def cpu_s(pid):
    """Of all threads, in nanoseconds of the kernel's own count."""
    return sum(int(task.read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def certificates(count):
    """That differ in their name only; the server looks at the key and the fingerprint, the chain was never to be verified."""
    pem = Authority("Vendor").sign("connect-scale-000000")
    der = bytearray(base64.b64decode("".join(pem.strip().splitlines()[1:-1])))
    at = der.index(b"connect-scale-000000") + 14
    for i in range(count):
        der[at:at + 6] = b"%06d" % i
        text = base64.encodebytes(bytes(der)).decode()
        yield f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def connect(server, context, name):
    with context.wrap_socket(socket.create_connection(("localhost", server.mqtts_port)), server_hostname="localhost") as tls:
        body = b"\0\4MQTT\4\2\0\x3c" + len(name).to_bytes(2, "big") + name
        tls.sendall(bytes([0x10, len(body)]) + body)
        assert tls.recv(4) == b"\x20\x02\0\0", name
        tls.sendall(b"\xe0\0")


def stop(server):
    """Without the walk through all its data that tests end with."""
    process, server.process = server.process, None
    process.terminate()
    process.wait(timeout=60)


def main():
    data, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    folder = pathlib.Path(tempfile.mkdtemp())
    server = server_module.Server(folder, "--threads", "1", data=data).start()
    if "connect-scale" not in str(server.client().list_policies(pageSize=250)):
        server.client().create_policy(policyName="connect-scale", policyDocument=json.dumps(ALLOW_ALL))
    pems = list(certificates(count))
    (folder / "devices.pem").write_text("".join(pems))
    (folder / "device.key").write_text(private_key("ec:P-256"))
    print(server.run("import", folder / "devices.pem", "--data", data, "--policy", "connect-scale", "--thing-name", "{CN}",
                     timeout_s=300).stdout, end="")
    stop(server)  # nothing of them is in its memory
    server.start()
    contexts = []
    for pem in pems:
        (folder / "device.pem").write_text(pem)
        contexts.append(ssl.create_default_context(cafile=server.env["KEDGE_CA_FILE"]))
        contexts[-1].load_cert_chain(folder / "device.pem", folder / "device.key")
    for i in range(50):
        connect(server, contexts[i], b"connect-scale-%06d" % i)
    begun = cpu_s(server.process.pid)
    for i in range(50, count):
        connect(server, contexts[i], b"connect-scale-%06d" % i)
    took = cpu_s(server.process.pid) - begun
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    memory = {field: int(re.search(rf"^{field}:\s+(\d+)", status, re.M).group(1)) / 1024 for field in ("VmRSS", "RssAnon")}
    print(f"{took * 1e6 / (count - 50):.1f} µs CPU a connect; resident {memory['VmRSS']:.1f} MiB, of it its own {memory['RssAnon']:.1f}")
    stop(server)


if __name__ == "__main__":
    main()
