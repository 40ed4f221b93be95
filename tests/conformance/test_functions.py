"""Functions: the Lambda API with boto3 and the command line, and those who call functions [AWS rules 7, 8]."""
import base64
import hashlib
import io
import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request
import zipfile

import botocore.exceptions
import pytest

from devices import ALLOW_ALL, Client, Device, openssl, policy, signing_request, tls_context
from server import REGION, Server, patience_s, wait_until
from test_fleet_provisioning import PROVISION, Asking, claim_policy, create_template

ROLE = "arn:aws:iam::123456789012:role/functions"
HANDLER = "def handler(event, context):\n    print('saw', event)\n    return {'got': event}\n"


def package(**files):
    """A zip: name_py="…" is name.py."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in files.items():
            z.writestr(zipfile.ZipInfo(name.replace("_py", ".py"), (2026, 1, 2, 3, 4, 6)), content)
    return data.getvalue()


def create(functions, name="f", code=HANDLER, **members):
    members = {"Runtime": "python3.11", "Role": ROLE, "Handler": "app.handler", "Timeout": 10, **members}
    return functions.create_function(FunctionName=name, Code={"ZipFile": package(app_py=code)}, **members)


def invoke(functions, event=None, name="f", **options):
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event), **options)
    return json.loads(answer["Payload"].read()), answer


def allow_iot(functions, source_arn=None, name="f"):
    more = {"SourceArn": source_arn} if source_arn else {}
    functions.add_permission(FunctionName=name, StatementId="iot", Action="lambda:InvokeFunction",
                             Principal="iot.amazonaws.com", **more)


@pytest.fixture
def functions(server):
    return server.client("lambda")


# The API


def test_a_function_lives_as_on_aws(server, functions):
    made = create(functions, Environment={"Variables": {"GREETING": "hi"}}, Tags={"team": "lamps"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["FunctionArn"] == f"arn:aws:lambda:{REGION}:{server.account}:function:f"
    zip_file = package(app_py=HANDLER)
    assert made["CodeSize"] == len(zip_file) and made["CodeSha256"] == base64.b64encode(hashlib.sha256(zip_file).digest()).decode()
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    got = functions.get_function(FunctionName="f")
    assert got["Configuration"]["Environment"] == {"Variables": {"GREETING": "hi"}} and got["Tags"] == {"team": "lamps"}
    with urllib.request.urlopen(got["Code"]["Location"], timeout=10) as code:
        assert code.read() == zip_file
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(got["Code"]["Location"][:-1], timeout=10)
    answer, whole = invoke(functions, {"a": 1}, LogType="Tail")
    assert answer == {"got": {"a": 1}} and whole["ExecutedVersion"] == "$LATEST" and "FunctionError" not in whole
    tail = base64.b64decode(whole["LogResult"]).decode()
    assert "START RequestId" in tail and "saw {'a': 1}" in tail and "REPORT RequestId" in tail
    assert functions.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    changed = package(app_py="import os\ndef handler(event, context): return os.environ['GREETING'] + '!'")
    functions.update_function_code(FunctionName="f", ZipFile=changed)
    functions.get_waiter("function_updated_v2").wait(FunctionName="f")
    assert invoke(functions)[0] == "hi!"
    functions.update_function_configuration(FunctionName="f", Environment={"Variables": {"GREETING": "ho"}})
    assert invoke(functions)[0] == "ho!"
    assert [f["FunctionName"] for f in functions.list_functions()["Functions"]] == ["f"]
    assert functions.delete_function(FunctionName="f")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match=f"Function not found: {made['FunctionArn']}"):
        invoke(functions)


def test_what_a_function_raises_is_told_to_the_caller(functions):
    create(functions, code="def handler(event, context):\n    raise ValueError('no lamp')")
    answer, whole = invoke(functions)
    assert whole["StatusCode"] == 200 and whole["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "ValueError" and answer["errorMessage"] == "no lamp"


def test_the_context_tells_who_was_invoked_and_how(server, functions):
    create(functions, code="def handler(event, c):\n    return [c.invoked_function_arn, c.function_version,"
           " c.client_context and c.client_context.custom]", Publish=True)
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    answer, whole = invoke(functions, Qualifier="live", ClientContext=context)
    arn = f"arn:aws:lambda:{REGION}:{server.account}:function:f"
    assert answer == [f"{arn}:live", "1", {"k": "v"}] and whole["ExecutedVersion"] == "1"
    assert invoke(functions, name=f"{arn}:1")[0][:2] == [f"{arn}:1", "1"]


def test_versions_keep_their_code(functions):
    create(functions, code="def handler(event, context): return 1", Publish=True)
    functions.update_function_code(FunctionName="f", ZipFile=package(app_py="def handler(event, context): return 2"), Publish=True)
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    assert invoke(functions, Qualifier="live")[0] == 1 and invoke(functions)[0] == 2
    functions.update_alias(FunctionName="f", Name="live", FunctionVersion="2")
    assert invoke(functions, Qualifier="live")[0] == 2 and invoke(functions, Qualifier="1")[0] == 1
    assert [v["Version"] for v in functions.list_versions_by_function(FunctionName="f")["Versions"]] == ["$LATEST", "1", "2"]


def refused(call, code, part, **arguments):
    """What the call is refused with, and its status, are those of AWS."""
    statuses = {"ResourceNotFoundException": 404, "ResourceConflictException": 409, "PreconditionFailedException": 412}
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(**arguments)
    error = failure.value.response["Error"]
    assert error["Code"] == code and part in error["Message"], error
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == statuses.get(code, 400)


def test_a_version_is_published_as_it_is_meant(server, functions):
    made, arn = create(functions), f"arn:aws:lambda:{REGION}:{server.account}:function:f"
    refused(functions.publish_version, "InvalidParameterValueException", "is different from current CodeSHA256 in $LATEST",
            FunctionName="f", CodeSha256="another")
    refused(functions.publish_version, "PreconditionFailedException", "The Revision Id provided does not match",
            FunctionName="f", RevisionId="another")
    one = functions.publish_version(FunctionName="f", CodeSha256=made["CodeSha256"], RevisionId=made["RevisionId"], Description="first")
    assert one["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (one["Version"], one["FunctionArn"], one["Description"]) == ("1", f"{arn}:1", "first")
    assert functions.publish_version(FunctionName="f")["Version"] == "1"  # nothing changed since
    functions.update_function_configuration(FunctionName="f", Timeout=11)
    assert functions.publish_version(FunctionName="f")["Version"] == "2"
    assert [functions.get_function_configuration(FunctionName="f", Qualifier=each)["Timeout"] for each in "12"] == [10, 11]
    refused(functions.publish_version, "ResourceNotFoundException", f"Function not found: {arn}-nobody", FunctionName="f-nobody")


def test_the_configuration_of_a_function_of_a_version_and_of_an_alias(server, functions):
    arn = f"arn:aws:lambda:{REGION}:{server.account}:function:f"
    create(functions, Publish=True, MemorySize=256, Description="lamps", Environment={"Variables": {"AA": "1"}})
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    got = functions.get_function_configuration(FunctionName="f")
    assert (got["FunctionArn"], got["Version"], got["Role"], got["Handler"]) == (arn, "$LATEST", ROLE, "app.handler")
    assert (got["MemorySize"], got["Timeout"], got["Description"]) == (256, 10, "lamps")
    assert got["Environment"] == {"Variables": {"AA": "1"}} and (got["State"], got["LastUpdateStatus"]) == ("Active", "Successful")
    assert "Code" not in got and "Tags" not in got
    whole = functions.get_function(FunctionName="f")["Configuration"]
    assert {name: got[name] for name in whole} == whole
    for qualifier in ("1", "live"):
        got = functions.get_function_configuration(FunctionName="f", Qualifier=qualifier)
        assert (got["FunctionArn"], got["Version"]) == (f"{arn}:{qualifier}", "1")
    refused(functions.get_function_configuration, "ResourceNotFoundException", f"Function not found: {arn}:7",
            FunctionName="f", Qualifier="7")


def test_an_alias_lives_as_on_aws(server, functions):
    arn = f"arn:aws:lambda:{REGION}:{server.account}:function:f"
    create(functions, Publish=True)
    functions.update_function_configuration(FunctionName="f", Timeout=11)
    functions.publish_version(FunctionName="f")
    made = functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1", Description="lamps",
                                  RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    got = functions.get_alias(FunctionName="f", Name="live")
    for answer in (made, got):
        answer.pop("ResponseMetadata")
    assert got == made and made.pop("RevisionId") and made == {
        "AliasArn": f"{arn}:live", "Name": "live", "FunctionVersion": "1", "Description": "lamps",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}}}
    refused(functions.create_alias, "ResourceConflictException", f"Alias already exists: {arn}:live",
            FunctionName="f", Name="live", FunctionVersion="1")
    refused(functions.create_alias, "ResourceNotFoundException", f"Function not found: {arn}:7",
            FunctionName="f", Name="next", FunctionVersion="7")
    refused(functions.update_alias, "PreconditionFailedException", "Revision Id", FunctionName="f", Name="live",
            Description="x", RevisionId="another")
    functions.create_alias(FunctionName="f", Name="next", FunctionVersion="$LATEST")

    def names(**arguments):
        return [alias["Name"] for alias in functions.list_aliases(FunctionName="f", **arguments)["Aliases"]]
    assert names() == ["live", "next"] and names(FunctionVersion="1") == ["live"] and names(FunctionVersion="$LATEST") == ["next"]
    pages = list(functions.get_paginator("list_aliases").paginate(FunctionName="f", PaginationConfig={"PageSize": 1}))
    assert [alias["Name"] for page in pages for alias in page["Aliases"]] == ["live", "next"] and len(pages) >= 2
    for _ in range(2):  # what is not there is deleted as well
        assert functions.delete_alias(FunctionName="f", Name="live")["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused(functions.get_alias, "ResourceNotFoundException", f"Cannot find alias arn: {arn}:live", FunctionName="f", Name="live")
    refused(functions.invoke, "ResourceNotFoundException", f"Function not found: {arn}:live", FunctionName="f", Qualifier="live")
    assert names() == ["next"]


def test_tags_of_a_function(server, functions):
    arn = create(functions, Tags={"team": "lamps", "a": ""})["FunctionArn"]
    assert functions.list_tags(Resource=arn)["Tags"] == {"team": "lamps", "a": ""}
    functions.tag_resource(Resource=arn, Tags={"team": "doors", "b": "2"})
    functions.untag_resource(Resource=arn, TagKeys=["a", "never"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"team": "doors", "b": "2"}
    functions.untag_resource(Resource=arn, TagKeys=["team", "b"])
    assert functions.list_tags(Resource=arn)["Tags"] == {}
    refused(functions.list_tags, "InvalidParameterValueException", "Tags on function aliases and versions are not supported",
            Resource=f"{arn}:1")
    refused(functions.list_tags, "ResourceNotFoundException", f"Function not found: {arn}-nobody", Resource=f"{arn}-nobody")


def test_what_is_reserved_for_a_function_is_told(functions):
    create(functions)
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName="f")
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=7)
    assert functions.get_function_concurrency(FunctionName="f")["ReservedConcurrentExecutions"] == 7
    assert functions.get_function(FunctionName="f")["Concurrency"] == {"ReservedConcurrentExecutions": 7}
    refused(functions.put_function_concurrency, "InvalidParameterValueException", "below its minimum value of [",
            FunctionName="f", ReservedConcurrentExecutions=950)
    assert functions.get_function_concurrency(FunctionName="f")["ReservedConcurrentExecutions"] == 7
    functions.delete_function_concurrency(FunctionName="f")
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName="f")
    refused(functions.get_function_concurrency, "ResourceNotFoundException", "Function not found", FunctionName="nobody")


def test_code_is_not_signed_here(functions):
    create(functions)
    answer = functions.get_function_code_signing_config(FunctionName="f")
    assert (answer["FunctionName"], answer["CodeSigningConfigArn"]) == ("f", "")
    refused(functions.get_function_code_signing_config, "ResourceNotFoundException", "Function not found", FunctionName="nobody")


def test_loops_end_and_runtimes_are_of_the_machine(functions, newer):
    arn = create(functions)["FunctionArn"]
    assert newer("get_function_recursion_config", "lambda", FunctionName="f") == {"RecursiveLoop": "Terminate"}
    assert newer("get_runtime_management_config", "lambda", FunctionName="f") == {"UpdateRuntimeOn": "Auto", "FunctionArn": arn}
    for method in ("get_function_recursion_config", "get_runtime_management_config"):
        assert newer(method, "lambda", FunctionName="nobody")["error"] == "ResourceNotFoundException"


def test_a_permission_that_is_taken_away_keeps_a_rule_out(server, functions, iot, device):
    function = create(functions, code="def handler(event, context): return event['n'] * 2")["FunctionArn"]
    iot.create_topic_rule(ruleName="asks", topicRulePayload={
        "sql": f"SELECT n, aws_lambda('{function}', *) AS twice FROM 'in'", "awsIotSqlVersion": "2016-03-23",
        "actions": [{"republish": {"roleArn": ROLE, "topic": "out"}}]})
    client = device().connect("asker").subscribe("out")

    def asked(n):
        client.publish("in", json.dumps({"n": n}))
        return json.loads(client.receive(within_s=patience_s(10)).payload)
    allow_iot(functions, iot.get_topic_rule(ruleName="asks")["ruleArn"])
    functions.add_permission(FunctionName="f", StatementId="other", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    invoke(functions, {"n": 1})  # it has started
    assert asked(1) == {"n": 1, "twice": 2}
    refused(functions.remove_permission, "ResourceNotFoundException", "Statement never is not found in resource policy.",
            FunctionName="f", StatementId="never")
    revision = functions.get_policy(FunctionName="f")["RevisionId"]
    refused(functions.remove_permission, "PreconditionFailedException", "Revision Id", FunctionName="f", StatementId="iot",
            RevisionId="another")
    done = functions.remove_permission(FunctionName="f", StatementId="iot", RevisionId=revision)
    assert done["ResponseMetadata"]["HTTPStatusCode"] == 204
    left = json.loads(functions.get_policy(FunctionName="f")["Policy"])["Statement"]
    assert [statement["Sid"] for statement in left] == ["other"]
    assert asked(2) == {"n": 2}, "it may not any more"
    functions.remove_permission(FunctionName="f", StatementId="other")
    refused(functions.get_policy, "ResourceNotFoundException", "The resource you requested does not exist.", FunctionName="f")
    refused(functions.remove_permission, "ResourceNotFoundException", "No policy is associated with the given resource.",
            FunctionName="f", StatementId="other")


def test_listings_go_through_pages(functions):
    names = [f"f{n:02}" for n in range(53)]
    for name in names:
        create(functions, name)
    pages = list(functions.get_paginator("list_functions").paginate())
    assert len(pages) == 2 and [f["FunctionName"] for page in pages for f in page["Functions"]] == names
    assert functions.get_account_settings()["AccountUsage"]["FunctionCount"] == 53


def test_a_throttled_function_says_so(functions):
    create(functions)
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    with pytest.raises(functions.exceptions.TooManyRequestsException):
        invoke(functions)
    functions.delete_function_concurrency(FunctionName="f")
    assert invoke(functions, 1)[0] == {"got": 1}


def test_slow_functions_do_not_hold_up_the_control_plane(server, functions):
    create(functions, code="import time\ndef handler(event, context): time.sleep(4)")
    threads = [threading.Thread(target=invoke, args=(server.client("lambda"),)) for _ in range(12)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    begun = time.monotonic()
    server.client().list_things()
    functions.get_function(FunctionName="f")
    assert time.monotonic() - begun < patience_s(2)
    for thread in threads:
        thread.join()


# What is refused


@pytest.mark.parametrize("make", [
    lambda z: z.writestr("../evil.py", "1"),
    lambda z: z.writestr("/evil.py", "1"),
    lambda z: (z.writestr("a", "1"), z.writestr("a/b", "1")),
    lambda z: z.writestr("big", b"\0" * (251 << 20)),
], ids=["up", "absolute", "twice", "bomb"])
def test_a_hostile_zip_leaves_nothing(server, functions, make):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as z:
        make(z)
    with pytest.raises(functions.exceptions.InvalidParameterValueException):
        functions.create_function(FunctionName="f", Runtime="python3.11", Role=ROLE, Handler="app.handler",
                                  Code={"ZipFile": data.getvalue()})
    assert list((server.data / "functions").iterdir()) == []
    assert not (server.data / "evil.py").exists() and not (server.folder / "evil.py").exists()


def test_code_may_be_larger_than_other_requests(server, functions):
    """30 MB that do not compress; beyond 50 MB, and from strangers, the body is not even read."""
    noise = os.urandom(30 << 20)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as z:
        z.writestr("app.py", "import os\ndef handler(event, context): return os.path.getsize('/var/task/noise') if "
                             "os.path.exists('/var/task/noise') else os.path.getsize(os.path.join(os.environ['LAMBDA_TASK_ROOT'], 'noise'))")
        z.writestr("noise", noise)
    functions.create_function(FunctionName="f", Runtime="python3.11", Role=ROLE, Handler="app.handler",
                              Code={"ZipFile": data.getvalue()})
    assert invoke(functions)[0] == len(noise)
    with pytest.raises(botocore.exceptions.ClientError, match="must be smaller") as refused:
        functions.update_function_code(FunctionName="f", ZipFile=b"PK" + noise + noise)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    stranger = server.client("lambda", aws_access_key_id="AKIAAAAAAAAAAAAAAAAA", aws_secret_access_key="x" * 40)
    with pytest.raises(botocore.exceptions.ClientError, match="UnrecognizedClient|token"):
        stranger.update_function_code(FunctionName="f", ZipFile=data.getvalue())
    with socket.create_connection(("127.0.0.1", server.api_port)) as s:
        s.sendall(b"POST /things/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n")
        assert b"413" in s.recv(1000)


# Restarts, kills, backups


def test_a_restart_keeps_functions(server, functions):
    create(functions, code="def handler(event, context): return 'kept'")
    server.stop()
    server.start()
    assert invoke(server.client("lambda"))[0] == "kept"


def test_a_kill_leaves_nothing_half_done(tmp_path):
    """Whatever was under way: each function is there and runs, or is not there; no folder is left without one."""
    one = Server(tmp_path / "server").start()
    noise = os.urandom(2 << 20)
    create(one.client("lambda"), "kept", code="def handler(event, context): return 0")

    def storm(client, made):
        try:
            for n in range(1000):
                code = package(app_py=f"def handler(event, context): return {n}", noise=noise)
                client.create_function(FunctionName=f"f{n}", Runtime="python3.11", Role=ROLE, Handler="app.handler", Code={"ZipFile": code})
                made.append(n)
                client.update_function_code(FunctionName="kept", ZipFile=code)
        except botocore.exceptions.BotoCoreError:
            pass
    for pause in (0.3, 0.7):
        made = []
        thread = threading.Thread(target=storm, args=(one.client("lambda"), made))
        thread.start()
        time.sleep(patience_s(pause))
        one.kill()
        thread.join()
        one.start()
        functions = one.client("lambda")
        names = [f["FunctionName"] for f in functions.list_functions()["Functions"]]
        assert "kept" in names and all(f"f{n}" in names for n in made)
        assert len(list((one.data / "functions").glob("*.zip"))) == len(names)
        assert len([path for path in (one.data / "functions").iterdir() if path.is_dir()]) == len(names)
        assert isinstance(invoke(functions, name="kept")[0], int)
        for name in names:
            if name != "kept":
                assert invoke(functions, name=name)[0] == int(name[1:])
                functions.delete_function(FunctionName=name)
    one.stop()


def test_a_backup_brings_the_code(server, functions, tmp_path):
    noise = os.urandom(3 << 20)
    functions.create_function(FunctionName="f", Runtime="python3.11", Role=ROLE, Handler="app.handler", Code={"ZipFile": package(
        app_py="import os\ndef handler(event, context): return os.path.getsize(os.environ['LAMBDA_TASK_ROOT'] + '/noise')", noise=noise)})
    server.run("backup", "--data", server.data, tmp_path / "kept")
    other = Server(tmp_path / "restored")
    other.run("restore", tmp_path / "kept", "--data", other.data)
    other.check()
    other.start()
    assert invoke(other.client("lambda"))[0] == len(noise)
    other.stop()
    next((other.data / "functions").glob("*.zip")).unlink()
    done = other.run("check", "--data", other.data, check=False)
    assert done.returncode != 0 and "the code of" in done.stdout


# Those who call functions


HOOK = """
def handler(event, context):
    return {"allowProvisioning": event["parameters"]["SerialNumber"] != "stolen",
            "parameterOverrides": {"Site": "attic"}}
