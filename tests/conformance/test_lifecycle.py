"""Clients that come, go and subscribe, as $aws/events tells it, and as a search sees it. [AWS device-gateway 9.1]"""
import json

import pytest

from devices import Client, allow, policy
from server import patience_s, wait_until

STATUS = {"thingIndexingMode": "REGISTRY", "thingConnectivityIndexingMode": "STATUS"}


@pytest.fixture
def watcher(device):
    client = device().connect("watcher")
    for filter in ["presence/connected/+", "presence/disconnected/+", "presence/connect_failed/+",
                   "subscriptions/subscribed/+", "subscriptions/unsubscribed/+"]:
        client.subscribe(f"$aws/events/{filter}")
    while not client.messages.empty():  # of its own subscriptions
        client.receive()
    return client


def told(client, topic):
    """The next event on this topic; others on the way are passed over."""
    while True:
        message = client.receive()
        if message.topic == f"$aws/events/{topic}":
            return json.loads(message.payload)


def test_a_connection_is_told_from_its_beginning_to_its_end(iot, device, watcher):
    lamp = device()
    client = lamp.connect("lamp")
    came = told(watcher, "presence/connected/lamp")
    assert (came["clientId"], came["eventType"], came["principalIdentifier"]) == ("lamp", "connected", lamp.id)
    assert (came["versionNumber"], came["ipAddress"]) == (0, "127.0.0.1")
    assert "thingName" not in came and len(came["sessionIdentifier"]) == 32 and came["timestamp"] > 1.6e12
    client.subscribe("a/b").paho.unsubscribe("a/b")
    subscribed = told(watcher, "subscriptions/subscribed/lamp")
    assert (subscribed["topics"], subscribed["sessionIdentifier"]) == (["a/b"], came["sessionIdentifier"])
    assert told(watcher, "subscriptions/unsubscribed/lamp")["topics"] == ["a/b"]
    client.close()
    went = told(watcher, "presence/disconnected/lamp")
    assert (went["disconnectReason"], went["clientInitiatedDisconnect"]) == ("CLIENT_INITIATED_DISCONNECT", True)
    assert (went["versionNumber"], went["sessionIdentifier"]) == (0, came["sessionIdentifier"])
    again = lamp.connect("lamp")
    came_again = told(watcher, "presence/connected/lamp")
    assert came_again["versionNumber"] == 1 and came_again["sessionIdentifier"] != came["sessionIdentifier"]
    again.close()


def test_why_a_client_went_is_told(iot, device, watcher):
    def reason():
        return told(watcher, "presence/disconnected/lamp")["disconnectReason"]
    lamp = device()
    lamp.connect("lamp").drop()
    assert reason() == "CONNECTION_LOST"
    first = lamp.connect("lamp")
    second = lamp.connect("lamp")
    assert reason() == "DUPLICATE_CLIENTID"
    iot.update_certificate(certificateId=lamp.id, newStatus="INACTIVE")
    assert reason() == "FORBIDDEN_ACCESS"
    first.close(), second.close()


def test_who_may_not_connect_is_told(device, watcher):
    lamp = device(policy(allow("iot:Connect", "arn:aws:iot:*:*:client/lamp")))
    Client(lamp, "other").expect_refused()
    failed = told(watcher, "presence/connect_failed/other")
    assert (failed["connectFailureReason"], failed["principalIdentifier"]) == ("AUTHORIZATION_FAILED", lamp.id)


def test_a_search_sees_who_is_connected(iot, device):
    """The client identifier is the thing's name [AWS query-syntax]."""
    iot.update_indexing_configuration(thingIndexingConfiguration=STATUS)
    for name in ["lamp", "fan"]:
        iot.create_thing(thingName=name)
    iot.create_dynamic_thing_group(thingGroupName="online", queryString="connectivity.connected:true")

    def online():
        return iot.list_things_in_thing_group(thingGroupName="online")["things"]
    assert online() == []
    client = device().connect("lamp")
    assert online() == ["lamp"]
    (thing,) = iot.search_index(queryString="connectivity.connected:true")["things"]
    assert thing["connectivity"]["connected"] and thing["connectivity"]["timestamp"] > 1.6e12
    client.drop()
    wait_until(lambda: online() == [], patience_s(5), "lamp is offline")
    (thing,) = iot.search_index(queryString="connectivity.disconnectReason:CONNECTION_LOST")["things"]
    assert thing["thingName"] == "lamp" and not thing["connectivity"]["connected"]
