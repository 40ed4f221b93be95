"""What the SDKs call iot-data: publishing with access keys, and retained messages [AWS device-gateway 12, 13]."""
import base64
import json
import time

import pytest
from paho.mqtt.client import MQTTv5
from botocore.exceptions import ClientError

from devices import Device
from test_rules import make, republish


@pytest.fixture
def data(server):
    return server.client("iot-data")


def error_of(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response
    return error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"], error["Error"].get("Message", "")


def test_what_a_service_publishes_reaches_devices(server, data, device):
    lamp = device().connect().subscribe("lamp/+/set")
    for qos in (0, 1):
        data.publish(topic="lamp/ä b/set", qos=qos, payload=b"\0on")
        message = lamp.receive()
        assert (message.topic, message.payload, message.qos) == ("lamp/ä b/set", b"\0on", qos)


def test_what_a_service_publishes_goes_through_rules(server, data, device):
    make(server.client(), "copy", "SELECT *, topic() AS t FROM 'in/#'", republish("out"))
    listener = device().connect().subscribe("out")
    data.publish(topic="in/a", payload=json.dumps({"x": 1}))
    assert json.loads(listener.receive().payload) == {"x": 1, "t": "in/a"}


def test_a_retained_message_is_kept_listed_and_forgotten(server, data, device):
    for topic in ("r/b", "r/a"):
        data.publish(topic=topic, payload=f"of {topic}", retain=True, qos=1)
    listed = data.list_retained_messages(maxResults=1)
    assert [one["topic"] for one in listed["retainedTopics"]] == ["r/a"]
    rest = data.list_retained_messages(nextToken=listed["nextToken"])
    assert [(one["topic"], one["payloadSize"], one["qos"]) for one in rest["retainedTopics"]] == [("r/b", 6, 1)] and "nextToken" not in rest
    kept = data.get_retained_message(topic="r/a")
    assert (kept["topic"], kept["payload"], kept["qos"]) == ("r/a", b"of r/a", 1)
    assert abs(kept["lastModifiedTime"] - time.time() * 1000) < 60000
    reader = device().connect().subscribe("r/a")
    assert reader.receive().payload == b"of r/a"
    server.stop()
    server.start()
    data = server.client("iot-data")
    assert data.get_retained_message(topic="r/b")["payload"] == b"of r/b"
    data.publish(topic="r/b", payload=b"", retain=True)
    assert error_of(data.get_retained_message, topic="r/b")[:2] == (404, "ResourceNotFoundException")


def test_what_devices_retain_is_seen_too(server, data):
    keeper = Device(server).connect("keeper")
    keeper.paho.publish("r", "kept", 1, retain=True).wait_for_publish(5)
    assert data.get_retained_message(topic="r")["payload"] == b"kept"
    keeper.close()


def test_properties_of_mqtt_5_travel(data, device):
    listener = device().connect(protocol=MQTTv5).subscribe("r/p")
    for users in ([{"room": "a"}, {"room": "b"}], '[{"room": "a"}, {"room": "b"}]'):
        data.publish(topic="r/p", payload=b"x", contentType="text/plain", responseTopic="answers", messageExpiry=3600,
                     payloadFormatIndicator="UTF8_DATA", correlationData=base64.b64encode(b"7").decode(), userProperties=users)
        got = listener.receive().properties
        assert got.UserProperty == [("room", "a"), ("room", "b")] and got.PayloadFormatIndicator == 1
        assert (got.ContentType, got.ResponseTopic, got.CorrelationData) == ("text/plain", "answers", b"7")
        assert 3590 <= got.MessageExpiryInterval <= 3600


@pytest.mark.parametrize(("topic", "status", "code"), [
    ("a/+", 400, "InvalidRequestException"),
    ("$aws/events/x", 403, "ForbiddenException"),
    ("a" * 300, 400, "InvalidRequestException"),
    ("$aws/things/lamp/shadow/update", 501, "NotImplementedException"),
])
def test_a_topic_nobody_may_publish_to_is_refused(data, topic, status, code):
    assert error_of(data.publish, topic=topic, payload=b"x")[:2] == (status, code)


def test_a_message_may_have_128_kib(data, device):
    lamp = device().connect().subscribe("big")
    data.publish(topic="big", payload=b"x" * (128 << 10))
    assert len(lamp.receive().payload) == 128 << 10
    status, code, message = error_of(data.publish, topic="big", payload=b"x" * ((128 << 10) + 1))
    assert (status, code) == (413, "RequestEntityTooLargeException") and "131072" in message


def test_what_is_not_there_yet_says_so(data):
    status, code, message = error_of(data.get_thing_shadow, thingName="lamp")
    assert (status, code) == (501, "NotImplementedException") and "GetThingShadow" in message
