"""Rules and functions: the action `lambda` [AWS rules 6.1, 6.2]."""
import json

from functions import Ear, let_rule_in, make_function
from server import patience_s, wait_until

ROLE = "arn:aws:iam::123456789012:role/rules"


def make_rule(iot, name, sql, *actions, **more):
    iot.create_topic_rule(ruleName=name, topicRulePayload={"sql": sql, "actions": list(actions), "awsIotSqlVersion": "2016-03-23", **more})


def to_function(arn):
    return {"lambda": {"functionArn": arn}}


def test_a_rule_sends_what_it_selects_to_a_function(server, iot, device):
    arn = make_function(server, "f", "say('said/heard', event)")
    let_rule_in(server, "f", "hot")
    make_rule(iot, "hot", "SELECT temperature, topic(2) AS id FROM 'd/+/t' WHERE temperature > 30", to_function(arn))
    ear = Ear(device)
    sender = device().connect("sender")
    sender.publish("d/7/t", json.dumps({"temperature": 20}))
    sender.publish("d/7/t", json.dumps({"temperature": 31}))
    assert ear.next() == ("heard", {"temperature": 31, "id": "7"})


def test_a_function_that_does_not_let_the_rule_in_is_a_failure(server, iot, device):
    """No AddPermission, or one for another rule [AWS rules 6.1]."""
    arn = make_function(server, "f", "say('said/heard', event)")
    let_rule_in(server, "f", "other")
    make_rule(iot, "hot", "SELECT * FROM 'in'", to_function(arn),
              errorAction={"republish": {"roleArn": ROLE, "topic": "failed"}})
    watcher = device().connect("watcher").subscribe("failed")
    device().connect("sender").publish("in", '{"n": 1}')
    failure, = json.loads(watcher.receive().payload)["failures"]
    assert (failure["failedAction"], failure["failedResource"]) == ("LambdaAction", arn)
    assert "lambda:InvokeFunction" in failure["errorMessage"] or "permission" in failure["errorMessage"]
    wait_until(lambda: '"event":"rule.action_failed"' in server.log(), patience_s(2), "a line in the log")


def test_no_message_is_left_out(server, iot, device):
    arn = make_function(server, "f", "say('said/heard', event['n']) if event['n'] % 50 == 0 else None")
    let_rule_in(server, "f", "all")
    make_rule(iot, "all", "SELECT n FROM 'in'", to_function(arn))
    ear, sender = Ear(device), device().connect("sender")
    for n in range(300):
        sender.publish("in", json.dumps({"n": n}))
    assert {ear.next()[1] for _ in range(6)} == {0, 50, 100, 150, 200, 250}
    wait_until(lambda: "nothing waits" in server.run("queue", "--data", server.data).stdout, patience_s(20), "an empty queue")


def republish(topic):
    return {"republish": {"roleArn": ROLE, "topic": topic, "qos": 1}}


def test_a_statement_asks_a_function(server, iot, device):
    """aws_lambda() [AWS rules 4]: the function's policy must let the rule in; without an answer it is Undefined."""
    arn = make_function(server, "double", "return {'n': event['n'] * 2}")
    let_rule_in(server, "double", "asks")
    iot.set_v2_logging_options(roleArn=ROLE, defaultLogLevel="DEBUG")
    for rule in ("asks", "stranger"):
        make_rule(iot, rule, f"SELECT n, aws_lambda('{arn}', *).n AS twice FROM 'in/{rule}'", republish(f"out/{rule}"))
    watcher = device().connect("watcher").subscribe("out/#")
    sender = device().connect("sender")
    sender.publish("in/asks", '{"n": 21}')
    assert json.loads(watcher.receive().payload) == {"n": 21, "twice": 42}
    sender.publish("in/stranger", '{"n": 21}')
    assert json.loads(watcher.receive().payload) == {"n": 21}
    wait_until(lambda: '"event":"rule.function_failed"' in server.log(), patience_s(2), "a line in the log")

    def executions():
        found = server.client("logs").filter_log_events(logGroupName="AWSIotLogsV2", filterPattern="FunctionExecution")["events"]
        return sorted((entry["ruleName"], entry["status"]) for entry in (json.loads(event["message"]) for event in found))
    wait_until(lambda: executions() == [("asks", "Success"), ("stranger", "Failure")], patience_s(5), "what the log of the service says of it")


def test_a_slow_function_holds_up_no_other_rule(server, iot, device):
    """It is given up after two seconds; what other rules make of the same messages is there long before."""
    arn = make_function(server, "slow", "time.sleep(20)")
    let_rule_in(server, "slow", "asks")
    make_rule(iot, "asks", f"SELECT n, aws_lambda('{arn}', *) AS answer FROM 'in'", republish("out/asks"))
    make_rule(iot, "other", "SELECT n FROM 'in'", republish("out/other"))
    watcher = device().connect("watcher").subscribe("out/#")
    sender = device().connect("sender")
    for n in range(8):
        sender.publish("in", json.dumps({"n": n}))
    heard = [watcher.receive() for _ in range(8)]
    assert [m.topic for m in heard] == ["out/other"] * 8 and [json.loads(m.payload)["n"] for m in heard] == list(range(8))
    late = [watcher.receive(within_s=10) for _ in range(8)]
    assert {json.loads(m.payload)["n"] for m in late} == set(range(8)) and {m.topic for m in late} == {"out/asks"}
    assert all("answer" not in json.loads(m.payload) for m in late)
