"""Logs: groups, streams and lines, by boto3 and `aws logs tail` [AWS rules 9]."""
import re
import subprocess
import time

import pytest

from server import clean_environment, patience_s, wait_until


@pytest.fixture
def logs(server):
    return server.client("logs")


def now_ms():
    return int(time.time() * 1000)


def put(logs, group, stream, *messages, at=None):
    at = at or now_ms()
    logs.put_log_events(logGroupName=group, logStreamName=stream,
                        logEvents=[{"timestamp": at + i, "message": m} for i, m in enumerate(messages)])


def make(logs, group, *streams):
    logs.create_log_group(logGroupName=group)
    for stream in streams:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_groups_come_and_go(server, logs):
    logs.create_log_group(logGroupName="/aws/lambda/activate", tags={"line": "4"})
    make(logs, "other")
    arn = f"arn:aws:logs:{logs.meta.region_name}:{server.account}:log-group:/aws/lambda/activate"
    group, = logs.describe_log_groups(logGroupNamePrefix="/aws/")["logGroups"]
    assert abs(group.pop("creationTime") - now_ms()) < 60_000
    assert group.pop("logGroupClass", "STANDARD") == "STANDARD"
    assert group.pop("logGroupArn", arn) == arn
    assert group == {"logGroupName": "/aws/lambda/activate", "metricFilterCount": 0, "arn": arn + ":*", "storedBytes": 0}
    logs.put_retention_policy(logGroupName="other", retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePattern="the")["logGroups"][0]["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName="other")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePattern="the")["logGroups"][0]
    logs.delete_log_group(logGroupName="other")
    assert [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]] == ["/aws/lambda/activate"]


def test_groups_are_listed_by_page(logs):
    for i in range(7):
        make(logs, f"g{i}")
    pages = list(logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 3}))
    assert [[g["logGroupName"][1:] for g in p["logGroups"]] for p in pages] == [["0", "1", "2"], ["3", "4", "5"], ["6"]]


