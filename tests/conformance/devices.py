"""Devices: keys and certificates made by openssl, and MQTT clients (paho) that use them."""
import functools
import itertools
import json
import pathlib
import queue
import ssl
import subprocess
import tempfile
import threading
import time

import paho.mqtt.client as mqtt

from server import patience_s

ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}
numbers = itertools.count(1)


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource, effect="Allow"):
    return {"Effect": effect, "Action": action, "Resource": resource}


def deny(action, resource):
    return allow(action, resource, effect="Deny")


def openssl(*arguments, folder=None, stdin=None, check=True):
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=folder, input=stdin, capture_output=True, text=True,
                          check=False, timeout=60)
    assert not check or done.returncode == 0, f"openssl {' '.join(map(str, arguments))}\n{done.stderr}"
    return done.stdout


def fingerprint(pem):
    """The certificate id: SHA-256 of the DER, lower-case hex [AWS identity 1.2]."""
    return openssl("x509", "-noout", "-fingerprint", "-sha256", stdin=pem).split("=")[1].strip().replace(":", "").lower()


@functools.lru_cache(maxsize=None)
def private_key(kind):
    """PEM of a key of the kind `rsa:2048`, `rsa:1024` or `ec:P-256`; one per process, for making one takes time."""
    algorithm, size = kind.split(":")
    if algorithm == "rsa":
        return openssl("genrsa", size)
    return openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{size}")


class Authority:
    """A CA of one's own, and what it signs (X.509 v1, as the articles do). `days` < 0 makes what has expired."""

    def __init__(self, name, key="ec:P-256", days=1024, basic_constraints="CA:TRUE"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="authority-"))
        self.name, self.key = name, private_key(key)
        (self.folder / "ca.key").write_text(self.key)
        (self.folder / "ca.cnf").write_text("[req]\ndistinguished_name=dn\n[dn]\n[ext]\n"
                                            f"basicConstraints=critical,{basic_constraints}\nsubjectKeyIdentifier=hash\n")
        openssl("req", "-new", "-key", "ca.key", "-subj", f"/CN={name}", "-config", "ca.cnf", "-out", "ca.csr", folder=self.folder)
        openssl("x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-sha256", "-days", days,
                "-extfile", "ca.cnf", "-extensions", "ext", "-out", "ca.pem", folder=self.folder)
        self.pem = (self.folder / "ca.pem").read_text()
        self.id = fingerprint(self.pem)

    def sign(self, common_name, key="ec:P-256", days=500, digest="sha256"):
        folder, number = self.folder, next(numbers)
        (folder / f"{number}.key").write_text(private_key(key))
        openssl("req", "-new", "-key", f"{number}.key", "-subj", f"/CN={common_name}", "-out", f"{number}.csr", folder=folder)
        openssl("x509", "-req", "-in", f"{number}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                f"-{digest}", "-days", days, "-out", f"{number}.pem", folder=folder)
        return (folder / f"{number}.pem").read_text()

    def sign_authority(self, below):
        """The certificate of an intermediate: the CA `below` as signed by this one."""
        (self.folder / "below.csr").write_text((below.folder / "ca.csr").read_text())
        openssl("x509", "-req", "-in", "below.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-sha256", "-days", 500,
                "-extfile", "ca.cnf", "-extensions", "ext", "-out", "below.pem", folder=self.folder)
        return (self.folder / "below.pem").read_text()

    def register(self, iot, activate=True):
        code = iot.get_registration_code()["registrationCode"]
        return iot.register_ca_certificate(caCertificate=self.pem, verificationCertificate=self.sign(code),
                                           setAsActive=activate)


def signing_request(common_name="AWS IoT Certificate", key="ec:P-256"):
    with tempfile.NamedTemporaryFile("w", suffix=".key") as file:
        file.write(private_key(key))
        file.flush()
        return openssl("req", "-new", "-key", file.name, "-subj", f"/CN={common_name}")


class Device:
    """A registered certificate with its key on disk, and what it may do."""

    def __init__(self, server, document=ALLOW_ALL, key="ec:P-256", active=True):
        self.server, self.iot = server, server.client()
        answer = self.iot.create_certificate_from_csr(certificateSigningRequest=signing_request(key=key), setAsActive=active)
        self.arn, self.id, self.pem = answer["certificateArn"], answer["certificateId"], answer["certificatePem"]
        self.keep(private_key(key), self.pem)
        self.policy_name = None
        if document is not None:
            self.policy_name = f"policy-{next(numbers)}"
            self.iot.create_policy(policyName=self.policy_name, policyDocument=json.dumps(document))
            self.iot.attach_policy(policyName=self.policy_name, target=self.arn)

    def keep(self, key, pem):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="device-", dir=self.server.folder))
        self.cert_file, self.key_file = folder / "device.pem", folder / "device.key"
        self.cert_file.write_text(pem)
        self.key_file.write_text(key)

    def tls(self, version=None, alpn=None):
        context = tls_context(self.server.env["KEDGE_CA_FILE"], version, alpn)
        context.load_cert_chain(self.cert_file, self.key_file)
        return context

    def connect(self, client_id=None, **options):
        return Client(self, client_id or f"client-{next(numbers)}", **options).expect_connected()


