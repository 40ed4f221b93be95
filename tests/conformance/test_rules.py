"""Topic rules: made by boto3 and the CLI, fed by devices [AWS rules 6]."""
import json

import pytest

from server import patience_s, wait_until

ROLE = "arn:aws:iam::123456789012:role/rules"


def republish(topic, **more):
    return {"republish": {"roleArn": ROLE, "topic": topic, **more}}


def make(iot, name, sql, *actions, version="2016-03-23", **more):
    payload = {"sql": sql, "actions": list(actions), "awsIotSqlVersion": version, **more}
    iot.create_topic_rule(ruleName=name, topicRulePayload=payload)


def test_a_rule_describes_itself(server, iot):
    sql = "SELECT temperature AS t\nFROM 'd/+/t' WHERE temperature > 30"
    make(iot, "hot", sql, republish("alarm/${topic(2)}", qos=1), description="too hot")
    arn = f"arn:aws:iot:{iot.meta.region_name}:{server.account}:rule/hot"
    got = iot.get_topic_rule(ruleName="hot")
    assert got["ruleArn"] == arn
    assert got["rule"].pop("createdAt").timestamp() > 1_700_000_000
    assert got["rule"] == {"ruleName": "hot", "sql": sql, "description": "too hot", "ruleDisabled": False,
                           "awsIotSqlVersion": "2016-03-23", "actions": [republish("alarm/${topic(2)}", qos=1)]}
    listed, = iot.list_topic_rules()["rules"]
    assert (listed["ruleArn"], listed["ruleName"], listed["topicPattern"], listed["ruleDisabled"]) == (arn, "hot", "d/+/t", False)


def test_without_a_version_it_is_the_oldest_one(iot):
    iot.create_topic_rule(ruleName="r", topicRulePayload={"sql": "SELECT * FROM 'a'", "actions": []})
    assert iot.get_topic_rule(ruleName="r")["rule"]["awsIotSqlVersion"] == "2015-10-08"


def test_rules_are_listed_by_page_topic_and_state(iot):
    for name, topic in (("a", "x/#"), ("b", "y"), ("c", "x/+")):
        make(iot, name, f"SELECT * FROM '{topic}'", republish("out"))
    iot.disable_topic_rule(ruleName="c")

    def names(**query):
        return [rule["ruleName"] for rule in iot.list_topic_rules(**query)["rules"]]

    assert names() == ["a", "b", "c"]
    assert names(topic="x/1") == ["a", "c"] and names(ruleDisabled=True) == ["c"]
    first = iot.list_topic_rules(maxResults=2)
    assert [rule["ruleName"] for rule in first["rules"]] == ["a", "b"]
    assert names(nextToken=first["nextToken"]) == ["c"]


def test_errors_are_those_of_aws(iot):
    make(iot, "r", "SELECT * FROM 'a'", republish("b"))
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        make(iot, "r", "SELECT * FROM 'a'", republish("b"))
    with pytest.raises(iot.exceptions.SqlParseException, match="'topic' is not expected here .line 1, column 15."):
        make(iot, "s", "SELECT * FROM topic/#", republish("b"))
    with pytest.raises(iot.exceptions.InvalidRequestException, match="no action sqs yet; it has: republish"):
        make(iot, "s", "SELECT * FROM 'a'", {"sqs": {"roleArn": ROLE, "queueUrl": "https://q"}})
    for call in (iot.get_topic_rule, iot.delete_topic_rule, iot.enable_topic_rule):
        with pytest.raises(iot.exceptions.UnauthorizedException, match="Access to topic rule 'none' was denied"):
            call(ruleName="none")


