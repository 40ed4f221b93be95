"""Each failed step of a first connect is explained: in the log, by kedge why, and to MQTT 5 clients in CONNACK's reason string.

A row per row of [AWS identity 12] that is about a device coming in."""
import json
import ssl

import botocore.exceptions
import pytest

from devices import ALLOW_ALL, Authority, numbers
from newcomers import Newcomer, adopt

OTHER = "222222222222"


@pytest.fixture
def server(shared_server):
    return shared_server


@pytest.fixture
def iot(server):
    return server.client()




def refused(server, device, reason, *parts, server_hostname="localhost"):
    """MQTT 3.1.1 is closed without CONNACK; log and `kedge why` say why. MQTT 5 has it in the reason string."""
    old = device.knocks(server_hostname=server_hostname)
    server.expect_why(old, reason, *parts)
    lines = [json.loads(line) for line in server.stderr_path.read_text().splitlines() if line.startswith("{")]
    sentence, = (line["message"] for line in lines if line.get("clientId") == old)
    assert all(part in sentence for part in (reason, *parts)), sentence
    string = reason_string(device, server_hostname)
    assert all(part in string for part in (reason, *parts)), string


def reason_string(device, server_hostname):
    name = f"newcomer-{next(numbers)}".encode()
    body = b"\0\4MQTT\5\2\0\x3c\0" + bytes([0, len(name)]) + name
    wire = device.dial(server_hostname=server_hostname)
    wire.send(bytes([0x10, len(body)]) + body)
    kind, _flags, answer = wire.receive()
    assert (kind, answer[:2]) == (2, b"\0\x87")
    at = answer.index(b"\x1f")
    return answer[at + 3:at + 3 + int.from_bytes(answer[at + 1:at + 3], "big")].decode()


def test_an_unknown_issuer_is_named_with_the_nearest_registered_ones(server, iot):
    """Rows 1, 4, 13"""
    near = Authority("Lamps of Acme")
    adopt(near, iot)
    lamp = Newcomer(server, Authority("Lamps of Bolt"))
    refused(server, lamp, "ISSUER_UNKNOWN", lamp.id, "CN = Lamps of Bolt", "Nearest registered CA", "register-ca-certificate")


def test_a_self_signed_certificate_is_told_so(server):
    """Rows 1, 2"""
    authority = Authority("mine")
    lamp = Newcomer(server, authority)
    lamp.keep(authority.key, authority.pem)
    refused(server, lamp, "ISSUER_UNKNOWN", "self-signed", "register-certificate-without-ca")


def test_only_the_root_of_its_intermediate_is_registered(server, iot):
    """Row 4"""
    root, between = Authority("root"), Authority("between")
    between.pem = root.sign_authority(between)
    adopt(root, iot)
    (between.folder / "ca.pem").write_text(between.pem)
    lamp = Newcomer(server, between, chain=between.pem)
    refused(server, lamp, "ISSUER_UNKNOWN", "register that intermediate itself", root.id)
    adopt_pem(iot, between.pem)
    server.expect_why(lamp.knocks(), "connect.registered")


def adopt_pem(iot, pem):
    iot.register_ca_certificate(caCertificate=pem, certificateMode="SNI_ONLY", setAsActive=True, allowAutoRegistration=True)


def test_a_ca_made_anew_under_the_same_name_is_a_signature_mismatch(server, iot):
    """Row 13"""
    old, new = Authority("made twice"), Authority("made twice", key="rsa:2048")
    ca_id = adopt(old, iot)
    refused(server, Newcomer(server, new), "SIGNATURE_MISMATCH", ca_id, "CN = made twice")


@pytest.mark.parametrize("options, reason, parts", [
    ({"active": False}, "ISSUER_INACTIVE", ("--new-status ACTIVE",)),
    ({"auto": False}, "AUTO_REGISTRATION_OFF", ("--new-auto-registration-status ENABLE", "register-certificate")),
])
def test_the_state_of_the_ca_is_named(server, iot, options, reason, parts):
    """Row 13"""
    authority = Authority(f"state {reason}")
    ca_id = adopt(authority, iot, **options)
    lamp = Newcomer(server, authority)
    refused(server, lamp, reason, ca_id, *parts)
    assert not lamp.is_registered()


