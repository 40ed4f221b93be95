"""IAM and STS as boto3, the aws CLI and terraform use them [AWS control-plane 9]."""
import datetime
import json
import re

import botocore.exceptions
import pytest

from server import REGION

AWS = "arn:aws:iam::aws:policy"


def trust(**principal):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


def allow(action, resource="*"):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


LAMBDA = trust(Service="lambda.amazonaws.com")


@pytest.fixture
def iam(shared_server):
    return shared_server.client("iam")


@pytest.fixture
def fails():
    """with fails("NoSuchEntity", "cannot be found"): … – what AWS answers, and its status."""
    statuses = {"NoSuchEntity": 404, "EntityAlreadyExists": 409, "DeleteConflict": 409, "LimitExceeded": 409,
                "AccessDenied": 403, "InvalidClientTokenId": 403, "ExpiredToken": 403,
                "SignatureDoesNotMatch": 403}

    class Fails:
        def __init__(self, code, part):
            self.code, self.part = code, part

        def __enter__(self):
            return self

        def __exit__(self, kind, failure, _trace):
            assert isinstance(failure, botocore.exceptions.ClientError), f"no {self.code} came, but {failure}"
            error = failure.response["Error"]
            assert error["Code"] == self.code and self.part in error["Message"], error
            assert failure.response["ResponseMetadata"]["HTTPStatusCode"] == statuses.get(self.code, 400)
            return True
    return Fails


def as_bearer(server, service, credentials):
    return server.client(service, aws_access_key_id=credentials["AccessKeyId"],
                         aws_secret_access_key=credentials["SecretAccessKey"],
                         aws_session_token=credentials.get("SessionToken"))


# ---- roles ----

def test_a_role_lives_as_long_as_somebody_wants_it(shared_server, iam, fails):
    made = iam.create_role(RoleName="life", Path="/service-role/", AssumeRolePolicyDocument=LAMBDA, Description="Lamps & <doors>",
                           MaxSessionDuration=7200, Tags=[{"Key": "team", "Value": "lamps + co"}])["Role"]
    assert made["Arn"] == f"arn:aws:iam::{shared_server.account}:role/service-role/life"
    assert re.fullmatch("AROA[A-Z2-7]{17}", made["RoleId"]) and made["AssumeRolePolicyDocument"] == json.loads(LAMBDA)
    found = iam.get_role(RoleName="life")["Role"]
    assert (found["Path"], found["Description"], found["MaxSessionDuration"]) == ("/service-role/", "Lamps & <doors>", 7200)
    assert found["Tags"] == [{"Key": "team", "Value": "lamps + co"}] and found["CreateDate"] == made["CreateDate"]
    with fails("EntityAlreadyExists", "Role with name life already exists."):
        iam.create_role(RoleName="life", AssumeRolePolicyDocument=LAMBDA)
    iam.update_role(RoleName="life", Description="Doors", MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName="life", PolicyDocument=trust(Service="iot.amazonaws.com"))
    found = iam.get_role(RoleName="life")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("Doors", 3600)
    assert found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "iot.amazonaws.com"}
    iam.tag_role(RoleName="life", Tags=[{"Key": "a", "Value": ""}])
    iam.untag_role(RoleName="life", TagKeys=["team"])
    assert iam.list_role_tags(RoleName="life")["Tags"] == [{"Key": "a", "Value": ""}]
    iam.delete_role(RoleName="life")
    for ask in (iam.get_role, iam.delete_role, iam.list_role_policies, iam.list_attached_role_policies,
                iam.list_instance_profiles_for_role):
        with fails("NoSuchEntity", "The role with name life cannot be found."):
            ask(RoleName="life")


