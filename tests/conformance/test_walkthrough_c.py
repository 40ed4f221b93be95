"""Walkthrough C: a rule hears of a certificate that its CA registered at the first connection, and its function activates it,
typed as the article has it: `aws`, `mosquitto_pub`, boto3 in the function."""
import json
import re
import time

from devices import ALLOW_ALL, Authority
from functions import pack
from newcomers import Newcomer, adopt
from server import Server, patience_s, wait_until
from test_async import free_port
from test_own_ca import make_authority, register_authority, sign

# The article's function: nothing in it knows of this server.
HANDLER = '''
import json
import boto3

POLICY_NAME = 'PubSubToAnyTopic'

def lambda_handler(event, context):
    print('event: ' + json.dumps(event))
    client = boto3.client('iot')
    certificate_id = event['certificateId']
    described = client.describe_certificate(certificateId=certificate_id)['certificateDescription']
    certificate_arn = described['certificateArn']
    client.attach_principal_policy(policyName=POLICY_NAME, principal=certificate_arn)
    client.update_certificate(certificateId=certificate_id, newStatus='ACTIVE')
    thing_name = 'thing-' + certificate_id[:8]
    client.create_thing(thingName=thing_name)
    client.attach_thing_principal(thingName=thing_name, principal=certificate_arn)
    print('activated as ' + thing_name)
    return {'thing': thing_name}
'''
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
MAY_ALL = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "iot:*", "Resource": "*"},
    {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]}
PUBLISH = ("mosquitto_pub --cafile $KEDGE_CA_FILE --cert deviceCertAndCACert.crt --key deviceCert.key -h $HOST -p $KEDGE_MQTTS_PORT"
           " -q 1 -t topic -i jitrDevice --tls-version tlsv1.2 -m Hello -d")
LOST = "Client jitrDevice sending CONNECT\nError: The connection was lost.\n"


def make_role(shell, policy):
    shell.write("trust.json", json.dumps(TRUST))
    shell.type("ROLE=$(aws iam create-role --role-name jitr --assume-role-policy-document file://trust.json"
               " --query Role.Arn --output text)")
    if policy:
        shell.write("may.json", json.dumps(policy))
        shell.type("aws iam put-role-policy --role-name jitr --policy-name may --policy-document file://may.json")


def make_jitr_function(shell):
    shell.write("lambda_function.py", HANDLER)
    shell.type("python3 -c \"import zipfile; zipfile.ZipFile('code.zip', 'w').write('lambda_function.py')\"")
    shell.type("FUNCTION=$(aws lambda create-function --function-name jitr --runtime python3.11 --role $ROLE --timeout 30"
               " --handler lambda_function.lambda_handler --zip-file fileb://code.zip --query FunctionArn --output text)")
    shell.type("aws lambda wait function-active-v2 --function-name jitr")


def make_jitr_rule(shell):
    shell.type("""aws iot create-topic-rule --rule-name jitr --topic-rule-payload "{
        \\"sql\\": \\"SELECT * FROM '\\$aws/events/certificates/registered/$CA_ID'\\", \\"awsIotSqlVersion\\": \\"2016-03-23\\",
        \\"actions\\": [{\\"lambda\\": {\\"functionArn\\": \\"$FUNCTION\\"}}], \\"ruleDisabled\\": false}" """)
    shell.type("RULE=$(aws iot get-topic-rule --rule-name jitr --query ruleArn --output text)")
    shell.type("aws lambda add-permission --function-name jitr --statement-id iot --action lambda:InvokeFunction"
               " --principal iot.amazonaws.com --source-arn $RULE")


def prepare(shell, policy=MAY_ALL):
    """All of the article up to the first connection."""
    make_authority(shell)
    refused = shell.type("aws iot register-ca-certificate --ca-certificate rootCA.pem --verification-cert rootCA.pem", fails=True)
    assert "rootCA.pem" in refused.text  # the article forgets file://: said what is wrong
    register_authority(shell)
    shell.type("aws iot update-ca-certificate --certificate-id $CA_ID --new-auto-registration-status ENABLE")
    shell.write("iot-policy.json", '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}')
    shell.type("aws iot create-policy --policy-name PubSubToAnyTopic --policy-document file://iot-policy.json")
    make_role(shell, policy)
    make_jitr_function(shell)
    make_jitr_rule(shell)
    sign(shell, "deviceCert", "/CN=device 1")
    shell.type("cat deviceCert.pem rootCA.pem > deviceCertAndCACert.crt")
    shell.type("HOST=$(aws iot describe-endpoint --endpoint-type iot:Data-ATS --query endpointAddress --output text)")
    shell.type("CERT_ID=$(openssl x509 -in deviceCert.pem -outform DER | sha256sum | cut -d' ' -f1)")


def status(server, certificate_id):
    return server.client().describe_certificate(certificateId=certificate_id)["certificateDescription"]["status"]


