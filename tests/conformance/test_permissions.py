"""Who may do what: users, roles and their sessions, with unmodified boto3.

What TestAuthorization and GetEffectivePolicies tell of devices is in test_authorization.py."""
import io
import json
import zipfile

import botocore.exceptions
import pytest

from server import REGION, wait_until


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources="*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions, resources="*", **more):
    return {**allow(actions, resources, **more), "Effect": "Deny"}


def clients(server, key):
    """client("iot") … with other credentials than the account's own."""
    def client(service):
        return server.client(service, aws_access_key_id=key["AccessKeyId"],
                             aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key.get("SessionToken"))
    return client


@pytest.fixture
def user(server):
    """user("bob", policy…): clients of a new user."""
    iam = server.client("iam")

    def make(name, *statements):
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return clients(server, iam.create_access_key(UserName=name)["AccessKey"])
    return make


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]


def test_a_user_may_what_the_policy_says(server, user):
    """[AWS control-plane 3.2]"""
    arn = f"arn:aws:iot:{REGION}:{server.account}:"
    iot = user("bob", allow("iot:*Thing", arn + "thing/lamp*"), deny("iot:DeleteThing"))("iot")
    iot.create_thing(thingName="lamp1")
    assert iot.describe_thing(thingName="lamp1")["thingName"] == "lamp1"
    bob = f"arn:aws:iam::{server.account}:user/bob"
    error = refusal(iot.create_thing, thingName="pump")
    assert error == {"Code": "AccessDeniedException", "Message":
                     f"User: {bob} is not authorized to perform: iot:CreateThing on resource: {arn}thing/pump "
                     "because no identity-based policy allows the iot:CreateThing action"}
    error = refusal(iot.delete_thing, thingName="lamp1")
    assert error["Message"].endswith("with an explicit deny in an identity-based policy")
    assert refusal(iot.list_things)["Message"].startswith(
        f"User: {bob} is not authorized to perform: iot:ListThings on resource: * because")


def test_who_may_not_does_not_learn_what_there_is(server, user):
    server.client().create_thing(thingName="there")
    iot = user("bob")("iot")
    for name in ("there", "nowhere"):
        error = refusal(iot.describe_thing, thingName=name)
        assert error["Code"] == "AccessDeniedException" and f"thing/{name} because" in error["Message"]


def test_a_change_of_a_policy_acts_at_once(server, user):
    iam, iot = server.client("iam"), user("bob")("iot")
    for _ in range(3):
        assert refusal(iot.list_things)["Code"] == "AccessDeniedException"
        iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=document(allow("iot:ListThings")))
        assert iot.list_things()["things"] == []
        iam.delete_user_policy(UserName="bob", PolicyName="p")


def test_groups_and_managed_policies_count(server, user):
    iam, iot = server.client("iam"), user("bob")("iot")
    policy = iam.create_policy(PolicyName="readers", PolicyDocument=document(allow(["iot:Get*", "iot:List*"])))
    arn = policy["Policy"]["Arn"]
    iam.create_group(GroupName="people")
    iam.attach_group_policy(GroupName="people", PolicyArn=arn)
    assert refusal(iot.list_things)["Code"] == "AccessDeniedException"
    iam.add_user_to_group(GroupName="people", UserName="bob")
    assert iot.list_things()["things"] == []
    iam.create_policy_version(PolicyArn=arn, SetAsDefault=True, PolicyDocument=document(allow("iot:Get*")))
    assert refusal(iot.list_things)["Code"] == "AccessDeniedException"


def test_each_service_refuses_in_its_own_form(user):
    client = user("bob")
    assert refusal(client("iot").list_things)["Code"] == "AccessDeniedException"
    assert refusal(client("lambda").list_functions)["Code"] == "AccessDeniedException"
    assert refusal(client("logs").describe_log_groups)["Code"] == "AccessDeniedException"
    assert refusal(client("acm").list_certificates)["Code"] == "AccessDeniedException"
    error = refusal(client("iam").list_users)
    assert error["Code"] == "AccessDenied" and "iam:ListUsers on resource: " in error["Message"]
    assert client("sts").get_caller_identity()["Arn"].endswith(":user/bob")


def test_a_user_sees_himself_by_the_variable_of_his_name(server, user):
    own = f"arn:aws:iam::{server.account}:user/${{aws:username}}"
    iam = user("bob", allow(["iam:GetUser", "iam:*AccessKey*"], own))("iam")
    assert iam.get_user()["User"]["UserName"] == "bob"
    assert len(iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]) == 1
    server.client("iam").create_user(UserName="eve")
    assert refusal(iam.get_user, UserName="eve")["Code"] == "AccessDenied"
    assert refusal(iam.create_access_key, UserName="eve")["Code"] == "AccessDenied"


TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole"}


def role(server, name, principal, *statements):
    iam = server.client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document({**TRUST, "Principal": principal}))
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    return made["Role"]["Arn"]