def test_a_role_with_policies_stays(iam, fails):
    iam.create_role(RoleName="held", AssumeRolePolicyDocument=LAMBDA)
    iam.put_role_policy(RoleName="held", PolicyName="p", PolicyDocument=allow("iot:*"))
    iam.attach_role_policy(RoleName="held", PolicyArn=f"{AWS}/service-role/AWSLambdaBasicExecutionRole")
    with fails("DeleteConflict", "Cannot delete entity, must detach all policies first."):
        iam.delete_role(RoleName="held")
    assert iam.list_attached_role_policies(RoleName="held")["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": f"{AWS}/service-role/AWSLambdaBasicExecutionRole"}]
    iam.detach_role_policy(RoleName="held", PolicyArn=f"{AWS}/service-role/AWSLambdaBasicExecutionRole")
    with fails("DeleteConflict", "Cannot delete entity, must delete policies first."):
        iam.delete_role(RoleName="held")
    got = iam.get_role_policy(RoleName="held", PolicyName="p")
    assert (got["RoleName"], got["PolicyName"], got["PolicyDocument"]) == ("held", "p", json.loads(allow("iot:*")))
    assert iam.list_role_policies(RoleName="held")["PolicyNames"] == ["p"]
    iam.delete_role_policy(RoleName="held", PolicyName="p")
    with fails("NoSuchEntity", "The role policy with name p cannot be found."):
        iam.get_role_policy(RoleName="held", PolicyName="p")
    assert iam.list_instance_profiles_for_role(RoleName="held")["InstanceProfiles"] == []
    iam.delete_role(RoleName="held")


def test_a_description_is_replaced_by_the_older_operation_too(iam, fails):
    iam.create_role(RoleName="told", AssumeRolePolicyDocument=LAMBDA, Description="lamps", MaxSessionDuration=7200)
    role = iam.update_role_description(RoleName="told", Description="doors")["Role"]
    assert (role["RoleName"], role["Description"], role["MaxSessionDuration"]) == ("told", "doors", 7200)
    assert iam.get_role(RoleName="told")["Role"]["Description"] == "doors"
    with fails("NoSuchEntity", "The role with name nobody cannot be found."):
        iam.update_role_description(RoleName="nobody", Description="doors")
    iam.delete_role(RoleName="told")


def test_roles_are_listed_page_by_page_and_by_path(iam):
    for number in range(5):
        iam.create_role(RoleName=f"page-{number}", Path=f"/pages/{number % 2}/", AssumeRolePolicyDocument=LAMBDA)
    names = [role["RoleName"] for page in iam.get_paginator("list_roles").paginate(
        PathPrefix="/pages/", PaginationConfig={"PageSize": 2}) for role in page["Roles"]]
    assert names == [f"page-{number}" for number in range(5)]
    odd = iam.list_roles(PathPrefix="/pages/1/")
    assert [role["RoleName"] for role in odd["Roles"]] == ["page-1", "page-3"] and not odd["IsTruncated"]


@pytest.mark.parametrize("arguments, code, part", [
    ({"RoleName": "a b"}, "ValidationError", "Value 'a b' at 'roleName' failed to satisfy constraint"),
    ({"RoleName": "x" * 65}, "ValidationError", "Member must have length less than or equal to 64"),
    ({"AssumeRolePolicyDocument": "{"}, "MalformedPolicyDocument", "This policy contains invalid Json"),
    ({"AssumeRolePolicyDocument": allow("sts:AssumeRole")}, "MalformedPolicyDocument", "Resource"),
    ({"MaxSessionDuration": 43201}, "ValidationError", "at 'maxSessionDuration' failed to satisfy constraint"),
    ({"PermissionsBoundary": f"{AWS}/Nothing"}, "NoSuchEntity", "was not found"),
    ({"Tags": [{"Key": "k", "Value": "1"}, {"Key": "K", "Value": "2"}]}, "ValidationError", "Duplicate tag keys"),
])
def test_what_is_no_role_is_refused_in_the_words_of_aws(iam, fails, arguments, code, part):
    with fails(code, part):
        iam.create_role(**{"RoleName": "never", "AssumeRolePolicyDocument": LAMBDA, **arguments})
    with fails("NoSuchEntity", "never"):
        iam.get_role(RoleName="never")


# ---- managed policies ----

