"""What rules send out of the house: webhooks and their destinations [AWS rules 6.2, 6.4]."""
import ctypes
import http.client
import json
import pathlib
import queue
import threading
import time
import urllib.parse

import pytest

from devices import Authority, Device, private_key
from server import Server, patience_s, wait_until
from webhooks import Webhook

ROLE = "arn:aws:iam::123456789012:role/rules"


@pytest.fixture
def near(tmp_path):
    """A server that may send to this machine."""
    one = Server(tmp_path / "server", "--outbound", "private").start()
    yield one
    one.stop()


@pytest.fixture
def webhook():
    """Makes webhooks: webhook(500, 429) answers 500, 429, then 200."""
    made = []

    def make(*answers):
        made.append(Webhook(*answers))
        return made[-1]
    yield make
    for one in made:
        one.close()


def rule(iot, name, topic, *actions, sql=None, **more):
    iot.create_topic_rule(ruleName=name, topicRulePayload={
        "sql": sql or f"SELECT * FROM '{topic}'", "awsIotSqlVersion": "2016-03-23", "actions": list(actions), **more})


def http_action(url, **more):
    return {"http": {"url": url, **more}}


def republish(topic):
    return {"republish": {"roleArn": ROLE, "topic": topic}}


def publish(server, topic, payload):
    body = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)
    one = Device(server).connect(f"sender-{time.monotonic_ns()}")
    one.publish(topic, body)
    one.close()


def destinations(iot):
    return {d["httpUrlSummary"]["confirmationUrl"]: d for d in iot.list_topic_rule_destinations()["destinationSummaries"]}


def test_a_message_reaches_a_webhook(near, webhook):
    hook, iot = webhook(), near.client()
    rule(iot, "hot", "d/+/t", http_action(hook.url + "/in/${topic(2)}", confirmationUrl=hook.url + "/in",
                                          headers=[{"key": "x-color", "value": "${color}"}, {"key": "x-fixed", "value": "1"}]),
         sql="SELECT t FROM 'd/+/t' WHERE t > 30")
    assert destinations(iot)[hook.url + "/in"]["status"] == "ENABLED"  # nobody else's: nobody is asked
    publish(near, "d/7/t", {"t": 20, "color": "blue"})
    publish(near, "d/7/t", {"t": 31.5, "color": "red"})
    got = hook.take()
    assert (got.command, got.path, got.body) == ("POST", "/in/7", b'{"t":31.5}')
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-color"] == "red" and got.headers["x-fixed"] == "1"
    assert hook.requests.empty()


def test_bytes_go_as_they_came(near, webhook):
    hook, iot = webhook(), near.client()
    rule(iot, "raw", "raw", http_action(hook.url))
    publish(near, "raw", b"\x00\xff raw")
    got = hook.take()
    assert got.body == b"\x00\xff raw" and got.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("answer", [429, 500, 503])
def test_what_may_pass_is_tried_again(near, webhook, answer):
    hook, iot = webhook(answer), near.client()
    rule(iot, "r", "a", http_action(hook.url))
    publish(near, "a", {"n": 1})
    assert json.loads(hook.take().body) == json.loads(hook.take().body) == {"n": 1}


def expect_error(server, iot, hook, watcher, part, tries, url=None):
    rule(iot, "r", "a", http_action(url or hook.url), errorAction=republish("errors"))
    publish(server, "a", {"n": 1})
    failure = json.loads(watcher.receive(30).payload)
    assert failure["ruleName"] == "r" and failure["topic"] == "a"
    assert failure["base64OriginalPayload"] == "eyJuIjogMX0=" and failure["clientId"].startswith("sender-")
    failed, = failure["failures"]
    assert failed["failedAction"] == "HttpAction" and part in failed["errorMessage"], failed
    assert failed["failedResource"] == (url or hook.url)
    for _ in range(tries):
        hook.take(1)
    with pytest.raises(queue.Empty):
        hook.take(0.3)


def large(handler):
    handler.send_response(200)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def reset(handler):
    handler.close_connection = True


