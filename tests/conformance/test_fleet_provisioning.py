"""Fleet provisioning: a claim, a certificate of the device's own, and what the template says it needs
[AWS identity 8]."""
import datetime
import json

import pytest

from devices import ALLOW_ALL, Client, Device, allow, fingerprint, openssl, policy, signing_request

ROLE = "arn:aws:iam::123456789012:role/provisioning"
TEMPLATE = {
    "Parameters": {"SerialNumber": {"Type": "String"}, "Site": {"Type": "String", "Default": "lab"}},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing",
                  "Properties": {"ThingName": {"Fn::Join": ["-", ["lamp", {"Ref": "SerialNumber"}]]},
                                 "AttributePayload": {"site": {"Ref": "Site"}}}},
        "certificate": {"Type": "AWS::IoT::Certificate",
                        "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": json.dumps(ALLOW_ALL)}}},
    "DeviceConfiguration": {"url": {"Fn::Sub": "https://${Site}.example"}, "kind": "lamp"}}


def claim_policy(server, template="lamps"):
    """What AWS tells people to give a claim, for one template."""
    arn = f"arn:aws:iot:{server.env['AWS_REGION']}:{server.account}:"
    topics = ["$aws/certificates/create/*", "$aws/certificates/create-from-csr/*",
              f"$aws/provisioning-templates/{template}/provision/*"]
    return policy(allow("iot:Connect", "*"),
                  allow(["iot:Publish", "iot:Receive"], [f"{arn}topic/{topic}" for topic in topics]),
                  allow("iot:Subscribe", [f"{arn}topicfilter/{topic}" for topic in topics]))


def create_template(iot, body=TEMPLATE, name="lamps", **options):
    options = {"enabled": True, "provisioningRoleArn": ROLE, **options}
    return iot.create_provisioning_template(templateName=name, templateBody=json.dumps(body), **options)


class Asking:
    """A client that asks services, each on its topic, and waits for the answer."""

    def __init__(self, client):
        self.client, self.heard = client, set()

    def ask(self, topic, payload=""):
        if topic not in self.heard:
            self.client.subscribe(f"{topic}/accepted").subscribe(f"{topic}/rejected")
            self.heard.add(topic)
        self.client.publish(topic, payload if isinstance(payload, (str, bytes)) else json.dumps(payload))
        message = self.client.receive(within_s=10)
        word = message.topic[len(topic) + 1:]
        return word, (json.loads(message.payload) if topic.endswith("json") else message.payload)

    def accepted(self, *arguments):
        word, answer = self.ask(*arguments)
        assert word == "accepted", answer
        return answer

    def rejected(self, *arguments):
        word, answer = self.ask(*arguments)
        assert word == "rejected", answer
        assert set(answer) == {"statusCode", "errorCode", "errorMessage"}
        return answer["statusCode"], answer["errorCode"], answer["errorMessage"]


@pytest.fixture
def claim(server, device):
    """A device that holds the fleet's claim, connected."""
    return Asking(device(claim_policy(server)).connect("fresh-1"))


def become(server, key, pem, client_id):
    """Connects with the certificate that was given."""
    device = Device.__new__(Device)
    device.server = server
    device.keep(key, pem)
    return Client(device, client_id)


PROVISION = "$aws/provisioning-templates/lamps/provision/json"
CREATE, FROM_CSR = "$aws/certificates/create/json", "$aws/certificates/create-from-csr/json"


def test_a_claim_becomes_a_device_with_a_certificate_a_thing_and_its_configuration(server, iot, claim):
    create_template(iot)
    made = claim.accepted(CREATE)
    assert set(made) == {"certificateId", "certificatePem", "privateKey", "certificateOwnershipToken"}
    assert made["certificateId"] == fingerprint(made["certificatePem"]) and len(made["certificateOwnershipToken"]) <= 512
    assert iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]["status"] == "PENDING_ACTIVATION"
    become(server, made["privateKey"], made["certificatePem"], "lamp-7").expect_refused()
    server.expect_why("lamp-7", "PENDING_ACTIVATION")

    answer = claim.accepted(PROVISION, {"certificateOwnershipToken": made["certificateOwnershipToken"],
                                        "parameters": {"SerialNumber": "7"}})
    assert answer == {"thingName": "lamp-7", "deviceConfiguration": {"url": "https://lab.example", "kind": "lamp"}}
    assert iot.describe_thing(thingName="lamp-7")["attributes"] == {"site": "lab"}
    described = iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert described["status"] == "ACTIVE" and "caCertificateId" not in described
    assert iot.list_thing_principals(thingName="lamp-7")["principals"] == [described["certificateArn"]]
    become(server, made["privateKey"], made["certificatePem"], "lamp-7").expect_connected().close()
    assert claim.client.connected.is_set() and not claim.client.lost.is_set()  # the claim stays connected


