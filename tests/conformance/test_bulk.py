"""RegisterThing and thing registration tasks, from a template to devices [AWS identity 9.1, 9.2]."""
import json
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

from server import patience_s, wait_until

ROLE = "arn:aws:iam::123456789012:role/Bulk"
TEMPLATE = {
    "Parameters": {"Name": {"Type": "String"}, "Line": {"Type": "String", "Default": "1"}},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing",
                  "Properties": {"ThingName": {"Ref": "Name"}, "AttributePayload": {"line": {"Ref": "Line"}}}},
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})}}}}
WITH_CSR = {
    "Parameters": {**TEMPLATE["Parameters"], "Csr": {"Type": "String"}},
    "Resources": {**TEMPLATE["Resources"],
                  "certificate": {"Type": "AWS::IoT::Certificate",
                                  "Properties": {"CertificateSigningRequest": {"Ref": "Csr"}}}}}


def put_object(server, bucket, key, lines):
    path = server.data / "buckets" / bucket / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines))


def start(iot, template=None, bucket="ledger", key="devices.json"):
    return iot.start_thing_registration_task(templateBody=json.dumps(template or TEMPLATE), inputFileBucket=bucket,
                                             inputFileKey=key, roleArn=ROLE)["taskId"]


def ended(iot, task, within_s=60):
    def look():
        answer = iot.describe_thing_registration_task(taskId=task)
        return answer if answer["status"] not in ("InProgress", "Cancelling") else None
    return wait_until(look, patience_s(within_s), "the end of the task")


def report(iot, task, kind):
    lines, more = [], {}
    while True:
        page = iot.list_thing_registration_task_reports(taskId=task, reportType=kind, **more)
        for link in page["resourceLinks"]:
            with urllib.request.urlopen(link, timeout=30) as answer:
                lines += [json.loads(line) for line in answer.read().splitlines()]
        if "nextToken" not in page:
            return lines
        more = {"nextToken": page["nextToken"]}


def test_register_thing_makes_a_device_that_connects(shell, server):
    """With the CLI and mosquitto, as docs/provisioning.md has it."""
    shell.type("openssl ecparam -name prime256v1 -genkey -noout -out lamp.key\n"
               "openssl req -new -key lamp.key -subj /CN=lamp -out lamp.csr")
    (shell.folder / "template.json").write_text(json.dumps(WITH_CSR))
    shell.type('aws iot register-thing --template-body file://template.json '
               '--parameters "Name=lamp,Csr=$(cat lamp.csr)" > answer.json')
    answer = json.loads((shell.folder / "answer.json").read_text())
    assert answer["resourceArns"]["thing"].endswith(":thing/lamp")
    assert answer["resourceArns"]["policy"].rsplit("/")[-1].isupper()
    (shell.folder / "lamp.pem").write_text(answer["certificatePem"])
    shell.type("mosquitto_pub -h localhost -p $KEDGE_MQTTS_PORT --cafile $KEDGE_CA_FILE --cert lamp.pem --key lamp.key "
               "-i lamp -t hello -m hi -q 1")


