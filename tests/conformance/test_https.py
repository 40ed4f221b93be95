"""Devices that publish by HTTPS with their certificates [AWS device-gateway 12]."""
import base64
import http.client
import json
import uuid

import pytest

from devices import ALLOW_ALL, Authority, allow, deny, policy, tls_context
from newcomers import Newcomer, adopt
from test_rules import make, republish
from wire import Wire


class Web:
    """An HTTPS connection of a device; `device` None comes without a certificate."""

    def __init__(self, server, device, alpn="x-amzn-http-ca", port=None):
        context = device.tls(alpn=alpn) if device else tls_context(server.env["KEDGE_CA_FILE"], alpn=alpn)
        self.connection = http.client.HTTPSConnection("localhost", port or server.https_port, timeout=30, context=context)

    def ask(self, method, target, body=b"", **headers):
        """Status, message and error type of the answer, whose form is AWS's."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, target, body=body, headers=headers)
        answer = self.connection.getresponse()
        said = json.loads(answer.read())
        assert answer.headers["Content-Type"] == "application/json"
        assert set(said) == {"message", "traceId"} and uuid.UUID(said["traceId"])
        return answer.status, said["message"], answer.headers.get("x-amzn-ErrorType")

    def post(self, topic, body=b"", **headers):
        return self.ask("POST", f"/topics/{topic}", body, **headers)


OK = (200, "OK", None)


@pytest.fixture
def web(server):
    return lambda device, **options: Web(server, device, **options)


@pytest.mark.parametrize("alpn", ["x-amzn-http-ca", "http/1.1", None])
def test_a_message_reaches_subscribers(device, web, alpn):
    listener = device().connect().subscribe("lamp/+/set")
    lamp = web(device(), alpn=alpn)
    for target, payload in (("lamp%2Fa%2Fset?qos=1", b"on"), ("lamp/b/set?qos=0", b"\0\xff"), ("lamp/%C3%A4/set", b"")):
        assert lamp.post(target, payload) == OK
        assert listener.receive().payload == payload


def test_quality_of_service_is_the_publishers(device, web):
    listener = device().connect().subscribe("a")
    lamp = web(device())
    for target, qos in (("a", 0), ("a?qos=0", 0), ("a?qos=1", 1)):
        assert lamp.post(target, b"x") == OK
        assert listener.receive().qos == qos


def test_only_publishing_has_to_be_allowed(server, device, web):
    """Nobody connects, and there is no client identifier [AWS policy 5]."""
    topics = f"arn:aws:iot:{server.client().meta.region_name}:{server.account}:topic/"
    lamp = device(policy(allow("iot:Publish", topics + "mine/*"), allow("iot:Publish", topics + "${iot:ClientId}/a"),
                         allow("iot:RetainPublish", topics + "mine/kept"), deny("iot:Publish", topics + "mine/not")))
    line = web(lamp)
    assert line.post("mine/a", b"x") == OK
    assert line.post("mine/kept?retain=true", b"x") == OK
    for target in ("yours/a", "mine/not", "/a", "mine/a?retain=true"):
        status, message, kind = line.post(target, b"x")
        assert (status, kind) == (403, "ForbiddenException") and lamp.policy_name in message
    assert line.post("mine/a", b"x") == OK, "a refusal does not end the connection"
    server.expect_why(lamp.id, "publish.denied", "iot:Publish", "iot:ClientId has no value")
    server.expect_why(lamp.id, "publish.denied", "iot:RetainPublish", "mine/a")


def test_without_policies_nothing_is_allowed(device, web):
    assert web(device(None)).post("a")[::2] == (403, "ForbiddenException")


def test_a_change_counts_from_the_next_request_on(server, iot, device, web):
    lamp = device()
    line = web(lamp)
    assert line.post("a") == OK
    iot.detach_policy(policyName=lamp.policy_name, target=lamp.arn)
    assert line.post("a")[0] == 403
    iot.attach_policy(policyName=lamp.policy_name, target=lamp.arn)
    assert line.post("a") == OK
    iot.update_certificate(certificateId=lamp.id, newStatus="REVOKED")
    status, message, _kind = line.post("a")
    assert status == 403 and "REVOKED" in message
    server.expect_why(lamp.id, "connect.refused", "REVOKED")


def test_who_has_no_certificate_is_not_let_in(web):
    status, message, kind = web(None, alpn=None).post("a")
    assert (status, kind) == (401, "UnauthorizedException") and "client certificate" in message


def test_retained_messages_are_kept_and_forgotten(server, device, web):
    lamp = web(device())
    assert lamp.post("kept/a?retain=true&qos=1", b"on") == OK
    got = device().connect().subscribe("kept/a").receive()
    assert (got.payload, got.retain, got.qos) == (b"on", True, 1)
    server.stop()
    server.start()
    lamp = web(device())
    assert device().connect().subscribe("kept/a").receive().payload == b"on"
    assert lamp.post("kept/a?retain=true", b"") == OK
    device().connect().subscribe("kept/a").expect_silence()


def test_rules_see_what_is_published(iot, device, web):
    """There is no client identifier [AWS rules, row 73]."""
    make(iot, "over_https", "SELECT a, clientid() AS c, principal() AS p FROM 'in/+'", republish("out", qos=1))
    listener = device().connect().subscribe("out")
    lamp = device()
    assert web(lamp).post("in/a?qos=1", b'{"a": 1}') == OK
    assert json.loads(listener.receive().payload) == {"a": 1, "c": "n/a", "p": lamp.id}
    assert web(lamp).post("$aws/rules/over_https/b", b'{"a": 2}') == OK
    assert json.loads(listener.receive().payload)["a"] == 2


def test_what_is_wrong_with_a_request_is_said(server, device, web):
    lamp = device()
    rows = (("POST", "/topics/", 400), ("POST", "/topics/a%23", 400), ("POST", "/topics/a?qos=2", 400),
            ("POST", "/topics/a?retain=1", 400), ("POST", "/topics/a%2", 400), ("POST", "/topics/a?messageExpiry=x", 400),
            ("GET", "/topics/a", 405), ("POST", "/topics/%24aws/events/thing/a/created", 403),
            ("POST", "/topics/$aws/things/lamp/shadow/update", 501), ("GET", "/things/lamp/shadow", 501), ("GET", "/", 501))
    for method, target, expected in rows:
        status, message, kind = web(lamp).ask(method, target, b"x")
        assert status == expected and message and kind, (target, status, message)
    server.expect_why(lamp.id, "request.refused", "405", "POST /topics/TOPIC publishes")


def test_a_payload_has_its_limit(device, web):
    listener = device().connect().subscribe("a")
    lamp = device()
    assert web(lamp).post("a", b"x" * 131072) == OK
    assert len(listener.receive().payload) == 131072
    assert web(lamp).post("a", b"x" * 131073)[::2] == (413, "RequestEntityTooLargeException")


def subscriber_of_mqtt5(server, device, topic):
    wire = Wire(server.mqtts_port, device.tls(), server_hostname="localhost")
    wire.send(b"\x10\x0e" + b"\0\4MQTT\5\2\0\x3c\0" + b"\0\1l").expect(2)
    wire.send(bytes([0x82, len(topic) + 6]) + b"\0\1\0\0" + bytes([len(topic)]) + topic + b"\0").expect(9)
    return wire


def test_mqtt5_properties_are_passed_on(server, device, web):
    listener = subscriber_of_mqtt5(server, device(), b"a")
    headers = {"x-amz-mqtt5-user-properties": base64.b64encode(b'[{"k":"v"},{"k":"w"}]').decode(),
               "x-amz-mqtt5-payload-format-indicator": "UTF8_DATA",
               "x-amz-mqtt5-correlation-data": base64.b64encode(b"c\0").decode()}
    target = "a?contentType=text%2Fplain&responseTopic=re%2Fply&messageExpiry=60"
    assert web(device()).post(target, b"x", **headers) == OK
    message = listener.expect(3)
    for part in (b"\x03\0\x0atext/plain", b"\x08\0\6re/ply", b"\x02\0\0\0\x3c", b"\x01\x01",
                 b"\x09\0\2c\0", b"\x26\0\1k\0\1v", b"\x26\0\1k\0\1w"):
        assert part in message, (part, message)
    listener.close()


def test_an_unknown_certificate_is_registered_by_its_ca(server, iot, device, web):
    """[AWS identity 5.3]: the rules of a first connect, answered 403 with what was done."""
    authority = Authority("Acme")
    adopt(authority, iot)
    events = device().connect().subscribe("$aws/events/certificates/registered/#")
    lamp = Newcomer(server, authority, "lamp")
    stranger = Newcomer(server, Authority("Bolt"), "lamp")
    status, message, kind = web(stranger).post("a")
    assert (status, kind) == (403, "ForbiddenException") and "ISSUER_UNKNOWN" in message
    assert not stranger.is_registered()
    line = web(lamp)
    status, message, kind = line.post("a")
    assert (status, kind) == (403, "ForbiddenException") and "REGISTERED" in message
    assert json.loads(events.receive().payload)["certificateId"] == lamp.id
    server.expect_why(lamp.id, "connect.registered", lamp.id)
    assert iot.describe_certificate(certificateId=lamp.id)["certificateDescription"]["status"] == "PENDING_ACTIVATION"
    assert line.post("a")[0] == 403
    lamp.activate()
    assert line.post("a") == OK


def test_a_ca_with_a_template_provisions(server, iot, web):
    from test_jitp import register, template
    iot.create_policy(policyName="Known", policyDocument=json.dumps(ALLOW_ALL))
    authority = Authority("Acme")
    register(iot, authority, templateBody=template(), roleArn="arn:aws:iam::123456789012:role/JITP")
    lamp = Newcomer(server, authority, "lamp")
    line = web(lamp)
    status, message, _kind = line.post("a")
    assert status == 403 and message
    assert iot.list_thing_principals(thingName="lamp")["principals"][0].endswith(lamp.id)
    assert line.post("a") == OK
    server.expect_why(lamp.id, "connect.provisioned", lamp.id)


def test_many_requests_on_one_connection_are_answered_in_order(device, web):
    listener = device().connect().subscribe("n")
    lamp = web(device())
    for number in range(200):
        assert lamp.post("n?qos=1", str(number)) == OK
    assert [int(listener.receive().payload) for _ in range(200)] == list(range(200))


def test_clients_that_leave_at_once_harm_nobody(server, iot, device):
    """With a request under way, with half of one, with many in a row; newcomers too."""
    authority = Authority("Acme")
    adopt(authority, iot)
    request = b"POST /topics/a?retain=true HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"
    for one in (device(), Newcomer(server, authority, "lamp")):
        for data in (request, request[:-1], request * 50, b"POST /topics/ HTTP/1.1\r\nHost: a\r\n\r\n" + request):
            for _ in range(5):
                Wire(server.https_port, one.tls(), server_hostname="localhost").send(data).close()
    assert Web(server, device()).post("a") == OK