def test_a_token_is_good_for_one_device(iot, claim):
    create_template(iot)
    token = claim.accepted(FROM_CSR, {"certificateSigningRequest": signing_request("lamp")})["certificateOwnershipToken"]
    request = {"certificateOwnershipToken": token, "parameters": {"SerialNumber": "1"}}
    claim.accepted(PROVISION, request)
    assert claim.rejected(PROVISION, {**request, "parameters": {"SerialNumber": "2"}})[:2] == (
        400, "InvalidCertificateOwnershipToken")
    assert [thing["thingName"] for thing in iot.list_things()["things"]] == ["lamp-1"]


def test_a_failed_attempt_leaves_nothing_and_the_token_is_good_for_another(server, iot, claim):
    body = json.loads(json.dumps(TEMPLATE))
    body["Resources"]["thing"]["Properties"]["ThingGroups"] = ["nowhere"]
    create_template(iot, body)
    token = claim.accepted(CREATE)["certificateOwnershipToken"]
    request = {"certificateOwnershipToken": token, "parameters": {"SerialNumber": "1"}}
    status, _code, message = claim.rejected(PROVISION, request)
    assert status == 400 and "nowhere" in message
    assert iot.list_things()["things"] == []
    server.expect_why("fresh-1", "nowhere")
    iot.create_thing_group(thingGroupName="nowhere")
    assert claim.accepted(PROVISION, request)["thingName"] == "lamp-1"


def test_each_refusal_says_why(server, iot, claim):
    """[AWS identity 8.4]"""
    create_template(iot)
    token = claim.accepted(CREATE)["certificateOwnershipToken"]
    good = {"certificateOwnershipToken": token, "parameters": {"SerialNumber": "1"}}
    for payload, status, code, part in [
            ({}, 400, "InvalidCertificateOwnershipToken", "Certificate ownership token cannot be empty."),
            ({**good, "certificateOwnershipToken": "made-up"}, 400, "InvalidCertificateOwnershipToken", "none that was given"),
            ({**good, "certificateOwnershipToken": 7}, 400, "InvalidRequest", "certificateOwnershipToken is not a string"),
            ({**good, "parameters": {}}, 400, "InvalidRequest", "SerialNumber"),
            ({**good, "parameters": {"SerialNumber": 1}}, 400, "InvalidRequest", "parameters.SerialNumber is not a string"),
            ({**good, "parameters": "x"}, 400, "InvalidRequest", "parameters is not an object"),
            ("{", 400, "InvalidRequest", "the payload is no JSON")]:
        assert (lambda s, c, m: (s, c, part in m))(*claim.rejected(PROVISION, payload)) == (status, code, True), payload
        server.expect_why("fresh-1", part)
    for csr in ["", "not a PEM", signing_request(key="rsa:1024")]:
        assert claim.rejected(FROM_CSR, {"certificateSigningRequest": csr})[:2] == (400, "InvalidRequest")
    iot.update_provisioning_template(templateName="lamps", enabled=False)
    status, code, message = claim.rejected(PROVISION, good)
    assert (status, code) == (403, "AccessDenied") and "disabled" in message
    iot.delete_provisioning_template(templateName="lamps")
    assert claim.rejected(PROVISION, good)[:2] == (404, "ResourceNotFound")


def test_a_thing_that_is_there_otherwise_is_a_conflict(iot, claim):
    create_template(iot)
    iot.create_thing(thingName="lamp-1", attributePayload={"attributes": {"site": "plant"}})
    request = {"certificateOwnershipToken": claim.accepted(CREATE)["certificateOwnershipToken"],
               "parameters": {"SerialNumber": "1"}}
    assert claim.rejected(PROVISION, request)[:2] == (409, "ResourceConflict")
    body = json.loads(json.dumps(TEMPLATE))
    body["Resources"]["thing"]["OverrideSettings"] = {"AttributePayload": "REPLACE"}
    iot.create_provisioning_template_version(templateName="lamps", templateBody=json.dumps(body), setAsDefault=True)
    claim.accepted(PROVISION, request)
    assert iot.describe_thing(thingName="lamp-1")["attributes"] == {"site": "lab"}


