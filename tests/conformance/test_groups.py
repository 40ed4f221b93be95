"""Thing groups and billing groups through boto3, and what devices get from them."""
import json
import time

import pytest

from devices import Client, allow, deny, policy
from server import REGION

CONNECT = policy(allow("iot:Connect", "*"))
TALK = policy(allow("iot:Publish", "*"))


def names(groups):
    return [one["groupName"] for one in groups]


def tree(iot):
    """plant > hall > line, and lab beside them"""
    for name, parent in (("plant", None), ("hall", "plant"), ("line", "hall"), ("lab", None)):
        iot.create_thing_group(thingGroupName=name, **({"parentGroupName": parent} if parent else {}))


def attach(iot, name, group, document):
    iot.create_policy(policyName=name, policyDocument=json.dumps(document))
    iot.attach_policy(policyName=name, target=iot.describe_thing_group(thingGroupName=group)["thingGroupArn"])


def make_thing(one, name, group=None):
    one.iot.create_thing(thingName=name)
    one.iot.attach_thing_principal(thingName=name, principal=one.arn)
    if group:
        one.iot.add_thing_to_thing_group(thingGroupName=group, thingName=name)


def test_a_group_describes_itself_and_its_ancestors(server, iot):
    tree(iot)
    described = iot.describe_thing_group(thingGroupName="line")
    arn = f"arn:aws:iot:{REGION}:{server.account}:thinggroup/"
    assert (described["thingGroupArn"], described["version"]) == (arn + "line", 1)
    metadata = described["thingGroupMetadata"]
    assert metadata["parentGroupName"] == "hall"
    assert metadata["rootToParentThingGroups"] == [{"groupName": "plant", "groupArn": arn + "plant"},
                                                   {"groupName": "hall", "groupArn": arn + "hall"}]
    assert list(iot.describe_thing_group(thingGroupName="plant")["thingGroupMetadata"]) == ["creationDate"]
    properties = {"thingGroupDescription": "7", "attributePayload": {"attributes": {"speed": "high"}}}
    assert iot.update_thing_group(thingGroupName="line", thingGroupProperties=properties, expectedVersion=1)["version"] == 2
    assert iot.describe_thing_group(thingGroupName="line")["thingGroupProperties"] == properties
    with pytest.raises(iot.exceptions.VersionConflictException):
        iot.update_thing_group(thingGroupName="line", thingGroupProperties=properties, expectedVersion=1)
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as refused:
        iot.create_thing_group(thingGroupName="line")
    assert refused.value.response["resourceArn"] == arn + "line"
    with pytest.raises(iot.exceptions.InvalidRequestException, match="still child groups attached to it"):
        iot.delete_thing_group(thingGroupName="hall")


def test_groups_are_listed_as_a_tree_page_by_page(iot):
    """[AWS control-plane 5]"""
    tree(iot)
    pages = list(iot.get_paginator("list_thing_groups").paginate(PaginationConfig={"PageSize": 3}))
    assert names(pages[0]["thingGroups"] + pages[1]["thingGroups"]) == ["hall", "lab", "line", "plant"]
    assert names(iot.list_thing_groups(recursive=False)["thingGroups"]) == ["lab", "plant"]
    assert names(iot.list_thing_groups(parentGroup="plant")["thingGroups"]) == ["hall", "line"]
    assert names(iot.list_thing_groups(parentGroup="plant", recursive=False)["thingGroups"]) == ["hall"]
    assert names(iot.list_thing_groups(namePrefixFilter="l")["thingGroups"]) == ["lab", "line"]


