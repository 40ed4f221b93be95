"""Just-in-time provisioning: what the template of a CA does at a first connect [AWS identity 6]."""
import json

import botocore.exceptions
import pytest

from devices import ALLOW_ALL, Authority
from newcomers import Newcomer

ROLE = "arn:aws:iam::123456789012:role/JITP"


def template(policy="Known", **parameters):
    declared = {name: {"Type": "String"} for name in ("CommonName", "Id", *parameters)}
    return json.dumps({
        "Parameters": {f"AWS::IoT::Certificate::{name}": value for name, value in declared.items()},
        "Resources": {
            "thing": {"Type": "AWS::IoT::Thing",
                      "Properties": {"ThingName": {"Ref": "AWS::IoT::Certificate::CommonName"}}},
            "certificate": {"Type": "AWS::IoT::Certificate",
                            "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}}},
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": policy}}}})


@pytest.fixture
def authority(iot):
    iot.create_policy(policyName="Known", policyDocument=json.dumps(ALLOW_ALL))
    return Authority("Acme")


def register(iot, authority, **config):
    iot.register_ca_certificate(caCertificate=authority.pem, certificateMode="SNI_ONLY", setAsActive=True,
                                allowAutoRegistration=True, registrationConfig=config)


def status(iot, device):
    return iot.describe_certificate(certificateId=device.id)["certificateDescription"]["status"]


def test_a_named_template_provisions_while_it_is_enabled(server, iot, authority):
    for name, kind in (("lamps", "JITP"), ("fleet", "FLEET_PROVISIONING")):
        iot.create_provisioning_template(templateName=name, templateBody=template(), provisioningRoleArn=ROLE,
                                         enabled=False, type=kind)
    with pytest.raises(botocore.exceptions.ClientError, match="FLEET_PROVISIONING"):
        register(iot, authority, templateName="fleet")
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        register(iot, authority, templateName="none")
    register(iot, authority, templateName="lamps")
    device = Newcomer(server, authority, "lamp")
    device.knocks()
    assert status(iot, device) == "PENDING_ACTIVATION"
    server.expect_why(device.id, "provisioning.failed", "lamps is disabled")
    iot.update_provisioning_template(templateName="lamps", enabled=True)
    other = Newcomer(server, authority, "bulb")
    other.knocks()
    assert status(iot, other) == "ACTIVE"
    assert iot.list_thing_principals(thingName="bulb")["principals"][0].endswith(other.id)


def test_what_the_subject_lacks_is_named_and_nothing_is_made(server, iot, authority):
    register(iot, authority, templateBody=template(Country=1), roleArn=ROLE)
    device = Newcomer(server, authority, "lamp")
    device.knocks()
    server.expect_why(device.id, "provisioning.failed", "(at Parameters.AWS::IoT::Certificate::Country)")
    assert status(iot, device) == "PENDING_ACTIVATION"
    assert iot.list_things()["things"] == []


def test_without_its_template_a_ca_registers_only(server, iot, authority):
    register(iot, authority, templateBody=template(), roleArn=ROLE)
    iot.update_ca_certificate(certificateId=authority.id, removeAutoRegistration=True)
    assert "registrationConfig" not in iot.describe_ca_certificate(certificateId=authority.id)
    iot.update_ca_certificate(certificateId=authority.id, newAutoRegistrationStatus="ENABLE")
    device = Newcomer(server, authority, "lamp")
    device.knocks()
    assert status(iot, device) == "PENDING_ACTIVATION"
    assert iot.list_things()["things"] == []