def test_a_message_goes_through_a_rule(iot, device):
    make(iot, "hot", "SELECT temperature, topic(2) AS id, clientid() AS c FROM 'd/+/t' WHERE temperature > 30",
         republish("alarm/${topic(2)}", qos=1))
    watcher = device().connect("watcher").subscribe("alarm/#")
    sender = device().connect("sender")
    sender.publish("d/7/t", json.dumps({"temperature": 20}))
    sender.publish("d/7/t", json.dumps({"temperature": 31.50}))
    message = watcher.receive()
    assert (message.topic, json.loads(message.payload)) == ("alarm/7", {"temperature": 31.5, "id": "7", "c": "sender"})
    watcher.expect_silence()


def test_messages_of_one_publisher_keep_their_order(iot, device):
    make(iot, "copy", "SELECT n FROM 'in'", republish("out", qos=1))
    watcher = device().connect("watcher").subscribe("out")
    sender = device().connect("sender")
    for n in range(200):
        sender.publish("in", json.dumps({"n": n}), wait=n % 20 == 0)
    assert [json.loads(watcher.receive().payload)["n"] for _ in range(200)] == list(range(200))


def test_a_change_of_a_rule_acts_at_once(iot, device):
    watcher = device().connect("watcher").subscribe("out/#")
    sender = device().connect("sender")
    sender.publish("in", "{}")
    make(iot, "r", "SELECT 1 AS v FROM 'in'", republish("out/1"))
    sender.publish("in", "{}")
    assert watcher.receive().topic == "out/1"
    iot.replace_topic_rule(ruleName="r", topicRulePayload={"sql": "SELECT 2 AS v FROM 'in'", "actions": [republish("out/2")]})
    sender.publish("in", "{}")
    assert watcher.receive().topic == "out/2"
    for change in (iot.disable_topic_rule, iot.delete_topic_rule):
        change(ruleName="r")
        sender.publish("in", "{}")
        watcher.expect_silence()
        if change == iot.disable_topic_rule:
            iot.enable_topic_rule(ruleName="r")
            sender.publish("in", "{}")
            assert watcher.receive().topic == "out/2"


def test_rules_outlive_the_server(server, iot, device):
    make(iot, "r", "SELECT * FROM 'in'", republish("out"))
    server.stop()
    server.start()
    watcher = device().connect("watcher").subscribe("out")
    watcher.publish("in", "{}")
    assert watcher.receive().payload == b"{}"


def test_basic_ingest_reaches_one_rule_and_no_subscriber(iot, device):
    """[AWS rules 6.6, 11.1 row 69]"""
    make(iot, "R", "SELECT topic() AS t, topic(3) AS f FROM 'Buildings/#'", republish("out"))
    watcher = device().connect("watcher").subscribe("out").subscribe("Buildings/#")
    watcher.publish("$aws/rules/R/Buildings/B5/F2", "{}")
    assert json.loads(watcher.receive().payload) == {"t": "Buildings/B5/F2", "f": "F2"}
    watcher.publish("$aws/rules/unknown/Buildings/B5/F2", "{}")
    watcher.expect_silence()


def test_rules_see_wills_and_what_the_server_announces(server, iot, device):
    make(iot, "wills", "SELECT * FROM 'gone'", republish("out/will"))
    watcher = device().connect("watcher").subscribe("out/#")
    device().connect("dies", will=("gone", "{}")).drop()
    assert watcher.receive().topic == "out/will"


def test_a_failing_action_leaves_the_others_alone_and_is_told(server, iot, device):
    """[AWS rules 6.5]"""
    make(iot, "r", "SELECT * FROM 'in'", republish("x/${missing}"), republish("out"), errorAction=republish("errors"))
    watcher = device().connect("watcher").subscribe("out").subscribe("errors")
    watcher.publish("in", '{"a":1}')
    assert watcher.receive().payload == b'{"a":1}'
    told = json.loads(watcher.receive().payload)
    assert (told["ruleName"], told["topic"], told["clientId"]) == ("r", "in", "watcher")
    assert told["failures"] == [{"failedAction": "RepublishAction", "failedResource": "x/",
                                 "errorMessage": "a part of the topic is Undefined"}]
    wait_until(lambda: "rule.action_failed" in server.log(), patience_s(5), "the failure in the log")


