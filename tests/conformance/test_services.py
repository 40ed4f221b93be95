"""Services on reserved topics that are not there yet refuse as they would, so that no device waits in vain."""
import json


def test_a_request_for_a_shadow_is_rejected_in_words_with_its_token(server, device):
    client = device().connect("lamp").subscribe("$aws/things/lamp/shadow/get/rejected")
    client.publish("$aws/things/lamp/shadow/get", json.dumps({"clientToken": "t-1"}), qos=1)
    answer = json.loads(client.receive().payload)
    assert answer["code"] == 501 and answer["clientToken"] == "t-1" and "Device Shadow" in answer["message"]
    server.expect_why("lamp", "Device Shadow")


def test_device_defender_is_rejected_in_its_own_form(device):
    topic = "$aws/things/lamp/defender/metrics/json"
    client = device().connect("lamp").subscribe(f"{topic}/rejected")
    client.publish(topic, "{}", qos=1)
    answer = json.loads(client.receive().payload)
    assert answer["statusCode"] == 501 and answer["errorCode"] == "NotImplemented"