"""


def test_a_provisioning_hook_decides(server, iot, functions, device):
    arn = create(functions, code=HOOK)["FunctionArn"]
    template = create_template(iot, preProvisioningHook={"payloadVersion": "2020-04-01", "targetArn": arn})
    claim = Asking(device(claim_policy(server)).connect("fresh"))
    create_keys = "$aws/certificates/create/json"

    def provision(serial):
        token = claim.accepted(create_keys)["certificateOwnershipToken"]
        return claim.ask(PROVISION, {"certificateOwnershipToken": token, "parameters": {"SerialNumber": serial}})
    word, answer = provision("1")
    assert word == "rejected", "no permission yet"
    server.expect_why("fresh", "add-permission")
    allow_iot(functions, template["templateArn"])
    word, answer = provision("1")
    assert word == "accepted" and answer["thingName"] == "lamp-1", answer
    assert answer["deviceConfiguration"]["url"] == "https://attic.example"
    assert provision("stolen")[0] == "rejected"


PROVIDER = """
import subprocess, os
def handler(event, context):
    os.chdir("/tmp" if os.access("/tmp", os.W_OK) else os.environ.get("TMPDIR", "/tmp"))
    here = os.environ["LAMBDA_TASK_ROOT"]
    done = subprocess.run(["openssl", "x509", "-req", "-days", "9", "-CA", here + "/ca.pem", "-CAkey", here + "/ca.key",
                           "-set_serial", "7"], input=event["certificateSigningRequest"], text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return {"certificatePem": done.stdout}
"""


def test_a_certificate_provider_issues(server, iot, functions, tmp_path):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=provider", "-days", "9",
            "-keyout", tmp_path / "ca.key", "-out", tmp_path / "ca.pem")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as z:
        z.writestr("app.py", PROVIDER)
        for name in ("ca.key", "ca.pem"):
            z.writestr(name, (tmp_path / name).read_text())
    arn = functions.create_function(FunctionName="f", Runtime="python3.11", Role=ROLE, Handler="app.handler", Timeout=10,
                                    Code={"ZipFile": data.getvalue()})["FunctionArn"]
    provider = iot.create_certificate_provider if hasattr(iot, "create_certificate_provider") else None
    if provider is None:
        pytest.skip("this boto3 knows no certificate providers")
    made = provider(certificateProviderName="ours", lambdaFunctionArn=arn,
                    accountDefaultForOperations=["CreateCertificateFromCsr"])
    csr = signing_request("lamp")
    csr = csr[0] if isinstance(csr, tuple) else csr
    with pytest.raises(botocore.exceptions.ClientError, match="add-permission"):
        iot.create_certificate_from_csr(certificateSigningRequest=csr, setAsActive=True)
    allow_iot(functions, made["certificateProviderArn"])
    pem = iot.create_certificate_from_csr(certificateSigningRequest=csr, setAsActive=True)["certificatePem"]
    assert "provider" in openssl("x509", "-noout", "-issuer", stdin=pem)


AUTHORIZER = """
import base64
def handler(event, context):
    good = base64.b64decode(event["protocolData"]["mqtt"]["password"]) == b"sesame"
    return {"isAuthenticated": good, "principalId": "guest", "disconnectAfterInSeconds": 3600, "refreshAfterInSeconds": 300,
            "policyDocuments": [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}]}
