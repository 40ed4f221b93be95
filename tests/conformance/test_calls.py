"""Operations that no other test calls, each called by boto3 once, with what it is good for.

Those that Debian 12's boto3 does not know are called by a newer one, in a process of its own (newer.py)."""
import json

import pytest

from devices import Authority, openssl, private_key
from server import REGION, patience_s, wait_until

def test_attachments_have_types_which_both_listings_tell(iot, device, newer):
    """[AWS identity 10.2]"""
    lamp, other = device(), device()
    for name in ["porch", "hall"]:
        iot.create_thing(thingName=name)
    newer("attach_thing_principal", thingName="porch", principal=lamp.arn, thingPrincipalType="EXCLUSIVE_THING")
    iot.attach_thing_principal(thingName="hall", principal=other.arn)
    assert newer("list_thing_principals_v2", thingName="porch")["thingPrincipalObjects"] == [
        {"principal": lamp.arn, "thingPrincipalType": "EXCLUSIVE_THING"}]
    assert newer("list_thing_principals_v2", thingName="porch", thingPrincipalType="NON_EXCLUSIVE_THING")["thingPrincipalObjects"] == []
    assert newer("list_principal_things_v2", principal=other.arn)["principalThingObjects"] == [
        {"thingName": "hall", "thingPrincipalType": "NON_EXCLUSIVE_THING"}]
    assert newer("attach_thing_principal", thingName="hall", principal=lamp.arn)["error"] == "InvalidRequestException"
    watcher = device().connect().subscribe("$aws/events/presence/connected/lamp")
    lamp.connect("lamp").close()
    assert json.loads(watcher.receive().payload)["thingName"] == "porch"  # [AWS device-gateway 9.1]


def test_the_connectivity_of_one_thing(iot, device, newer):
    iot.create_thing(thingName="lamp")
    assert newer("get_thing_connectivity_data", thingName="lamp")["error"] == "IndexNotReadyException"
    iot.update_indexing_configuration(thingIndexingConfiguration={"thingIndexingMode": "REGISTRY",
                                                                  "thingConnectivityIndexingMode": "STATUS"})
    assert newer("get_thing_connectivity_data", thingName="lamp") == {"thingName": "lamp", "connected": False}
    client = device().connect("lamp")
    assert newer("get_thing_connectivity_data", thingName="lamp")["connected"] is True
    client.drop()
    wait_until(lambda: newer("get_thing_connectivity_data", thingName="lamp").get("disconnectReason") == "CONNECTION_LOST",
               patience_s(10), "lamp is offline")


def test_a_thing_type_is_changed(iot, newer):
    iot.create_thing_type(thingTypeName="bulb")
    newer("update_thing_type", thingTypeName="bulb", thingTypeProperties={"thingTypeDescription": "shines"})
    assert iot.describe_thing_type(thingTypeName="bulb")["thingTypeProperties"]["thingTypeDescription"] == "shines"


def test_certificate_providers_are_kept(newer):
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:sign"
    made = newer("create_certificate_provider", certificateProviderName="ours", lambdaFunctionArn=arn,
                 accountDefaultForOperations=["CreateCertificateFromCsr"])
    assert made.get("certificateProviderName") == "ours", made
    assert newer("describe_certificate_provider", certificateProviderName="ours")["lambdaFunctionArn"] == arn
    newer("update_certificate_provider", certificateProviderName="ours", lambdaFunctionArn=arn + "2")
    assert [each["certificateProviderName"] for each in newer("list_certificate_providers")["certificateProviders"]] == ["ours"]
    assert newer("delete_certificate_provider", certificateProviderName="ours") == {}
    assert newer("describe_certificate_provider", certificateProviderName="ours")["error"] == "ResourceNotFoundException"


def test_policies_are_found_from_both_sides_by_the_old_operations_too(iot, device):
    lamp = device()
    assert [each["policyName"] for each in iot.list_principal_policies(principal=lamp.arn)["policies"]] == [lamp.policy_name]
    assert iot.list_policy_principals(policyName=lamp.policy_name)["principals"] == [lamp.arn]
    version = iot.get_policy_version(policyName=lamp.policy_name, policyVersionId="1")
    assert version["isDefaultVersion"] and json.loads(version["policyDocument"])["Statement"]


def test_a_ca_and_what_it_signed(iot):
    ours = Authority("Our CA")
    ours.register(iot)
    pem = ours.sign("device")
    made = iot.register_certificate(certificatePem=pem, caCertificatePem=ours.pem, status="INACTIVE")
    listed = iot.list_certificates_by_ca(caCertificateId=ours.id)["certificates"]
    assert [each["certificateId"] for each in listed] == [made["certificateId"]]
    iot.update_ca_certificate(certificateId=ours.id, newStatus="INACTIVE")
    iot.delete_ca_certificate(certificateId=ours.id)
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_ca_certificate(certificateId=ours.id)
    code = iot.get_registration_code()["registrationCode"]
    iot.delete_registration_code()
    assert iot.get_registration_code()["registrationCode"] != code


def test_authorizers_are_kept_and_one_is_the_default(iot):
    key = openssl("pkey", "-pubout", stdin=private_key("rsa:2048"))
    arn = f"arn:aws:lambda:{REGION}:123456789012:function:decide"
    iot.create_authorizer(authorizerName="ours", authorizerFunctionArn=arn, tokenKeyName="token",
                          tokenSigningPublicKeys={"first": key}, status="ACTIVE")
    assert iot.describe_authorizer(authorizerName="ours")["authorizerDescription"]["tokenKeyName"] == "token"
    iot.update_authorizer(authorizerName="ours", tokenKeyName="other")
    assert [each["authorizerName"] for each in iot.list_authorizers()["authorizers"]] == ["ours"]
    iot.set_default_authorizer(authorizerName="ours")
    assert iot.describe_default_authorizer()["authorizerDescription"]["authorizerName"] == "ours"
    iot.clear_default_authorizer()
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_default_authorizer()
    iot.update_authorizer(authorizerName="ours", status="INACTIVE")
    iot.delete_authorizer(authorizerName="ours")
    assert iot.list_authorizers()["authorizers"] == []


def test_an_imported_certificate_is_given_back(server):
    acm, ours = server.client("acm"), Authority("Site CA")
    pem = ours.sign("iot.example.com")
    arn = acm.import_certificate(Certificate=pem.encode(), PrivateKey=private_key("ec:P-256").encode(),
                                 CertificateChain=ours.pem.encode())["CertificateArn"]
    assert acm.get_certificate(CertificateArn=arn)["Certificate"].strip() == pem.strip()
