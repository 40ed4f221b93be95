"""Makes layout-N.tar.gz, a data directory as the Kedge of that time left it, and says what is in it.

    KEDGE_BINARY=/path/of/that/kedge /usr/bin/python3 tests/layouts/fill.py N

What a version does not have yet is left out: `read` tells of each operation what it answers, or its error's name."""
import json
import pathlib
import shutil
import sys
import tarfile
import tempfile

import botocore.exceptions

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))
from devices import Authority, signing_request  # noqa: E402
from server import Server  # noqa: E402

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})
THINGS = ("lamp", "fan", "door")


def fill(iot):
    """All kinds of objects and relations; what the server does not know is skipped."""
    def attempt(operation, **parameters):
        try:
            return getattr(iot, operation)(**parameters)
        except botocore.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 501:
                raise
            return None
    authority = Authority("old site", "rsa:2048")
    authority.register(iot)
    registered = iot.register_certificate(certificatePem=authority.sign("old leaf"), setAsActive=True)
    made = iot.create_certificate_from_csr(certificateSigningRequest=signing_request(), setAsActive=True)
    iot.create_policy(policyName="all", policyDocument=POLICY)
    iot.create_policy_version(policyName="all", policyDocument=POLICY, setAsDefault=True)
    iot.attach_policy(policyName="all", target=made["certificateArn"])
    attempt("create_thing_type", thingTypeName="light", tags=[{"Key": "a", "Value": "b"}])
    attempt("create_billing_group", billingGroupName="cheap")
    for name in THINGS:
        iot.create_thing(thingName=name, attributePayload={"attributes": {"colour": "red", "number": str(len(name))}})
    attempt("update_thing", thingName="lamp", thingTypeName="light") if attempt("list_thing_types") else None
    attempt("add_thing_to_billing_group", billingGroupName="cheap", thingName="fan")
    attempt("create_thing_group", thingGroupName="house")
    attempt("create_thing_group", thingGroupName="kitchen", parentGroupName="house")
    attempt("add_thing_to_thing_group", thingGroupName="kitchen", thingName="lamp")
    attempt("create_role_alias", roleAlias="reader", roleArn="arn:aws:iam::123456789012:role/reader")
    for principal in (made["certificateArn"], registered["certificateArn"]):
        iot.attach_thing_principal(thingName="lamp", principal=principal)


def read(iot):
    """Everything that `fill` made, as the API tells it; None for what is not there yet."""
    found = {}

    def note(operation, key, **parameters):
        try:
            answer = getattr(iot, operation)(**parameters)
            found[f"{operation} {json.dumps(parameters, sort_keys=True)}"] = answer[key] if key else {
                name: value for name, value in answer.items() if name != "ResponseMetadata"}
            return answer
        except botocore.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 501:
                raise
            return {}
    note("get_registration_code", None)
    note("describe_endpoint", None, endpointType="iot:Data-ATS")
    for ca in note("list_ca_certificates", "certificates")["certificates"]:
        note("describe_ca_certificate", "certificateDescription", certificateId=ca["certificateId"])
    for certificate in note("list_certificates", "certificates")["certificates"]:
        note("describe_certificate", "certificateDescription", certificateId=certificate["certificateId"])
        note("list_attached_policies", "policies", target=certificate["certificateArn"])
        note("list_principal_things", "things", principal=certificate["certificateArn"])
    note("get_policy", None, policyName="all")
    note("list_policy_versions", "policyVersions", policyName="all")
    note("list_targets_for_policy", "targets", policyName="all")
    note("list_things", "things")
    for name in THINGS:
        note("describe_thing", None, thingName=name)
        note("list_thing_principals", "principals", thingName=name)
        note("list_thing_groups_for_thing", "thingGroups", thingName=name)
    for type_ in note("list_thing_types", "thingTypes").get("thingTypes", ()):
        note("list_tags_for_resource", "tags", resourceArn=type_["thingTypeArn"])
        note("list_things", "things", thingTypeName=type_["thingTypeName"])
    for group in note("list_billing_groups", "billingGroups").get("billingGroups", ()):
        note("list_things_in_billing_group", "things", billingGroupName=group["groupName"])
    for group in note("list_thing_groups", "thingGroups").get("thingGroups", ()):
        note("describe_thing_group", None, thingGroupName=group["groupName"])
        note("list_things_in_thing_group", "things", thingGroupName=group["groupName"])
    for alias in note("list_role_aliases", "roleAliases").get("roleAliases", ()):
        note("describe_role_alias", "roleAliasDescription", roleAlias=alias)
    return json.loads(json.dumps(found, default=str))


def owned_by_nobody(info):
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def main(layout):
    folder = pathlib.Path(tempfile.mkdtemp())
    server = Server(folder).start()
    fill(server.client())
    contents = read(server.client())
    server.stop()
    (server.data / "contents.json").write_text(json.dumps(contents, indent=1))
    with tarfile.open(HERE / f"layout-{layout}.tar.gz", "w:gz") as archive:
        for path in sorted(server.data.rglob("*")):
            if path.name != "lock":
                archive.add(path, path.relative_to(server.data), recursive=False, filter=owned_by_nobody)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1])