def test_an_expired_certificate_is_not_registered(server, iot):
    """Row 13; [AWS identity 5.3]; weak keys and digests are for identity/stranger_test.c: no client library lets one try."""
    authority = Authority("signs the past")
    adopt(authority, iot)
    lamp = Newcomer(server, authority, days=-1)
    refused(server, lamp, "EXPIRED", "has expired")
    assert not lamp.is_registered()


def test_a_missing_server_name_is_named(server, iot):
    """Row 8"""
    authority = Authority("needs a name")
    adopt(authority, iot)
    refused(server, Newcomer(server, authority), "SNI_REQUIRED", "sent no server name", "describe-endpoint", server_hostname=None)


def test_a_server_name_that_is_none_of_ours_is_shown(server):
    """Row 8"""
    lamp = Newcomer(server, Authority("asks for another"))
    lamp_tls, lamp.tls = lamp.tls, lambda version=None: without_check(lamp_tls(version))
    refused(server, lamp, "ISSUER_UNKNOWN", "a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com is no endpoint here", "kedge hosts",
            server_hostname="a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com")


def without_check(context):
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_certificate_that_another_account_has_is_told_apart(server, iot):
    """Rows 8, 13"""
    server.run("account", "create", "--data", server.data, "--id", OTHER)
    lamp = Newcomer(server, Authority("of the other account"))
    server.client_of(OTHER).register_certificate_without_ca(certificatePem=lamp.pem, status="ACTIVE")
    refused(server, lamp, "ISSUER_UNKNOWN", "Another account of this server has it")


@pytest.mark.parametrize("status, part", [("PENDING_ACTIVATION", "The event went again"), ("INACTIVE", "--new-status ACTIVE"),
                                          ("REVOKED", "which is final")])
def test_the_status_is_named(server, iot, status, part):
    """Rows 1, 5, 13"""
    authority = Authority(f"makes {status}")
    adopt(authority, iot)
    lamp = Newcomer(server, authority)
    lamp.knocks()
    if status != "PENDING_ACTIVATION":
        iot.update_certificate(certificateId=lamp.id, newStatus=status)
    refused(server, lamp, status, lamp.id, part)


def test_a_template_that_fails_is_told_with_its_place(server, iot):
    """Rows 5, 6; [AWS identity 6.2]"""
    authority = Authority("has a template")
    iot.create_policy(policyName="JITP", policyDocument=json.dumps(ALLOW_ALL))
    body = {"Parameters": {"AWS::IoT::Certificate::Id": {"Type": "String"}, "AWS::IoT::Certificate::CommonName": {"Type": "String"}},
            "Resources": {"thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
                          "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
                              "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}},
                          "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "JITP"}}}}
    iot.register_ca_certificate(caCertificate=authority.pem, certificateMode="SNI_ONLY", setAsActive=True, allowAutoRegistration=True,
                                registrationConfig={"templateBody": json.dumps(body), "roleArn": "arn:aws:iam::123456789012:role/JITP"})
    server.expect_why(Newcomer(server, authority, name="no name of a thing").knocks(), "provisioning.failed", "Resources.thing")
    lamp = Newcomer(server, authority, name="lamp-8")
    server.expect_why(lamp.knocks(), "connect.provisioned", "as the thing lamp-8")
    lamp.connect("lamp-8").publish("a", "provisioned").close()
    assert iot.list_thing_principals(thingName="lamp-8")["principals"][0].endswith(lamp.id)


@pytest.mark.parametrize("ca, parts", [
    ({"basic_constraints": "CA:FALSE"}, ("basicConstraints", "openssl x509")),  # row 9
    ({"days": -1}, ("has expired",)),
])
def test_a_ca_that_cannot_be_one_is_refused_with_the_remedy(iot, ca, parts):
    """Row 9"""
    message = refusal(iot, caCertificate=Authority(f"cannot {parts[0]}", **ca).pem, certificateMode="SNI_ONLY")
    assert all(part in message for part in parts), message


def test_mode_and_verification_certificate_are_explained(iot):
    """Rows 10, 19"""
    authority = Authority("proves nothing")
    assert "SNI_ONLY" in refusal(iot, caCertificate=authority.pem)
    assert "file://" in refusal(iot, caCertificate="rootCA.pem", certificateMode="SNI_ONLY")


def refusal(iot, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        iot.register_ca_certificate(**arguments)
    return caught.value.response["Error"]["Message"]