def test_a_task_registers_its_lines_and_reports_on_each(shell, server):
    """The whole of it with the CLI: input, start, progress, both reports by their links."""
    put_object(server, "ledger", "2026/devices.json",
               ['{"Name": "a"}', "", '{"Name": "b", "Line": 7}', "not JSON", '{"Name": "no good"}', '{"Line": "2"}'])
    (shell.folder / "template.json").write_text(json.dumps(TEMPLATE))
    task = shell.type("aws iot start-thing-registration-task --template-body file://template.json --input-file-bucket "
                      f"ledger --input-file-key 2026/devices.json --role-arn {ROLE} --query taskId --output text").stdout.strip()
    iot = server.client()
    done = ended(iot, task)
    assert (done["status"], done["successCount"], done["failureCount"], done["percentageProgress"]) == ("Completed", 2, 3, 100)
    results = shell.type(f"curl -s $(aws iot list-thing-registration-task-reports --task-id {task} --report-type RESULTS "
                         "--query 'resourceLinks[]' --output text)").stdout.splitlines()
    assert [(json.loads(r)["lineNumber"], json.loads(r)["response"]["resourceArns"]["thing"].split("/")[-1])
            for r in results] == [(1, "a"), (2, "b")]
    errors = report(iot, task, "ERRORS")
    assert [(e["lineNumber"], e["errorCode"]) for e in errors] == [
        (3, "InvalidRequestException"), (4, "ResourceRegistrationFailureException"), (5, "InvalidRequestException")]
    assert "Resources.thing" in errors[1]["errorMessage"] and "{Ref=Name}" in errors[2]["errorMessage"]
    assert iot.describe_thing(thingName="b")["attributes"] == {"line": "7"}
    assert iot.list_thing_registration_tasks(status="Completed")["taskIds"] == [task]
    assert iot.list_thing_registration_tasks(status="Failed")["taskIds"] == []


def test_a_link_is_for_one_report_and_cannot_be_made_up(iot, server):
    put_object(server, "ledger", "devices.json", ['{"Name": "a"}'])
    task = start(iot)
    ended(iot, task)
    link = iot.list_thing_registration_task_reports(taskId=task, reportType="RESULTS")["resourceLinks"][0]
    for forged in (link.replace("RESULTS", "ERRORS"), link[:-1] + ("0" if link[-1] != "0" else "1"),
                   link.replace("expires=", "expires=1"), link.split("?")[0]):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(forged, timeout=10)
        assert refused.value.code == 403


def test_what_cannot_start_says_why(iot, server):
    refusals = [({}, "cannot be read"), ({"key": "../../kedge.db"}, "does not name a file in a bucket"),
                ({"bucket": "...", "key": "none"}, "cannot be read"),
                ({"template": {"Resources": {"t": {"Type": "AWS::IoT::Thing", "Properties": {}}}}}, "needs a ThingName")]
    for options, text in refusals:
        with pytest.raises(botocore.exceptions.ClientError, match="InvalidRequestException") as refused:
            start(iot, **options)
        assert text in str(refused.value)
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        iot.describe_thing_registration_task(taskId="none")


def test_one_task_at_a_time_and_it_can_be_stopped(iot, server):
    put_object(server, "ledger", "devices.json", [json.dumps({"Name": f"n{i}"}) for i in range(20000)])
    task = start(iot)
    with pytest.raises(botocore.exceptions.ClientError, match=f"The task {task} is InProgress"):
        start(iot)
    iot.stop_thing_registration_task(taskId=task)
    done = ended(iot, task)
    assert done["status"] == "Cancelled" and done["successCount"] < 20000
    with pytest.raises(botocore.exceptions.ClientError, match="is Cancelled already"):
        iot.stop_thing_registration_task(taskId=task)
    put_object(server, "ledger", "devices.json", ['{"Name": "other"}'])
    assert ended(iot, start(iot))["status"] == "Completed"


def test_a_killed_server_goes_on_where_it_was(server):
    """No line is lost and none is registered twice: the reports tell of each line once."""
    count = 6000
    put_object(server, "ledger", "devices.json", [json.dumps({"Name": f"n{i}" if i % 100 else "bad name"}) for i in range(count)])
    iot = server.client()
    task = start(iot)
    for _ in range(3):
        before = iot.describe_thing_registration_task(taskId=task).get("successCount", 0)
        wait_until(lambda: iot.describe_thing_registration_task(taskId=task)["successCount"] > before
                   or iot.describe_thing_registration_task(taskId=task)["status"] == "Completed", 20, "progress")
        server.kill()
        server.start()
        iot = server.client()
    done = ended(iot, task, within_s=60)
    assert (done["status"], done["successCount"], done["failureCount"]) == ("Completed", count - count // 100, count // 100)
    numbers = [line["lineNumber"] for line in report(iot, task, "RESULTS") + report(iot, task, "ERRORS")]
    assert sorted(numbers) == list(range(1, count + 1))