def test_a_session_may_what_role_and_session_policy_allow(server, user):
    client = user("bob")
    arn = role(server, "app", {"AWS": f"arn:aws:iam::{server.account}:user/bob"}, allow("iot:*"))
    sts = client("sts")
    whole = sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
    clients(server, whole)("iot").create_thing(thingName="lamp")
    narrow = sts.assume_role(RoleArn=arn, RoleSessionName="s2", Policy=document(allow("iot:Describe*")))["Credentials"]
    iot = clients(server, narrow)("iot")
    assert iot.describe_thing(thingName="lamp")["thingName"] == "lamp"
    assert refusal(iot.list_things)["Message"] == (
        f"User: arn:aws:sts::{server.account}:assumed-role/app/s2 is not authorized to perform: iot:ListThings on "
        "resource: * because no session policy allows the iot:ListThings action")


def test_a_role_that_trusts_the_account_leaves_it_to_the_policies_of_who_asks(server, user):
    arn = role(server, "app", {"AWS": server.account}, allow("iot:*"))
    nobody, somebody = user("nobody")("sts"), user("bob", allow("sts:AssumeRole", arn))("sts")
    error = refusal(nobody.assume_role, RoleArn=arn, RoleSessionName="s1")
    assert error["Code"] == "AccessDenied" and "is not authorized to perform: sts:AssumeRole on resource: " + arn in error["Message"]
    assert somebody.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_inline_policies_of_groups_count_for_their_members(server, user):
    iam, iot = server.client("iam"), user("bob")("iot")
    iam.create_group(GroupName="people")
    iam.add_user_to_group(GroupName="people", UserName="bob")
    iam.put_group_policy(GroupName="people", PolicyName="p", PolicyDocument=document(allow("iot:*Thing*"), deny("iot:DeleteThing")))
    iot.create_thing(thingName="lamp")
    assert refusal(iot.delete_thing, thingName="lamp")["Message"].endswith("with an explicit deny in an identity-based policy")
    iam.delete_group_policy(GroupName="people", PolicyName="p")
    assert refusal(iot.list_things)["Code"] == "AccessDeniedException"


def test_a_bound_user_may_only_what_its_policies_and_its_boundary_allow(server, user):
    iam, iot = server.client("iam"), user("bob", allow(["iot:ListThings", "iot:CreateThing"]))("iot")
    policy = iam.create_policy(PolicyName="fence", PolicyDocument=document(allow(["iot:ListThings", "iot:ListPolicies"])))
    iot.create_thing(thingName="before")
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=policy["Policy"]["Arn"])
    assert [thing["thingName"] for thing in iot.list_things()["things"]] == ["before"]
    assert refusal(iot.create_thing, thingName="lamp")["Message"].endswith(
        "because no permissions boundary allows the iot:CreateThing action")
    assert refusal(iot.list_policies)["Message"].endswith(
        "because no identity-based policy allows the iot:ListPolicies action"), "a boundary gives nothing by itself"
    iam.create_policy_version(PolicyArn=policy["Policy"]["Arn"], SetAsDefault=True,
                              PolicyDocument=document(allow("iot:*"), deny("iot:CreateThing")))
    assert refusal(iot.create_thing, thingName="lamp")["Message"].endswith("with an explicit deny in a permissions boundary")
    iam.delete_user_permissions_boundary(UserName="bob")
    iot.create_thing(thingName="lamp")


def test_a_bound_role_holds_its_sessions_that_are_there_already(server, user):
    iam, arn = server.client("iam"), role(server, "app", {"AWS": server.account}, allow("iot:*"))
    sts = user("bob", allow("sts:AssumeRole", arn))("sts")
    iot = clients(server, sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"])("iot")
    iot.create_thing(thingName="before")
    fence = iam.create_policy(PolicyName="fence", PolicyDocument=document(allow("iot:List*")))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=fence)
    assert [thing["thingName"] for thing in iot.list_things()["things"]] == ["before"]
    assert refusal(iot.create_thing, thingName="lamp")["Message"].endswith(
        "because no permissions boundary allows the iot:CreateThing action")
    iam.delete_role_permissions_boundary(RoleName="app")
    iot.create_thing(thingName="lamp")


def test_handing_a_role_to_a_service_takes_iam_pass_role(server, user):
    arn = role(server, "device", {"Service": "credentials.iot.amazonaws.com"})
    iot = user("bob", allow("iot:*"))("iot")
    assert f"iam:PassRole on resource: {arn}" in refusal(iot.create_role_alias, roleAlias="a", roleArn=arn)["Message"]
    condition = {"StringEquals": {"iam:PassedToService": "credentials.iot.amazonaws.com"}}
    iot = user("eve", allow("iot:*"), allow("iam:PassRole", arn, Condition=condition))("iot")
    iot.create_role_alias(roleAlias="a", roleArn=arn)
    rule = {"sql": "SELECT * FROM 'a'", "actions": [{"republish": {"roleArn": arn, "topic": "b"}}]}
    assert "iam:PassRole" in refusal(iot.create_topic_rule, ruleName="r", topicRulePayload=rule)["Message"]