def test_things_are_in_groups_and_below_them(iot):
    tree(iot)
    for number in range(5):
        iot.create_thing(thingName=f"t{number}")
        iot.add_thing_to_thing_group(thingGroupName="line" if number % 2 else "plant", thingName=f"t{number}")
    assert iot.list_things_in_thing_group(thingGroupName="plant")["things"] == ["t0", "t2", "t4"]
    pages = iot.get_paginator("list_things_in_thing_group").paginate(thingGroupName="plant", recursive=True,
                                                                     PaginationConfig={"PageSize": 2})
    assert [name for page in pages for name in page["things"]] == ["t0", "t2", "t4", "t1", "t3"]
    iot.update_thing_groups_for_thing(thingName="t1", thingGroupsToRemove=["line"], thingGroupsToAdd=["hall", "lab"])
    assert names(iot.list_thing_groups_for_thing(thingName="t1")["thingGroups"]) == ["hall", "lab"]
    with pytest.raises(iot.exceptions.InvalidRequestException, match="same hierarchy"):
        iot.add_thing_to_thing_group(thingGroupName="line", thingName="t1")
    iot.delete_thing_group(thingGroupName="lab")
    assert names(iot.list_thing_groups_for_thing(thingName="t1")["thingGroups"]) == ["hall"]


def test_a_device_has_the_policies_of_its_things_groups_and_their_ancestors(server, iot, device):
    """[AWS policy 7]"""
    tree(iot)
    attach(iot, "connect", "plant", CONNECT)
    attach(iot, "talk", "line", TALK)
    one = device(None)
    Client(one, "t1").expect_refused()
    make_thing(one, "t1", "line")
    one.connect("t1").publish("topic", "1").close()
    Client(one, "t2").expect_refused()  # no thing of this name: nothing is inherited
    effective = iot.get_effective_policies(principal=one.arn, thingName="t1")["effectivePolicies"]
    assert [each["policyName"] for each in effective] == ["connect", "talk"]
    iot.remove_thing_from_thing_group(thingGroupName="line", thingName="t1")
    Client(one, "t1").expect_refused()


def test_what_changes_in_groups_reaches_connections_within_a_second(server, iot, device):
    tree(iot)
    attach(iot, "talk", "plant", TALK)
    one = device(CONNECT)
    make_thing(one, "t1")
    client = one.connect("t1")
    iot.add_thing_to_thing_group(thingGroupName="line", thingName="t1")
    time.sleep(1.0)
    client.publish("topic", "inherited")
    attach(iot, "no-topic", "hall", policy(deny("iot:Publish", f"arn:aws:iot:{REGION}:{server.account}:topic/topic")))
    time.sleep(1.0)
    client.publish("topic", "refused", wait=False).expect_lost()
    server.expect_why("t1", "no-topic")
    iot.detach_policy(policyName="no-topic", target=iot.describe_thing_group(thingGroupName="hall")["thingGroupArn"])
    client = one.connect("t1").publish("topic", "allowed again")
    iot.delete_thing_group(thingGroupName="line")
    time.sleep(1.0)
    client.publish("topic", "refused", wait=False).expect_lost()
    server.expect_why("t1", "iot:Publish")


def test_a_billing_group_holds_things(iot):
    iot.create_billing_group(billingGroupName="g", billingGroupProperties={"billingGroupDescription": "one"})
    iot.create_thing(thingName="t1", billingGroupName="g")
    iot.create_thing(thingName="t2")
    iot.add_thing_to_billing_group(billingGroupName="g", thingName="t2")
    pages = iot.get_paginator("list_things_in_billing_group").paginate(billingGroupName="g", PaginationConfig={"PageSize": 1})
    assert [name for page in pages for name in page["things"]] == ["t1", "t2"]
    assert iot.describe_thing(thingName="t2")["billingGroupName"] == "g"
    assert names(iot.list_billing_groups()["billingGroups"]) == ["g"]
    with pytest.raises(iot.exceptions.InvalidRequestException, match="still in it"):
        iot.delete_billing_group(billingGroupName="g")
    for thing in ("t1", "t2"):
        iot.remove_thing_from_billing_group(billingGroupName="g", thingName=thing)
    properties = {"billingGroupDescription": "two"}
    assert iot.update_billing_group(billingGroupName="g", billingGroupProperties=properties)["version"] == 2
    iot.delete_billing_group(billingGroupName="g", expectedVersion=2)
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_billing_group(billingGroupName="g")