@pytest.mark.parametrize("answers, part, tries", [
    ([404], "answers with status 404", 1),
    ([(302, {"location": "http://127.0.0.1:1/"}, b"")], "answers with status 302", 1),
    ([500, 503, 429], "answers with status 429", 3),
    ([large], "more than 16384 bytes", 1),
    ([reset, reset, reset], "", 3),
], ids=["refused", "redirected", "failing", "endless", "closed"])
def test_what_lasts_goes_to_the_error_action(near, webhook, answers, part, tries):
    watcher = Device(near).connect("watcher").subscribe("errors")
    expect_error(near, near.client(), webhook(*answers), watcher, part, tries)


def test_a_chunked_answer_is_an_answer(near, webhook):
    def chunked(handler):
        handler.send_response(500)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")
    hook, iot = webhook(chunked), near.client()
    rule(iot, "r", "a", http_action(hook.url))
    publish(near, "a", {"n": 1})
    hook.take()
    hook.take()


def test_a_webhook_that_hangs_costs_no_other_rule_anything(near, webhook):
    slow, fast, iot = webhook(), webhook(), near.client()
    slow.answers = [slow.hang] * 100
    rule(iot, "slow", "a", http_action(slow.url))
    rule(iot, "fast", "a", http_action(fast.url))
    rule(iot, "here", "a", republish("b"))
    watcher = Device(near).connect("watcher").subscribe("b")
    sender = Device(near).connect("sender")
    for n in range(20):
        sender.publish("a", json.dumps({"n": n}))
    begun = time.monotonic()
    for n in range(20):
        assert json.loads(watcher.receive(10).payload) == {"n": n}
    got = [json.loads(fast.take().body)["n"] for _ in range(20)]
    assert sorted(got) == list(range(20))
    assert time.monotonic() - begun < patience_s(5)
    slow.take()
    assert slow.requests.qsize() < 8  # a few at a time; the others wait in their lane
    slow.ends.set()


def test_a_server_that_is_killed_loses_nothing_it_accepted(near, webhook):
    hook, iot = webhook(), near.client()
    hook.answers = [hook.hang] * 4
    rule(iot, "r", "a", http_action(hook.url))
    sender = Device(near).connect("sender")
    for n in range(50):
        sender.publish("a", json.dumps({"n": n}))
    wait_until(lambda: "50" in near.run("queue", "--data", near.data).stdout, patience_s(5), "50 items in the queue")
    near.kill()
    hook.ends.set()
    near.start()
    seen = set()
    while seen != set(range(50)):
        seen.add(json.loads(hook.take().body)["n"])


def test_messages_go_in_batches(near, webhook, newer_rule):
    hook = webhook()
    newer_rule(near, "r", "a/+", {"http": {"url": hook.url, "enableBatching": True,
                                           "batchConfig": {"maxBatchOpenMs": 200, "maxBatchSize": 4, "batchAcrossTopics": True}}})
    sender = Device(near).connect("sender")
    for n in range(10):
        sender.publish(f"a/{n % 2}", json.dumps({"n": n}))
    batches = []
    while sum(map(len, batches)) < 10:
        batches.append(json.loads(hook.take().body))
    assert sorted(item["n"] for batch in batches for item in batch) == list(range(10))
    assert max(map(len, batches)) <= 4 and len(batches) < 8


