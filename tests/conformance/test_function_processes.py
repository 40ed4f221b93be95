"""What runs a function, end to end: credentials of its role, the way home, its log, its confinement [AWS rules 8–10]."""
import base64
import json
import shutil
import time

import pytest

from functions import ROLE, pack
from server import patience_s, wait_until

CALLS_HOME = """
import boto3
iot = boto3.client('iot')
def handler(event, context):
    print('things of', event['who'])
    try:
        return [t['thingName'] for t in iot.list_things()['things']]
    except iot.exceptions.ClientError as e:
        return e.response['Error']
"""


def make_role(server, name, policy=None):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                     "Principal": {"Service": "lambda.amazonaws.com"}}]}
    iam = server.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    if policy:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": policy, "Resource": "*"}]}))
    return arn


def make(server, name, source, role, runtime="python3.12", file="index.py", **options):
    server.client("lambda").create_function(FunctionName=name, Role=role, Runtime=runtime, Handler="index.handler",
                                            Code={"ZipFile": pack(source, file)}, Timeout=options.pop("Timeout", 60), **options)


def call(server, name, event, **options):
    answer = server.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **options)
    return answer, json.loads(answer["Payload"].read())


def test_unmodified_boto3_comes_home_with_the_rights_of_the_functions_role(server):
    server.client().create_thing(thingName="lamp")
    make(server, "may", CALLS_HOME, make_role(server, "may", "iot:*"))
    make(server, "may-not", CALLS_HOME, make_role(server, "may-not"))
    make(server, "nobody", CALLS_HOME, f"arn:aws:iam::{server.account}:role/nobody")
    assert call(server, "may", {"who": "all"})[1] == ["lamp"]
    for name in ("may-not", "nobody"):
        refused = call(server, name, {"who": "none"})[1]
        assert refused["Code"] == "AccessDeniedException", refused
        assert f"assumed-role/{name}/{name} is not authorized to perform: iot:ListThings" in refused["Message"]
    assert "role/nobody" in refused["Message"] and "does not exist" in refused["Message"]


def test_what_a_function_writes_is_in_its_log_group(server):
    make(server, "writes", "import logging\ndef handler(e, c):\n    print('plain')\n    logging.error('two\\nlines')\n    1 / e\n",
         ROLE)
    answer, error = call(server, "writes", 0, LogType="Tail")
    assert answer["FunctionError"] == "Unhandled" and error["errorType"] == "ZeroDivisionError"
    assert "plain\n" in base64.b64decode(answer["LogResult"]).decode()
    logs = server.client("logs")

    def lines():
        return [e["message"] for e in logs.filter_log_events(logGroupName="/aws/lambda/writes")["events"]]
    wait_until(lambda: any(m.startswith("REPORT") for m in lines()), patience_s(5), "a REPORT line")
    kinds = [m.split(" ")[0].split("\t")[0] for m in lines()]
    assert kinds == ["INIT_START", "START", "plain\n", "[ERROR]", "[ERROR]", "END", "REPORT"]
    assert "\ttwo\nlines\n" in lines()[3]
    assert "ZeroDivisionError: division by zero\nTraceback (most recent call last):\n\u00a0\u00a0File \"/" in lines()[4]
    assert logs.describe_log_streams(logGroupName="/aws/lambda/writes")["logStreams"][0]["logStreamName"].split("/[")[1][:8] == "$LATEST]"


def test_a_function_does_not_see_the_server(server):
    make(server, "looks", f"""
import os, signal, socket
def attempt(do):
    try: return do()
    except Exception as e: return type(e).__name__
def handler(event, context):
    return [attempt(lambda: open({str(server.data / 'kedge.db')!r}, 'rb').read(15).decode()),
            attempt(lambda: os.listdir({str(server.data)!r})),
            attempt(lambda: os.kill({server.process.pid}, signal.SIGKILL)),
            attempt(lambda: socket.create_connection(('127.0.0.1', 22)))]
""", ROLE)
    seen = call(server, "looks", {})[1]
    assert all(isinstance(one, str) and one.endswith("Error") for one in seen), seen


def test_others_are_served_while_a_function_misbehaves(server):
    make(server, "bad", "import os\ndef handler(e, c):\n    while True:\n        try: os.fork()\n        except OSError: pass\n",
         ROLE, Timeout=3)
    make(server, "good", "def handler(e, c): return e\n", ROLE)
    call(server, "good", 0)
    server.client("lambda").invoke(FunctionName="bad", InvocationType="Event", Payload="{}")
    time.sleep(1)
    for n in range(5):
        begun = time.monotonic()
        assert call(server, "good", n)[1] == n
        server.client().list_things()
        assert time.monotonic() - begun < patience_s(2)


@pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine")
def test_a_function_in_JavaScript(server):
    make(server, "js", "export const handler = async (event) => ({ twice: event.n * 2 });", ROLE,
         runtime="nodejs22.x", file="index.mjs")
    assert call(server, "js", {"n": 21})[1] == {"twice": 42}