def test_only_who_asked_hears_the_answer(server, device, claim):
    """A fleet shares one claim, and a private key travels [AWS identity 8.1]."""
    other = device(claim_policy(server)).connect("fresh-2").subscribe(f"{CREATE}/accepted").subscribe(f"{CREATE}/rejected")
    claim.accepted(CREATE)
    other.expect_silence()


def test_answers_come_in_the_order_of_the_requests(iot, device):
    create_template(iot)
    client = device().connect("fresh").subscribe(f"{FROM_CSR}/accepted").subscribe(f"{PROVISION}/rejected")
    for n in range(4):
        client.publish(FROM_CSR, json.dumps({"certificateSigningRequest": signing_request(f"lamp-{n}")}), wait=False)
        client.publish(PROVISION, "{}", wait=False)
    heard = [client.receive(10) for _ in range(8)]
    assert [message.topic for message in heard] == [f"{FROM_CSR}/accepted", f"{PROVISION}/rejected"] * 4
    subjects = [openssl("x509", "-noout", "-subject", stdin=json.loads(m.payload)["certificatePem"]) for m in heard[::2]]
    assert [subject.strip()[-6:] for subject in subjects] == [f"lamp-{n}" for n in range(4)]


def test_a_client_that_asks_too_much_at_once_is_told(device):
    client = device().connect("eager").subscribe(f"{CREATE}/accepted").subscribe(f"{CREATE}/rejected")
    for _ in range(40):
        client.publish(CREATE, "", wait=False)
    words = [client.receive(30) for _ in range(40)]
    rejected = [json.loads(m.payload) for m in words if m.topic.endswith("rejected")]
    assert rejected and all((r["statusCode"], r["errorCode"]) == (429, "Throttled") for r in rejected)


def test_an_answer_nobody_listens_for_is_explained(server, device):
    device().connect("deaf").publish(CREATE, "")
    server.expect_why("deaf", f"an answer was not heard on {CREATE}/accepted")


def test_a_claim_may_do_nothing_else(server, iot, device):
    create_template(iot, name="fans")
    client = device(claim_policy(server)).connect("nosy")
    client.publish("$aws/provisioning-templates/fans/provision/json", "{}", wait=False)
    client.expect_lost(within_s=5)
    server.expect_why("nosy", "provisioning-templates/fans/provision/json")


