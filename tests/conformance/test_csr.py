"""Walkthrough D: a certificate made from a CSR whose key never leaves the device, and a client that counts."""
import json
import re
import time

from devices import Client, signing_request

SUBJECT = "/C=JP/ST=Hokkaido/L=Sapporo/O=MyCompany/CN=AWS IoT Certificate"


def request_certificate(shell, key="openssl genrsa -out device.key 2048"):
    shell.type(key)
    shell.type(f'openssl req -new -key device.key -subj "{SUBJECT}" -out device.csr')
    shell.type("CERT_ARN=$(aws iot create-certificate-from-csr --set-as-active --certificate-signing-request file://device.csr"
               " --certificate-pem-outfile device.pem --query certificateArn --output text)")


def test_the_certificate_has_the_shape_that_aws_gives_it(shell):
    """[AWS identity 3.1]"""
    request_certificate(shell)
    text = shell.type("openssl x509 -in device.pem -noout -text").stdout
    assert "Version: 3 (0x2)" in text
    assert "Signature Algorithm: sha256WithRSAEncryption" in text
    assert "Not After : Dec 31 23:59:59 2049 GMT" in text
    assert re.search(r"Subject: C ?= ?JP, ST ?= ?Hokkaido, L ?= ?Sapporo, O ?= ?MyCompany, CN ?= ?AWS IoT Certificate\n", text)
    extensions = [line.strip() for line in text.split("X509v3 extensions:")[1].split("Signature Algorithm")[0].splitlines()]
    named = [line for line in extensions if line.startswith("X509v3")]
    assert named == ["X509v3 Authority Key Identifier:", "X509v3 Subject Key Identifier:",
                     "X509v3 Basic Constraints: critical", "X509v3 Key Usage: critical"]
    assert "CA:FALSE" in extensions and "Digital Signature" in extensions

    issuer = shell.type("openssl x509 -in device.pem -noout -issuer -nameopt utf8,sep_multiline").stdout
    assert "OU=" in issuer and "Kedge" in issuer and "CN=" not in issuer

    serial = shell.type("openssl x509 -in device.pem -noout -serial").stdout.split("=")[1].strip()
    assert 36 <= len(serial) <= 40
    begins = shell.type("date -u +%s -d \"$(openssl x509 -in device.pem -noout -startdate | cut -d= -f2)\"").stdout
    assert 100 <= time.time() - int(begins) <= 240
    assert shell.type("openssl x509 -in device.pem -noout -pubkey").stdout == shell.type("openssl pkey -in device.key -pubout").stdout


def test_the_same_csr_gives_another_certificate_each_time(iot):
    csr = signing_request()
    first, second = (iot.create_certificate_from_csr(certificateSigningRequest=csr) for _ in range(2))
    assert first["certificateId"] != second["certificateId"]
    described = iot.describe_certificate(certificateId=first["certificateId"])["certificateDescription"]
    assert described["status"] == "INACTIVE" and "caCertificateId" not in described


def test_it_publishes_its_counter_and_comes_back_after_the_server_was_away(server, device):
    listener_device, counter_device = device(), device()
    listener = Client(listener_device, "listener", reconnects=True).expect_connected().subscribe("topic_001")
    counter = Client(counter_device, "client-001", reconnects=True).expect_connected()
    for number in range(5):
        counter.publish("topic_001", json.dumps({"counter": number}))
    assert [json.loads(listener.receive().payload)["counter"] for _ in range(5)] == list(range(5))

    ports = {"--api": server.api_port, "--mqtts": server.mqtts_port, "--https": server.https_port}
    server.stop()
    counter.expect_lost()
    counter.publish("topic_001", json.dumps({"counter": 5}), wait=False)  # waits in the client's own queue
    server.options += tuple(word for option, port in ports.items() for word in (option, f"127.0.0.1:{port}"))
    listener.connected.clear()
    server.start()
    listener.expect_connected().subscribe("topic_001")
    for number in range(6, 9):
        counter.publish("topic_001", json.dumps({"counter": number}))
    heard = []
    while not heard or heard[-1] != 8:
        heard.append(json.loads(listener.receive(within_s=10).payload)["counter"])
    # what waited in the client's own queue is sent when that client likes, beside what it publishes next
    assert [number for number in heard if number != 5] == [6, 7, 8]
    counter.close()
    listener.close()


def test_a_csr_with_a_weak_key_or_a_broken_signature_is_refused(iot):
    for csr in (signing_request(key="rsa:1024"), break_signature(signing_request())):
        try:
            iot.create_certificate_from_csr(certificateSigningRequest=csr)
        except iot.exceptions.InvalidRequestException as refused:
            assert refused.response["Error"]["Message"]
        else:
            raise AssertionError("was accepted")


def break_signature(csr):
    """The same request with another last byte."""
    import base64
    der = bytearray(base64.b64decode("".join(csr.splitlines()[1:-1])))
    der[-1] ^= 1
    lines = base64.encodebytes(bytes(der)).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{lines}-----END CERTIFICATE REQUEST-----\n"