@pytest.fixture
def newer_rule():
    """CreateTopicRule with members that Debian's botocore does not know: signed by it, sent as they are."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    def make(server, name, topic, *actions):
        body = json.dumps({"sql": f"SELECT * FROM '{topic}'", "actions": list(actions)})
        keys = botocore.credentials.Credentials(server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"])
        request = botocore.awsrequest.AWSRequest("POST", f"{server.env['AWS_ENDPOINT_URL']}/rules/{name}", data=body)
        botocore.auth.SigV4Auth(keys, "iot", server.env["AWS_REGION"]).add_auth(request)
        there = http.client.HTTPConnection("127.0.0.1", server.api_port, timeout=10)
        there.request("POST", f"/rules/{name}", body, dict(request.headers))
        answer = there.getresponse()
        assert answer.status == 200, answer.read()
    return make


# Destinations

def get(url):
    parts = urllib.parse.urlsplit(url)
    there = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    there.request("GET", parts.path)
    answer = there.getresponse()
    return answer.status, answer.read()


def test_by_default_rules_reach_public_addresses_by_https_only(iot):
    for url in ("http://example.com/", "https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://[::1]/",
                "https://10.1.2.3/x", "https://169.254.169.254/latest", "https://user:word@example.com/"):
        with pytest.raises(iot.exceptions.InvalidRequestException):
            iot.create_topic_rule_destination(destinationConfiguration={"httpUrlConfiguration": {"confirmationUrl": url}})
        with pytest.raises(iot.exceptions.InvalidRequestException):
            rule(iot, "r", "a", http_action(url))
    assert destinations(iot) == {}


def test_a_name_that_leads_to_this_machine_is_not_asked(server, iot, webhook):
    hook = webhook()
    made = iot.create_topic_rule_destination(destinationConfiguration={
        "httpUrlConfiguration": {"confirmationUrl": f"https://localhost:{hook.port}/"}})["topicRuleDestination"]
    assert made["status"] == "IN_PROGRESS"
    wait_until(lambda: iot.get_topic_rule_destination(arn=made["arn"])["topicRuleDestination"]["status"] == "ERROR",
               patience_s(5), "ERROR")
    reason = iot.get_topic_rule_destination(arn=made["arn"])["topicRuleDestination"]["statusReason"]
    assert "is an address of this machine" in reason and hook.requests.empty()


def asked_owner(server, webhook, *answers):
    """A destination whose owner is asked although he is near: only what is new there is enabled at once."""
    hook, iot = webhook(*answers), server.client()
    iot.create_topic_rule_destination(destinationConfiguration={"httpUrlConfiguration": {"confirmationUrl": hook.url + "/in"}})
    return hook, iot, destinations(iot)[hook.url + "/in"]["arn"]


def test_destinations_are_paused_and_deleted(near, webhook):
    hook, iot, arn = asked_owner(near, webhook)
    assert arn.startswith(f"arn:aws:iot:{iot.meta.region_name}:{near.account}:ruledestination/http/")
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_topic_rule_destination(destinationConfiguration={"httpUrlConfiguration": {"confirmationUrl": hook.url + "/in"}})
    iot.update_topic_rule_destination(arn=arn, status="DISABLED")
    assert iot.get_topic_rule_destination(arn=arn)["topicRuleDestination"]["status"] == "DISABLED"
    with pytest.raises(iot.exceptions.InvalidRequestException, match="is DISABLED and cannot become IN_PROGRESS"):
        iot.update_topic_rule_destination(arn=arn, status="IN_PROGRESS")
    iot.update_topic_rule_destination(arn=arn, status="ENABLED")
    iot.delete_topic_rule_destination(arn=arn)
    with pytest.raises(iot.exceptions.UnauthorizedException, match="Access to topic rule destination .* was denied"):
        iot.get_topic_rule_destination(arn=arn)


def test_a_disabled_destination_gets_nothing(near, webhook):
    hook, iot, arn = asked_owner(near, webhook)
    rule(iot, "r", "a", http_action(hook.url + "/in/x"), errorAction=republish("errors"))
    iot.update_topic_rule_destination(arn=arn, status="DISABLED")
    watcher = Device(near).connect("watcher").subscribe("errors")
    publish(near, "a", {"n": 1})
    failure, = json.loads(watcher.receive(10).payload)["failures"]
    assert "is DISABLED, not ENABLED" in failure["errorMessage"] and hook.requests.empty()


def test_vpc_destinations_are_refused_by_name(iot):
    with pytest.raises(iot.exceptions.InvalidRequestException, match="no VPC destinations .*it has: httpUrlConfiguration"):
        iot.create_topic_rule_destination(destinationConfiguration={
            "vpcConfiguration": {"subnetIds": ["s"], "vpcId": "v", "roleArn": ROLE}})


def test_an_owner_confirms_by_the_link_he_gets(tmp_path, webhook):
    """Made when this machine was out of reach, so its owner has to be asked; by https, under a CA of one's own."""
    hook = webhook()
    ca = Authority("site")
    folder = tmp_path / "tls"
    folder.mkdir()
    (folder / "hook.pem").write_text(ca.sign("localhost"))
    (folder / "hook.key").write_text(private_key("ec:P-256"))
    hook.serve_tls(folder / "hook.pem", folder / "hook.key")
    server = Server(tmp_path / "server").start()
    iot = server.client()
    arn = iot.create_topic_rule_destination(destinationConfiguration={
        "httpUrlConfiguration": {"confirmationUrl": f"https://localhost:{hook.port}/in"}})["topicRuleDestination"]["arn"]

    def state():
        return iot.get_topic_rule_destination(arn=arn)["topicRuleDestination"]["status"]
    wait_until(lambda: state() == "ERROR", patience_s(5), "ERROR")
    server.stop()
    server.options = ("--outbound", "private", "--outbound-ca", str(ca.folder / "ca.pem"))
    iot = server.start().client()
    iot.update_topic_rule_destination(arn=arn, status="IN_PROGRESS")
    asked = hook.take()
    body = json.loads(asked.body)
    assert asked.headers["x-amz-rules-engine-message-type"] == body["messageType"] == "DestinationConfirmation"
    assert asked.headers["x-amz-rules-engine-destination-arn"] == body["arn"] == arn
    assert asked.path == f"/in?confirmationToken={body['confirmationToken']}"
    assert body["enableUrl"] == f"{server.env['AWS_ENDPOINT_URL'].rstrip('/')}/confirmdestination/{body['confirmationToken']}"
    assert state() == "IN_PROGRESS"
    wrong = body["enableUrl"][:-1] + ("A" if body["enableUrl"][-1] != "A" else "B")
    assert get(wrong)[0] == 401 and get(body["enableUrl"] + "x")[0] == 401 and state() == "IN_PROGRESS"
    assert get(body["enableUrl"])[0] == 200 and state() == "ENABLED"
    assert get(body["enableUrl"])[0] == 401  # once
    with pytest.raises(iot.exceptions.UnauthorizedException):
        iot.confirm_topic_rule_destination(confirmationToken=body["confirmationToken"])
    rule(iot, "r", "a", http_action(f"https://localhost:{hook.port}/in/x"))
    publish(server, "a", {"n": 1})
    assert json.loads(hook.take().body) == {"n": 1}
    server.stop()