def test_a_managed_policy_and_its_versions(shared_server, iam, fails):
    made = iam.create_policy(PolicyName="many", Path="/team/", PolicyDocument=allow("iot:Get*"), Description="reads",
                             Tags=[{"Key": "a", "Value": "1"}])["Policy"]
    arn = f"arn:aws:iam::{shared_server.account}:policy/team/many"
    assert (made["Arn"], made["DefaultVersionId"], made["AttachmentCount"]) == (arn, "v1", 0)
    with fails("EntityAlreadyExists", "A policy called many already exists. Duplicate names are not allowed."):
        iam.create_policy(PolicyName="many", PolicyDocument=allow("iot:Get*"))
    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("iot:List*"))["PolicyVersion"]
    assert (second["VersionId"], second["IsDefaultVersion"]) == ("v2", False)
    third = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("iot:*"), SetAsDefault=True)["PolicyVersion"]
    assert (third["VersionId"], third["IsDefaultVersion"]) == ("v3", True)
    got = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (got["DefaultVersionId"], got["Description"], got["Tags"]) == ("v3", "reads", [{"Key": "a", "Value": "1"}])
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert document["Document"] == json.loads(allow("iot:List*")) and not document["IsDefaultVersion"]
    with fails("DeleteConflict", "Cannot delete the default version of a policy."):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v3")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    for _ in range(2):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("iot:*"))
    with fails("LimitExceeded", "up to 5 versions"):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("iot:*"))
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(v["VersionId"], v["IsDefaultVersion"]) for v in listed] == [
        ("v5", False), ("v4", False), ("v3", False), ("v2", False), ("v1", True)]
    with fails("DeleteConflict", "more than one version"):
        iam.delete_policy(PolicyArn=arn)
    for version in listed[:4]:
        iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)
    with fails("NoSuchEntity", f"Policy {arn} was not found."):
        iam.get_policy(PolicyArn=arn)


def test_policies_are_attached_and_tell_to_whom(shared_server, iam, fails):
    arn = iam.create_policy(PolicyName="given", PolicyDocument=allow("iot:*"))["Policy"]["Arn"]
    iam.create_user(UserName="given")
    iam.create_role(RoleName="given", AssumeRolePolicyDocument=LAMBDA)
    iam.create_group(GroupName="given")
    iam.attach_user_policy(UserName="given", PolicyArn=arn)
    iam.attach_role_policy(RoleName="given", PolicyArn=arn)
    iam.attach_group_policy(GroupName="given", PolicyArn=arn)
    iam.attach_role_policy(RoleName="given", PolicyArn=arn)  # twice is fine
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 3
    to = iam.list_entities_for_policy(PolicyArn=arn)
    assert [to["PolicyUsers"][0]["UserName"], to["PolicyRoles"][0]["RoleName"], to["PolicyGroups"][0]["GroupName"]] == \
        ["given"] * 3
    only = iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="Role")
    assert only["PolicyRoles"] == to["PolicyRoles"] and not only["PolicyUsers"] and not only["PolicyGroups"]
    assert [p["PolicyName"] for p in iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]] == ["given"]
    with fails("DeleteConflict", "Cannot delete a policy attached to entities."):
        iam.delete_policy(PolicyArn=arn)
    missing = f"arn:aws:iam::{shared_server.account}:policy/missing"
    with fails("NoSuchEntity", f"Policy {missing} does not exist or is not attachable."):
        iam.attach_role_policy(RoleName="given", PolicyArn=missing)
    iam.detach_user_policy(UserName="given", PolicyArn=arn)
    iam.detach_role_policy(RoleName="given", PolicyArn=arn)
    iam.detach_group_policy(GroupName="given", PolicyArn=arn)
    with fails("NoSuchEntity", f"Policy {arn} was not found."):
        iam.detach_role_policy(RoleName="given", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    iam.delete_user(UserName="given")
    iam.delete_role(RoleName="given")
    iam.delete_group(GroupName="given")


def test_tags_of_a_managed_policy(iam, fails):
    arn = iam.create_policy(PolicyName="tagged", PolicyDocument=allow("iot:*"), Tags=[{"Key": "a", "Value": "1"}])["Policy"]["Arn"]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    listed = iam.list_policy_tags(PolicyArn=arn)
    assert listed["Tags"] == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}] and not listed["IsTruncated"]
    iam.untag_policy(PolicyArn=arn, TagKeys=["a", "never"])
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == [{"Key": "b", "Value": ""}]
    iam.delete_policy(PolicyArn=arn)
    iam.create_policy(PolicyName="tagged", PolicyDocument=allow("iot:*"))
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == []
    iam.delete_policy(PolicyArn=arn)
    for ask in (lambda: iam.list_policy_tags(PolicyArn=arn), lambda: iam.untag_policy(PolicyArn=arn, TagKeys=["b"]),
                lambda: iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "b", "Value": ""}])):
        with fails("NoSuchEntity", f"Policy {arn} was not found."):
            ask()


