"""Secrets Manager, as far as rules need it, and get_secret() in rules [AWS rules 4], with unmodified boto3."""
import json
import re

import botocore.exceptions
import pytest

from server import REGION, Server, wait_until
from webhooks import Webhook

ROLE = "arn:aws:iam::123456789012:role/rules"


@pytest.fixture
def secrets(server):
    return server.client("secretsmanager")


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def republish(topic):
    return {"republish": {"roleArn": ROLE, "topic": topic}}


def make(iot, name, sql, *actions, **more):
    iot.create_topic_rule(ruleName=name, topicRulePayload={
        "sql": sql, "actions": list(actions), "awsIotSqlVersion": "2016-03-23", **more})


def test_a_secret_lives(server, secrets):
    made = secrets.create_secret(Name="app/key", Description="of the app", SecretString="one",
                                 Tags=[{"Key": "stage", "Value": "test"}])
    assert re.fullmatch(f"arn:aws:secretsmanager:{REGION}:{server.account}:secret:app/key-[A-Za-z0-9]{{6}}", made["ARN"])
    got = secrets.get_secret_value(SecretId="app/key")
    assert (got["SecretString"], got["VersionId"], got["VersionStages"]) == ("one", made["VersionId"], ["AWSCURRENT"])
    assert "SecretBinary" not in got
    put = secrets.put_secret_value(SecretId=made["ARN"], SecretBinary=b"\0\xff")
    assert put["VersionId"] != made["VersionId"]
    assert secrets.get_secret_value(SecretId=made["ARN"])["SecretBinary"] == b"\0\xff"
    assert "VersionId" not in secrets.update_secret(SecretId="app/key", Description="changed")
    secrets.update_secret(SecretId="app/key", SecretString="two")
    described = secrets.describe_secret(SecretId=made["ARN"][:-7])
    assert (described["Description"], described["Tags"]) == ("changed", [{"Key": "stage", "Value": "test"}])
    assert list(described["VersionIdsToStages"].values()) == [["AWSCURRENT"]]
    listed, = secrets.list_secrets()["SecretList"]
    assert (listed["Name"], listed["ARN"]) == ("app/key", made["ARN"]) and "SecretString" not in listed
    server.stop()
    server.start()
    assert server.client("secretsmanager").get_secret_value(SecretId="app/key")["SecretString"] == "two"


def test_a_call_that_is_repeated_changes_nothing(secrets):
    token = "0123456789abcdef0123456789abcdef"
    first = secrets.create_secret(Name="s", SecretString="v", ClientRequestToken=token)
    again = secrets.create_secret(Name="s", SecretString="v", ClientRequestToken=token)
    assert (first["ARN"], first["VersionId"]) == (again["ARN"], again["VersionId"])
    code, message = refusal(secrets.put_secret_value, SecretId="s", SecretString="w", ClientRequestToken=token)
    assert code == "ResourceExistsException" and "already in use for a version of secret" in message


def test_errors_are_those_of_aws(secrets):
    missing = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    assert refusal(secrets.get_secret_value, SecretId="none") == missing
    secrets.create_secret(Name="s")
    assert refusal(secrets.create_secret, Name="s", SecretString="x") == (
        "ResourceExistsException", "The operation failed because the secret s already exists.")
    assert refusal(secrets.get_secret_value, SecretId="s") == (
        "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT")
    assert refusal(secrets.put_secret_value, SecretId="s")[0] == "InvalidRequestException"
    assert refusal(secrets.create_secret, Name="t", SecretString="x", SecretBinary=b"y")[0] == "InvalidParameterException"
    assert refusal(secrets.create_secret, Name="a b", SecretString="x")[0] == "ValidationException"
    assert "KmsKeyId" in refusal(secrets.create_secret, Name="t", KmsKeyId="alias/k")[1]
    assert refusal(secrets.create_secret, Name="t", SecretString="x" * 65537)[0] == "ValidationException"


def test_a_deleted_secret_can_be_restored_for_a_while(secrets):
    secrets.create_secret(Name="s", SecretString="v")
    assert refusal(secrets.delete_secret, SecretId="s", RecoveryWindowInDays=3)[0] == "InvalidParameterException"
    assert secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7)["Name"] == "s"
    assert refusal(secrets.get_secret_value, SecretId="s") == (
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.")
    assert secrets.list_secrets()["SecretList"] == []
    assert secrets.describe_secret(SecretId="s")["DeletedDate"]
    secrets.restore_secret(SecretId="s")
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "v"
    secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    assert refusal(secrets.describe_secret, SecretId="s")[0] == "ResourceNotFoundException"
    secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="s", SecretString="w")


