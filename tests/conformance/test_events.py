"""What the server itself tells devices under $aws/events: changes in the registry, once switched on.

[AWS device-gateway 9.2]"""
import json

ALL = ["THING", "THING_GROUP", "THING_TYPE", "THING_GROUP_MEMBERSHIP", "THING_GROUP_HIERARCHY", "THING_TYPE_ASSOCIATION"]
FILTERS = ["thing/+/+", "thingType/+/+", "thingGroup/+/+", "thingTypeAssociation/thing/+/thingType/+/+",
           "thingGroupMembership/thingGroup/+/thing/+/+", "thingGroupHierarchy/thingGroup/+/childThingGroup/+/+"]


def switch_on(iot, *types):
    iot.update_event_configurations(eventConfigurations={each: {"Enabled": True} for each in types})


def listener(device):
    client = device().connect()
    for filter in FILTERS:
        client.subscribe(f"$aws/events/{filter}")
    return client


def heard(client, count):
    """The next events: topic behind $aws/events/ → payload."""
    events = {}
    for _ in range(count):
        message = client.receive()
        events[message.topic.removeprefix("$aws/events/")] = json.loads(message.payload)
    return events


def test_the_registry_tells_what_happens_in_it(iot, device):
    switch_on(iot, *ALL)
    enabled = iot.describe_event_configurations()["eventConfigurations"]
    assert {name for name, each in enabled.items() if each["Enabled"]} == set(ALL)
    client = listener(device)
    type_id = iot.create_thing_type(thingTypeName="bulb", thingTypeProperties={"searchableAttributes": ["watt"]})["thingTypeId"]
    plant = iot.create_thing_group(thingGroupName="plant")
    hall = iot.create_thing_group(thingGroupName="hall", parentGroupName="plant")
    thing = iot.create_thing(thingName="lamp", thingTypeName="bulb", attributePayload={"attributes": {"watt": "5"}})
    iot.add_thing_to_thing_group(thingGroupName="hall", thingName="lamp")
    events = heard(client, 7)
    account = iot.describe_thing(thingName="lamp")["thingArn"].split(":")[4]
    told = events["thing/lamp/created"]
    assert told.pop("eventId") and told.pop("timestamp") > 1.6e12
    assert told == {"eventType": "THING_EVENT", "operation": "CREATED", "accountId": account, "thingId": thing["thingId"],
                    "thingName": "lamp", "versionNumber": 1, "thingTypeName": "bulb", "attributes": {"watt": "5"}}
    assert events["thingType/bulb/created"]["thingTypeId"] == type_id
    assert events["thingType/bulb/created"]["searchableAttributes"] == ["watt"]
    assert events["thingTypeAssociation/thing/lamp/thingType/bulb/added"]["thingId"] == thing["thingId"]
    told = events["thingGroup/hall/created"]
    assert told["rootToParentThingGroups"] == [{"groupArn": plant["thingGroupArn"], "groupId": plant["thingGroupId"]}]
    assert (told["parentGroupName"], told["dynamicGroupMappingId"]) == ("plant", None)
    assert events["thingGroupHierarchy/thingGroup/plant/childThingGroup/hall/added"]["childGroupId"] == hall["thingGroupId"]
    told = events["thingGroupMembership/thingGroup/hall/thing/lamp/added"]
    assert (told["groupArn"], told["thingArn"]) == (hall["thingGroupArn"], thing["thingArn"])
    iot.delete_thing(thingName="lamp")
    assert set(heard(client, 3)) == {"thing/lamp/deleted", "thingTypeAssociation/thing/lamp/thingType/bulb/removed",
                                     "thingGroupMembership/thingGroup/hall/thing/lamp/removed"}
    client.expect_silence()


def test_only_what_is_switched_on_is_told(iot, device):
    client = listener(device)
    iot.create_thing(thingName="before")
    switch_on(iot, "THING")
    iot.create_thing_group(thingGroupName="plant")
    iot.create_thing(thingName="after")
    assert list(heard(client, 1)) == ["thing/after/created"]
    iot.update_event_configurations(eventConfigurations={"THING": {"Enabled": False}})
    iot.delete_thing(thingName="after")
    client.expect_silence()