def test_conditions_see_where_a_call_comes_from(server, user):
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}, "Bool": {"aws:SecureTransport": "false"}}
    elsewhere = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    assert user("near", allow("iot:*", Condition=here))("iot").list_things()["things"] == []
    assert refusal(user("far", allow("iot:*", Condition=elsewhere))("iot").list_things)["Code"] == "AccessDeniedException"


def test_why_tells_the_statement_that_came_nearest(server, user):
    arn = f"arn:aws:iot:{REGION}:{server.account}:thing/"
    iot = user("bob", allow("iot:DescribeThing", arn + "lamp*", Sid="Lamps"))("iot")
    refusal(iot.describe_thing, thingName="pump")
    server.expect_why(f"arn:aws:iam::{server.account}:user/bob", "pump", "statement 1 (Lamps) allows iot:DescribeThing only on",
                      "add it to its Resource")


def test_a_rule_acts_under_its_role(server, device):
    """republish needs iot:Publish on its topic; what a role may is looked at once a second"""
    arn = role(server, "rules", {"Service": "iot.amazonaws.com"},
               allow("iot:Publish", f"arn:aws:iot:{REGION}:{server.account}:topic/out/*"))
    iot = server.client()
    for name, topic in (("good", "out/a"), ("bad", "elsewhere")):
        iot.create_topic_rule(ruleName=name, topicRulePayload={
            "sql": "SELECT * FROM 'in'", "actions": [{"republish": {"roleArn": arn, "topic": topic}}]})
    server.client("iot-data").publish(topic="in", payload=b"{}")
    needle = f"is not authorized to perform: iot:Publish on resource: arn:aws:iot:{REGION}:{server.account}:topic/elsewhere"
    wait_until(lambda: needle in server.stderr_path.read_text(), 10, "the refused action in the log")
    assert "topic/out/a" not in server.stderr_path.read_text()


def test_a_template_runs_under_its_role(server):
    """RegisterThing's own role is the caller's; a task has one, whose policies count."""
    iot, s3 = server.client(), server.data / "buckets" / "things"
    s3.mkdir(parents=True)
    (s3 / "in.json").write_text('{"Name": "lamp1"}\n')
    body = json.dumps({"Parameters": {"Name": {"Type": "String"}},
                       "Resources": {"thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "Name"}}}}})
    arn = role(server, "bulk", {"Service": "iot.amazonaws.com"})

    def run():
        task = iot.start_thing_registration_task(templateBody=body, inputFileBucket="things", inputFileKey="in.json",
                                                 roleArn=arn)["taskId"]
        return wait_until(lambda: (lambda t: t if t["status"] == "Completed" else None)(
            iot.describe_thing_registration_task(taskId=task)), 20, "the task")
    assert run()["failureCount"] == 1
    server.client("iam").put_role_policy(RoleName="bulk", PolicyName="p", PolicyDocument=document(allow("iot:CreateThing")))
    assert run()["successCount"] == 1
    assert iot.describe_thing(thingName="lamp1")["thingName"] == "lamp1"


ASKS = """
import boto3

def handler(event, context):
    try:
        return boto3.client('iot').describe_thing(thingName=event['thing'])['thingName']
    except Exception as refused:
        return str(refused)
"""


def test_a_function_may_what_its_role_may(server):
    """[AWS rules 7]: the credentials in its environment are those of its role."""
    code, iam, functions = io.BytesIO(), server.client("iam"), server.client("lambda")
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("app.py", ASKS)
    server.client().create_thing(thingName="lamp")
    arn = role(server, "asks", {"Service": "lambda.amazonaws.com"})
    functions.create_function(FunctionName="f", Runtime="python3.12", Role=arn, Handler="app.handler", Timeout=30,
                              Code={"ZipFile": code.getvalue()})

    def ask():
        return json.loads(functions.invoke(FunctionName="f", Payload=b'{"thing": "lamp"}')["Payload"].read())
    refused = ask()
    assert "AccessDeniedException" in refused and f"arn:aws:sts::{server.account}:assumed-role/asks/" in refused, refused
    assert "because no identity-based policy allows the iot:DescribeThing action" in refused
    iam.put_role_policy(RoleName="asks", PolicyName="p", PolicyDocument=document(allow("iot:DescribeThing")))
    assert ask() == "lamp"


def test_a_function_may_let_a_user_in_by_its_own_policy(server, user):
    code, functions = io.BytesIO(), server.client("lambda")
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("app.py", "def handler(event, context): return 1")
    functions.create_function(FunctionName="f", Runtime="python3.12", Role=f"arn:aws:iam::{server.account}:role/r",
                              Handler="app.handler", Code={"ZipFile": code.getvalue()})
    bob = user("bob")("lambda")
    assert refusal(bob.invoke, FunctionName="f", InvocationType="DryRun")["Code"] == "AccessDeniedException"
    functions.add_permission(FunctionName="f", StatementId="bob", Action="lambda:InvokeFunction",
                             Principal=f"arn:aws:iam::{server.account}:user/bob")
    assert bob.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    assert refusal(bob.delete_function, FunctionName="f")["Code"] == "AccessDeniedException"
