"""What is wrong in a request is refused with AWS's error type and a message that says what is wrong."""
import json

import botocore.exceptions
import pytest

from devices import ALLOW_ALL, Authority, signing_request


@pytest.fixture
def iot(shared_server):
    return shared_server.client()


@pytest.fixture(scope="module")
def authority(shared_server):
    one = Authority("good authority")
    one.register(shared_server.client())
    return one


def refused(call, **arguments):
    """(error type, message, HTTP status) of a call that must fail."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def register_ca(iot, authority, signer=None, common_name=None, days=500):
    code = common_name or iot.get_registration_code()["registrationCode"]
    return refused(iot.register_ca_certificate, caCertificate=authority.pem,
                   verificationCertificate=(signer or authority).sign(code, days=days))


# Certificate authorities [AWS identity 2.3, 2.4]

def test_a_wrong_registration_code(iot):
    code, message, status = register_ca(iot, Authority("wrong code"), common_name="0" * 64)
    assert (code, status) == ("RegistrationCodeValidationException", 400) and "registration code" in message.lower()


def test_a_verification_certificate_signed_by_another_key(iot):
    code, message, status = register_ca(iot, Authority("same name"), signer=Authority("same name", key="ec:P-384"))
    assert (code, status) == ("CertificateValidationException", 400) and message


def test_a_verification_certificate_that_has_expired(iot):
    code, message, status = register_ca(iot, Authority("late"), days=-1)
    assert (code, status) == ("CertificateValidationException", 400) and message


def test_an_authority_that_is_none(iot):
    code, message, status = register_ca(iot, Authority("no authority", basic_constraints="CA:FALSE"))
    assert (code, status) == ("CertificateValidationException", 400)
    assert "does not have the basicConstraints extension as true" in message


def test_an_authority_that_has_expired(iot):
    code, message, _status = register_ca(iot, Authority("long ago", days=-1))
    assert code == "CertificateValidationException" and "expired" in message


def test_an_authority_with_a_weak_key(iot):
    code, message, _status = register_ca(iot, Authority("weak", key="rsa:1024"))
    assert code == "CertificateValidationException" and "key" in message


def test_default_mode_without_a_verification_certificate(iot):
    code, message, _status = refused(iot.register_ca_certificate, caCertificate=Authority("unproven").pem)
    assert code in ("InvalidRequestException", "CertificateValidationException")
    assert "verificationCertificate" in message and "SNI_ONLY" in message


def test_the_same_authority_twice(iot, authority):
    code, message, status = register_ca(iot, authority)
    assert (code, status) == ("ResourceAlreadyExistsException", 409) and message


@pytest.mark.parametrize("pem, hint", [
    ("rootCA.pem", "file://"), ("-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n", "base64"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate"), ("-----BEGIN CERTIFICATE-----\n", "END"),
    ("\0\1\2", "PEM"), ("ü" * 1000, "PEM"), ("-----BEGIN CERTIFICATE-----\n" * 2000, "END")],
    ids=["a file name", "rubbish inside", "another thing inside", "no end", "control characters", "no ASCII", "many begins"])
def test_rubbish_for_a_pem(iot, pem, hint):
    for call, arguments in ((iot.register_ca_certificate, {"caCertificate": pem, "verificationCertificate": pem}),
                            (iot.register_certificate, {"certificatePem": pem}),
                            (iot.register_certificate, {"certificatePem": pem, "caCertificatePem": pem})):
        code, message, status = refused(call, **arguments)
        assert code in ("CertificateValidationException", "InvalidRequestException") and status == 400
        assert hint in message and len(message) < 1000


def test_a_key_in_place_of_a_certificate_is_not_repeated_in_the_answer(iot, authority):
    code, message, _status = refused(iot.register_certificate, certificatePem=authority.key)
    assert code in ("CertificateValidationException", "InvalidRequestException")
    assert authority.key.splitlines()[1] not in message


# Device certificates [AWS identity 1.3, 1.7, 3.2]

def test_a_device_certificate_with_a_weak_key(iot, authority):
    code, message, status = refused(iot.register_certificate, certificatePem=authority.sign("weak", key="rsa:1024"))
    assert (code, status) == ("CertificateValidationException", 400) and "key" in message


def test_a_device_certificate_signed_with_sha_1(iot, authority):
    code, message, _status = refused(iot.register_certificate, certificatePem=authority.sign("old", digest="sha1"))
    assert code == "CertificateValidationException" and "sha" in message.lower()


def test_a_device_certificate_that_has_expired(iot, authority):
    code, message, _status = refused(iot.register_certificate, certificatePem=authority.sign("late", days=-1))
    assert code == "CertificateValidationException" and "expired" in message


def test_a_device_certificate_of_nobody_known(iot):
    stranger = Authority("stranger")
    for arguments in ({}, {"caCertificatePem": stranger.pem}):
        answer = refused(iot.register_certificate, certificatePem=stranger.sign("leaf"), **arguments)
        assert answer == ("CertificateStateException", "No CA certificate exists for the given certificate", 406)


def test_a_device_certificate_and_another_authority(iot, authority):
    other = Authority("other authority")
    other.register(iot)
    code, message, _status = refused(iot.register_certificate, certificatePem=authority.sign("leaf"), caCertificatePem=other.pem)
    assert code == "CertificateValidationException" and message


def test_an_authority_that_is_inactive_takes_no_new_certificates(iot):
    one = Authority("inactive authority")
    one.register(iot, activate=False)
    code, message, _status = refused(iot.register_certificate, certificatePem=one.sign("leaf"), caCertificatePem=one.pem)
    assert code == "CertificateStateException" and "ACTIVE" in message


def test_the_same_device_certificate_twice(iot, authority):
    leaf = authority.sign("twice")
    first = iot.register_certificate(certificatePem=leaf)
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as caught:
        iot.register_certificate(certificatePem=leaf)
    answer = caught.value.response
    assert answer["Error"]["Message"] == "The certificate is already provisioned or registered"
    assert (answer["resourceId"], answer["resourceArn"]) == (first["certificateId"], first["certificateArn"])


def test_a_status_that_only_the_service_sets(iot, authority):
    answer = refused(iot.register_certificate, certificatePem=authority.sign("early"), status="PENDING_ACTIVATION")
    assert answer == ("CertificateStateException", "Not allowed to register certificate with PENDING_ACTIVATION status", 406)
    made = iot.create_certificate_from_csr(certificateSigningRequest=signing_request())
    code, _message, _status = refused(iot.update_certificate, certificateId=made["certificateId"], newStatus="PENDING_TRANSFER")
    assert code in ("CertificateStateException", "InvalidRequestException")


def test_a_revoked_certificate_stays_revoked(iot):
    made = iot.create_certificate_from_csr(certificateSigningRequest=signing_request())
    iot.update_certificate(certificateId=made["certificateId"], newStatus="REVOKED")
    iot.update_certificate(certificateId=made["certificateId"], newStatus="REVOKED")
    code, message, _status = refused(iot.update_certificate, certificateId=made["certificateId"], newStatus="ACTIVE")
    assert code == "CertificateStateException" and "REVOKED" in message


def test_identifiers_of_nothing(iot):
    nothing = "0" * 64
    assert refused(iot.describe_certificate, certificateId=nothing)[0] == "ResourceNotFoundException"
    assert refused(iot.describe_ca_certificate, certificateId=nothing)[0] == "ResourceNotFoundException"
    assert refused(iot.update_certificate, certificateId=nothing, newStatus="ACTIVE")[0] == "ResourceNotFoundException"
    assert refused(iot.describe_certificate, certificateId="g" * 64)[0] == "InvalidRequestException"
    assert refused(iot.get_policy, policyName="none") == ("ResourceNotFoundException", "Policy not found", 404)
    assert refused(iot.describe_thing, thingName="none")[0] == "ResourceNotFoundException"


# Policies and things

@pytest.mark.parametrize("document", [
    "", "{", "[]", "rubbish", '{"Version": "2012-10-17"}', '{"Version": "2012-10-17", "Statement": []',
    json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "allow", "Action": "iot:*", "Resource": "*"}]}),
    json.dumps({"Version": "2012-10-17", "Statement": [{"Action": "iot:*", "Resource": "*"}]}),
    json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": 7, "Resource": "*"}]}),
    json.dumps({"Version": "1999-01-01", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}),
    '{"a":' * 500 + "1" + "}" * 500])
def test_a_policy_document_that_is_none(iot, document):
    if document == "":
        code, _message, status = refused(iot.create_policy, policyName="bad", policyDocument=document)
        assert code in ("MalformedPolicyException", "InvalidRequestException") and status == 400
        return
    code, message, status = refused(iot.create_policy, policyName="bad", policyDocument=document)
    assert (code, status) == ("MalformedPolicyException", 400) and message


def test_a_policy_document_that_is_too_long(iot):
    long = dict(ALLOW_ALL, Statement=ALLOW_ALL["Statement"] * 40)
    code, message, _status = refused(iot.create_policy, policyName="long", policyDocument=json.dumps(long))
    assert code in ("MalformedPolicyException", "InvalidRequestException", "LimitExceededException") and "2048" in message.replace(",", "")


def test_a_policy_name_twice(iot):
    iot.create_policy(policyName="twice", policyDocument=json.dumps(ALLOW_ALL))
    assert refused(iot.create_policy, policyName="twice", policyDocument=json.dumps(ALLOW_ALL)) == (
        "ResourceAlreadyExistsException", "Policy cannot be created - name already exists (name=twice)", 409)


def test_an_eleventh_policy_on_a_certificate(iot):
    made = iot.create_certificate_from_csr(certificateSigningRequest=signing_request())
    for number in range(11):
        iot.create_policy(policyName=f"of-eleven-{number}", policyDocument=json.dumps(ALLOW_ALL))
    for number in range(10):
        iot.attach_policy(policyName=f"of-eleven-{number}", target=made["certificateArn"])
    iot.attach_policy(policyName="of-eleven-9", target=made["certificateArn"])  # again: no eleventh
    code, message, status = refused(iot.attach_policy, policyName="of-eleven-10", target=made["certificateArn"])
    assert (code, status) == ("LimitExceededException", 410) and "10" in message


def test_names_against_the_model(iot):
    for call, arguments in ((iot.create_thing, {"thingName": "with blank"}), (iot.create_thing, {"thingName": "x" * 129}),
                            (iot.create_policy, {"policyName": "a/b", "policyDocument": json.dumps(ALLOW_ALL)}),
                            (iot.list_things, {"maxResults": 251})):
        code, message, status = refused(call, **arguments)
        assert (code, status) == ("InvalidRequestException", 400)
        assert "validation error" in message and "failed to satisfy constraint" in message


def test_a_thing_that_differs_from_the_one_there_is(iot):
    iot.create_thing(thingName="lamp")
    iot.create_thing(thingName="lamp")
    code, _message, status = refused(iot.create_thing, thingName="lamp", attributePayload={"attributes": {"a": "b"}})
    assert (code, status) == ("ResourceAlreadyExistsException", 409)


def test_an_endpoint_type_of_ones_own(iot):
    assert refused(iot.describe_endpoint, endpointType="iot:Nonsense")[0] == "InvalidRequestException"


def test_an_operation_that_is_not_written_yet_names_itself(iot):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        iot.list_dimensions()
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501 and "ListDimensions" in answer["Error"]["Message"]
