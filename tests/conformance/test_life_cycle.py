"""The life of a certificate after its registration: handed to another account, revoked, expired."""
import calendar
import functools
import http.server
import json
import signal
import threading
import time

import pytest
from botocore.exceptions import ClientError

from devices import Authority, Client, Device, openssl, private_key
from server import is_sanitized, patience_s, wait_until

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


def signed_until(authority, name, ends_in_s):
    """A key and a certificate that ends in that many seconds: `openssl x509` counts in days only."""
    folder = authority.folder
    (folder / "db.txt").write_text("")
    (folder / "db.cnf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=db.txt\nnew_certs_dir=.\nrand_serial=yes\n"
                                   "default_md=sha256\npolicy=p\ncertificate=ca.pem\nprivate_key=ca.key\n[p]\ncommonName=supplied\n")
    key, end = private_key("ec:P-256"), time.gmtime(time.time() + ends_in_s)
    (folder / "short.key").write_text(key)
    openssl("req", "-new", "-key", "short.key", "-subj", f"/CN={name}", "-out", "short.csr", folder=folder)
    openssl("ca", "-batch", "-config", "db.cnf", "-in", "short.csr", "-out", "short.pem", "-notext",
            "-startdate", time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 60)),
            "-enddate", time.strftime("%Y%m%d%H%M%SZ", end), folder=folder)
    return key, (folder / "short.pem").read_text(), calendar.timegm(end)


def registered(server, key, pem):
    """A device with this certificate, which may do everything."""
    one = Device(server)
    answer = one.iot.register_certificate_without_ca(certificatePem=pem, status="ACTIVE")
    one.arn, one.id = answer["certificateArn"], answer["certificateId"]
    one.iot.attach_policy(policyName=one.policy_name, target=one.arn)
    one.keep(key, pem)
    return one


def test_a_certificate_that_expires_takes_its_connection_along(server):
    """[AWS identity 1.3] and it does not come in again; `kedge why` has both, and how it stands now."""
    lives_s = 3 if not is_sanitized() else 8
    key, pem, end = signed_until(Authority("short-lived"), "lamp", lives_s)
    one = registered(server, key, pem)
    client = one.connect("lamp")
    lasting = Device(server).connect("lasting")
    time.sleep(max(0, end - time.time() - 0.2))
    assert not client.lost.is_set()
    client.expect_lost(within_s=1.7)
    server.expect_why("lamp", "connection.revoked", "EXPIRED", one.id)
    Client(one, "lamp-again").expect_refused()
    server.expect_why("lamp-again", "connect.refused", "EXPIRED")
    now = server.run("why", "--data", server.data, one.id).stdout
    assert f"now: certificate {one.id} is ACTIVE" in now and "expired 0 hours ago" in now
    lasting.publish("still/here", "x").close()


def test_what_expires_is_announced_on_a_topic(server, device):
    """Ours: $aws/events/certificates/expiring/ID, by the names of registration's event [AWS identity 5.4]."""
    listener = device().connect("listener").subscribe("$aws/events/certificates/expiring/+")
    soon = registered(server, private_key("ec:P-256"), Authority("short").sign("soon", days=1))
    server.process.send_signal(signal.SIGHUP)  # look now, not within the hour
    message = listener.receive()
    event = json.loads(message.payload)
    assert message.topic == f"$aws/events/certificates/expiring/{soon.id}"
    assert (event["eventType"], event["resourceType"], event["certificateId"], event["accountId"]) == (
        "CERTIFICATE_EXPIRING", "CERTIFICATE", soon.id, server.account)
    assert 0 < event["notAfter"] - event["timestamp"] <= 86400000
    server.process.send_signal(signal.SIGHUP)
    listener.expect_silence(0.5)


def test_what_expires_is_announced_and_listed(server):
    """[AWS identity 1.8] within 30 days: a log line, an event, the listing; nothing of what lasts or is switched off."""
    authority = Authority("twenty-days", days=20)
    lamps = [registered(server, private_key("ec:P-256"), authority.sign(name, days=days))
             for name, days in (("soon", 5), ("later", 25), ("lasting", 400), ("off", 6))]
    lamps[3].iot.update_certificate(certificateId=lamps[3].id, newStatus="INACTIVE")
    authority.register(lamps[0].iot)
    for number in (1, 2):  # what was told is not told again
        server.stop()
        server.start()
        wait_until(lambda: number == 2 or "certificate.expiring" in server.stderr_path.read_text(), patience_s(5), "the look at start")
        said = [json.loads(line) for line in server.stderr_path.read_text().splitlines()]
        told = {line["certificateId"]: line for line in said if line["event"] in ("certificate.expiring", "ca.expiring")}
        expected = {lamps[0].id, lamps[1].id, authority.id} if number == 1 else set()
        assert set(told) == expected, told
        if number == 1:
            assert "expires in 4 days" in told[lamps[0].id]["message"] and told[authority.id]["event"] == "ca.expiring"
    listed = server.run("certificates", "--expiring", "30d", "--data", server.data).stdout.splitlines()
    assert [line.split()[1:] for line in listed] == [
        ["CA", "ACTIVE", authority.id], ["certificate", "ACTIVE", lamps[0].id],
        ["certificate", "INACTIVE", lamps[3].id], ["certificate", "ACTIVE", lamps[1].id]]
    assert "expires in 4 days" in server.run("why", "--data", server.data, lamps[0].id).stdout
    assert server.run("certificates", "--expiring", "soon", "--data", server.data, check=False).returncode == 2