def test_who_may_not_reads_no_secret(server, secrets):
    iam = server.client("iam")
    arn = secrets.create_secret(Name="a", SecretString="1")["ARN"]
    secrets.create_secret(Name="b", SecretString="2")
    iam.create_user(UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
                                               "Resource": arn[:-6] + "??????"}}))
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = server.client("secretsmanager", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert bob.get_secret_value(SecretId="a")["SecretString"] == "1"
    assert bob.get_secret_value(SecretId=arn)["SecretString"] == "1"
    for name in ("b", "none"):
        code, message = refusal(bob.get_secret_value, SecretId=name)
        assert code == "AccessDeniedException" and "secretsmanager:GetSecretValue" in message


def test_a_rule_reads_secrets(server, iot, secrets, device):
    """[AWS rules 4 get_secret]: text, object, member, binary; what fails is Undefined and told, without the value."""
    secrets.create_secret(Name="text", SecretString="hush-hush")
    arn = secrets.create_secret(Name="json", SecretString='{"k":"v","n":7}')["ARN"]
    secrets.create_secret(Name="binary", SecretBinary=b"\1\2\xff")
    make(iot, "ask", f"SELECT get_secret('text', 'SecretString', '{ROLE}') AS t, get_secret('{arn}', 'SecretString', '{ROLE}') AS o, "
         f"get_secret('json', 'SecretString', member, '{ROLE}') AS m, get_secret('binary', 'SecretBinary', '{ROLE}') AS b, "
         f"get_secret('text', 'SecretString', 'key', '{ROLE}') AS none FROM 'in'", republish("out"))
    watcher = device().connect("watcher").subscribe("out")
    watcher.publish("in", '{"member":"n"}')
    assert json.loads(watcher.receive().payload) == {"t": "hush-hush", "o": {"k": "v", "n": 7}, "m": 7, "b": "AQL/"}
    wait_until(lambda: "the secret is no JSON object with a member key" in server.log(), 5, "the failure in the log")
    secrets.update_secret(SecretId="text", SecretString="changed")
    watcher.publish("in", "{}")
    assert json.loads(watcher.receive().payload)["t"] == "changed"
    assert "hush" not in server.log(1000)
    server.check()


def test_a_rule_reads_them_under_its_role(server, iot, secrets, device):
    iam = server.client("iam")
    arn = secrets.create_secret(Name="mine", SecretString="1")["ARN"]
    secrets.create_secret(Name="other", SecretString="2")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
                                               "Principal": {"Service": "iot.amazonaws.com"}}}))["Role"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}}))
    make(iot, "ask", f"SELECT get_secret('mine', 'SecretString', '{role}') AS mine, "
         f"get_secret('other', 'SecretString', '{role}') AS other FROM 'in'", republish("out"))
    watcher = device().connect("watcher").subscribe("out")
    watcher.publish("in", "{}")
    assert json.loads(watcher.receive().payload) == {"mine": "1"}
    wait_until(lambda: "rule.function_failed" in server.log(), 5, "the refusal in the log")


def test_an_error_action_may_name_a_secret(iot, secrets, device):
    secrets.create_secret(Name="where", SecretString="errors/here")
    make(iot, "r", "SELECT * FROM 'in'", republish("x/${missing}"),
         errorAction=republish(f"${{get_secret('where', 'SecretString', '{ROLE}')}}"))
    watcher = device().connect("watcher").subscribe("errors/#")
    watcher.publish("in", "{}")
    assert watcher.receive().topic == "errors/here"


def test_a_header_of_a_webhook_holds_a_secret(tmp_path):
    """[AWS rules 6.3] ${get_secret('API_KEY','SecretString','API_KEY_VALUE','arn:…')}"""
    from devices import Device
    near, hook = Server(tmp_path / "server", "--outbound", "private").start(), Webhook()
    try:
        near.client("secretsmanager").create_secret(Name="API_KEY", SecretString='{"API_KEY_VALUE":"s3cr3t"}')
        make(near.client(), "hook", "SELECT * FROM 'in'", {"http": {
            "url": hook.url + "/in", "confirmationUrl": hook.url, "headers": [
                {"key": "x-api-key", "value": f"${{get_secret('API_KEY','SecretString','API_KEY_VALUE','{ROLE}')}}"}]}})
        one = Device(near).connect("sender")
        one.publish("in", '{"a":1}')
        request = hook.take()
        assert request.headers["x-api-key"] == "s3cr3t"
        assert "s3cr3t" not in near.log(1000)
    finally:
        near.stop()
        hook.close()
