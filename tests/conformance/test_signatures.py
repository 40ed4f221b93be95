"""Who may use the control plane: Signature Version 4, and what is said to those who get it wrong."""
import http.client
import json

import botocore.exceptions
import pytest


@pytest.fixture
def server(shared_server):
    return shared_server


def request(server, method, path, body=None, headers=()):
    connection = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=10)
    connection.request(method, path, body, dict(headers))
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def error_of(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_an_unsigned_request(server):
    """[AWS control-plane 3.2]"""
    answer, text = request(server, "GET", "/things")
    assert answer.status == 403 and json.loads(text)["message"] == "Missing Authentication Token"
    assert answer.headers["x-amzn-ErrorType"].startswith("MissingAuthenticationTokenException")
    assert answer.headers["x-amzn-RequestId"] and answer.headers["Date"]


@pytest.mark.parametrize("header", ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b", "Basic dTpw", "x" * 5000,
                                    "AWS4-HMAC-SHA256 Credential=A/20260101/r/iot/aws4_request, SignedHeaders=, Signature="])
def test_a_malformed_authorization(server, header):
    answer, text = request(server, "GET", "/things", headers={"Authorization": header})
    assert answer.status in (400, 403) and json.loads(text)["message"]
    assert answer.headers["x-amzn-ErrorType"].split(":")[0] in (
        "IncompleteSignatureException", "MissingAuthenticationTokenException", "InvalidSignatureException",
        "UnrecognizedClientException")


def test_a_wrong_secret(server):
    assert error_of(server.client(aws_secret_access_key="x" * 40).list_things) == ("InvalidSignatureException", 403)


def test_an_unknown_access_key(server):
    assert error_of(server.client(aws_access_key_id="AKIAUNKNOWNUNKNOWN00").list_things) == ("UnrecognizedClientException", 403)


def test_another_region(server):
    assert error_of(server.client(region_name="eu-west-1").list_things) == ("InvalidSignatureException", 403)


def test_the_wrong_secret_for_a_query_service(server):
    assert error_of(server.client("sts", aws_secret_access_key="x" * 40).get_caller_identity) == ("SignatureDoesNotMatch", 403)


def test_names_that_need_encoding_are_signed_as_they_travel(server):
    iot = server.client()
    iot.create_thing(thingName="colon:and-more_0")
    assert iot.describe_thing(thingName="colon:and-more_0")["thingName"] == "colon:and-more_0"
    assert iot.list_things(attributeName="a:b", attributeValue="c=d/e@f,g#h")["things"] == []


def test_both_service_names_of_the_control_plane(server):
    """Debian 12's model signs for execute-api, newer ones for iot [AWS control-plane 1]."""
    for name in ("iot", "execute-api"):
        client = server.client()
        client.meta.events.register("choose-signer", lambda signing_name, **_: None)
        client._request_signer._signing_name = name  # what a newer or older model would say
        assert client.list_things()["things"] is not None


def test_the_caller_is_told_who_it_is(server):
    identity = server.client("sts").get_caller_identity()
    assert identity["Account"] in identity["Arn"] and identity["UserId"]