def test_what_is_attached_is_listed_page_by_page_and_by_path(iam, fails):
    """Of users and groups; those of roles are listed alike."""
    iam.create_user(UserName="holder")
    iam.create_group(GroupName="holders")
    arns = [iam.create_policy(PolicyName=f"held-{number}", Path=f"/held/{number % 2}/", PolicyDocument=allow("iot:*"))["Policy"]["Arn"]
            for number in range(4)]
    kinds = (("user", {"UserName": "holder"}), ("group", {"GroupName": "holders"}))
    for kind, of in kinds:
        for arn in arns:
            getattr(iam, f"attach_{kind}_policy")(PolicyArn=arn, **of)
    for listing, of in ((iam.list_attached_user_policies, kinds[0][1]), (iam.list_attached_group_policies, kinds[1][1])):
        first = listing(MaxItems=3, **of)
        assert first["IsTruncated"] and len(first["AttachedPolicies"]) == 3
        rest = listing(Marker=first["Marker"], **of)
        assert not rest["IsTruncated"] and "Marker" not in rest
        assert {each["PolicyArn"] for each in first["AttachedPolicies"] + rest["AttachedPolicies"]} == set(arns)
        odd = listing(PathPrefix="/held/1/", **of)["AttachedPolicies"]
        assert odd == [{"PolicyName": f"held-{number}", "PolicyArn": arns[number]} for number in (1, 3)]
        assert listing(PathPrefix="/elsewhere/", **of)["AttachedPolicies"] == []
    for kind, of in kinds:
        for arn in arns:
            getattr(iam, f"detach_{kind}_policy")(PolicyArn=arn, **of)
    for arn in arns:
        iam.delete_policy(PolicyArn=arn)
    iam.delete_user(UserName="holder")
    iam.delete_group(GroupName="holders")
    with fails("NoSuchEntity", "The user with name holder cannot be found."):
        iam.list_attached_user_policies(UserName="holder")
    with fails("NoSuchEntity", "The group with name holders cannot be found."):
        iam.list_attached_group_policies(GroupName="holders")


def test_policies_of_aws_are_there_and_stay_as_they_are(iam, fails):
    arns = [p["Arn"] for page in iam.get_paginator("list_policies").paginate(
        Scope="AWS", PaginationConfig={"PageSize": 3}) for p in page["Policies"]]
    assert {f"{AWS}/AdministratorAccess", f"{AWS}/AWSIoTFullAccess", f"{AWS}/service-role/AWSLambdaBasicExecutionRole",
            f"{AWS}/service-role/AWSIoTThingsRegistration", f"{AWS}/service-role/AWSIoTLogging",
            f"{AWS}/service-role/AWSIoTRuleActions"} <= set(arns) and len(arns) == len(set(arns))
    for arn in arns:
        policy = iam.get_policy(PolicyArn=arn)["Policy"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]
        assert document["Version"] == "2012-10-17" and document["Statement"]
    with fails("AccessDenied", "belongs to AWS"):
        iam.delete_policy(PolicyArn=arns[0])


# ---- users, keys, groups ----

def test_a_user_has_keys_of_its_own(shared_server, iam, fails):
    made = iam.create_user(UserName="ann", Path="/people/", Tags=[{"Key": "a", "Value": "1"}])["User"]
    arn = f"arn:aws:iam::{shared_server.account}:user/people/ann"
    assert made["Arn"] == arn and re.fullmatch("AIDA[A-Z2-7]{17}", made["UserId"])
    iam.attach_user_policy(UserName="ann", PolicyArn=f"{AWS}/AdministratorAccess")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key["AccessKeyId"]) and len(key["SecretAccessKey"]) == 40
    assert as_bearer(shared_server, "sts", key).get_caller_identity()["Arn"] == arn
    ann = as_bearer(shared_server, "iam", key)
    assert ann.get_user()["User"]["UserName"] == "ann"
    assert [k["AccessKeyId"] for k in ann.list_access_keys()["AccessKeyMetadata"]] == [key["AccessKeyId"]]
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == "ann" and used["AccessKeyLastUsed"]["ServiceName"] == "sts"
    assert used["AccessKeyLastUsed"]["Region"] == REGION
    second = iam.create_access_key(UserName="ann")["AccessKey"]
    assert iam.get_access_key_last_used(AccessKeyId=second["AccessKeyId"])["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    with fails("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
        iam.create_access_key(UserName="ann")
    iam.update_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with fails("InvalidClientTokenId", "The security token included in the request is invalid."):
        ann.get_user()
    with fails("DeleteConflict", "must delete access keys first"):
        iam.delete_user(UserName="ann")
    for each in (key, second):
        iam.delete_access_key(UserName="ann", AccessKeyId=each["AccessKeyId"])
    with fails("NoSuchEntity", f"The Access Key with id {key['AccessKeyId']} cannot be found."):
        iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    with fails("InvalidClientTokenId", "is invalid"):
        as_bearer(shared_server, "sts", second).get_caller_identity()
    iam.detach_user_policy(UserName="ann", PolicyArn=f"{AWS}/AdministratorAccess")
    iam.delete_user(UserName="ann")


def test_the_root_user_describes_itself_and_keeps_a_key(shared_server, iam, fails):
    assert iam.get_user()["User"]["Arn"] == f"arn:aws:iam::{shared_server.account}:root"
    keys = iam.list_access_keys()["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [shared_server.env["AWS_ACCESS_KEY_ID"]]
    with fails("DeleteConflict", "keeps one access key"):
        iam.delete_access_key(AccessKeyId=keys[0]["AccessKeyId"])


def test_groups_have_members(iam, fails):
    iam.create_group(GroupName="fitters")
    iam.create_user(UserName="bob")
    iam.add_user_to_group(GroupName="fitters", UserName="bob")
    assert [user["UserName"] for user in iam.get_group(GroupName="fitters")["Users"]] == ["bob"]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="bob")["Groups"]] == ["fitters"]
    with fails("DeleteConflict", "must remove users from group first"):
        iam.delete_group(GroupName="fitters")
    iam.remove_user_from_group(GroupName="fitters", UserName="bob")
    iam.delete_group(GroupName="fitters")
    iam.delete_user(UserName="bob")
    with fails("NoSuchEntity", "The group with name fitters cannot be found."):
        iam.get_group(GroupName="fitters")


