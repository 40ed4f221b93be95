"""The log of the service: what devices and rules do, at the levels that are set, in AWSIotLogsV2 [AWS device-gateway 18]."""
import json

import pytest

from server import patience_s, wait_until
from test_fleet_provisioning import Asking, claim_policy, create_template

ROLE = "arn:aws:iam::123456789012:role/logs"


@pytest.fixture
def logs(server):
    return server.client("logs")


def entries(logs, pattern=""):
    try:
        answer = logs.filter_log_events(logGroupName="AWSIotLogsV2", filterPattern=pattern)
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [json.loads(event["message"]) for event in answer["events"]]


def kinds(logs, client_id):
    return [entry["eventType"] for entry in entries(logs) if entry.get("clientId") == client_id]


def configure(iot, level, **more):
    iot.set_v2_logging_options(roleArn=ROLE, defaultLogLevel=level, **more)


def test_options_and_levels_are_kept(iot):
    with pytest.raises(iot.exceptions.NotConfiguredException):
        iot.get_v2_logging_options()
    with pytest.raises(iot.exceptions.NotConfiguredException):
        iot.set_v2_logging_level(logTarget={"targetType": "THING_GROUP", "targetName": "g"}, logLevel="DEBUG")
    configure(iot, "INFO")
    iot.set_v2_logging_options(disableAllLogs=True)
    got = iot.get_v2_logging_options()
    assert (got["roleArn"], got["defaultLogLevel"], got["disableAllLogs"]) == (ROLE, "INFO", True)
    for name in ("a", "b"):
        iot.set_v2_logging_level(logTarget={"targetType": "THING_GROUP", "targetName": name}, logLevel="DEBUG")
    iot.set_v2_logging_level(logTarget={"targetType": "DEFAULT"}, logLevel="ERROR")

    def levels(**more):
        answer = iot.list_v2_logging_levels(**more)
        return [(t["logTarget"]["targetType"], t["logTarget"].get("targetName"), t["logLevel"])
                for t in answer["logTargetConfigurations"]]

    assert levels() == [("DEFAULT", None, "ERROR"), ("THING_GROUP", "a", "DEBUG"), ("THING_GROUP", "b", "DEBUG")]
    assert levels(targetType="THING_GROUP", maxResults=1) == [("THING_GROUP", "a", "DEBUG")]
    iot.delete_v2_logging_level(targetType="THING_GROUP", targetName="a")
    assert levels(targetType="THING_GROUP") == [("THING_GROUP", "b", "DEBUG")]
    iot.set_logging_options(loggingOptionsPayload={"roleArn": ROLE, "logLevel": "WARN"})
    assert iot.get_logging_options()["logLevel"] == iot.get_v2_logging_options()["defaultLogLevel"] == "WARN"


def test_the_life_of_a_device_is_logged(server, iot, logs, device):
    configure(iot, "INFO")
    lamp = device()
    client = lamp.connect("lamp").subscribe("a/b")
    client.publish("a/b", "x")
    client.receive()
    client.close()
    wait_until(lambda: "Disconnect" in kinds(logs, "lamp"), patience_s(10), "the end is logged")
    assert kinds(logs, "lamp") == ["Connect", "Subscribe", "Publish-In", "Publish-Out", "Disconnect"]
    connect, subscribe, publish, *_, end = [e for e in entries(logs) if e.get("clientId") == "lamp"]
    assert connect.pop("timestamp")[10] == " " and len(connect.pop("traceId")) == 36
    assert connect.pop("sourcePort") > 0 and len(connect.pop("principalId")) == 64
    assert connect == {"logLevel": "INFO", "accountId": server.account, "status": "Success", "eventType": "Connect",
                       "protocol": "MQTT", "clientId": "lamp", "sourceIp": "127.0.0.1"}
    assert subscribe["topicName"] == publish["topicName"] == "a/b"
    assert end["disconnectReason"] == "CLIENT_INITIATED_DISCONNECT"


def test_nothing_is_logged_until_it_is_switched_on_and_changes_act_on_who_is_there(iot, logs, device):
    client = device().connect("lamp")
    client.publish("a", "1", qos=1)
    assert entries(logs) == []
    configure(iot, "INFO")
    wait_until(lambda: (client.publish("a", "2", qos=1), "Publish-In" in kinds(logs, "lamp"))[1], patience_s(5), "it is on")
    iot.set_v2_logging_options(disableAllLogs=True)

    def is_off():
        before = len(entries(logs))
        client.publish("a", "3", qos=1)
        return len(entries(logs)) == before
    wait_until(is_off, patience_s(5), "it is off")


def test_a_thing_group_has_a_level_of_its_own(iot, logs, device):
    configure(iot, "ERROR")
    loud = device()
    iot.create_thing(thingName="loud")
    iot.attach_thing_principal(thingName="loud", principal=loud.arn)
    iot.create_thing_group(thingGroupName="watched")
    iot.add_thing_to_thing_group(thingGroupName="watched", thingName="loud")
    iot.set_v2_logging_level(logTarget={"targetType": "THING_GROUP", "targetName": "watched"}, logLevel="DEBUG")
    iot.set_v2_logging_level(logTarget={"targetType": "CLIENT_ID", "targetName": "named"}, logLevel="INFO")
    quiet, named = device().connect("quiet"), device().connect("named")
    talker = loud.connect("loud")
    for client in (quiet, named, talker):
        client.publish("a", "x", qos=1)
    wait_until(lambda: "Publish-In" in kinds(logs, "loud") and "Publish-In" in kinds(logs, "named"), patience_s(5), "both are logged")
    assert kinds(logs, "quiet") == []