def test_groups_have_tags(server, logs):
    make(logs, "g")
    arn = f"arn:aws:logs:{logs.meta.region_name}:{server.account}:log-group:g"
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.tag_log_group(logGroupName="g", tags={"c": "3"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2", "c": "3"}
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    logs.untag_log_group(logGroupName="g", tags=["b"])
    assert logs.list_tags_log_group(logGroupName="g")["tags"] == {"c": "3"}


def test_errors_are_those_of_aws(logs):
    make(logs, "g", "s")
    missing, exists, wrong = (logs.exceptions.ResourceNotFoundException, logs.exceptions.ResourceAlreadyExistsException,
                              logs.exceptions.InvalidParameterException)
    with pytest.raises(missing, match="The specified log group does not exist."):
        logs.get_log_events(logGroupName="none", logStreamName="s")
    with pytest.raises(missing, match="The specified log stream does not exist."):
        logs.get_log_events(logGroupName="g", logStreamName="none")
    with pytest.raises(exists, match="The specified log group already exists"):
        make(logs, "g")
    with pytest.raises(exists, match="The specified log stream already exists"):
        logs.create_log_stream(logGroupName="g", logStreamName="s")
    with pytest.raises(wrong, match="The specified nextToken is invalid."):
        logs.get_log_events(logGroupName="g", logStreamName="s", nextToken="f/1")
    with pytest.raises(wrong, match="must be in chronological order"):
        logs.put_log_events(logGroupName="g", logStreamName="s",
                            logEvents=[{"timestamp": now_ms(), "message": "a"}, {"timestamp": now_ms() - 10, "message": "b"}])
    with pytest.raises(wrong, match="'10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"):
        logs.filter_log_events(logGroupName="g", limit=10001)
    with pytest.raises(wrong, match="retentionInDays"):
        logs.put_retention_policy(logGroupName="g", retentionInDays=2)


def test_lines_are_read_forwards_and_backwards(logs):
    make(logs, "g", "s")
    at = now_ms()
    put(logs, "g", "s", *"abcdefg", at=at)

    def read(**more):
        return logs.get_log_events(logGroupName="g", logStreamName="s", limit=3, **more)

    first = read(startFromHead=True)
    assert messages(first) == ["a", "b", "c"] and first["events"][0]["timestamp"] == at
    second = read(nextToken=first["nextForwardToken"], startFromHead=True)
    third = read(nextToken=second["nextForwardToken"], startFromHead=True)
    assert messages(second) + messages(third) == ["d", "e", "f", "g"]
    end = read(nextToken=third["nextForwardToken"], startFromHead=True)
    assert messages(end) == [] and end["nextForwardToken"] == third["nextForwardToken"]
    put(logs, "g", "s", "h", at=at + 100)
    assert messages(read(nextToken=end["nextForwardToken"], startFromHead=True)) == ["h"]
    last = read()
    assert messages(last) == ["f", "g", "h"]
    assert messages(read(nextToken=last["nextBackwardToken"])) == ["c", "d", "e"]
    assert messages(read(startTime=at + 1, endTime=at + 3)) == ["b", "c"]


def test_lines_that_are_too_old_or_too_new_are_rejected(logs):
    make(logs, "g", "s")
    answer = logs.put_log_events(logGroupName="g", logStreamName="s",
                                 logEvents=[{"timestamp": now_ms(), "message": "now"},
                                            {"timestamp": now_ms() + 3 * 3600_000, "message": "later"}])
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert messages(logs.filter_log_events(logGroupName="g")) == ["now"]


def test_streams_are_listed_by_name_and_by_last_event(logs):
    make(logs, "g", "a", "b", "c")
    put(logs, "g", "b", "x")
    put(logs, "g", "a", "y", at=now_ms() - 5000)

    def names(**more):
        return [s["logStreamName"] for s in logs.describe_log_streams(logGroupName="g", **more)["logStreams"]]

    assert names() == ["a", "b", "c"] and names(descending=True) == ["c", "b", "a"]
    assert names(orderBy="LastEventTime", descending=True) == ["b", "a", "c"]
    assert names(logStreamNamePrefix="b") == ["b"]
    first = logs.describe_log_streams(logGroupName="g", limit=2)
    assert [s["logStreamName"] for s in first["logStreams"]] == ["a", "b"]
    assert names(nextToken=first["nextToken"]) == ["c"]
    stream = first["logStreams"][0]
    assert stream["firstEventTimestamp"] == stream["lastEventTimestamp"] < stream["lastIngestionTime"]
    logs.delete_log_stream(logGroupName="g", logStreamName="b")
    assert names() == ["a", "c"] and messages(logs.filter_log_events(logGroupName="g")) == ["y"]


def test_lines_are_filtered(logs):
    make(logs, "g", "one", "two")
    put(logs, "g", "one", "ERROR disk full", "INFO all well", "ERROR retry later", at=now_ms() - 1000)
    put(logs, "g", "two", "WARN disk slow")

    def found(pattern=None, **more):
        if pattern is not None:
            more["filterPattern"] = pattern
        return messages(logs.filter_log_events(logGroupName="g", **more))

    assert len(found()) == 4
    assert found("ERROR disk") == ["ERROR disk full"]
    assert found('"disk slow"') == ["WARN disk slow"]
    assert found("?WARN ?INFO") == ["INFO all well", "WARN disk slow"]
    assert found("ERROR -retry") == ["ERROR disk full"]
    assert found("disk", logStreamNames=["two"]) == ["WARN disk slow"]
    assert found("disk", logStreamNamePrefix="o") == ["ERROR disk full"]
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Invalid filter pattern"):
        found('"open')
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="g", PaginationConfig={"PageSize": 3})
    events = [event for page in pages for event in page["events"]]
    assert len(events) == 4 and len({event["eventId"] for event in events}) == 4
    assert events[3]["logStreamName"] == "two" and events[0]["ingestionTime"] >= events[0]["timestamp"]


def test_aws_logs_tail_follows(server, logs, tmp_path):
    """`tail` is of version 2 of the CLI; Debian's does not know AWS_ENDPOINT_URL."""
    make(logs, "g", "s")
    put(logs, "g", "s", "first line")
    out = tmp_path / "tail"
    with out.open("w") as file:
        tail = subprocess.Popen(["/usr/bin/aws", "--endpoint-url", server.env["AWS_ENDPOINT_URL"], "logs", "tail", "g", "--follow",
                                 "--since", "5m"], stdout=file, stderr=subprocess.STDOUT,
                                env={**clean_environment(), **server.env, "PYTHONUNBUFFERED": "1"})
    try:
        wait_until(lambda: "first line" in out.read_text(), patience_s(60), "the line of before")
        put(logs, "g", "s", "second line")
        wait_until(lambda: "second line" in out.read_text(), patience_s(60), "the line that came")
    finally:
        tail.terminate()
        tail.wait()
    lines = out.read_text().splitlines()
    assert len(lines) == 2 and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00 s first line", lines[0])


def test_logs_outlive_the_server(server, logs):
    make(logs, "g", "s")
    put(logs, "g", "s", "kept")
    server.stop()
    server.start()
    assert messages(server.client("logs").filter_log_events(logGroupName="g")) == ["kept"]


def test_kedge_logs_prints_groups_and_lines(server, logs, terminal):
    assert "nothing was logged" in terminal.type(f"kedge logs --data {server.data}", fails=True).stderr
    make(logs, "g", "s")
    put(logs, "g", "s", "old", at=now_ms() - 3600_000)
    put(logs, "g", "s", "a line\n", "with \x1b[31m colour")
    assert terminal.type(f"kedge logs --data {server.data}").stdout.split() == ["1", "KiB", "g"]
    lines = terminal.type(f"kedge logs g --data {server.data}").stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["s a line", "s with ?[31m colour"]
    assert " s old" in terminal.type(f"kedge logs g --since 2h --data {server.data}").stdout
    assert "no log group h" in terminal.type(f"kedge logs h --data {server.data}", fails=True).stderr
    terminal.type(f"touch followed; timeout 30 kedge logs g --follow --data {server.data} >> followed &")
    wait_until(lambda: "a line" in terminal.read("followed"), patience_s(10), "what is there")
    put(logs, "g", "s", "another")
    wait_until(lambda: "another" in terminal.read("followed"), patience_s(10), "what comes")