def test_inline_policies_of_users_and_groups(iam, fails):
    iam.create_user(UserName="ida")
    iam.create_group(GroupName="idas")
    for kind, of, put, get, listing, delete, remove in (
            ("user", {"UserName": "ida"}, iam.put_user_policy, iam.get_user_policy, iam.list_user_policies,
             iam.delete_user_policy, iam.delete_user),
            ("group", {"GroupName": "idas"}, iam.put_group_policy, iam.get_group_policy, iam.list_group_policies,
             iam.delete_group_policy, iam.delete_group)):
        put(PolicyName="p", PolicyDocument=allow("iot:*"), **of)
        put(PolicyName="p", PolicyDocument=allow("iot:Get*"), **of)  # replaces
        put(PolicyName="q", PolicyDocument=allow("iot:List*"), **of)
        got = get(PolicyName="p", **of)
        got.pop("ResponseMetadata")
        assert got == {**of, "PolicyName": "p", "PolicyDocument": json.loads(allow("iot:Get*"))}
        first = listing(MaxItems=1, **of)
        assert first["PolicyNames"] == ["p"] and first["IsTruncated"]
        assert listing(Marker=first["Marker"], **of)["PolicyNames"] == ["q"]
        with fails("MalformedPolicyDocument", ""):
            put(PolicyName="r", PolicyDocument=trust(Service="iot.amazonaws.com"), **of)
        with fails("LimitExceeded", "Maximum policy size of "):
            put(PolicyName="r", PolicyDocument=allow("iot:*", ["arn:aws:iot:::" + "x" * 100] * 60), **of)
        with fails("DeleteConflict", "Cannot delete entity, must delete policies first."):
            remove(**of)
        for name in "pq":
            delete(PolicyName=name, **of)
        for ask in (get, delete):
            with fails("NoSuchEntity", f"The {kind} policy with name p cannot be found."):
                ask(PolicyName="p", **of)
        remove(**of)
        with fails("NoSuchEntity", f"The {kind} with name {[*of.values()][0]} cannot be found."):
            listing(**of)


def test_tags_of_a_user(iam, fails):
    """The case of a key is kept, and makes no other key."""
    iam.create_user(UserName="tom", Tags=[{"Key": "Team", "Value": "lamps"}])
    iam.tag_user(UserName="tom", Tags=[{"Key": "a", "Value": "1"}])
    listed = iam.list_user_tags(UserName="tom")
    assert listed["Tags"] == [{"Key": "Team", "Value": "lamps"}, {"Key": "a", "Value": "1"}] and not listed["IsTruncated"]
    iam.tag_user(UserName="tom", Tags=[{"Key": "team", "Value": "doors"}])
    assert iam.get_user(UserName="tom")["User"]["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "team", "Value": "doors"}]
    iam.untag_user(UserName="tom", TagKeys=["TEAM", "never"])
    assert iam.list_user_tags(UserName="tom")["Tags"] == [{"Key": "a", "Value": "1"}]
    with fails("ValidationError", "Tag keys that begin with aws: are reserved"):
        iam.tag_user(UserName="tom", Tags=[{"Key": "aws:x", "Value": "1"}])
    with fails("LimitExceeded", "The number of tags has reached the maximum limit."):
        iam.tag_user(UserName="tom", Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    assert len(iam.list_user_tags(UserName="tom")["Tags"]) == 1  # all of them, or none
    iam.delete_user(UserName="tom")
    for ask in (lambda: iam.list_user_tags(UserName="tom"), lambda: iam.untag_user(UserName="tom", TagKeys=["a"]),
                lambda: iam.tag_user(UserName="tom", Tags=[{"Key": "a", "Value": ""}])):
        with fails("NoSuchEntity", "The user with name tom cannot be found."):
            ask()


def test_a_user_moves_and_takes_along_what_it_has(server, fails):
    """Its id, tags, keys, policies and groups stay; only name and path are new."""
    iam = server.client("iam")
    made = iam.create_user(UserName="old", Tags=[{"Key": "a", "Value": "1"}])["User"]
    iam.create_user(UserName="taken")
    iam.create_group(GroupName="people")
    iam.add_user_to_group(GroupName="people", UserName="old")
    key = iam.create_access_key(UserName="old")["AccessKey"]
    iam.put_user_policy(UserName="old", PolicyName="p", PolicyDocument=allow("iot:ListThings"))
    iam.attach_user_policy(UserName="old", PolicyArn=f"{AWS}/AWSIoTFullAccess")
    session = as_bearer(server, "sts", key).get_session_token()["Credentials"]
    with fails("EntityAlreadyExists", "User with name taken already exists."):
        iam.update_user(UserName="old", NewUserName="taken")
    iam.update_user(UserName="old", NewUserName="new", NewPath="/people/")
    with fails("NoSuchEntity", "The user with name old cannot be found."):
        iam.get_user(UserName="old")
    user = iam.get_user(UserName="new")["User"]
    arn = f"arn:aws:iam::{server.account}:user/people/new"
    assert (user["Arn"], user["UserId"], user["CreateDate"]) == (arn, made["UserId"], made["CreateDate"])
    assert user["Tags"] == [{"Key": "a", "Value": "1"}]
    assert iam.list_user_policies(UserName="new")["PolicyNames"] == ["p"]
    assert [each["PolicyName"] for each in iam.list_attached_user_policies(UserName="new")["AttachedPolicies"]] == ["AWSIoTFullAccess"]
    assert iam.list_entities_for_policy(PolicyArn=f"{AWS}/AWSIoTFullAccess")["PolicyUsers"] == [
        {"UserName": "new", "UserId": made["UserId"]}]
    assert [each["GroupName"] for each in iam.list_groups_for_user(UserName="new")["Groups"]] == ["people"]
    assert [each["UserName"] for each in iam.get_group(GroupName="people")["Users"]] == ["new"]
    assert [each["AccessKeyId"] for each in iam.list_access_keys(UserName="new")["AccessKeyMetadata"]] == [key["AccessKeyId"]]
    assert as_bearer(server, "sts", key).get_caller_identity()["Arn"] == arn
    assert as_bearer(server, "iot", key).list_things()["things"] == []
    iam.create_user(UserName="old")  # another one, with nothing of the first
    with fails("InvalidClientTokenId", "is invalid"):
        as_bearer(server, "sts", session).get_caller_identity()
    assert iam.list_user_tags(UserName="old")["Tags"] == [] and iam.list_access_keys(UserName="old")["AccessKeyMetadata"] == []
    assert iam.list_groups_for_user(UserName="old")["Groups"] == []
    iam.delete_user(UserName="old")
    iam.delete_access_key(UserName="new", AccessKeyId=key["AccessKeyId"])
    with fails("NoSuchEntity", "The user with name nobody cannot be found."):
        iam.update_user(UserName="nobody", NewPath="/")


def test_groups_are_listed_page_by_page_and_by_path(shared_server, iam):
    for number in range(4):
        iam.create_group(GroupName=f"page-{number}", Path=f"/pages/{number % 2}/")
    names = [group["GroupName"] for page in iam.get_paginator("list_groups").paginate(
        PathPrefix="/pages/", PaginationConfig={"PageSize": 3}) for group in page["Groups"]]
    assert names == [f"page-{number}" for number in range(4)]
    odd = iam.list_groups(PathPrefix="/pages/1/")
    assert [group["Arn"] for group in odd["Groups"]] == [
        f"arn:aws:iam::{shared_server.account}:group/pages/1/page-{number}" for number in (1, 3)]
    assert not odd["IsTruncated"] and re.fullmatch("AGPA[A-Z2-7]{17}", odd["Groups"][0]["GroupId"])
    for name in names:
        iam.delete_group(GroupName=name)


def test_an_account_here_has_no_alias(iam):
    answer = iam.list_account_aliases()
    assert answer["AccountAliases"] == [] and not answer["IsTruncated"]


# ---- permissions boundaries ----

def test_boundaries_are_set_shown_and_taken_away(iam, fails):
    """What they do is in test_permissions.py."""
    arn = f"{AWS}/AWSIoTFullAccess"
    told = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    iam.create_user(UserName="bound")
    iam.create_role(RoleName="bound", AssumeRolePolicyDocument=LAMBDA)
    for of, put, delete, get in (
            ({"UserName": "bound"}, iam.put_user_permissions_boundary, iam.delete_user_permissions_boundary,
             lambda: iam.get_user(UserName="bound")["User"]),
            ({"RoleName": "bound"}, iam.put_role_permissions_boundary, iam.delete_role_permissions_boundary,
             lambda: iam.get_role(RoleName="bound")["Role"])):
        assert "PermissionsBoundary" not in get()
        put(PermissionsBoundary=arn, **of)
        assert get()["PermissionsBoundary"] == told
        with fails("NoSuchEntity", f"Policy {AWS}/Nothing was not found."):
            put(PermissionsBoundary=f"{AWS}/Nothing", **of)
        assert get()["PermissionsBoundary"] == told
        delete(**of)
        assert "PermissionsBoundary" not in get()
        name, = of
        with fails("NoSuchEntity", "nobody cannot be found."):
            put(PermissionsBoundary=arn, **{name: "nobody"})
        with fails("NoSuchEntity", "nobody cannot be found."):
            delete(**{name: "nobody"})
    iam.put_user_permissions_boundary(UserName="bound", PermissionsBoundary=arn)
    listed, = [user for user in iam.list_users()["Users"] if user["UserName"] == "bound"]
    assert "PermissionsBoundary" not in listed  # as on AWS: only GetUser tells
    iam.delete_user(UserName="bound")
    iam.delete_role(RoleName="bound")


# ---- sts ----

def test_a_role_is_assumed_and_says_who_it_is(shared_server, iam, fails):
    sts = shared_server.client("sts")
    role = iam.create_role(RoleName="actor", AssumeRolePolicyDocument=trust(AWS=shared_server.account))["Role"]
    iam.attach_role_policy(RoleName="actor", PolicyArn=f"{AWS}/AdministratorAccess")
    before = datetime.datetime.now(datetime.timezone.utc)
    given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="one", DurationSeconds=900)
    credentials, user = given["Credentials"], given["AssumedRoleUser"]
    assert credentials["AccessKeyId"].startswith("ASIA") and len(credentials["SecretAccessKey"]) == 40
    assert 890 < (credentials["Expiration"] - before).total_seconds() < 910
    arn = f"arn:aws:sts::{shared_server.account}:assumed-role/actor/one"
    assert user == {"Arn": arn, "AssumedRoleId": f"{role['RoleId']}:one"}
    actor = as_bearer(shared_server, "sts", credentials)
    who = actor.get_caller_identity()
    assert (who["Arn"], who["UserId"], who["Account"]) == (arn, f"{role['RoleId']}:one", shared_server.account)
    assert as_bearer(shared_server, "iot", credentials).list_things()["things"] == []
    with fails("AccessDenied", "Cannot call GetSessionToken with session credentials"):
        actor.get_session_token()
    with fails("ValidationError", "Must specify userName"):
        as_bearer(shared_server, "iam", credentials).create_access_key()
    with fails("ValidationError", "MaxSessionDuration"):
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="one", DurationSeconds=7200)


