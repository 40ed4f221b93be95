"""The servers that are measured, each in a folder of its own, on loopback ports of its own.

Both accept the same device certificate (EC P-256, signed by the same authority) and present an EC P-256 server
certificate, so that a handshake costs both the same arithmetic."""
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import aws

READY_WITHIN_S = 30
# What a device may do: a policy as people write it, with a variable, so that there is something to evaluate.
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:*:*:client/bench-*"},
    {"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"], "Resource": "arn:aws:iot:*:*:topic/bench/*"},
    {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": "arn:aws:iot:*:*:topicfilter/bench/*"},
    {"Effect": "Deny", "Action": "iot:Publish",
     "Resource": "arn:aws:iot:*:*:topic/bench/${iot:ClientId}/secret"}]}


def openssl(folder, *words):
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr}")


class Device:
    """An authority, and the certificate of the one device that every client of the run is."""

    def __init__(self, folder):
        self.folder = folder
        openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key")
        openssl(folder, "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Bench CA", "-days", "30",
                "-out", "ca.pem")
        self.ca = folder / "ca.pem"
        self.certificate, self.key = self.issue("device", "bench device")

    def issue(self, name, subject, *extra):
        openssl(self.folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
        openssl(self.folder, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={subject}", "-out", f"{name}.csr")
        openssl(self.folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "30", "-out", f"{name}.pem", *extra)
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


class Server:
    """A process of its own; subclasses say how it is started and when it is ready."""

    def __init__(self, folder, device):
        self.folder, self.device = folder, device
        self.process = None
        self.port = self.tls_port = None
        self.ready_after_s = None
        folder.mkdir()

    def launch(self, command):
        begun = time.monotonic()
        self.output = open(self.folder / "output", "wb")
        self.process = subprocess.Popen([str(c) for c in command], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=subprocess.STDOUT)
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > begun + READY_WITHIN_S:
                raise RuntimeError(f"{self.name} does not start:\n" + (self.folder / "output").read_text())
            time.sleep(0.001)
        self.ready_after_s = time.monotonic() - begun

    def stop(self):
        if self.process:
            process, self.process = self.process, None
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.output.close()

    def restart(self):
        self.stop()
        self.start()

    def cpu_s(self):
        """CPU time of all threads, to the nanosecond: the process's own clock, as clock_getcpuclockid gives it."""
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def rss_kib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Rss:\s+(\d+) kB", text, re.M).group(1))

    def tls_words(self):
        return ["--tls", self.root, self.device.certificate, self.device.key]


class Kedge(Server):
    name = "kedge"

    def __init__(self, folder, device, binary, threads=None):
        super().__init__(folder, device)
        self.binary, self.threads = binary, threads
        self.data = folder / "data"
        self.registered = False

    def describe(self):
        threads = f"{self.threads or 'one per core'}"
        return (f"{aws.text_of([self.binary, '--version'])}: profile standard, loop threads: {threads}; "
                "registry and policy enforced over mTLS")

    def is_ready(self):
        return b"\nready\n" in b"\n" + (self.folder / "output").read_bytes()

    def start(self):
        self.launch([self.binary, "serve", "--data", self.data, "--profile", "standard", "--mqtt", "127.0.0.1:0",
                     "--mqtts", "127.0.0.1:0", "--https", "127.0.0.1:0", "--api", "127.0.0.1:0",
                     *(["--threads", self.threads] if self.threads else [])])
        self.read_environment()
        if not self.registered:
            self.register()

    def read_environment(self):
        text = aws.text_of([self.binary, "env", "--data", self.data])
        values = dict(re.findall(r"^export (\w+)='?([^'\n]*)'?", text, re.M))
        self.port, self.tls_port = values["KEDGE_MQTT_PORT"], values["KEDGE_MQTTS_PORT"]
        self.root = values["KEDGE_CA_FILE"]
        self.api = aws.Client(values)

    def register(self):
        """Walkthrough A: the authority, the device's certificate, a policy; and a thing to ask for."""
        code = self.api.call("GET", "/registrationcode")["registrationCode"]
        proof, _ = self.device.issue("proof", code)
        authority = self.api.call("POST", "/cacertificate?setAsActive=true", {
            "caCertificate": self.device.ca.read_text(), "verificationCertificate": proof.read_text()})
        assert authority["certificateId"]
        arn = self.api.call("POST", "/certificate/register", {
            "certificatePem": self.device.certificate.read_text(), "caCertificatePem": self.device.ca.read_text(),
            "status": "ACTIVE"})["certificateArn"]
        self.api.call("POST", "/policies/bench", {"policyDocument": json.dumps(POLICY)})
        self.api.call("PUT", "/target-policies/bench", {"target": arn})
        self.api.call("POST", "/things/bench", {"attributePayload": {"attributes": {"site": "here"}}})
        self.api.call("PUT", "/things/bench/principals", None, {"x-amzn-principal": arn})
        self.registered = True


class Mosquitto(Server):
    name = "mosquitto"
    # As it comes, but: no limit that would make it drop, the same window as ours, small packets sent at once.
    CONFIG = """\
user root
persistence false
allow_anonymous true
max_inflight_messages 8192
max_queued_messages 0
set_tcp_nodelay true
sys_interval 0
listener {port} 127.0.0.1
listener {tls_port} 127.0.0.1
cafile {ca}
certfile {certificate}
keyfile {key}
require_certificate true
"""

    def __init__(self, folder, device):
        super().__init__(folder, device)
        self.binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if not self.binary:
            raise SystemExit("mosquitto is missing: script/setup extra installs it (or use --no-peer)")
        self.root = device.ca
        self.certificate = device.issue("mosquitto", "localhost")

    def describe(self):
        version = re.search(r"version (\S+)", aws.text_of([self.binary, "-h"])).group(1)
        return f"mosquitto {version}: no policies, no persistence, one thread, nothing limited"

    def is_ready(self):
        try:
            socket.create_connection(("127.0.0.1", int(self.port)), timeout=1).close()
            return True
        except OSError:
            return False

    def start(self):
        self.port, self.tls_port = (str(p) for p in free_ports(2))
        certificate, key = self.certificate
        (self.folder / "conf").write_text(self.CONFIG.format(
            port=self.port, tls_port=self.tls_port, ca=self.device.ca, certificate=certificate, key=key))
        self.launch([self.binary, "-c", self.folder / "conf"])


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports
