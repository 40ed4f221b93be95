"""The wish at the end of walkthrough E: a vendor's ledger registered at once, and given back."""
import base64
import csv
import json
import os
import pty
import signal
import subprocess
import tempfile
import time

import pytest

from devices import ALLOW_ALL, Authority, Client, Device, fingerprint, openssl, private_key
from server import BINARY, Server, clean_environment, wait_until


@pytest.fixture
def vendor():
    return Authority("Vendor CA")


def write_csv(path, rows, columns=("certificate",)):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def make_policy(server, name="devices"):
    server.client().create_policy(policyName=name, policyDocument=json.dumps(ALLOW_ALL))


class Chip(Device):
    """A device whose certificate somebody else has registered."""

    def __init__(self, server, pem):
        self.server, self.pem = server, pem
        self.keep(private_key("ec:P-256"), pem)


def test_a_ledger_is_registered_while_the_server_runs_and_its_devices_connect(server, vendor, tmp_path):
    pems = [vendor.sign(f"lamp-{i}") for i in range(3)]
    make_policy(server)
    server.client().create_thing_group(thingGroupName="pilot")
    ledger = write_csv(tmp_path / "ledger.csv", [[pem] for pem in pems])
    said = server.run("import", ledger, "--data", server.data, "--policy", "devices", "--thing-name", "{CN}", "--group", "pilot",
                      "--attribute", "site=plant-7").stdout
    assert said == "3 registered, 0 registered already, 0 duplicates, 0 bad\n"
    iot = server.client()
    assert iot.describe_thing(thingName="lamp-1")["attributes"] == {"site": "plant-7"}
    assert iot.list_things_in_thing_group(thingGroupName="pilot")["things"] == ["lamp-0", "lamp-1", "lamp-2"]
    about = iot.describe_certificate(certificateId=fingerprint(pems[1]))["certificateDescription"]
    assert about["status"] == "ACTIVE" and about["certificateMode"] == "SNI_ONLY" and about["certificatePem"] == pems[1]
    one, other = (Chip(server, pem).connect(f"lamp-{i}") for i, pem in enumerate(pems[:2]))
    one.subscribe("x")
    other.publish("x", "hello")
    assert one.receive().payload == b"hello"
    one.close()
    other.close()