def test_credentials_that_were_touched_are_refused(shared_server, iam, fails):
    sts = shared_server.client("sts")
    arn = iam.create_role(RoleName="touched", AssumeRolePolicyDocument=trust(AWS=shared_server.account))["Role"]["Arn"]
    good, other = (sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"] for _ in range(2))
    token = good["SessionToken"]
    for changed in ({"SessionToken": token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]},
                    {"SessionToken": other["SessionToken"]}, {"SessionToken": "AAAA"}, {"SessionToken": ""},
                    {"AccessKeyId": other["AccessKeyId"]}):
        with fails("InvalidClientTokenId", "The security token included in the request is invalid."):
            as_bearer(shared_server, "sts", {**good, **changed}).get_caller_identity()
    with fails("InvalidClientTokenId", "is invalid"):
        as_bearer(shared_server, "sts", {**good, "SessionToken": None}).get_caller_identity()
    with fails("SignatureDoesNotMatch", ""):
        as_bearer(shared_server, "sts", {**good, "SecretAccessKey": other["SecretAccessKey"]}).get_caller_identity()


def test_a_role_that_does_not_trust_cannot_be_assumed(shared_server, iam, fails):
    sts = shared_server.client("sts")
    arn = iam.create_role(RoleName="shy", AssumeRolePolicyDocument=LAMBDA)["Role"]["Arn"]
    for each in (arn, arn + "-that-is-not-there"):
        with fails("AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {each}"):
            sts.assume_role(RoleArn=each, RoleSessionName="one")


