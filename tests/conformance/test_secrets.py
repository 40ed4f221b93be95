"""Secrets Manager, as far as rules need it, with unmodified boto3."""
import json
import re

import botocore.exceptions
import pytest

from server import REGION


@pytest.fixture
def secrets(server):
    return server.client("secretsmanager")


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


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
