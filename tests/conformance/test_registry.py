"""What was registered is found again: describe, list, attach, detach, page by page."""
import json
import re
import time

from devices import ALLOW_ALL, Authority, fingerprint, signing_request
from server import REGION


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def certificate(iot, active=False):
    return iot.create_certificate_from_csr(certificateSigningRequest=signing_request(), setAsActive=active)


def test_a_certificate_describes_itself(server, iot):
    """[AWS identity 1.5]"""
    account = server.account
    made = certificate(iot, active=True)
    assert made["certificateId"] == fingerprint(made["certificatePem"])
    described = iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert list(described) == ["certificateArn", "certificateId", "status", "certificatePem", "ownedBy", "creationDate",
                               "lastModifiedDate", "customerVersion", "transferData", "generationId", "validity", "certificateMode"]
    assert described["certificateArn"] == made["certificateArn"] == f"arn:aws:iot:{REGION}:{account}:cert/{made['certificateId']}"
    assert described["certificatePem"] == made["certificatePem"] and made["certificatePem"].endswith("\n")
    assert (described["status"], described["ownedBy"], described["customerVersion"]) == ("ACTIVE", account, 1)
    assert (described["transferData"], described["certificateMode"]) == ({}, "DEFAULT")
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", described["generationId"])
    assert abs(described["creationDate"].timestamp() - time.time()) < 60
    assert described["validity"]["notAfter"].isoformat().startswith("2049-12-31T23:59:59")


def test_a_change_of_status_raises_the_version(iot):
    """[AWS identity 1.4]"""
    made = certificate(iot)

    def version():
        return iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]["customerVersion"]
    assert version() == 1
    iot.update_certificate(certificateId=made["certificateId"], newStatus="ACTIVE")
    assert version() == 2
    iot.update_certificate(certificateId=made["certificateId"], newStatus="ACTIVE")
    assert version() == 2


def test_an_authority_describes_itself(server, iot):
    """[AWS identity 2.5]"""
    one = Authority("described")
    one.register(iot, activate=False)
    answer = iot.describe_ca_certificate(certificateId=one.id)
    assert "registrationConfig" not in answer
    described = answer["certificateDescription"]
    assert described["certificateArn"] == f"arn:aws:iot:{REGION}:{server.account}:cacert/{one.id}"
    assert (described["status"], described["autoRegistrationStatus"], described["certificateMode"], described["customerVersion"]) \
        == ("INACTIVE", "DISABLE", "DEFAULT", 1)
    assert described["certificatePem"] == one.pem
    iot.update_ca_certificate(certificateId=one.id, newStatus="ACTIVE", newAutoRegistrationStatus="ENABLE")
    described = iot.describe_ca_certificate(certificateId=one.id)["certificateDescription"]
    assert (described["status"], described["autoRegistrationStatus"]) == ("ACTIVE", "ENABLE")
    assert [item["certificateId"] for item in iot.list_ca_certificates()["certificates"]] == [one.id]


def test_lists_come_page_by_page_without_loss_or_repetition(iot):
    made = [certificate(iot)["certificateId"] for _ in range(7)]
    for number in range(7):
        iot.create_thing(thingName=f"thing-{number}")
        iot.create_policy(policyName=f"policy-{number}", policyDocument=json.dumps(ALLOW_ALL))

    def pages(operation, key, name, size):
        found, count = [], 0
        for page in iot.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}):
            count += 1
            assert len(page[key]) <= size
            found += [item[name] for item in page[key]]
        assert count >= 3
        return found
    assert sorted(pages("list_certificates", "certificates", "certificateId", 3)) == sorted(made)
    assert sorted(pages("list_things", "things", "thingName", 3)) == [f"thing-{number}" for number in range(7)]
    assert sorted(pages("list_policies", "policies", "policyName", 3)) == [f"policy-{number}" for number in range(7)]


def test_both_ways_to_attach_a_policy_share_one_store(iot):
    """[AWS identity 10.3]"""
    target = certificate(iot)["certificateArn"]
    for name in ("old", "new"):
        answer = iot.create_policy(policyName=name, policyDocument=json.dumps(ALLOW_ALL))
        assert answer["policyVersionId"] == "1" and json.loads(answer["policyDocument"]) == ALLOW_ALL
    iot.attach_principal_policy(policyName="old", principal=target)
    iot.attach_policy(policyName="new", target=target)
    iot.attach_policy(policyName="old", target=target)

    def attached():
        return sorted(item["policyName"] for item in iot.list_attached_policies(target=target)["policies"])
    assert attached() == ["new", "old"]
    iot.detach_policy(policyName="old", target=target)
    assert attached() == ["new"]
    iot.detach_principal_policy(policyName="new", principal=target)
    assert attached() == []


def test_the_document_comes_back_as_it_was_sent(iot):
    document = '{ "Version":"2012-10-17",\n  "Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"} }'
    iot.create_policy(policyName="as-sent", policyDocument=document)
    answer = iot.get_policy(policyName="as-sent")
    assert (answer["policyDocument"], answer["defaultVersionId"]) == (document, "1")


def test_things_and_their_principals(server, iot):
    attributes = {"attributes": {"colour": "red", "floor": "7"}}
    made = iot.create_thing(thingName="lamp", attributePayload=attributes)
    assert made["thingArn"] == f"arn:aws:iot:{REGION}:{server.account}:thing/lamp" and made["thingId"]
    described = without_metadata(iot.describe_thing(thingName="lamp"))
    assert (described["defaultClientId"], described["attributes"], described["version"]) == ("lamp", attributes["attributes"], 1)

    principal = certificate(iot)["certificateArn"]
    for _ in range(2):
        iot.attach_thing_principal(thingName="lamp", principal=principal)
    assert iot.list_thing_principals(thingName="lamp")["principals"] == [principal]
    assert iot.list_principal_things(principal=principal)["things"] == ["lamp"]
    iot.detach_thing_principal(thingName="lamp", principal=principal)
    assert iot.list_thing_principals(thingName="lamp")["principals"] == []
