"""What a policy does not allow: the connection ends as on AWS, and `kedge why` says what AWS does not."""
import ssl
import time

import pytest

from devices import Authority, Client, allow, deny, numbers, policy, private_key, tls_context
from server import REGION
from wire import Wire, connect


def arn(server, rest):
    return f"arn:aws:iot:{REGION}:{server.account}:{rest}"


def test_a_certificate_without_a_policy_loses_its_connection_and_why_says_so(server, device, terminal):
    one = device(None)
    terminal.write("device.pem", one.pem)
    terminal.write("device.key", one.key_file.read_text())
    done = terminal.type("mosquitto_pub --cafile $KEDGE_CA_FILE --cert device.pem --key device.key -h localhost"
                         " -p $KEDGE_MQTTS_PORT -q 1 -t topic -i lamp-1 -m hello -d", fails=True)
    assert done.text == "Client lamp-1 sending CONNECT\nError: The connection was lost.\n"
    for who in ("lamp-1", one.id):
        server.expect_why(who, "lamp-1", one.id, "policy", "iot:Connect")


def test_connect_is_denied_to_other_client_identifiers(server, device):
    one = device(policy(allow("iot:*", "*"), deny("iot:Connect", arn(server, "client/other"))))
    Client(one, "other").expect_refused()
    one.connect("mine").close()
    server.expect_why("other", "iot:Connect", one.policy_name)


@pytest.mark.parametrize("qos", [0, 1])
def test_a_publish_that_is_not_allowed_closes_the_connection(server, device, qos):
    one = device(policy(allow("iot:Connect", "*"), allow("iot:Publish", arn(server, "topic/allowed"))))
    client = one.connect(f"publisher-{qos}").publish("allowed", "x")
    client.publish("forbidden", "x", qos, wait=False).expect_lost()
    server.expect_why(f"publisher-{qos}", "iot:Publish", "topic/forbidden")


def test_a_subscription_that_is_not_allowed_closes_the_connection(server, device):
    one = device(policy(allow("iot:Connect", "*"), allow("iot:Subscribe", arn(server, "topicfilter/mine/*")),
                        allow("iot:Receive", "*")))
    client = one.connect("subscriber").subscribe("mine/a")
    client.paho.subscribe("yours/a", 1)
    client.expect_lost()
    server.expect_why("subscriber", "iot:Subscribe", "topicfilter/yours/a")


def test_a_message_that_may_not_be_received_is_left_out_and_the_connection_stays(server, device):
    one = device(policy(allow(["iot:Connect", "iot:Publish", "iot:Subscribe"], "*"),
                        allow("iot:Receive", arn(server, "topic/open"))))
    listener = one.connect().subscribe("#")
    one.connect().publish("closed", "1").publish("open", "2").publish("closed", "3").publish("open", "4")
    assert [listener.receive().payload for _ in range(2)] == [b"2", b"4"]
    listener.expect_silence()
    assert not listener.lost.is_set()


def test_deny_overrides_allow(server, device):
    one = device(policy(allow("iot:*", "*"), deny("iot:Publish", arn(server, "topic/secret/*"))))
    client = one.connect().publish("public/1", "x")
    client.publish("secret/1", "x", wait=False).expect_lost()


def test_policy_variables_hold_each_device_to_its_own(server, device):
    one = device(policy(allow("iot:Connect", arn(server, "client/${iot:ClientId}")),
                        allow("iot:Publish", arn(server, "topic/from/${iot:ClientId}"))))
    client = one.connect("lamp-7").publish("from/lamp-7", "x")
    client.publish("from/lamp-8", "x", wait=False).expect_lost()


def test_a_will_on_a_forbidden_topic_refuses_the_connect(server, device):
    one = device(policy(allow("iot:Connect", "*"), allow("iot:Publish", arn(server, "topic/allowed"))))
    Client(one, "testator-1", will=("forbidden", "gone", 1, False)).expect_refused()
    server.expect_why("testator-1", "forbidden")
    one.connect("testator-2", will=("allowed", "gone", 1, False)).close()


def test_an_unknown_certificate_completes_the_handshake_and_is_closed_at_connect(server, device):
    """[AWS identity 4.6]"""
    stranger = Authority("nobody knows me")
    one = device()
    one.keep(private_key("ec:P-256"), stranger.sign("stranger"))
    for number, version in enumerate((ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)):
        wire = Wire(server.mqtts_port, one.tls(version))
        time.sleep(0.1)
        wire.send(connect(f"stranger-{number}")).expect_closed()
        server.expect_why(f"stranger-{number}", "ISSUER_UNKNOWN", "nor is the CA that signed it", "CN = nobody knows me")


def test_why_knows_what_became_of_the_authority_of_an_unregistered_certificate(server, device, iot):
    """[AWS identity 2.6]"""
    authority, one = Authority("switched off"), device()
    one.keep(private_key("ec:P-256"), authority.sign("stranger"))

    def refused_as(reason, *parts):
        name = f"stranger-{next(numbers)}"
        Wire(server.mqtts_port, one.tls()).send(connect(name)).expect_closed()
        server.expect_why(name, reason, *parts)
    refused_as("ISSUER_UNKNOWN")
    ca_id = authority.register(iot, activate=False)["certificateId"]
    refused_as("ISSUER_INACTIVE", ca_id, "--new-status ACTIVE")
    iot.update_ca_certificate(certificateId=ca_id, newStatus="ACTIVE")
    refused_as("AUTO_REGISTRATION_OFF", ca_id, "aws iot register-certificate")
    iot.register_certificate(certificatePem=one.cert_file.read_text(), setAsActive=False)
    refused_as("INACTIVE", "update-certificate")


def test_no_certificate_at_all_fails_the_handshake(server):
    context = tls_context(server.env["KEDGE_CA_FILE"])
    with pytest.raises((ssl.SSLError, EOFError, ConnectionError)):
        Wire(server.mqtts_port, context).send(connect("anonymous")).receive()


def test_an_inactive_certificate_may_not_connect(server, device):
    one = device(active=False)
    Client(one, "sleeper").expect_refused()
    server.expect_why("sleeper", "INACTIVE")
    one.iot.update_certificate(certificateId=one.id, newStatus="ACTIVE")
    time.sleep(1)  # AWS lets a client identifier connect once a second
    one.connect("sleeper").close()


def test_mqtt_and_its_alpn_name_also_work_on_the_https_port(server, device):
    one = device()
    client = one.connect(port=server.https_port, alpn="x-amzn-mqtt-ca").subscribe("a").publish("a", "by ALPN")
    assert client.receive().payload == b"by ALPN"


def test_the_plain_listener_is_the_local_principal_with_every_right(server):
    client = Client(None, "local", server=server).expect_connected().subscribe("a/#").publish("a/b", "plain")
    assert client.receive().payload == b"plain"
    client.close()


def test_why_knows_nothing_of_those_who_were_never_refused(server, device):
    device().connect("content").close()
    done = server.run("why", "--data", server.data, "never-seen", check=False)
    assert "never-seen" in done.stdout + done.stderr