def test_a_rule_asks_the_registry(server, iot, device):
    """[AWS rules 4 get_registry_data]"""
    iot.create_thing(thingName="lamp:7", attributePayload={"attributes": {"site": "north"}})
    iot.create_thing_group(thingGroupName="lamps")
    iot.add_thing_to_thing_group(thingGroupName="lamps", thingName="lamp:7")
    make(iot, "ask", f"SELECT get_registry_data('DescribeThing', thing, '{ROLE}') AS d, "
         f"get(get_registry_data('ListThingGroupsForThing', thing, '{ROLE}').thingGroups, 0).groupName AS g FROM 'in'",
         republish("out"))
    watcher = device().connect("watcher").subscribe("out")
    watcher.publish("in", '{"thing":"lamp:7"}')
    answer = json.loads(watcher.receive().payload)
    assert answer["g"] == "lamps"
    assert answer["d"]["attributes"] == {"site": "north"} and answer["d"]["version"] == 1
    watcher.publish("in", '{"thing":"nobody"}')
    assert json.loads(watcher.receive().payload) == {}
    wait_until(lambda: "rule.function_failed" in server.log(), 5, "the failure in the log")


def test_rules_that_go_round_in_a_circle_end(server, iot, device):
    make(iot, "circle", "SELECT n + 1 AS n FROM 'round'", republish("round"))
    watcher = device().connect("watcher").subscribe("round")
    watcher.publish("round", '{"n":0}')
    assert [json.loads(watcher.receive().payload)["n"] for _ in range(9)] == list(range(9))
    watcher.expect_silence()


def test_accounts_do_not_share_rules(server, iot, device):
    server.run("account", "create", "--data", server.data, "--id", "222222222222")
    make(server.client_of("222222222222"), "r", "SELECT * FROM 'in'", republish("out"))
    watcher = device().connect("watcher").subscribe("out")
    watcher.publish("in", "{}")
    watcher.expect_silence()


def test_the_cli_makes_a_rule(shell):
    shell.write("rule.json", json.dumps({"sql": "SELECT * FROM 'in'", "actions": [republish("out")]}))
    shell.type("aws iot create-topic-rule --rule-name r --topic-rule-payload file://rule.json --tags 'team=a&line=7'")
    assert json.loads(shell.type("aws iot list-topic-rules").stdout)["rules"][0]["ruleName"] == "r"
    arn = json.loads(shell.type("aws iot get-topic-rule --rule-name r").stdout)["ruleArn"]
    tags = json.loads(shell.type(f"aws iot list-tags-for-resource --resource-arn {arn}").stdout)["tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "a", "line": "7"}
    shell.type("aws iot delete-topic-rule --rule-name r")


def test_a_rule_reads_protocol_buffers(server, iot, device):
    """[AWS rules 4 decode]: m.proto, of proto2: message M { optional int32 t = 1; }"""
    types = b"\x0a\x19\x0a\x07m.proto\x22\x0e\x0a\x01M\x12\x09\x0a\x01t\x18\x01\x20\x01\x28\x05"
    bucket = server.data / "buckets" / "types"
    bucket.mkdir(parents=True)
    (bucket / "m.desc").write_bytes(types)
    make(iot, "hot", "SELECT VALUE decode(*, 'proto', 'types', 'm.desc', 'm', 'M') FROM 'in' "
                     "WHERE decode(*, 'proto', 'types', 'm.desc', 'm', 'M').t > 40", republish("out"))
    watcher = device().connect("watcher").subscribe("out")
    for payload in (b"\x08\x01", b"\x08\x2a"):
        watcher.publish("in", payload)
    assert watcher.receive().payload == b'{"t":42}'
    (bucket / "m.desc").unlink()
    watcher.publish("in", b"\x08\x2a")
    wait_until(lambda: "there is no object m.desc in the bucket types" in server.log(), patience_s(5), "the failure in the log")