def test_a_request_is_signed_for_a_role(near, webhook, newer_rule):
    hook = webhook()
    newer_rule(near, "r", "a", {"http": {"url": hook.url + "/x y?q".replace(" ", "%20"), "auth": {"sigv4": {
        "signingRegion": "eu-west-1", "serviceName": "execute-api", "roleArn": f"arn:aws:iam::{near.account}:role/rules"}}}})
    publish(near, "a", {"n": 1})
    got = hook.take()
    assert got.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=ASIA")
    assert "/eu-west-1/execute-api/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token" in \
        got.headers["authorization"]
    assert got.headers["x-amz-security-token"]


# Objects

def s3_action(bucket, key, **more):
    return {"s3": {"roleArn": ROLE, "bucketName": bucket, "key": key, **more}}


def test_objects_are_files_of_a_folder(tmp_path):
    (tmp_path / "buckets" / "lake").mkdir(parents=True)
    server = Server(tmp_path / "server", "--buckets", str(tmp_path / "buckets")).start()
    iot = server.client()
    rule(iot, "r", "d/+/t", s3_action("lake", "${topic(2)}/${n}.json"), errorAction=republish("errors"))
    watcher = Device(server).connect("watcher").subscribe("errors")
    publish(server, "d/7/t", {"n": 1})
    there = tmp_path / "buckets" / "lake" / "7" / "1.json"
    wait_until(there.exists, patience_s(5), str(there))
    assert json.loads(there.read_text()) == {"n": 1}
    publish(server, "d/7/t", {"n": "../../../x"})
    failure, = json.loads(watcher.receive(10).payload)["failures"]
    assert failure["failedAction"] == "S3Action" and failure["failedResource"] == "lake"
    assert "cannot be the name of a file: '..'" in failure["errorMessage"]
    assert [p.name for p in (tmp_path / "buckets").iterdir()] == ["lake"]
    server.stop()