"""


class Guest:
    def __init__(self, server):
        self.server = server

    def tls(self, version=None, alpn=None):
        return tls_context(self.server.env["KEDGE_CA_FILE"], version, alpn)

    def connect(self, client_id, password):
        return Client(self, client_id, port=self.server.https_port, alpn="mqtt",
                      username="me?x-amz-customauthorizer-name=door", password=password)


def test_a_custom_authorizer_lets_in(server, iot, functions):
    arn = create(functions, code=AUTHORIZER)["FunctionArn"]
    made = iot.create_authorizer(authorizerName="door", authorizerFunctionArn=arn, signingDisabled=True, status="ACTIVE")
    Guest(server).connect("early", "sesame").expect_refused()
    server.expect_why("early", "AUTHORIZER_FAILED", "add-permission")
    allow_iot(functions, made["authorizerArn"])
    guest = Guest(server).connect("guest", "sesame")
    guest.subscribe("a").publish("a", "hello")
    assert guest.receive().payload == b"hello"
    guest.close()
    Guest(server).connect("thief", "mellon").expect_refused()
    verdict = iot.test_invoke_authorizer(authorizerName="door", mqttContext={"username": "me", "password": b"sesame", "clientId": "x"})
    assert verdict["isAuthenticated"] and verdict["principalId"] == "guest"


def test_a_rule_asks_a_function(server, iot, functions, device):
    """aws_lambda(): in the statement, with a function that itself writes to the registry."""
    arn = create(functions, code="import boto3\ndef handler(event, context):\n"
                 "    boto3.client('iot').create_thing(thingName=event['name'])\n    return {'made': event['name']}",
                 Role=development_role(server))["FunctionArn"]
    iot.create_topic_rule(ruleName="asks", topicRulePayload={
        "sql": f"SELECT aws_lambda('{arn}', {{'name': topic(2)}}).made AS made FROM 'new/+'", "awsIotSqlVersion": "2016-03-23",
        "actions": [{"republish": {"roleArn": ROLE, "topic": "answer"}}]})
    client = device().connect("asker")
    client.subscribe("answer")
    client.publish("new/a", "{}")
    assert json.loads(client.receive(within_s=patience_s(10)).payload) == {}, "no permission yet"
    allow_iot(functions, iot.get_topic_rule(ruleName="asks")["ruleArn"])
    invoke(functions, {"name": "warm"})  # two seconds are not enough to start on a busy machine
    client.publish("new/b", "{}")
    assert json.loads(client.receive(within_s=patience_s(10)).payload) == {"made": "b"}
    assert {t["thingName"] for t in iot.list_things()["things"]} >= {"b", "warm"}
    client.close()


def development_role(server):
    """A role that may do everything."""
    iam = server.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                     "Principal": {"Service": "lambda.amazonaws.com"}}]}
    arn = iam.create_role(RoleName="everything", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="everything", PolicyName="all", PolicyDocument=json.dumps(policy(
        {"Effect": "Allow", "Action": "*", "Resource": "*"})))
    return arn


# The command line


def test_with_the_command_line(shell):
    shell.write("app.py", HANDLER)
    shell.write("event.json", '{"lamp": "on"}')
    shell.type("python3 -m zipfile -c f.zip app.py")
    shell.type(f"aws lambda create-function --function-name f --runtime python3.12 --role {ROLE} --handler app.handler "
               "--zip-file fileb://f.zip --environment 'Variables={AA=1}' --tags a=b")
    shell.type("aws lambda wait function-active-v2 --function-name f")
    shell.type("aws lambda invoke --function-name f --payload file://event.json out.json --log-type Tail || "
               "aws lambda invoke --function-name f --payload fileb://event.json out.json --log-type Tail")
    assert json.loads(shell.read("out.json")) == {"got": {"lamp": "on"}}
    shell.type("aws lambda update-function-code --function-name f --zip-file fileb://f.zip --publish")
    shell.type("aws lambda wait function-updated-v2 --function-name f")
    shell.type("aws lambda update-function-configuration --function-name f --timeout 9")
    shell.type("aws lambda add-permission --function-name f --statement-id s --action lambda:InvokeFunction "
               "--principal iot.amazonaws.com --source-account 123456789012")
    assert "iot.amazonaws.com" in shell.type("aws lambda get-policy --function-name f --query Policy --output text").stdout
    location = shell.type("aws lambda get-function --function-name f --query Code.Location --output text").stdout.strip()
    shell.type(f"python3 -c \"import urllib.request; urllib.request.urlretrieve('{location}', 'got.zip')\" && cmp f.zip got.zip")
    assert "f" in shell.type("aws lambda list-functions --query 'Functions[].FunctionName' --output text").stdout
    shell.type("aws lambda delete-function --function-name f")
    assert "ResourceNotFoundException" in shell.type("aws lambda get-function --function-name f", fails=True).stderr


# kedge function


def test_kedge_function_follows_its_folder(server, iot, tmp_path):
    """Development: no role, no zip; what is saved runs at the next invocation."""
    source = tmp_path / "lamp"
    source.mkdir()
    (source / "app.py").write_text("import boto3\ndef handler(event, context):\n    print('hello from the lamp')\n"
                                   "    return boto3.client('iot').list_things()['things'] and event")

    def kedge(*arguments, **options):
        return server.run("function", *arguments, "--data", server.data, **options)
    added = kedge("add", "lamp", "--dir", source, "--handler", "app.handler", "--env", "A=1", "--timeout", "20")
    assert "follows" in added.stdout
    iot.create_thing(thingName="x")
    assert json.loads(kedge("invoke", "lamp", '{"n": 1}').stdout) == {"n": 1}
    assert "hello from the lamp" in wait_until(lambda: "hello" in (text := kedge("logs", "lamp").stdout) and text, 5, "the log")
    (source / "app.py").write_text("import os\ndef handler(event, context): return ['changed', os.environ['A']]")
    assert json.loads(kedge("invoke", "lamp").stdout) == ["changed", "1"]
    (source / "app.py").write_text("def handler(event, context): raise ValueError('broken')")
    failed = kedge("invoke", "lamp", check=False)
    assert failed.returncode == 1 and json.loads(failed.stdout)["errorMessage"] == "broken"
    assert "lamp" in kedge("list").stdout
    shown = kedge("show", "lamp").stdout
    assert "role/kedge-development" in shown and str(source) in shown and "iot.amazonaws.com" in shown
    assert "function lamp is there" in kedge("add", "lamp", "--dir", source, "--memory", "256").stdout
    assert "256 MB" in kedge("show", "lamp").stdout and "A=1" in kedge("show", "lamp").stdout
    kedge("remove", "lamp")
    gone = kedge("show", "lamp", check=False)
    assert gone.returncode == 1 and "Function not found" in gone.stderr
    assert kedge("list").stdout == ""


def test_kedge_function_says_what_is_missing(server, tmp_path):
    (tmp_path / "empty").mkdir()
    for words, part in ((["add", "f"], "--dir DIR"), (["add", "f", "--dir", tmp_path / "none"], "none"),
                        (["add", "f", "--dir", tmp_path / "empty", "--handler", "a.b"], "no file to run"),
                        (["add", "a/b", "--dir", tmp_path], "names no function"), (["frob"], "kedge function add"),
                        (["invoke"], "which one"), (["invoke", "nobody"], "Function not found"), (["show", "f", "--what"], "no option")):
        done = server.run("function", *words, "--data", server.data, check=False)
        assert done.returncode != 0 and part in done.stderr, done.stderr
    assert "--dir DIR" in server.run("function", "--help").stdout