def test_a_policy_that_an_import_attaches_acts_on_who_is_connected(server, vendor, tmp_path):
    pem = vendor.sign("lamp")
    make_policy(server, "connect")
    server.client().create_policy(policyName="deny-x", policyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iot:Publish", "Resource": "*"}]}))
    ledger = write_csv(tmp_path / "ledger.csv", [[pem]])
    server.run("import", ledger, "--data", server.data, "--policy", "connect")
    lamp = Chip(server, pem).connect("lamp").publish("x", "fine")
    assert "1 completed" in server.run("import", ledger, "--data", server.data, "--policy", "deny-x").stdout

    def refused():
        if not lamp.lost.is_set():
            lamp.publish("x", "no more", wait=False)
        return lamp.lost.is_set()
    wait_until(refused, 5, "the new policy acts on the connection")


def test_what_is_exported_is_the_same_in_an_empty_server_that_is_stopped(server, vendor, tmp_path):
    rows = [[vendor.sign(f"lamp-{i}"), f"lamp-{i}", "devices" if i else "", status] for i, status in enumerate(("ACTIVE", "INACTIVE", "REVOKED"))]
    rows.append([vendor.sign("chain") + vendor.pem, "", "", "ACTIVE"])
    make_policy(server)
    server.run("import", write_csv(tmp_path / "l.csv", rows, ("pem", "thing name", "Policy", "status")), "--data", server.data)
    other = Server(tmp_path / "other").start()
    make_policy(other)
    other.stop()
    for name in ("all.csv", "all.pem", "all"):
        server.run("export", "--data", server.data, tmp_path / name)
        fresh = Server(tmp_path / f"fresh-{name}").start()
        make_policy(fresh)
        fresh.stop()
        said = fresh.run("import", tmp_path / name, "--data", fresh.data).stdout
        assert said.startswith("4 registered"), said
        fresh.run("export", "--data", fresh.data, tmp_path / f"again-{name}")
        assert read(tmp_path / name) == read(tmp_path / f"again-{name}")


def read(path):
    """What is in an export; the order is that of registration, within one import that of ids."""
    if path.is_dir():
        return {file.name: file.read_text() for file in path.iterdir()}
    if path.suffix == ".csv":
        with open(path, newline="") as file:
            return {row["certificateId"]: row for row in csv.DictReader(file)}
    return sorted(path.read_text().split("-----END CERTIFICATE-----\n"))


def test_what_is_bad_or_twice_in_it_is_reported_with_line_and_reason(server, vendor, tmp_path):
    pem, old = vendor.sign("lamp"), vendor.sign("old", days=-1)
    ledger = write_csv(tmp_path / "ledger.csv", [[pem], ["rubbish"], [pem], [old]])
    done = server.run("import", ledger, "--data", server.data, check=False)
    assert done.returncode == 1 and "1 registered, 0 registered already, 1 duplicates, 2 bad" in done.stdout
    with open(f"{ledger}.report.csv", newline="") as file:
        rows = {row["outcome"]: row for row in csv.DictReader(file) if row["reason"].find("expired") < 0}
    first_line_of_second = 2 + pem.count("\n")
    assert rows["bad"]["reason"] == "its certificate is neither PEM nor base64 of DER"
    assert rows["duplicate"]["reason"] == "the same as on line 2" and rows["duplicate"]["certificateId"] == fingerprint(pem)
    assert int(rows["bad"]["line"]) in (first_line_of_second, first_line_of_second + 1)
    assert "has expired" in (tmp_path / "ledger.csv.report.csv").read_text()


def test_a_policy_that_is_not_there_is_told_at_once(server, vendor, tmp_path):
    ledger = write_csv(tmp_path / "ledger.csv", [[vendor.sign("lamp")]])
    done = server.run("import", ledger, "--data", server.data, "--policy", "devices", check=False)
    assert done.returncode == 1 and "there is no policy devices" in done.stderr


# Manifests

def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw_signature(text, key_file):
    """ES256: r and s, 32 bytes each, out of the DER that openssl makes."""
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key_file], input=text.encode(), capture_output=True, check=True).stdout
    numbers, at = b"", 2
    for _ in range(2):
        length = der[at + 1]
        numbers += der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + length
    return numbers


def manifest_element(unique_id, chain, signer, key_file):
    """As Microchip's onlinedocs describe a SignedSecureElement."""
    ders = [base64.b64encode(base64.b64decode("".join(pem.strip().splitlines()[1:-1]))).decode() for pem in chain]
    thumbprint = bytes.fromhex(fingerprint(signer))
    head = b64url(json.dumps({"typ": "JWT", "alg": "ES256", "x5t#S256": b64url(thumbprint)}).encode())
    body = b64url(json.dumps({"version": 1, "model": "ATECC608B", "partNumber": "ATECC608B-TNGTLS", "uniqueId": unique_id,
                              "publicKeySet": {"keys": [{"kid": "0", "kty": "EC", "crv": "P-256", "x5c": ders}]}}).encode())
    return {"payload": body, "protected": head, "header": {"uniqueId": unique_id}, "signature": b64url(raw_signature(f"{head}.{body}", key_file))}