def tls_context(ca_file, version=None, alpn=None):
    context = ssl.create_default_context(cafile=ca_file)
    if version:
        context.minimum_version = context.maximum_version = version
    if alpn:
        context.set_alpn_protocols([alpn])
    return context


class Client:
    """One connection of a paho client (MQTT 3.1.1 unless told otherwise). It does not reconnect by itself unless told to."""

    def __init__(self, device, client_id, port=None, version=None, alpn=None, will=None, keepalive=60, clean=True,
                 reconnects=False, server=None, host="localhost", username=None, password=None, protocol=mqtt.MQTTv311):
        server = server or device.server
        self.id, self.server = client_id, server
        self.messages = queue.Queue()
        self.connected, self.lost = threading.Event(), threading.Event()
        self.code, self.lost_at, self.connections = None, None, 0
        self.paho = mqtt.Client(client_id, clean_session=None if protocol == mqtt.MQTTv5 else clean, protocol=protocol,
                                reconnect_on_failure=reconnects)
        self.paho.on_connect, self.paho.on_disconnect = self._on_connect, self._on_disconnect
        self.paho.on_message = lambda _client, _data, message: self.messages.put(message)
        self.paho.on_subscribe = lambda _client, _data, mid, granted, *_properties: self._subscribed(mid, granted)
        self.granted = queue.Queue()
        self.paho.reconnect_delay_set(1, 2)
        if device is not None:
            self.paho.tls_set_context(device.tls(version, alpn))
        if will:
            self.paho.will_set(*will)
        if username is not None:
            self.paho.username_pw_set(username, password)
        self.paho.connect(host, port or (server.mqtts_port if device is not None else server.mqtt_port), keepalive)
        self.paho.loop_start()

    def _on_connect(self, _client, _data, _flags, code, *_properties):
        self.code = code
        if code == 0:
            self.connections += 1
            self.lost.clear()
            self.connected.set()

    def _on_disconnect(self, _client, _data, _code, *_properties):
        self.lost_at = time.monotonic()
        self.lost.set()

    def _subscribed(self, _mid, granted):
        self.granted.put(tuple(getattr(code, "value", code) for code in granted))  # MQTT 5: reason codes

    def expect_connected(self):
        assert self.connected.wait(patience_s(5)), f"{self.id} was not let in\n{self.server.log()}"
        return self

    def expect_lost(self, within_s=1.0, since=None):
        """The server closes the connection, within `within_s` of `since` (now when absent)."""
        since = since or time.monotonic()
        assert self.lost.wait(patience_s(within_s) + 5), f"{self.id} is still connected\n{self.server.log()}"
        took_s = self.lost_at - since
        assert took_s < patience_s(within_s), f"{self.id} was only closed after {took_s:.2f} s"
        return self

    def expect_refused(self, within_s=5.0):
        """The connection ends before any CONNACK, as AWS does to MQTT 3.1.1 clients [AWS identity 4.6]."""
        assert self.lost.wait(patience_s(within_s)), f"{self.id} is still connected\n{self.server.log()}"
        assert not self.connected.is_set() and self.code is None, f"{self.id} got CONNACK {self.code}"
        return self

    def subscribe(self, filter, qos=1):
        result, _mid = self.paho.subscribe(filter, qos)
        assert result == mqtt.MQTT_ERR_SUCCESS
        granted = self.granted.get(timeout=patience_s(5))
        assert granted == (qos,), granted
        return self

    def publish(self, topic, payload="", qos=1, wait=True, retain=False, properties=None):
        info = self.paho.publish(topic, payload, qos, retain, properties)
        if wait:
            info.wait_for_publish(patience_s(5))
            assert info.is_published(), f"no PUBACK for {topic}\n{self.server.log()}"
        return self

    def receive(self, within_s=5):
        try:
            return self.messages.get(timeout=patience_s(within_s))
        except queue.Empty:
            raise AssertionError(f"{self.id} received nothing\n{self.server.log()}") from None

    def expect_silence(self, for_s=0.3):
        try:
            message = self.messages.get(timeout=for_s)
        except queue.Empty:
            return self
        raise AssertionError(f"{self.id} received {message.payload!r} on {message.topic}")

    def drop(self):
        """The socket goes away without a DISCONNECT."""
        self.paho._reconnect_on_failure = False
        self.paho._sock_close()
        self.paho.loop_stop()

    def close(self):
        self.paho._reconnect_on_failure = False
        self.paho.disconnect()
        self.paho.loop_stop()