def test_the_article_step_by_step(shell, server):
    prepare(shell)
    first = shell.type(PUBLISH, fails=True)
    assert first.text == LOST
    certificate_id = shell.value("CERT_ID")
    wait_until(lambda: status(server, certificate_id) == "ACTIVE", patience_s(20), "the function activates the certificate")
    thing = f"thing-{certificate_id[:8]}"

    def attached():
        listed = server.client().list_principal_things(principal=arn_of(server, certificate_id))["things"]
        return listed == [thing]
    wait_until(attached, patience_s(10), "the thing has the certificate")
    second = shell.type(PUBLISH)
    assert "received CONNACK (0)" in second.stdout and "received PUBACK" in second.stdout

    group = "/aws/lambda/jitr"
    assert group in shell.type("aws logs describe-log-groups --query 'logGroups[].logGroupName' --output text").stdout

    def lines():
        return shell.type(f"aws logs filter-log-events --log-group-name {group} --query 'events[].message' --output text").stdout
    wait_until(lambda: "REPORT RequestId" in lines(), patience_s(10), "the log of the function")
    log = lines()
    assert "START RequestId" in log and f"activated as {thing}" in log
    event = json.loads(re.search(r"event: ({.*?})\s", log).group(1))
    assert event["certificateId"] == certificate_id and event["certificateStatus"] == "PENDING_ACTIVATION"
    assert event["caCertificateId"] == shell.value("CA_ID") and event["awsAccountId"] == server.account
    if "/aws-current/" in str((shell.folder / ".bin" / "aws").readlink()):
        assert f"activated as {thing}" in shell.type(f"aws logs tail {group} --since 1h").stdout


def arn_of(server, certificate_id):
    return f"arn:aws:iot:{server.client().meta.region_name}:{server.account}:cert/{certificate_id}"


def test_a_function_whose_role_allows_nothing_gets_access_denied(terminal, server):
    """The certificate stays as it was, and the function's log says why."""
    prepare(terminal, policy=None)
    assert terminal.type(PUBLISH, fails=True).text == LOST
    logs = server.client("logs")

    def denied():
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/jitr")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return False
        return any("AccessDeniedException" in e["message"] and ":assumed-role/jitr/jitr is not authorized to perform: iot:DescribeCertificate"
                   in e["message"] for e in events)
    wait_until(denied, patience_s(20), "AccessDenied in the function's log")
    assert status(server, terminal.value("CERT_ID")) == "PENDING_ACTIVATION"
    assert terminal.type(PUBLISH, fails=True).text == LOST


def build(server):
    """The same without a shell, for what is measured and what is killed. Gives the CA."""
    authority = Authority("rootCA")
    iot, iam, functions = server.client(), server.client("iam"), server.client("lambda")
    adopt(authority, iot)
    role = iam.create_role(RoleName="jitr", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="jitr", PolicyName="may", PolicyDocument=json.dumps(MAY_ALL))
    iot.create_policy(policyName="PubSubToAnyTopic", policyDocument=json.dumps(ALLOW_ALL))
    arn = functions.create_function(FunctionName="jitr", Runtime="python3.11", Role=role, Handler="lambda_function.lambda_handler",
                                    Timeout=60, Code={"ZipFile": pack(HANDLER, "lambda_function.py")})["FunctionArn"]
    iot.create_topic_rule(ruleName="jitr", topicRulePayload={
        "sql": f"SELECT * FROM '$aws/events/certificates/registered/{authority.id}'", "actions": [{"lambda": {"functionArn": arn}}]})
    rule = iot.get_topic_rule(ruleName="jitr")["ruleArn"]
    functions.add_permission(FunctionName="jitr", StatementId="iot", Action="lambda:InvokeFunction", Principal="iot.amazonaws.com",
                             SourceArn=rule)
    return authority


def test_a_warm_function_activates_soon(server):
    """How soon is in docs/benchmarks.md; here only that nothing waits for a clock."""
    authority = build(server)
    for name in ("first", "second"):
        device = Newcomer(server, authority, name)
        begun = time.monotonic()
        device.knocks()
        wait_until(lambda id=device.id: status(server, id) == "ACTIVE", patience_s(20), "an active certificate")
        took_s = time.monotonic() - begun
    print(f"warm: {took_s:.3f} s from the first connection to ACTIVE")
    assert took_s < patience_s(10)


def test_kill_9_between_first_connections_and_their_functions_loses_none(tmp_path):
    """A dozen newcomers knock, the server is killed; the next one activates them all without another knock of those whose
    event was on disk, and with one for the others."""
    server = Server(tmp_path / "server", "--mqtt", f"127.0.0.1:{free_port()}").start()
    authority = build(server)
    devices = [Newcomer(server, authority, f"device {n}") for n in range(12)]
    for device in devices:
        device.knocks()

    def queued():
        return re.search(r"(\d+) waiting", server.run("queue", "--data", server.data).stdout) or \
            any(status(server, d.id) == "ACTIVE" for d in devices)
    wait_until(queued, patience_s(10), "events in the queue")
    time.sleep(0.2)  # all that was announced has reached the queue
    server.kill()
    server.start()
    for device in devices:
        wait_until(lambda id=device.id: status(server, id) == "ACTIVE", patience_s(60), f"{device.id} is active")
    server.stop()

