"""A changed status or policy acts on connections that are open, within a second."""
import json
import time

import pytest

from devices import Client, allow, deny, policy


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_a_certificate_that_is_no_longer_active_loses_its_connection_within_a_second(server, device, status):
    one, other = device(), device()
    client, witness = one.connect("victim"), other.connect("witness")
    changed = time.monotonic()
    one.iot.update_certificate(certificateId=one.id, newStatus=status)
    client.expect_lost(within_s=1.0, since=changed)
    server.expect_why("victim", status, one.id)
    Client(one, "victim-again").expect_refused()
    witness.publish("still/here", "x").close()


def test_an_idle_connection_is_closed_too(server, device):
    """Nothing arrives on it that could be judged: the change itself must close it."""
    one = device()
    clients = [one.connect(f"idle-{number}") for number in range(8)]
    changed = time.monotonic()
    one.iot.update_certificate(certificateId=one.id, newStatus="INACTIVE")
    for client in clients:
        client.expect_lost(within_s=1.0, since=changed)


def test_a_detached_policy_stops_the_next_publish_and_leaves_the_connection_until_then(server, device):
    one = device()
    client = one.connect("talker").publish("topic", "1")
    one.iot.detach_policy(policyName=one.policy_name, target=one.arn)
    time.sleep(1.0)
    assert not client.lost.is_set()  # iot:Connect is only asked at CONNECT [AWS device-gateway 7]
    client.publish("topic", "2", wait=False).expect_lost()
    server.expect_why("talker", "iot:Publish")


def test_an_attached_policy_allows_more_within_a_second(server, device):
    one = device(policy(allow("iot:Connect", "*")))
    one.iot.create_policy(policyName="may-talk", policyDocument=json.dumps(policy(allow("iot:Publish", "*"))))
    client = one.connect("talker")
    one.iot.attach_policy(policyName="may-talk", target=one.arn)
    time.sleep(1.0)
    client.publish("topic", "1")
    assert not client.lost.is_set()
    client.close()


def test_a_new_deny_wins_over_what_the_connection_remembers(server, device):
    """The verdict of each topic is remembered per connection: a change must make it forgotten."""
    one = device()
    listener = device().connect().subscribe("topic")
    client = one.connect("talker")
    for number in range(50):
        client.publish("topic", str(number), qos=0)
    assert listener.receive().payload == b"0"
    one.iot.create_policy(policyName="no-topic", policyDocument=json.dumps(policy(deny("iot:Publish", "*"))))
    one.iot.attach_policy(policyName="no-topic", target=one.arn)
    time.sleep(1.0)
    client.publish("topic", "too late", qos=0, wait=False).expect_lost()
    server.expect_why("talker", "no-topic")


def test_a_withdrawn_receive_stops_deliveries_and_keeps_the_connection(server, device):
    one, talker = device(), device().connect()
    listener = one.connect("listener").subscribe("topic")
    talker.publish("topic", "heard")
    assert listener.receive().payload == b"heard"
    one.iot.create_policy(policyName="no-receive", policyDocument=json.dumps(policy(deny("iot:Receive", "*"))))
    one.iot.attach_policy(policyName="no-receive", target=one.arn)
    time.sleep(1.0)
    talker.publish("topic", "not heard")
    listener.expect_silence()
    assert not listener.lost.is_set()