def test_refusals_are_logged_as_errors(iot, logs, device):
    configure(iot, "ERROR")
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}]}
    denied = device(None)
    with pytest.raises(Exception):
        denied.connect("stranger")
    lamp = device(allowed).connect("lamp")
    lamp.publish("a", "x", qos=0)
    wait_until(lambda: len(entries(logs)) >= 2, patience_s(10), "both refusals are logged")
    connect, publish = entries(logs)[:2]
    for entry, kind in ((connect, "Connect"), (publish, "Publish-In")):
        assert (entry["eventType"], entry["status"], entry["logLevel"]) == (kind, "Failure", "ERROR")
        assert (entry["reason"], entry["details"]) == ("AUTHORIZATION_FAILURE", "Authorization Failure")
    assert connect["clientId"] == "stranger" and publish["topicName"] == "a"


def rule(iot, name, sql, action, **more):
    iot.create_topic_rule(ruleName=name, topicRulePayload={"sql": sql, "actions": [action], "awsIotSqlVersion": "2016-03-23", **more})


def test_rules_are_logged(iot, logs, device):
    configure(iot, "INFO")
    rule(iot, "copy", "SELECT * FROM 'in'", {"republish": {"roleArn": ROLE, "topic": "out"}})
    rule(iot, "broken", "SELECT * FROM 'in'", {"republish": {"roleArn": ROLE, "topic": "${missing}"}})
    client = device().connect("lamp")
    client.publish("in", "{}", qos=1)
    client.publish("$aws/rules/none/x", "{}", qos=1)
    wait_until(lambda: entries(logs, "RuleNotFound"), patience_s(10), "the rule that is not there is logged")
    done, = entries(logs, '{ $.eventType = RuleExec* && $.status = "Success" }')
    assert (done["ruleName"], done["ruleAction"], done["clientId"]) == ("copy", "RepublishAction", "lamp")
    failed, = entries(logs, "RuleExecution Failure")
    assert failed["ruleName"] == "broken" and "Undefined" in failed["details"]
    assert {e["ruleName"] for e in entries(logs, "RuleMatch")} == {"copy", "broken"}
    missing, = entries(logs, "RuleNotFound")
    assert missing["details"] == "Rule none not found" and missing["topicName"] == "$aws/rules/none/x"


def test_the_start_of_a_rule_is_logged_for_debugging(iot, logs, device):
    """[AWS rules 6.7]"""
    configure(iot, "DEBUG")
    rule(iot, "copy", "SELECT * FROM 'in'", {"republish": {"roleArn": ROLE, "topic": "out"}})
    device().connect("lamp").publish("in", "{}", qos=1)
    wait_until(lambda: entries(logs, "RuleExecution Success"), patience_s(10), "the rule has run")
    of_rule = [entry["eventType"] for entry in entries(logs) if entry.get("ruleName") == "copy"]
    assert of_rule == ["RuleMatch", "StartingRuleExecution", "RuleExecution"]


def test_fleet_provisioning_is_logged(server, iot, logs, device):
    """[AWS identity 8.7]"""
    configure(iot, "INFO")
    create_template(iot)
    claim = Asking(device(claim_policy(server)).connect("fresh-1"))
    made = claim.accepted("$aws/certificates/create/json")
    request = {"certificateOwnershipToken": made["certificateOwnershipToken"], "parameters": {"SerialNumber": "7"}}
    claim.rejected("$aws/provisioning-templates/lamps/provision/json", {"parameters": {"SerialNumber": "7"}})
    claim.accepted("$aws/provisioning-templates/lamps/provision/json", request)
    wait_until(lambda: entries(logs, "ProvisionDevice Success"), patience_s(10), "the device is provisioned")
    issued, = entries(logs, "GetDeviceCredentials")
    assert (issued["status"], issued["clientId"], issued["deviceCertificateId"]) == ("Success", "fresh-1", made["certificateId"])
    failed, done = entries(logs, "ProvisionDevice")
    assert (failed["status"], failed["logLevel"], failed["provisioningTemplateName"]) == ("Failure", "ERROR", "lamps")
    assert (done["status"], done["logLevel"], done["deviceCertificateId"]) == ("Success", "INFO", made["certificateId"])


def test_a_rule_writes_to_a_log_group(iot, logs, device):
    logs.create_log_group(logGroupName="line/4")
    rule(iot, "keep", "SELECT * FROM 'in/+'", {"cloudwatchLogs": {"roleArn": ROLE, "logGroupName": "line/${topic(2)}"}},
         errorAction={"republish": {"roleArn": ROLE, "topic": "trouble"}})
    client = device().connect("lamp").subscribe("trouble")
    client.publish("in/4", '{"t":1}', qos=1)
    wait_until(lambda: logs.describe_log_streams(logGroupName="line/4")["logStreams"], patience_s(10), "the rule made a stream")
    event, = logs.get_log_events(logGroupName="line/4", logStreamName="keep")["events"]
    assert event["message"] == '{"t":1}'
    client.publish("in/5", '{"t":2}', qos=1)
    trouble = json.loads(client.receive().payload)["failures"][0]
    assert (trouble["failedAction"], trouble["failedResource"]) == ("CloudwatchLogsAction", "line/5")
    assert "log group does not exist" in trouble["errorMessage"]
