"""The life of a certificate after its registration: handed to another account, revoked, expired."""
import pytest
from botocore.exceptions import ClientError

from devices import Client
from server import wait_until

OTHER = "222222222222"


@pytest.fixture
def other(server):
    """A client of a second account, made while the server runs."""
    server.run("account", "create", "--data", server.data, "--id", OTHER)
    keys = dict(line.removeprefix("export ").replace("'", "").split("=", 1)
                for line in server.run("env", "--data", server.data, "--account", OTHER).stdout.splitlines()
                if line.startswith("export AWS_"))
    return server.client(aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                         aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"])


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def take_everything_off(one):
    one.iot.detach_policy(policyName=one.policy_name, target=one.arn)
    one.iot.update_certificate(certificateId=one.id, newStatus="INACTIVE")


def test_a_certificate_moves_to_another_account_with_its_device(server, device, other):
    """[AWS identity 3.4] Its connection ends with the first step; later it speaks for the other account."""
    one = device()
    client = one.connect("mover")
    assert refusal(one.iot.transfer_certificate, certificateId=one.id, targetAwsAccount=OTHER) == "CertificateStateException"
    one.iot.update_certificate(certificateId=one.id, newStatus="INACTIVE")
    client.expect_lost()
    assert refusal(one.iot.transfer_certificate, certificateId=one.id, targetAwsAccount=OTHER) == "TransferConflictException"
    take_everything_off(one)
    arn = one.iot.transfer_certificate(certificateId=one.id, targetAwsAccount=OTHER, transferMessage="sold")
    assert arn["transferredCertificateArn"] == one.arn.replace(server.account, OTHER)
    [outgoing] = one.iot.list_outgoing_certificates()["outgoingCertificates"]
    assert (outgoing["certificateId"], outgoing["transferredTo"], outgoing["transferMessage"]) == (one.id, OTHER, "sold")
    Client(one, "mover").expect_refused()
    server.expect_why("mover", "PENDING_TRANSFER", "accept-certificate-transfer")
    assert [c["status"] for c in other.list_certificates()["certificates"]] == ["PENDING_TRANSFER"]
    other.accept_certificate_transfer(certificateId=one.id, setAsActive=True)
    described = other.describe_certificate(certificateId=one.id)["certificateDescription"]
    assert (described["ownedBy"], described["previousOwnedBy"], described["status"]) == (OTHER, server.account, "ACTIVE")
    assert {"transferDate", "acceptDate", "transferMessage"} <= set(described["transferData"])
    assert refusal(one.iot.cancel_certificate_transfer, certificateId=one.id) == "TransferAlreadyCompletedException"
    assert refusal(one.iot.describe_certificate, certificateId=one.id) == "ResourceNotFoundException"
    assert not one.iot.list_outgoing_certificates()["outgoingCertificates"]


def test_a_transfer_is_rejected_or_cancelled(server, device, other):
    """[AWS identity 3.4]"""
    one = device()
    take_everything_off(one)
    one.iot.transfer_certificate(certificateId=one.id, targetAwsAccount=OTHER)
    other.reject_certificate_transfer(certificateId=one.id, rejectReason="not ours")
    data = one.iot.describe_certificate(certificateId=one.id)["certificateDescription"]
    assert (data["status"], data["transferData"]["rejectReason"]) == ("INACTIVE", "not ours")
    one.iot.transfer_certificate(certificateId=one.id, targetAwsAccount=OTHER)
    one.iot.cancel_certificate_transfer(certificateId=one.id)
    assert refusal(other.accept_certificate_transfer, certificateId=one.id) == "TransferAlreadyCompletedException"
    one.iot.update_certificate(certificateId=one.id, newStatus="ACTIVE")
    one.iot.attach_policy(policyName=one.policy_name, target=one.arn)
    one.connect("back")


def test_a_transfer_by_the_command_line(server, shell):
    """[AWS identity 3.4] as a user types it, with either CLI."""
    shell.type(f"kedge account create --data {server.data} --id {OTHER}")
    shell.type("id=$(aws iot create-keys-and-certificate --query certificateId --output text)\n"
               f"aws iot transfer-certificate --certificate-id $id --target-aws-account {OTHER} --transfer-message sold")
    assert OTHER in shell.type("aws iot list-outgoing-certificates").stdout
    shell.type(f'eval "$(kedge env --data {server.data} --account {OTHER})"')
    assert "PENDING_TRANSFER" in shell.type("aws iot list-certificates").stdout
    shell.type("aws iot accept-certificate-transfer --certificate-id $id --set-as-active")
    assert '"acceptDate"' in shell.type("aws iot describe-certificate --certificate-id $id").stdout
    late = shell.type("aws iot reject-certificate-transfer --certificate-id $id", fails=True)
    assert "TransferAlreadyCompletedException" in late.text