def test_a_trusted_user_makes_a_claim_that_lasts_five_minutes(server, iot):
    """[AWS identity 8.3]"""
    create_template(iot)
    create_template(iot, name="fans")
    answer = iot.create_provisioning_claim(templateName="lamps")
    assert set(answer) >= {"certificateId", "certificatePem", "keyPair", "expiration"}
    left_s = (answer["expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert 250 < left_s <= 300
    assert iot.list_certificates()["certificates"] == []
    client = become(server, answer["keyPair"]["PrivateKey"], answer["certificatePem"], "phone-1").expect_connected()
    asking = Asking(client)
    token = asking.accepted(FROM_CSR, {"certificateSigningRequest": signing_request()})["certificateOwnershipToken"]
    assert asking.accepted(PROVISION, {"certificateOwnershipToken": token, "parameters": {"SerialNumber": "9"}})[
        "thingName"] == "lamp-9"
    client.publish("$aws/provisioning-templates/fans/provision/json", "{}", wait=False)
    client.expect_lost(within_s=5)


def test_a_hook_that_is_no_function_refuses_every_device(server, iot, claim):
    """[AWS identity 8.5]"""
    hook = f"arn:aws:lambda:{server.env['AWS_REGION']}:{server.account}:function:nobody"
    create_template(iot, preProvisioningHook={"targetArn": hook})
    assert iot.describe_provisioning_template(templateName="lamps")["preProvisioningHook"] == {
        "payloadVersion": "2020-04-01", "targetArn": hook}
    token = claim.accepted(CREATE)["certificateOwnershipToken"]
    request = {"certificateOwnershipToken": token, "parameters": {"SerialNumber": "1"}}
    status, code, message = claim.rejected(PROVISION, request)
    assert (status, code) == (403, "AccessDenied") and "Function not found" in message and hook in message
    iot.update_provisioning_template(templateName="lamps", removePreProvisioningHook=True)
    claim.accepted(PROVISION, request)


def test_templates_have_versions(iot):
    """[AWS identity 8.6]"""
    answer = create_template(iot, description="all lamps", tags=[{"Key": "team", "Value": "light"}])
    assert answer["defaultVersionId"] == 1 and answer["templateArn"].endswith(":provisioningtemplate/lamps")
    assert iot.list_tags_for_resource(resourceArn=answer["templateArn"])["tags"] == [{"Key": "team", "Value": "light"}]
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException, match="Template with name lamps already exists"):
        create_template(iot)
    for number in range(2, 6):
        version = iot.create_provisioning_template_version(
            templateName="lamps", templateBody=json.dumps(TEMPLATE), setAsDefault=number == 3)
        assert (version["versionId"], version["isDefaultVersion"]) == (number, number == 3)
    with pytest.raises(iot.exceptions.VersionsLimitExceededException):
        iot.create_provisioning_template_version(templateName="lamps", templateBody=json.dumps(TEMPLATE))
    versions = iot.list_provisioning_template_versions(templateName="lamps")["versions"]
    assert [version["versionId"] for version in versions if version["isDefaultVersion"]] == [3]
    with pytest.raises(iot.exceptions.DeleteConflictException):
        iot.delete_provisioning_template_version(templateName="lamps", versionId=3)
    iot.delete_provisioning_template_version(templateName="lamps", versionId=1)
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_provisioning_template_version(templateName="lamps", versionId=1)
    described = iot.describe_provisioning_template(templateName="lamps")
    assert described["defaultVersionId"] == 3 and json.loads(described["templateBody"]) == TEMPLATE
    assert described["type"] == "FLEET_PROVISIONING" and described["enabled"] and described["description"] == "all lamps"
    listed = iot.list_provisioning_templates()["templates"]
    assert [template["templateName"] for template in listed] == ["lamps"] and "templateBody" not in listed[0]


def test_a_template_that_cannot_work_is_refused_when_it_is_stored(iot):
    for body, part in [("{", "JSON"), ("{}", "Resources"),
                       (json.dumps({"Resources": {"thing": {"Type": "AWS::IoT::Lamp", "Properties": {}}}}), "Resources.thing.Type")]:
        with pytest.raises(iot.exceptions.InvalidRequestException, match=part):
            iot.create_provisioning_template(templateName="lamps", templateBody=body, provisioningRoleArn=ROLE)


def test_cbor_says_the_same(device, iot):
    """The few heads of CBOR that the requests need, written by hand [RFC 8949]."""
    def text(value):
        raw = value.encode()
        return (bytes([0x60 | len(raw)]) if len(raw) < 24 else bytes([0x78, len(raw)])) + raw

    def member(answer, name):
        at = answer.index(text(name)) + len(text(name))
        head, size = answer[at], 1
        assert head >> 5 == 3
        length = head & 31
        if length >= 24:
            size = 1 + (1 << (length - 24))
            length = int.from_bytes(answer[at + 1:at + size], "big")
        return answer[at + size:at + size + length].decode()

    create_template(iot)
    claim = Asking(device().connect("fresh"))
    made = claim.accepted("$aws/certificates/create/cbor")
    assert made[0] == 0xa4 and fingerprint(member(made, "certificatePem")) == member(made, "certificateId")
    assert "BEGIN RSA PRIVATE KEY" in member(made, "privateKey")
    request = (b"\xa2" + text("certificateOwnershipToken") + text(member(made, "certificateOwnershipToken"))
               + text("parameters") + b"\xa1" + text("SerialNumber") + text("c-1"))
    answer = claim.accepted("$aws/provisioning-templates/lamps/provision/cbor", request)
    assert member(answer, "thingName") == "lamp-c-1" and member(answer, "kind") == "lamp"
    word, refusal = claim.ask("$aws/provisioning-templates/lamps/provision/cbor", b"\xa1")
    assert word == "rejected" and "the payload is no CBOR" in member(refusal, "errorMessage")
    assert member(refusal, "errorCode") == "InvalidRequest"


def test_what_was_answered_outlives_the_server(server, iot, device):
    create_template(iot)
    asking = Asking(device().connect("fresh"))
    made = asking.accepted(CREATE)
    server.kill()
    server.start()
    asking = Asking(device().connect("fresh"))
    assert asking.accepted(PROVISION, {"certificateOwnershipToken": made["certificateOwnershipToken"],
                                       "parameters": {"SerialNumber": "1"}})["thingName"] == "lamp-1"
    become(server, made["privateKey"], made["certificatePem"], "lamp-1").expect_connected().close()
