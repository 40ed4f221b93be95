"""Asynchronous invocations: accepted when on disk, run at least once, tried again, their outcome sent on [AWS rules 8.4]."""
import json
import socket

import pytest

from devices import Device
from functions import Ear, make_function
from server import Server, patience_s, wait_until


@pytest.fixture
def hasty_server(tmp_path):
    """A second instead of the minute before a function that failed is tried again."""
    one = Server(tmp_path / "server", "--function-retry", "1").start()
    yield one
    one.stop()


def send(server, name, event, **options):
    answer = server.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **options)
    assert answer["StatusCode"] == 202 and answer["Payload"].read() == b""
    return answer["ResponseMetadata"]["RequestId"]


def test_an_event_is_accepted_and_run(server, device):
    make_function(server, "f", "say('said/ran', [event, context.aws_request_id])")
    ear = Ear(device)
    request_id = send(server, "f", {"n": 1})
    assert ear.next() == ("ran", [{"n": 1}, request_id])
    wait_until(lambda: "nothing waits" in server.run("queue", "--data", server.data).stdout, patience_s(2), "an empty queue")


def test_what_cannot_run_is_not_accepted(server):
    functions = server.client("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match="Function not found: arn:aws:lambda"):
        send(server, "none", {})
    make_function(server, "f", "return 1")
    with pytest.raises(functions.exceptions.InvalidRequestContentException, match="Could not parse request body into json"):
        functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"{")
    with pytest.raises(functions.exceptions.RequestTooLargeException, match="too large for the Event invocation type"):
        send(server, "f", "x" * 300_000)


def test_a_failing_function_is_tried_three_times_with_one_request_id(hasty_server):
    server = hasty_server
    make_function(server, "fails", "say('said/try', context.aws_request_id)\nraise ValueError('no luck')")
    reporter = make_function(server, "reporter", "say('said/outcome', event)")
    server.client("lambda").put_function_event_invoke_config(
        FunctionName="fails", DestinationConfig={"OnFailure": {"Destination": reporter}})
    ear = Ear(lambda: Device(server))
    request_id = send(server, "fails", {"n": 2})
    assert ear.next() == ("try", request_id)
    wait_until(lambda: "no luck" in server.run("queue", "--data", server.data).stdout, patience_s(2), "the reason in kedge queue")
    listed = server.run("queue", "--data", server.data).stdout
    assert ":function:fails\n" in listed and "1 waiting" in listed and "1 failing" in listed
    assert ear.next() == ("try", request_id)
    assert ear.next() == ("try", request_id)
    topic, outcome = ear.next()
    assert topic == "outcome" and outcome["version"] == "1.0" and outcome["requestPayload"] == {"n": 2}
    assert outcome["requestContext"] == {
        "requestId": request_id, "condition": "RetriesExhausted", "approximateInvokeCount": 3,
        "functionArn": f"arn:aws:lambda:{server.client().meta.region_name}:{server.account}:function:fails:$LATEST"}
    assert outcome["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert outcome["responsePayload"]["errorMessage"] == "no luck"
    wait_until(lambda: '"event":"outbox.gave_up"' in server.log(), patience_s(5), "the end in the log")


def test_what_waits_may_be_hurried_or_dropped(server, device):
    make_function(server, "fails", "say('said/try', 1)\nraise ValueError('no luck')")
    ear = Ear(device)
    send(server, "fails", {})
    assert ear.next() == ("try", 1)
    wait_until(lambda: "no luck" in server.run("queue", "--data", server.data).stdout, patience_s(2), "the reason in kedge queue")
    assert "1 will be tried now" in server.run("queue", "retry", "--data", server.data).stdout
    assert ear.next() == ("try", 1)  # long before the minute is over
    lane = f"arn:aws:lambda:{server.client().meta.region_name}:{server.account}:function:fails"
    assert "1 dropped" in server.run("queue", "drop", lane, "--data", server.data).stdout
    assert "nothing waits" in server.run("queue", "--data", server.data).stdout


def test_an_outcome_goes_to_the_destination_of_success(server, device):
    make_function(server, "f", "return {'sum': event['a'] + event['b']}")
    reporter = make_function(server, "reporter", "say('said/outcome', event)")
    server.client("lambda").put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": reporter}})
    ear = Ear(device)
    send(server, "f", {"a": 1, "b": 2})
    _, outcome = ear.next()
    assert outcome["requestContext"]["condition"] == "Success" and outcome["responsePayload"] == {"sum": 3}


def test_the_configuration_is_kept_changed_and_taken_away(server):
    functions = server.client("lambda")
    arn = make_function(server, "f", "return 1")
    other = make_function(server, "g", "return 1")
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match="doesn't have an EventInvokeConfig"):
        functions.get_function_event_invoke_config(FunctionName="f")
    put = functions.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
    assert put["FunctionArn"] == arn + ":$LATEST" and put["MaximumRetryAttempts"] == 0
    assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}} and put["LastModified"].year >= 2024
    functions.update_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnFailure": {"Destination": other}})
    got = functions.get_function_event_invoke_config(FunctionName="f")
    assert (got["MaximumRetryAttempts"], got["MaximumEventAgeInSeconds"]) == (0, 60)
    assert got["DestinationConfig"]["OnFailure"] == {"Destination": other}
    listed, = functions.list_function_event_invoke_configs(FunctionName="f")["FunctionEventInvokeConfigs"]
    assert listed["FunctionArn"] == arn + ":$LATEST"
    for destination, why in ((f"arn:aws:sqs:us-east-1:{server.account}:q", "to functions only, not to sqs"), (arn, "its own destination")):
        with pytest.raises(functions.exceptions.InvalidParameterValueException, match=why):
            functions.put_function_event_invoke_config(
                FunctionName="f", DestinationConfig={"OnFailure": {"Destination": destination}})
    functions.delete_function_event_invoke_config(FunctionName="f")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function_event_invoke_config(FunctionName="f")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_kill_9_loses_nothing_that_was_accepted(tmp_path):
    """The second server finds what the first has accepted and not run, or had under way, and runs it."""
    server = Server(tmp_path / "server", "--mqtt", f"127.0.0.1:{free_port()}").start()
    make_function(server, "waits", "say('said/ran', event['n'])")
    make_function(server, "sleeps", "say('said/began', 0)\ntime.sleep(4)\nsay('said/ended', context.aws_request_id)")
    server.client("lambda").put_function_concurrency(FunctionName="waits", ReservedConcurrentExecutions=0)
    ear = Ear(lambda: Device(server))
    for n in range(40):
        send(server, "waits", {"n": n})
    request_id = send(server, "sleeps", {})
    assert ear.next() == ("began", 0)
    server.kill()
    server.start()
    ear = Ear(lambda: Device(server))
    server.client("lambda").delete_function_concurrency(FunctionName="waits")
    server.run("queue", "retry", "--data", server.data)
    heard, ran, ended = [], set(), False
    while len(ran) < 40 or not ended:
        heard.append(ear.next())
        ran |= {n for topic, n in heard[-1:] if topic == "ran"}
        ended = ended or heard[-1] == ("ended", request_id)
    wait_until(lambda: "nothing waits" in server.run("queue", "--data", server.data).stdout, patience_s(5), "an empty queue")
    server.stop()