def test_sessions_survive_a_restart_and_end_with_their_user(server, fails):
    iam, sts = server.client("iam"), server.client("sts")
    iam.create_user(UserName="eve")
    key = iam.create_access_key(UserName="eve")["AccessKey"]
    iam.attach_user_policy(UserName="eve", PolicyArn=f"{AWS}/AdministratorAccess")
    token = as_bearer(server, "sts", key).get_session_token(DurationSeconds=900)["Credentials"]
    server.stop()
    server.start()
    iam, sts = server.client("iam"), server.client("sts")
    assert as_bearer(server, "sts", token).get_caller_identity()["Arn"].endswith(":user/eve")
    assert sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == server.account
    iam.delete_access_key(UserName="eve", AccessKeyId=key["AccessKeyId"])
    iam.detach_user_policy(UserName="eve", PolicyArn=f"{AWS}/AdministratorAccess")
    iam.delete_user(UserName="eve")
    with fails("InvalidClientTokenId", "is invalid"):
        as_bearer(server, "sts", token).get_caller_identity()


def test_an_account_takes_its_users_and_sessions_with_it(server, fails):
    server.run("account", "create", "--data", server.data, "--id", "222222222222")
    iam = server.client_of("222222222222", "iam")
    iam.create_user(UserName="eve")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS="222222222222"))
    key = iam.create_access_key(UserName="eve")["AccessKey"]
    role = {"RoleArn": "arn:aws:iam::222222222222:role/r", "RoleSessionName": "s1"}
    session = server.client_of("222222222222", "sts").assume_role(**role)["Credentials"]
    with fails("AccessDenied", "not authorized to perform: sts:AssumeRole"):
        server.client("sts").assume_role(**role)  # of another account
    said = server.run("account", "delete", "--data", server.data, "--id", "222222222222", check=False)
    assert "1 users, 1 roles" in said.stdout + said.stderr
    server.run("account", "delete", "--data", server.data, "--id", "222222222222", "--force")
    for each in (key, session):
        with fails("InvalidClientTokenId", "is invalid"):
            as_bearer(server, "sts", each).get_caller_identity()


def test_what_is_not_there_says_its_name(iam):
    with pytest.raises(botocore.exceptions.ClientError, match="kedge does not implement iam:ListServerCertificates yet"):
        iam.list_server_certificates()


# ---- as people type it ----

def test_the_articles_role_for_a_function_as_typed(shell):
    shell.write("trust.json", LAMBDA)
    role = json.loads(shell.type("aws iam create-role --role-name lamps --assume-role-policy-document file://trust.json").stdout)
    assert role["Role"]["AssumeRolePolicyDocument"] == json.loads(LAMBDA)
    shell.type(f"aws iam attach-role-policy --role-name lamps --policy-arn {AWS}/service-role/AWSLambdaBasicExecutionRole")
    shell.write("iot.json", allow("iot:*"))
    shell.type("aws iam put-role-policy --role-name lamps --policy-name iot --policy-document file://iot.json")
    assert json.loads(shell.type("aws iam list-role-policies --role-name lamps").stdout) == {"PolicyNames": ["iot"]}
    assert "DeleteConflict" in shell.type("aws iam delete-role --role-name lamps", fails=True).text
    who = json.loads(shell.type("aws sts get-caller-identity").stdout)
    assert who["Arn"].endswith(":root")
