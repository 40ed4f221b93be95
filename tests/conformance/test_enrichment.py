"""Thing types that add user properties to what their things publish [AWS iot thing-types-propagating-attributes]."""
import json

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from server import patience_s, wait_until

BULB = {"mqtt5Configuration": {"propagatingAttributes": [
    {"userPropertyKey": "iot:ClientId", "connectionAttribute": "iot:ClientId"},
    {"userPropertyKey": "thing", "connectionAttribute": "iot:Thing.ThingName"},
    {"userPropertyKey": "room", "thingAttribute": "room"},
    {"userPropertyKey": "watt", "thingAttribute": "watt"}]}}


@pytest.fixture
def lamp(iot, device, newer):
    """A device attached to the thing `lamp`, of a type that enriches; without the attribute watt."""
    made = newer("create_thing_type", thingTypeName="bulb", thingTypeProperties=BULB)
    assert made.get("thingTypeName") == "bulb", made
    iot.create_thing(thingName="lamp", thingTypeName="bulb", attributePayload={"attributes": {"room": "7"}})
    one = device()
    iot.attach_thing_principal(thingName="lamp", principal=one.arn)
    return one


@pytest.fixture
def listener(device):
    return device().connect(protocol=mqtt.MQTTv5).subscribe("#")


def user_properties(message):
    return getattr(message.properties, "UserProperty", [])


def own(**pairs):
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = list(pairs.items())
    properties.ContentType = "text/plain"
    return properties


ADDED = [("iot:ClientId", "lamp"), ("thing", "lamp"), ("room", "7")]


def test_a_type_tells_what_it_adds(newer):
    newer("create_thing_type", thingTypeName="bulb", thingTypeProperties=BULB)
    assert newer("describe_thing_type", thingTypeName="bulb")["thingTypeProperties"]["mqtt5Configuration"] == BULB["mqtt5Configuration"]
    assert newer("create_thing_type", thingTypeName="bulb")["error"] == "ResourceAlreadyExistsException"
    fewer = {"mqtt5Configuration": {"propagatingAttributes": [{"userPropertyKey": "id", "connectionAttribute": "iot:ClientId"}]}}
    assert newer("update_thing_type", thingTypeName="bulb", thingTypeProperties=fewer) == {}
    listed = newer("list_thing_types")["thingTypes"][0]["thingTypeProperties"]
    assert listed["mqtt5Configuration"] == fewer["mqtt5Configuration"]
    wrong = {"mqtt5Configuration": {"propagatingAttributes": [{"userPropertyKey": "ip", "connectionAttribute": "iot:SourceIp"}]}}
    assert newer("update_thing_type", thingTypeName="bulb", thingTypeProperties=wrong)["error"] == "InvalidRequestException"


@pytest.mark.parametrize("qos", [0, 1])
def test_what_a_thing_publishes_is_enriched_whatever_it_speaks(lamp, listener, device, qos):
    old = device().connect().subscribe("room/#")
    client = lamp.connect("lamp").publish("room/7", "old", qos=qos)
    message = listener.receive()
    assert (message.payload, user_properties(message)) == (b"old", ADDED)
    client.close()
    lamp.connect("lamp", protocol=mqtt.MQTTv5).publish("room/7", "new", qos=qos, properties=own(mine="first"))
    message = listener.receive()
    assert (message.payload, user_properties(message)) == (b"new", [("mine", "first")] + ADDED)
    assert message.properties.ContentType == "text/plain"
    assert [old.receive().payload, old.receive().payload] == [b"old", b"new"]  # nothing that 3.1.1 has no word for


def test_retained_messages_and_wills_are_enriched_too(lamp, listener, device):
    client = lamp.connect("lamp", will=("last/words", "gone", 1)).publish("kept", "1", retain=True)
    assert user_properties(listener.receive()) == ADDED
    later = device().connect(protocol=mqtt.MQTTv5).subscribe("kept")
    message = later.receive()
    assert (message.retain, user_properties(message)) == (True, ADDED)
    client.drop()
    message = listener.receive()
    assert (message.topic, user_properties(message)) == ("last/words", ADDED)


@pytest.mark.parametrize("topic", ["measured", "$aws/rules/rooms/measured"])
def test_rules_see_it(iot, lamp, listener, topic):
    """Basic Ingest, too."""
    iot.create_topic_rule(ruleName="rooms", topicRulePayload={
        "sql": "SELECT get_user_properties('room') AS room, get_user_properties() AS every FROM 'measured'",
        "awsIotSqlVersion": "2016-03-23",
        "actions": [{"republish": {"roleArn": "arn:aws:iam::123456789012:role/rules", "topic": "told"}}]})
    lamp.connect("lamp").publish(topic, "{}")
    message = listener.receive()
    while message.topic != "told":
        message = listener.receive()
    assert json.loads(message.payload) == {"room": ["7"], "every": [{name: value} for name, value in ADDED]}


def test_others_are_left_as_they_are(lamp, listener, device):
    """The certificate alone does not make it that thing's message: the client identifier says which thing it is."""
    lamp.connect("another").publish("t", "1")
    assert user_properties(listener.receive()) == []
    device().connect("lamp").publish("t", "2")
    assert user_properties(listener.receive()) == []


def test_a_change_shows_in_the_next_messages_of_a_live_connection(iot, lamp, listener, newer):
    client = lamp.connect("lamp")

    def added():
        client.publish("t")
        return user_properties(listener.receive())

    assert added() == ADDED
    iot.update_thing(thingName="lamp", attributePayload={"attributes": {"room": "8", "watt": "5"}})
    wait_until(lambda: added() == ADDED[:2] + [("room", "8"), ("watt", "5")], patience_s(5), "the thing has changed")
    only = {"mqtt5Configuration": {"propagatingAttributes": [{"userPropertyKey": "w", "thingAttribute": "watt"}]}}
    newer("update_thing_type", thingTypeName="bulb", thingTypeProperties=only)
    wait_until(lambda: added() == [("w", "5")], patience_s(5), "the type has changed")
    iot.update_thing(thingName="lamp", removeThingType=True)
    wait_until(lambda: added() == [], patience_s(5), "the thing has no type")
    iot.update_thing(thingName="lamp", thingTypeName="bulb")
    wait_until(lambda: added() == [("w", "5")], patience_s(5), "the thing has a type again")
    iot.detach_thing_principal(thingName="lamp", principal=lamp.arn)
    wait_until(lambda: added() == [], patience_s(5), "it speaks for nothing")
