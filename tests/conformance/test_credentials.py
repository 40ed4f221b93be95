"""The credentials provider: a device's certificate for temporary credentials of a role [AWS identity 11.3]."""
import datetime
import http.client
import json
import subprocess

import botocore.exceptions
import pytest

from devices import Device, allow, policy
from server import REGION
from test_iam import LAMBDA, as_bearer, trust

ALIAS = "lamps"
PATH = f"/role-aliases/{ALIAS}/credentials"
DEVICES = trust(Service="credentials.iot.amazonaws.com")


def may_assume(server, alias=ALIAS):
    return policy(allow("iot:AssumeRoleWithCertificate", f"arn:aws:iot:{REGION}:{server.account}:rolealias/{alias}"))


def ask(server, device, path=PATH, method="GET", thing=None):
    """Status, body and error type."""
    web = http.client.HTTPSConnection("localhost", server.https_port, timeout=30, context=device.tls(alpn="http/1.1"))
    web.request(method, path, headers={"x-amzn-iot-thingname": thing} if thing else {})
    answer = web.getresponse()
    body = json.loads(answer.read())
    web.close()
    return answer.status, body, answer.headers.get("x-amzn-ErrorType")


def refused(status, message, kind):
    return status, {"message": message}, kind


@pytest.fixture
def role(server):
    """A role that devices may have, which may read things, and its alias."""
    iam = server.client("iam")
    arn = iam.create_role(RoleName="lamp", AssumeRolePolicyDocument=DEVICES)["Role"]["Arn"]
    server.client().create_role_alias(roleAlias=ALIAS, roleArn=arn, credentialDurationSeconds=1800)
    iam.put_role_policy(RoleName="lamp", PolicyName="things", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iot:ListThings", "Resource": "*"},
            {"Effect": "Allow", "Action": "iot:DescribeThing",
             "Resource": "arn:aws:iot:*:*:thing/${credentials-iot:ThingName}"}]}))
    return arn


@pytest.mark.sanitized
def test_a_device_gets_credentials_that_boto3_takes(server, role, iot):
    device = Device(server, may_assume(server))
    before = datetime.datetime.now(datetime.timezone.utc)
    status, body, _ = ask(server, device)
    assert status == 200 and set(body) == {"credentials"}
    given = body["credentials"]
    assert set(given) == {"accessKeyId", "secretAccessKey", "sessionToken", "expiration"}
    expires = datetime.datetime.strptime(given["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    assert 1790 < (expires - before).total_seconds() < 1810
    credentials = {"AccessKeyId": given["accessKeyId"], "SecretAccessKey": given["secretAccessKey"],
                   "SessionToken": given["sessionToken"]}
    who = as_bearer(server, "sts", credentials).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{server.account}:assumed-role/lamp/{device.id}"
    lamp = as_bearer(server, "iot", credentials)
    assert lamp.list_things()["things"] == []
    with pytest.raises(botocore.exceptions.ClientError, match="is not authorized to perform: iot:CreateThing"):
        lamp.create_thing(thingName="never")


def test_the_roles_policies_know_the_thing(server, role, iot):
    """[AWS identity 11.3] credentials-iot:ThingName"""
    device = Device(server, may_assume(server))
    for name in ("mine", "other"):
        iot.create_thing(thingName=name)
    assert ask(server, device, thing="mine") == refused(403, "Invalid thing name passed", "AccessDeniedException")
    iot.attach_thing_principal(thingName="mine", principal=device.arn)
    given = ask(server, device, thing="mine")[1]["credentials"]
    lamp = as_bearer(server, "iot", {"AccessKeyId": given["accessKeyId"], "SecretAccessKey": given["secretAccessKey"],
                                     "SessionToken": given["sessionToken"]})
    assert lamp.describe_thing(thingName="mine")["thingName"] == "mine"
    with pytest.raises(botocore.exceptions.ClientError, match="not authorized"):
        lamp.describe_thing(thingName="other")


@pytest.mark.sanitized
def test_who_may_not_is_told_as_aws_does(server, role, iot):
    other = Device(server, may_assume(server, "others"))
    assert ask(server, other) == refused(403, "Access Denied", "AccessDeniedException")
    assert ask(server, other, "/role-aliases/others/credentials") == refused(404, "Role alias does not exist",
                                                                             "ResourceNotFoundException")
    device = Device(server, may_assume(server))
    iam = server.client("iam")
    iam.update_assume_role_policy(RoleName="lamp", PolicyDocument=LAMBDA)
    unable = refused(400, "Unable to assume the role, or the role to assume does not exist", "InvalidRequestException")
    assert ask(server, device) == unable
    iam.update_assume_role_policy(RoleName="lamp", PolicyDocument=DEVICES)
    iot.update_role_alias(roleAlias=ALIAS, credentialDurationSeconds=7200)
    assert ask(server, device)[1]["message"].startswith("The requested CredentialDurationSeconds exceeds")
    iot.update_role_alias(roleAlias=ALIAS, credentialDurationSeconds=3600)
    assert ask(server, device)[0] == 200
    iam.delete_role_policy(RoleName="lamp", PolicyName="things")
    iam.delete_role(RoleName="lamp")
    assert ask(server, device) == unable
    iot.update_certificate(certificateId=device.id, newStatus="INACTIVE")
    assert ask(server, device) == refused(403, "Certificate is invalid on this endpoint", "AccessDeniedException")
    server.expect_why(device.id, "credentials.refused", "INACTIVE")
    server.expect_why(other.id, "credentials.denied", "iot:AssumeRoleWithCertificate")


def test_other_methods_and_paths_are_refused(server, role):
    device = Device(server, may_assume(server))
    assert ask(server, device, method="POST")[0] == 405
    assert ask(server, device, "/role-aliases//credentials")[0] == 501
    assert ask(server, device, "/role-aliases/a%2Fb/credentials")[0] == 501


def test_curl_at_the_endpoint_as_documented(server, role, iot, tmp_path):
    """curl --cert --key, to the name that DescribeEndpoint gives."""
    device = Device(server, may_assume(server))
    host = iot.describe_endpoint(endpointType="iot:CredentialProvider")["endpointAddress"]
    done = subprocess.run(
        ["curl", "-sS", "--cert", device.cert_file, "--key", device.key_file, "--cacert", server.env["KEDGE_CA_FILE"],
         "--resolve", f"{host}:{server.https_port}:127.0.0.1", f"https://{host}:{server.https_port}{PATH}"],
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["credentials"]["accessKeyId"].startswith("ASIA")
