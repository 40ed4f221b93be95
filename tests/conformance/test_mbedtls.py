"""Walkthrough E on the device's side: three mbedTLS clients with TLS 1.2 and SNI, as small devices have them."""
import queue
import subprocess
import tempfile
import threading

import pytest

from devices import Authority, private_key
from server import BINARY, clean_environment, patience_s

PROGRAM = BINARY.parent / "tests" / "mbedtls" / "mbedtls_device"
WILD_CARD_POLICY = ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iot:Connect", "iot:Publish",'
                    ' "iot:Receive", "iot:Subscribe"], "Resource": ["*"]}]}')

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="built without libmbedtls-dev; script/setup installs it")


class Chip:
    """A process of tests/mbedtls/device.c, and a thread that hears what it says."""

    def __init__(self, server, files, client_id, host="localhost"):
        command = [PROGRAM, host, server.mqtts_port, server.env["KEDGE_CA_FILE"], *files, client_id, "chips/+"]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1, env=clean_environment())
        self.said = queue.Queue()
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self):
        for line in self.process.stdout:
            self.said.put(line.rstrip("\n"))
        self.said.put(None)

    def expect(self, *wanted):
        """The next things it says, in any order."""
        said = [self.said.get(timeout=patience_s(10)) for _ in wanted]
        assert sorted(map(str, said)) == sorted(wanted), said
        return self

    def publish(self, topic, text):
        self.process.stdin.write(f"{topic} {text}\n")
        self.process.stdin.flush()
        return self

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=patience_s(10))


@pytest.fixture
def chip(server, iot, tmp_path):
    """Makes chips whose vendor is registered nowhere: a certificate of its own for each identifier."""
    vendor, made = Authority("Vendor CA"), []
    iot.create_policy(policyName="wildCardPolicy", policyDocument=WILD_CARD_POLICY)
    (tmp_path / "chip.key").write_text(private_key("ec:P-256"))

    def make(client_id, **options):
        file = tmp_path / f"{client_id}.crt"
        if not file.exists():
            file.write_text(vendor.sign(client_id))
            answer = iot.register_certificate_without_ca(certificatePem=file.read_text(), status="ACTIVE")
            iot.attach_policy(policyName="wildCardPolicy", target=answer["certificateArn"])
        made.append(Chip(server, [file, tmp_path / "chip.key"], client_id, **options))
        version = made[-1].said.get(timeout=patience_s(10))
        assert version and version.startswith("TLSv1.2 TLS-ECDHE-"), version
        return made[-1]
    yield make
    for one in made:
        one.process.kill()
        one.process.wait()


def test_three_devices_at_once_hear_each_other(chip):
    chips = {name: chip(name).expect("subscribed") for name in ("com5", "com6", "com7")}
    for name, one in chips.items():
        one.publish(f"chips/{name}", f"hello from {name}")
        one.expect("acknowledged", f"message chips/{name} hello from {name}")
        for other in chips.values():
            if other is not one:
                other.expect(f"message chips/{name} hello from {name}")
    assert [one.end() for one in chips.values()] == [0, 0, 0]


def test_a_second_connection_with_the_same_client_id_closes_the_first(chip):
    first = chip("com5").expect("subscribed")
    second = chip("com5").expect("subscribed")
    first.expect("closed")
    assert first.process.wait(timeout=patience_s(5)) == 3
    second.publish("chips/com5", "still here").expect("acknowledged", "message chips/com5 still here")
    assert second.end() == 0
