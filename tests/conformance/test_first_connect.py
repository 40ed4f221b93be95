"""Walkthrough B, and what a device meets at its first connect: just-in-time registration [AWS identity 5]."""
import json
import re
import ssl
import time

import pytest

from devices import ALLOW_ALL, Authority
from newcomers import Newcomer, adopt
from test_own_ca import KEYS, make_authority, register_authority, sign
from wire import Wire

LOST = "Client clientID sending CONNECT\nError: The connection was lost.\n"


def listener(device, ca_id="+"):
    return device().connect().subscribe(f"$aws/events/certificates/registered/{ca_id}")


def event(client):
    return json.loads(client.receive().payload)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_first_connect_registers_the_certificate_and_tells_of_it(server, device, iot, version):
    """[AWS identity 5.3, 5.4]"""
    authority = Authority("makes lamps")
    ca_id = adopt(authority, iot)
    watcher, lamp = listener(device, ca_id), Newcomer(server, authority)
    before = time.time() * 1000
    name = lamp.knocks(version)
    first = event(watcher)
    assert list(first) == ["certificateId", "caCertificateId", "timestamp", "certificateStatus", "awsAccountId",
                           "certificateRegistrationTimestamp"]
    assert before - 1000 < first.pop("timestamp") < time.time() * 1000 + 1000
    assert first == {"certificateId": lamp.id, "caCertificateId": ca_id, "certificateStatus": "PENDING_ACTIVATION",
                     "awsAccountId": server.account, "certificateRegistrationTimestamp": None}
    described = iot.describe_certificate(certificateId=lamp.id)["certificateDescription"]
    assert (described["status"], described["caCertificateId"], described["certificateMode"], described["customerVersion"],
            described["transferData"]) == ("PENDING_ACTIVATION", ca_id, "SNI_ONLY", 1, {})
    assert described["certificatePem"] == lamp.pem
    server.expect_why(name, "connect.registered", "REGISTERED", lamp.id, ca_id)

    lamp.knocks(version)  # and again while it is pending
    again = event(watcher)
    assert again["certificateRegistrationTimestamp"] == str(round(described["creationDate"].timestamp() * 1000))
    assert {**again, "timestamp": 0, "certificateRegistrationTimestamp": None} == {**first, "timestamp": 0}

    lamp.activate()
    lamp.connect("lamp").publish("foo/bar", "Hello").close()
    assert iot.describe_certificate(certificateId=lamp.id)["certificateDescription"]["customerVersion"] == 2
    watcher.expect_silence()


def test_a_handshake_alone_registers_nothing(server, device, iot):
    """[AWS identity 5.3 step 1]"""
    authority = Authority("makes lamps")
    watcher, lamp = listener(device, adopt(authority, iot)), Newcomer(server, authority)
    wire = Wire(server.mqtts_port, lamp.tls())
    time.sleep(0.5)
    assert not lamp.is_registered()
    wire.close()
    watcher.expect_silence()
    assert not lamp.is_registered()


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_no_event_comes_of_what_is_not_pending(server, device, iot, status):
    """[AWS identity 5.3]"""
    authority = Authority("makes lamps")
    watcher, lamp = listener(device, adopt(authority, iot)), Newcomer(server, authority)
    lamp.knocks()
    event(watcher)
    iot.update_certificate(certificateId=lamp.id, newStatus=status)
    server.expect_why(lamp.knocks(), status)
    watcher.expect_silence()


def test_register_certificate_never_sends_the_event(server, device, iot):
    """[AWS identity 3.2, 5.3]"""
    authority = Authority("makes lamps")
    watcher = listener(device, adopt(authority, iot))
    iot.register_certificate(certificatePem=authority.sign("by hand"), setAsActive=False)
    watcher.expect_silence()


def test_the_chain_may_come_along_and_need_not(server, iot):
    """[AWS identity 5.2, 12 row 4]"""
    authority = Authority("makes lamps")
    adopt(authority, iot)
    for chain in ("", authority.pem):
        lamp = Newcomer(server, authority, chain=chain)
        lamp.knocks()
        assert lamp.is_registered()


