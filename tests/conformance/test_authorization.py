"""TestAuthorization and GetEffectivePolicies: they say beforehand what the gate then does [AWS policy 8]."""
import json

import pytest

from devices import Client, allow, deny, policy
from server import REGION


def arn(server, rest):
    return f"arn:aws:iot:{REGION}:{server.account}:{rest}"


def decide(iot, principal, action, *resources, **more):
    answer = iot.test_authorization(principal=principal, authInfos=[{"actionType": action, "resources": list(resources)}], **more)
    return answer["authResults"][0]


@pytest.fixture
def sorted_out(server):
    """A policy with the usual variables, and every way they can go."""
    return policy(allow("iot:Connect", arn(server, "client/${iot:Connection.Thing.ThingName}")),
                  allow(["iot:Publish", "iot:Receive"], arn(server, "topic/${iot:Connection.Thing.Attributes[room]}/*")),
                  allow("iot:Subscribe", arn(server, "topicfilter/${iot:ClientId}/#")),
                  allow("iot:Publish", arn(server, "topic/names/${iot:Certificate.Subject.CommonName}")),
                  deny("iot:Publish", arn(server, "topic/*/secret")))


def test_the_simulator_and_the_gate_decide_alike(server, iot, device, sorted_out):
    one = device(sorted_out)
    iot.create_thing(thingName="lamp", attributePayload={"attributes": {"room": "attic"}})
    assert decide(iot, one.arn, "CONNECT", arn(server, "client/lamp"), clientId="lamp")["authDecision"] == "IMPLICIT_DENY"
    Client(one, "lamp").expect_refused()

    iot.attach_thing_principal(thingName="lamp", principal=one.arn)
    assert decide(iot, one.arn, "CONNECT", arn(server, "client/lamp"), clientId="lamp")["authDecision"] == "ALLOWED"
    assert decide(iot, one.arn, "CONNECT", arn(server, "client/fan"), clientId="fan")["authDecision"] == "IMPLICIT_DENY"
    Client(one, "fan").expect_refused()
    listener = one.connect("lamp").subscribe("lamp/#")
    assert decide(iot, one.arn, "SUBSCRIBE", arn(server, "topicfilter/lamp/#"), clientId="lamp")["authDecision"] == "ALLOWED"
    assert decide(iot, one.arn, "SUBSCRIBE", arn(server, "topicfilter/#"), clientId="lamp")["authDecision"] == "IMPLICIT_DENY"
    for topic, decision in [("attic/on", "ALLOWED"), ("names/AWS IoT Certificate", "ALLOWED"), ("attic/secret", "EXPLICIT_DENY"),
                            ("cellar/on", "IMPLICIT_DENY")]:
        assert decide(iot, one.arn, "PUBLISH", arn(server, f"topic/{topic}"), clientId="lamp")["authDecision"] == decision
        if decision == "ALLOWED":
            listener.publish(topic)
        else:
            listener.publish(topic, wait=False).expect_lost()
            listener = one.connect("lamp")


def test_it_names_the_policies_and_what_was_missing(server, iot, device, sorted_out):
    one = device(sorted_out)
    iot.create_policy(policyName="other", policyDocument=json.dumps(policy(allow("iot:Connect", "*"))))
    result = decide(iot, one.arn, "CONNECT", arn(server, "client/lamp"), clientId="lamp", policyNamesToAdd=["other"])
    assert result["authInfo"] == {"actionType": "CONNECT", "resources": [arn(server, "client/lamp")]}
    assert result["allowed"]["policies"] == [{"policyName": "other", "policyArn": arn(server, "policy/other")}]
    assert [p["policyName"] for p in result["denied"]["implicitDeny"]["policies"]] == [one.policy_name]
    assert result["denied"]["explicitDeny"]["policies"] == []
    assert result["authDecision"] == "ALLOWED"
    assert result["missingContextValues"] == ["iot:Connection.Thing.ThingName"]
    skipped = decide(iot, one.arn, "CONNECT", arn(server, "client/lamp"), clientId="lamp", policyNamesToSkip=[one.policy_name])
    assert skipped["authDecision"] == "IMPLICIT_DENY" and skipped["denied"]["implicitDeny"]["policies"] == []


def test_several_questions_are_answered_in_order(server, iot, device):
    one = device(policy(allow("iot:Publish", arn(server, "topic/a")), allow("iot:Receive", arn(server, "topic/*"))))
    infos = [{"actionType": "PUBLISH", "resources": [arn(server, "topic/a")]},
             {"actionType": "PUBLISH", "resources": [arn(server, "topic/a"), arn(server, "topic/b")]},
             {"actionType": "RECEIVE", "resources": [arn(server, "topic/b")]}]
    answer = iot.test_authorization(principal=one.arn, authInfos=infos)["authResults"]
    assert [result["authInfo"] for result in answer] == infos
    assert [result["authDecision"] for result in answer] == ["ALLOWED", "IMPLICIT_DENY", "ALLOWED"]


def test_what_it_cannot_find_it_says(server, iot, device):
    one = device(None)
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        decide(iot, arn(server, "cert/" + 64 * "0"), "PUBLISH", arn(server, "topic/a"))
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        decide(iot, one.arn, "PUBLISH", arn(server, "topic/a"), policyNamesToAdd=["never-made"])
    with pytest.raises(iot.exceptions.InvalidRequestException):
        decide(iot, one.arn, "SUBSCRIBE", arn(server, "topic/a"))


def test_effective_policies_are_those_attached(iot, device):
    document = policy(allow("iot:Connect", "*"))
    one = device(document)
    iot.create_thing(thingName="lamp")
    for arguments in ({}, {"thingName": "lamp"}):
        (effective,) = iot.get_effective_policies(principal=one.arn, **arguments)["effectivePolicies"]
        assert effective["policyName"] == one.policy_name and effective["policyArn"].endswith(f":policy/{one.policy_name}")
        assert json.loads(effective["policyDocument"]) == document
    iot.detach_policy(policyName=one.policy_name, target=one.arn)
    assert iot.get_effective_policies(principal=one.arn)["effectivePolicies"] == []


def test_a_thing_alone_has_the_policies_of_its_groups_and_those_above(iot, device):
    """[AWS policy 7]"""
    one = device(policy(allow("iot:Connect", "*")))
    groups = {"plant": iot.create_thing_group(thingGroupName="plant")["thingGroupArn"]}
    groups["hall"] = iot.create_thing_group(thingGroupName="hall", parentGroupName="plant")["thingGroupArn"]
    for name, arn_of_group in groups.items():
        iot.create_policy(policyName=name, policyDocument=json.dumps(policy(allow("iot:Publish", "*"))))
        iot.attach_policy(policyName=name, target=arn_of_group)
    iot.create_thing(thingName="lamp")
    assert iot.get_effective_policies(thingName="lamp")["effectivePolicies"] == []
    iot.add_thing_to_thing_group(thingGroupName="hall", thingName="lamp")

    def names(**arguments):
        return [each["policyName"] for each in iot.get_effective_policies(thingName="lamp", **arguments)["effectivePolicies"]]
    assert names() == ["hall", "plant"]
    assert names(principal=one.arn) == [one.policy_name]  # not attached to the thing: the groups do not apply
    iot.attach_thing_principal(thingName="lamp", principal=one.arn)
    assert names(principal=one.arn) == sorted(["hall", "plant", one.policy_name])
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.get_effective_policies(thingName="none")