def revocation_list(authority, serials, number=1, name="ca.crl", reason="keyCompromise", hours=24):
    """A CRL of this CA, made by openssl as operators do."""
    folder = authority.folder
    (folder / "crl.cnf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=crl.txt\ndefault_md=sha256\ncertificate=ca.pem\n"
                                    "private_key=ca.key\ncrlnumber=crlnumber\n")
    (folder / "crl.txt").write_text("".join(f"R\t491231000000Z\t261101120000Z,{reason}\t{serial}\tunknown\t/CN=x\n" for serial in serials))
    (folder / "crlnumber").write_text(f"{number:02x}\n")
    openssl("ca", "-config", "crl.cnf", "-gencrl", "-crlhours", hours, "-out", name, folder=folder)
    return folder / name


def serial_of(pem):
    return openssl("x509", "-noout", "-serial", stdin=pem).split("=")[1].strip()


def of_authority(server, authority, name):
    """A device whose certificate the CA signed, which may do everything."""
    pem = authority.sign(name)
    one = Device(server)
    answer = one.iot.register_certificate(certificatePem=pem, caCertificatePem=authority.pem, status="ACTIVE")
    one.arn, one.id, one.pem = answer["certificateArn"], answer["certificateId"], pem
    one.iot.attach_policy(policyName=one.policy_name, target=one.arn)
    one.keep(private_key("ec:P-256"), pem)
    return one


def test_a_crl_closes_what_is_connected_and_keeps_it_out(server):
    """Ours: a CA's own list counts within a second, at connect, and at registration; `kedge why` has number, date, reason."""
    authority = Authority("crl-ca")
    authority.register(server.client())
    bad, good = of_authority(server, authority, "bad"), of_authority(server, authority, "good")
    victim, witness = bad.connect("victim"), good.connect("witness")
    added = time.monotonic()
    done = server.run("crl", "add", "--data", server.data, "--ca", authority.id, revocation_list(authority, [serial_of(bad.pem)], 7))
    assert "number 7  1 revoked" in done.stdout
    victim.expect_lost(within_s=1.0 + time.monotonic() - added, since=added)
    Client(bad, "victim-again").expect_refused()
    for client in "victim", "victim-again":
        server.expect_why(client, "REVOKED_BY_CA", "2026-11-01T12:00:00.000Z (key compromise)", "CRL number 7", authority.id)
    stranger = authority.sign("stranger")
    server.run("crl", "add", "--data", server.data, "--ca", authority.id,
               revocation_list(authority, [serial_of(stranger), serial_of(bad.pem)], 8))
    with pytest.raises(ClientError) as refused:
        good.iot.register_certificate(certificatePem=stranger, caCertificatePem=authority.pem)
    assert refused.value.response["Error"]["Code"] == "CertificateValidationException"
    assert "CRL number 8" in refused.value.response["Error"]["Message"]
    witness.publish("still/here", "x").close()
    older = server.run("crl", "add", "--data", server.data, "--ca", authority.id, authority.folder / "ca.crl", check=False)
    assert older.returncode == 0  # the same once more
    older = server.run("crl", "add", "--data", server.data, "--ca", authority.id, revocation_list(authority, [], 6), check=False)
    assert older.returncode == 1 and "older than the one that is there" in older.stderr
    server.run("crl", "remove", "--data", server.data, "--ca", authority.id)
    bad.connect("forgiven").close()


def test_a_crl_of_somebody_else_is_refused(server):
    authority, other = Authority("first"), Authority("second")
    authority.register(server.client())
    add = ["crl", "add", "--data", server.data, "--ca"]
    for arguments, part in (
            ([authority.id, revocation_list(other, ["01"])], "of another CA"),
            ([other.id, revocation_list(other, ["01"])], "There is no CA certificate"),
            ([authority.id, authority.folder / "ca.pem"], "a CERTIFICATE where -----BEGIN X509 CRL-----"),
            ([authority.id, "/nowhere"], "cannot be opened"),
            ([authority.id, "http://127.0.0.1:1/ca.crl"], "127.0.0.1")):
        done = server.run(*add, *arguments, check=False)
        assert done.returncode == 1 and part in done.stderr, done
    assert server.run("crl", "add", "--data", server.data, check=False).returncode == 2


def test_a_crl_is_fetched_again_from_its_url(server, tmp_path):
    """The server asks; when that fails `kedge crl list` says so, and what it has counts on."""
    authority = Authority("crl-by-url")
    authority.register(server.client())
    one = of_authority(server, authority, "lamp")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=authority.folder)
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    try:
        revocation_list(authority, [], 1)
        url = f"http://127.0.0.1:{web.server_port}/ca.crl"
        server.run("crl", "add", "--data", server.data, "--ca", authority.id, url)
        assert url in server.run("crl", "list", "--data", server.data).stdout
        client = one.connect("lamp")
        revocation_list(authority, [serial_of(one.pem)], 2)
        asked = time.monotonic()
        server.run("crl", "refresh", "--data", server.data)
        client.expect_lost(within_s=1.0 + time.monotonic() - asked, since=asked)
        assert "number 2" in server.run("crl", "list", "--data", server.data).stdout
    finally:
        web.shutdown()
        web.server_close()
    server.run("crl", "refresh", "--data", server.data)
    wait_until(lambda: "the last attempt" in server.run("crl", "list", "--data", server.data).stdout, patience_s(5), "the failure")
    Client(one, "lamp").expect_refused()