def test_a_signed_manifest_is_verified_and_names_its_things(server, vendor, tmp_path):
    signer = Authority("Manifest Signer")
    (tmp_path / "signer.pem").write_text(signer.pem)
    chains = [(vendor.sign(f"0123{i:04x}"), vendor.pem) for i in range(2)]
    elements = [manifest_element(f"0123{i:04x}", chain, signer.pem, signer.folder / "ca.key") for i, chain in enumerate(chains)]
    elements.append({**elements[0], "payload": elements[1]["payload"], "header": elements[1]["header"]})
    (tmp_path / "manifest.json").write_text(json.dumps(elements, indent=2))
    make_policy(server)
    command = ("import", tmp_path / "manifest.json", "--data", server.data, "--policy", "devices", "--thing-name", "{uniqueId:upper}")
    assert "give --vendor-cert FILE" in server.run(*command, check=False).stderr
    done = server.run(*command, "--vendor-cert", tmp_path / "signer.pem", check=False)
    assert done.returncode == 1 and done.stdout.startswith("2 registered, 0 registered already, 0 duplicates, 1 bad")
    assert "its signature is not that of the vendor's key" in (tmp_path / "manifest.json.report.csv").read_text()
    iot = server.client()
    assert [thing["thingName"] for thing in iot.list_things()["things"]] == ["01230000", "01230001"]
    about = iot.describe_certificate(certificateId=fingerprint(chains[0][0]))["certificateDescription"]
    assert about["certificatePem"].count("BEGIN CERTIFICATE") == 2
    Chip(server, chains[0][0]).connect("anything").close()


# Interruption, progress

def many(vendor, count):
    """Certificates that differ in their serial number only, without asking openssl for each: not validly signed,
    which registration without a CA does not look at [AWS identity 3.3]."""
    der = bytearray(base64.b64decode("".join(vendor.sign("device-000000").strip().splitlines()[1:-1])))
    at = der.index(b"device-000000") + 7
    for i in range(count):
        der[at:at + 6] = b"%06d" % i
        yield [base64.b64encode(der).decode()]


def test_an_import_that_was_killed_goes_on_when_run_again(server, vendor, tmp_path):
    ledger = write_csv(tmp_path / "ledger.csv", many(vendor, 20000))
    command = [str(BINARY), "import", str(ledger), "--data", str(server.data), "--thing-name", "{CN}"]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment())
    wait_until(lambda: server.client().list_things(maxResults=1)["things"], 10, "the first things")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    again = server.run(*command[1:], timeout_s=120).stdout
    registered, existing = (int(again.split(word)[0].split()[-1]) for word in (" registered,", " registered already"))
    assert existing > 0 and registered + existing == 20000
    with open(f"{ledger}.report.csv", newline="") as file:
        assert sum(row["outcome"] == "existing" for row in csv.DictReader(file)) == existing


def test_an_interrupted_import_says_how_to_go_on(server, vendor, tmp_path):
    ledger = write_csv(tmp_path / "ledger.csv", many(vendor, 20000))
    command = [str(BINARY), "import", str(ledger), "--data", str(server.data)]
    one = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment())
    wait_until(lambda: server.client().list_certificates(pageSize=1)["certificates"], 10, "the first certificates")
    one.send_signal(signal.SIGINT)
    said, _ = one.communicate(timeout=30)
    assert one.returncode == 1 and "interrupted: run it again to go on" in said


def test_the_control_plane_answers_while_an_import_runs(server, vendor, tmp_path):
    ledger = write_csv(tmp_path / "ledger.csv", many(vendor, 30000))
    one = subprocess.Popen([str(BINARY), "import", str(ledger), "--data", str(server.data)], stdout=subprocess.DEVNULL,
                           env=clean_environment())
    iot, slowest = server.client(), 0
    for i in range(20):
        begun = time.monotonic()
        iot.create_thing(thingName=f"beside-{i}")
        slowest = max(slowest, time.monotonic() - begun)
    assert one.wait(timeout=120) == 0
    assert slowest < 3, slowest


def test_on_a_terminal_there_is_a_bar(server, vendor, tmp_path):
    ledger = write_csv(tmp_path / "ledger.csv", many(vendor, 3000))
    ours, theirs = pty.openpty()
    subprocess.run([str(BINARY), "import", str(ledger), "--data", str(server.data)], stdout=subprocess.DEVNULL, stderr=theirs,
                   env=clean_environment(), check=True)
    os.close(theirs)
    assert "[##############################] 100 %  3000 certificates" in os.read(ours, 65536).decode()
    os.close(ours)