def test_objects_go_signed_to_a_server_of_s3(tmp_path, webhook):
    """A stand-in that asks botocore whether the signature is right."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    store = webhook(503)
    (tmp_path / "keys").write_text("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n")
    (tmp_path / "keys").chmod(0o600)
    server = Server(tmp_path / "server", "--s3", store.url, "--s3-keys", str(tmp_path / "keys")).start()
    rule(server.client(), "r", "a", s3_action("lake", "ü b/../${n}+.json", cannedAcl="bucket-owner-full-control"))
    publish(server, "a", {"n": 1})
    first, got = store.take(), store.take()
    assert first.path == got.path == "/lake/%C3%BC%20b/../1%2B.json" and got.command == "PUT"
    assert json.loads(got.body) == {"n": 1} and got.headers["x-amz-acl"] == "bucket-owner-full-control"
    keys = botocore.credentials.Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    signed = got.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    same = botocore.awsrequest.AWSRequest("PUT", store.url + got.path, data=got.body,
                                          headers={name: got.headers[name] for name in signed if name != "host"})
    same.context["timestamp"] = got.headers["x-amz-date"]
    judge = botocore.auth.S3SigV4Auth(keys, "s3", server.env["AWS_REGION"])
    canonical = judge.canonical_request(same)
    assert judge.signature(judge.string_to_sign(same, canonical), same) == got.headers["authorization"].split("Signature=")[1]
    server.stop()


# Rows

def put_item(table):
    return {"dynamoDBv2": {"roleArn": ROLE, "putItem": {"tableName": table}}}


def keyed(table, **more):
    return {"dynamoDB": {"roleArn": ROLE, "tableName": table, "hashKeyField": "device", "hashKeyValue": "${topic(2)}",
                         "rangeKeyField": "at", "rangeKeyValue": "${at}", "rangeKeyType": "NUMBER", **more}}


def check_rows(server, query, rows_of):
    """The same messages, and the same rows, in either database: `rows_of(statement)` answers with a list of tuples."""
    iot = server.client()
    rows_of("CREATE TABLE readings (device varchar(20) PRIMARY KEY, t numeric, ok boolean, more " + query["json"] + ", note text)")
    rows_of("CREATE TABLE history (device varchar(20), at numeric, payload " + query["json"] + ", PRIMARY KEY (device, at))")
    rule(iot, "last", "d/+/t", put_item("readings"), sql="SELECT topic(2) AS device, t, ok, more, note FROM 'd/+/t'",
         errorAction=republish("errors"))
    rule(iot, "all", "d/+/t", keyed("history", operation="${op}"), sql="SELECT t FROM 'd/+/t' WHERE NOT isUndefined(op)")
    watcher, sender = Device(server).connect("watcher").subscribe("errors"), Device(server).connect("sender")
    for message in ({"t": 1, "ok": True, "note": "it's \"odd\"; --", "at": 1, "op": "INSERT"},
                    {"t": 21.5, "ok": False, "more": {"a": [1]}, "at": 2, "op": "INSERT"},
                    {"t": 3, "at": 1, "op": "DELETE"}):
        sender.publish("d/7/t", json.dumps(message))
    wait_until(lambda: rows_of("SELECT device, t, ok, more, note FROM readings") == query["readings"], patience_s(5), "the reading")
    wait_until(lambda: rows_of("SELECT device, at, payload FROM history") == query["history"], patience_s(5), "the history")
    sender.publish("d/8/t", json.dumps({"note": 1, "t": "warm"}))
    failure, = json.loads(watcher.receive(10).payload)["failures"] if query["strict"] else [None]
    assert not failure or (failure["failedAction"] == "DynamoDBv2Action" and "invalid input syntax" in failure["errorMessage"])
    if not query["strict"]:
        wait_until(lambda: rows_of("SELECT 1, 2 FROM readings WHERE device = '8'"), patience_s(5), "the row of 8, before its column goes")
    rows_of("ALTER TABLE readings DROP COLUMN note")
    sender.publish("d/9/t", json.dumps({"note": "x"}))
    failure, = json.loads(watcher.receive(10).payload)["failures"]
    assert 'ALTER TABLE "readings" ADD COLUMN "note" ' in failure["errorMessage"]


def check_reads(server, query, rows_of):
    """get_dynamodb() [AWS rules 4], in the statement and in a template."""
    iot, iam = server.client(), server.client("iam")
    role = f"arn:aws:iam::{server.account}:role/reader"
    ask = f"get_dynamodb('sites', 'device', topic(2), '{role}')"
    rows_of("CREATE TABLE sites (device varchar(20), at numeric, t numeric, ok boolean, more " + query["json"] + ", note text, raw "
            + query["bytes"] + ", PRIMARY KEY (device, at))")
    rows_of("INSERT INTO sites VALUES ('7', 1, 21.5, true, '{\"a\":[1]}', NULL, " + query["00ff"] + "), ('8', 1, 1, false, NULL, 'x', NULL), "
            "('8', 2, 2, false, NULL, 'it''s', NULL)")
    rule(iot, "row", "d/+/t", republish("row"), sql=f"SELECT n, {ask} AS row FROM 'd/+/t'")
    rule(iot, "both", "d/+/t", republish("both"),
         sql=f"SELECT get_dynamodb('sites', 'device', topic(2), 'at', n, '{role}').note AS note FROM 'd/+/t'")
    rule(iot, "name", "d/+/t", republish("name/${" + ask + ".t}"), sql="SELECT n FROM 'd/+/t'")
    watcher, sender = Device(server).connect("watcher"), Device(server).connect("sender")
    for topic in ("row", "both", "name/#"):
        watcher.subscribe(topic)

    def heard(device, count=3):
        sender.publish(f"d/{device}/t", '{"n": 2}')
        return {m.topic: json.loads(m.payload) for m in (watcher.receive(10) for _ in range(count))}
    seven = {"device": "7", "at": 1, "t": 21.5, "ok": True, "more": {"a": [1]}, "note": None, "raw": "AP8="}
    assert heard("7") == {"row": {"n": 2, "row": seven}, "both": {}, "name/21.5": {"n": 2}}
    assert heard("8", 2) == {"row": {"n": 2}, "both": {"note": "it's"}}  # the name has a part that is Undefined
    wait_until(lambda: "get_dynamodb: the key fits more than one row of sites" in server.log(), patience_s(3), "the reason")
    assert heard("nobody", 2) == {"row": {"n": 2}, "both": {}}
    may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
        "Service": "iot.amazonaws.com"}}]}
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=json.dumps(may))
    time.sleep(1.2)  # roles count within a second
    assert heard("7", 2) == {"row": {"n": 2}, "both": {}}
    wait_until(lambda: "is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:" in server.log(), patience_s(3),
               "the refusal in the log")
    may["Statement"].append({"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:*:*:table/sites"})
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=json.dumps(may))
    time.sleep(1.2)
    assert heard("7")["row"]["row"] == seven


def test_statements_read_rows_of_sqlite(tmp_path):
    import sqlite3
    server = Server(tmp_path / "server", "--tables", f"sqlite:{tmp_path}/rows.db").start()

    def rows_of(statement):
        with sqlite3.connect(tmp_path / "rows.db", timeout=10) as database:
            return database.execute(statement).fetchall()
    check_reads(server, {"json": "json", "bytes": "blob", "00ff": "x'00ff'"}, rows_of)
    with pytest.raises(server.client().exceptions.SqlParseException, match="get_dynamodb can be called once in a statement"):
        rule(server.client(), "twice", "a", republish("b"), sql=" ".join(
            ["SELECT get_dynamodb('t', 'k', 1, 'r') AS a,", "get_dynamodb('t', 'k', 2, 'r') AS b FROM 'a'"]))
    server.stop()


def test_rows_go_into_sqlite(tmp_path):
    import sqlite3
    server = Server(tmp_path / "server", "--tables", f"sqlite:{tmp_path}/rows.db").start()

    def rows_of(statement):
        with sqlite3.connect(tmp_path / "rows.db", timeout=10) as database:
            return database.execute(statement).fetchall()
    check_rows(server, {"json": "text", "strict": False, "readings": [("7", 3, None, None, None)],
                        "history": [("7", 2, '{"t":21.5}')]}, rows_of)
    server.stop()


@pytest.fixture
def postgres(tmp_path):
    """A server of PostgreSQL on a free port, as nobody if need be; skips where there is none."""
    import os
    import shutil
    import socket
    import subprocess
    import tempfile
    places = [*sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin")), pathlib.Path("/usr/local/bin")]
    binaries = next((place for place in places if (place / "initdb").exists()), None)
    if not binaries:
        pytest.skip("no PostgreSQL server here")
    who = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="postgres-"))
    if who:
        shutil.chown(folder, "nobody")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = subprocess.run([*who, binaries / "initdb", "-D", folder / "data", "-U", "kedge", "-A", "trust", "--no-sync"],
                          capture_output=True, text=True, check=False, cwd="/")
    if made.returncode != 0:
        pytest.skip(f"initdb: {made.stderr[-300:]}")
    process = subprocess.Popen([*who, binaries / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, "-c", "fsync=off",
                                "-c", "listen_addresses=127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    url = f"postgresql://kedge@127.0.0.1:{port}/postgres"

    def rows_of(statement):
        done = subprocess.run([binaries / "psql", url, "-X", "-A", "-t", "-F", "|", "-v", "ON_ERROR_STOP=1", "-c", statement],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return [tuple(line.split("|")) for line in done.stdout.splitlines() if "|" in line]

    def is_up():
        return subprocess.run([binaries / "pg_isready", "-q", "-d", url], check=False).returncode == 0
    wait_until(is_up, 30, "PostgreSQL")
    yield url, rows_of
    process.terminate()
    process.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


def test_rows_go_into_postgresql(tmp_path, postgres):
    url, rows_of = postgres
    server = Server(tmp_path / "server", "--tables", url).start()
    check_rows(server, {"json": "jsonb", "strict": True, "readings": [("7", "3", "", "", "")],
                        "history": [("7", "2", '{"t": 21.5}')]}, rows_of)
    server.stop()


def test_statements_read_rows_of_postgresql(tmp_path, postgres):
    url, rows_of = postgres
    server = Server(tmp_path / "server", "--tables", url).start()
    check_reads(server, {"json": "jsonb", "bytes": "bytea", "00ff": "'\\x00ff'"}, rows_of)
    rule(server.client(), "other", "d/+/t", republish("other"))
    watcher, sender = Device(server).connect("other").subscribe("row").subscribe("other"), Device(server).connect("asks")
    lock = threading.Thread(target=rows_of, args=["BEGIN; LOCK TABLE sites; SELECT pg_sleep(12)"])
    lock.start()
    wait_until(lambda: rows_of("SELECT 1, 2 FROM pg_locks WHERE relation = 'sites'::regclass AND granted"), 10, "the lock")
    sender.publish("d/7/t", '{"n": 1}')
    assert [watcher.receive(10).topic for _ in range(2)] == ["other", "row"]
    wait_until(lambda: "PostgreSQL: no answer in time" in server.log(), patience_s(3), "the reason")
    wait_until(lambda: rows_of("SELECT count(*), 1 FROM pg_locks WHERE NOT granted") == [("0", "1")], 7, "an end of what was given up")
    lock.join()
    server.stop()


def test_statements_that_read_need_a_database(iot):
    for sql, topic in ((f"SELECT get_dynamodb('t', 'k', 1, '{ROLE}') AS a FROM 'a'", "b"),
                       ("SELECT * FROM 'a'", "${get_dynamodb('t', 'k', 1, 'r').a}")):
        with pytest.raises(iot.exceptions.InvalidRequestException, match=r"no database for get_dynamodb\(\): kedge serve --tables"):
            rule(iot, "r", "a", republish(topic), sql=sql)


def test_rows_need_a_database(iot):
    for action in (put_item("t"), keyed("t")):
        with pytest.raises(iot.exceptions.InvalidRequestException, match="no database .* --tables names one, in SQLite or PostgreSQL"):
            rule(iot, "r", "a", action)


# Kafka

class Message(ctypes.Structure):
    _fields_ = [("error", ctypes.c_int), ("topic", ctypes.c_void_p), ("partition", ctypes.c_int32), ("payload", ctypes.c_void_p),
                ("length", ctypes.c_size_t), ("key", ctypes.c_void_p), ("key_length", ctypes.c_size_t), ("offset", ctypes.c_int64)]


class Brokers:
    """librdkafka's own stand-in for brokers, and a consumer."""

    def __init__(self):
        self.kafka = ctypes.CDLL("librdkafka.so.1")
        for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new", "rd_kafka_topic_partition_list_new",
                     "rd_kafka_topic_partition_list_add"):
            getattr(self.kafka, name).restype = ctypes.c_void_p
        self.kafka.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        self.kafka.rd_kafka_consumer_poll.restype = ctypes.POINTER(Message)
        self.owner = self.client(0, {})
        self.cluster = ctypes.c_void_p(self.kafka.rd_kafka_mock_cluster_new(self.owner, 1))
        self.servers = self.kafka.rd_kafka_mock_cluster_bootstraps(self.cluster).decode()

    def client(self, kind, settings):
        conf, why = ctypes.c_void_p(self.kafka.rd_kafka_conf_new()), ctypes.create_string_buffer(200)
        for name, value in {"log_level": "0", **settings}.items():
            self.kafka.rd_kafka_conf_set(conf, name.encode(), value.encode(), why, 200)
        return ctypes.c_void_p(self.kafka.rd_kafka_new(kind, conf, why, 200))

    def read(self, topic, partition, count):
        consumer = self.client(1, {"bootstrap.servers": self.servers, "group.id": "g", "auto.offset.reset": "earliest"})
        parts = ctypes.c_void_p(self.kafka.rd_kafka_topic_partition_list_new(1))
        self.kafka.rd_kafka_topic_partition_list_add(parts, topic.encode(), partition)
        self.kafka.rd_kafka_assign(consumer, parts)
        found, end = [], time.monotonic() + 30
        while len(found) < count and time.monotonic() < end:
            message = self.kafka.rd_kafka_consumer_poll(consumer, 100)
            if message and message.contents.error == 0:
                m = message.contents
                found.append((ctypes.string_at(m.key, m.key_length), json.loads(ctypes.string_at(m.payload, m.length))))
        self.kafka.rd_kafka_consumer_close(consumer)
        return found


def test_messages_go_to_kafka_in_their_order(near):
    brokers, iot = Brokers(), near.client()
    rule(iot, "r", "d/+/t", {"kafka": {
        "destinationArn": "arn:aws:iot:eu-central-1:123456789012:ruledestination/vpc/x", "topic": "readings", "key": "${topic(2)}",
        "partition": "1", "clientProperties": {"bootstrap.servers": brokers.servers, "security.protocol": "PLAINTEXT", "acks": "1"}}})
    sender = Device(near).connect("sender")
    for n in range(10):
        sender.publish("d/7/t", json.dumps({"n": n}))
    assert brokers.read("readings", 1, 10) == [(b"7", {"n": n}) for n in range(10)]
    wait_until(lambda: "readings" not in near.run("queue", "--data", near.data).stdout, patience_s(3), "an empty queue")