def test_walkthrough_b_typed(shell, server):
    """The article of 2022, steps 1 to 7; the function of its rule is played by the API."""
    for version in ("tlsv1.2", "tlsv1.3"):
        shell.type(KEYS["rsa"].format("rootCA.key"))
        shell.write("v3.ext", "basicConstraints = CA:TRUE\n")
        shell.type(f"openssl req -new -key rootCA.key -subj '/C=JP/O=Acme/CN=root {version}' -out rootCA.csr")
        shell.type("openssl x509 -req -in rootCA.csr -signkey rootCA.key -days 1024 -sha256 -extfile v3.ext -out rootCA.pem")
        shell.type("CA_ID=$(aws iot register-ca-certificate --ca-certificate file://rootCA.pem --certificate-mode SNI_ONLY"
                   " --set-as-active --allow-auto-registration --region ap-northeast-1 --query certificateId --output text)")
        described = json.loads(shell.type("aws iot describe-ca-certificate --certificate-id $CA_ID").stdout)["certificateDescription"]
        assert (described["status"], described["autoRegistrationStatus"], described["certificateMode"],
                described["customerVersion"], described["ownedBy"]) == ("ACTIVE", "ENABLE", "SNI_ONLY", 1, server.account)
        assert re.fullmatch("[0-9a-f-]{36}", described["generationId"]) and described["certificatePem"] == shell.read("rootCA.pem")
        sign(shell, "deviceCert", f"/CN=device {version}")
        shell.type("cat deviceCert.pem rootCA.pem > deviceCertAndCACert.crt")
        shell.type("HOST=$(aws iot describe-endpoint --endpoint-type iot:Data-ATS --query endpointAddress --output text)")
        publish = ("mosquitto_pub --cafile $KEDGE_CA_FILE --cert deviceCertAndCACert.crt --key deviceCert.key -h $HOST"
                   f" -p $KEDGE_MQTTS_PORT -q 1 -t foo/bar -i clientID --tls-version {version} -m Hello -d")
        assert shell.type(publish, fails=True).text == LOST
        shell.type("CERT_ID=$(openssl x509 -in deviceCert.pem -outform DER | sha256sum | cut -d' ' -f1)")
        shell.type("CERT_ARN=$(aws iot describe-certificate --certificate-id $CERT_ID --query certificateDescription.certificateArn"
                   " --output text)")
        time.sleep(1)  # AWS lets a client identifier connect once a second
        assert shell.type(publish, fails=True).text == LOST
        shell.write("policy.json", json.dumps(ALLOW_ALL))
        shell.type("aws iot create-policy --policy-name PubSub --policy-document file://policy.json >/dev/null || true")
        shell.type("aws iot attach-principal-policy --policy-name PubSub --principal $CERT_ARN")
        shell.type("aws iot update-certificate --certificate-id $CERT_ID --new-status ACTIVE")
        time.sleep(1)
        welcome = shell.type(publish).text
        assert "received CONNACK (0)" in welcome and "received PUBACK (Mid: 1, RC:0)" in welcome
        described = json.loads(shell.type("aws iot describe-certificate --certificate-id $CERT_ID").stdout)["certificateDescription"]
        assert (described["caCertificateId"], described["transferData"], described["customerVersion"], described["certificateMode"],
                described["status"]) == (shell.value("CA_ID"), {}, 2, "SNI_ONLY", "ACTIVE")


class Function:
    """What the rule of walkthrough C calls, before there are rules: hears the events and does what the article's function does."""

    def __init__(self, server, device, ca_id):
        self.iot, self.watcher = server.client(), listener(device, ca_id)

    def acts_once(self):
        told = event(self.watcher)
        arn = self.iot.describe_certificate(certificateId=told["certificateId"])["certificateDescription"]["certificateArn"]
        self.iot.attach_principal_policy(policyName="PubSubToAnyTopic", principal=arn)
        self.iot.update_certificate(certificateId=told["certificateId"], newStatus="ACTIVE")
        self.iot.create_thing(thingName="my_thing")
        self.iot.attach_thing_principal(thingName="my_thing", principal=arn)
        return told


def test_walkthrough_c_typed_from_the_device(shell, server, device, iot):
    """The article with a rule and a function, as far as the device goes: CA in DEFAULT mode, leaf and CA sent."""
    make_authority(shell)
    done = shell.type("aws iot register-ca-certificate --ca-certificate rootCA.pem --verification-cert rootCA.pem", fails=True)
    assert "file://" in done.stderr and "PEM" in done.stderr
    register_authority(shell)
    ca_id = shell.value("CA_ID")
    shell.type("aws iot update-ca-certificate --certificate-id $CA_ID --new-auto-registration-status ENABLE")
    described = json.loads(shell.type("aws iot describe-ca-certificate --certificate-id $CA_ID").stdout)["certificateDescription"]
    assert (described["status"], described["autoRegistrationStatus"], described["certificateMode"]) == ("ACTIVE", "ENABLE", "DEFAULT")
    iot.create_policy(policyName="PubSubToAnyTopic", policyDocument=json.dumps(ALLOW_ALL))
    function = Function(server, device, ca_id)
    sign(shell, "deviceCert", "/CN=device 1")
    shell.type("cat deviceCert.pem rootCA.pem > deviceCertAndCACert.crt")
    publish = ("mosquitto_pub --cafile $KEDGE_CA_FILE --cert deviceCertAndCACert.crt --key deviceCert.key -h localhost"
               " -p $KEDGE_MQTTS_PORT -q 1 -t topic -i clientID --tls-version tlsv1.2 -m Hello -d")
    assert shell.type(publish, fails=True).text == LOST
    told = function.acts_once()
    assert (told["caCertificateId"], told["certificateStatus"], told["certificateRegistrationTimestamp"]) == (ca_id, "PENDING_ACTIVATION", None)
    time.sleep(1)  # AWS lets a client identifier connect once a second
    welcome = shell.type(publish).text
    assert "received CONNACK (0)" in welcome and "received PUBACK (Mid: 1, RC:0)" in welcome
    assert iot.list_thing_principals(thingName="my_thing")["principals"][0].endswith("cert/" + told["certificateId"])
    assert iot.describe_certificate(certificateId=told["certificateId"])["certificateDescription"]["certificateMode"] == "DEFAULT"
