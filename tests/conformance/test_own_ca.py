"""Walkthrough A: a device whose certificate was signed by its owner's CA, registered by hand, typed as the article has it."""
import re

import pytest

from shell import nss_wrapper

DEBUG_LINES = """\
Client anyclientID sending CONNECT
Client anyclientID received CONNACK (0)
Client anyclientID sending PUBLISH (d0, q1, r0, m1, 'topic', ... (18 bytes))
Client anyclientID received PUBACK (Mid: 1, RC:0)
Client anyclientID sending DISCONNECT
"""
DEVICE = "--cert deviceCertAndCACert.crt --key deviceCert.key -h $HOST -p $KEDGE_MQTTS_PORT"


def publish(root="$KEDGE_CA_FILE", version="tlsv1.2", client="anyclientID"):
    return (f"mosquitto_pub --cafile {root} {DEVICE} -q 1 -t topic -i {client} --tls-version {version}"
            """ -m '{"event": "hello"}' -d""")


KEYS = {"rsa": "openssl genrsa -out {} 2048", "ec": "openssl ecparam -name prime256v1 -genkey -noout -out {}"}


def make_authority(shell, kind="rsa", name="rootCA"):
    shell.type(KEYS[kind].format(f"{name}.key"))
    shell.type(f"openssl req -x509 -new -nodes -key {name}.key -sha256 -days 1024 -subj '/C=JP/CN={name} of mine' -out {name}.pem")


def sign(shell, name, subject, kind="rsa", authority="rootCA"):
    shell.type(KEYS[kind].format(f"{name}.key"))
    shell.type(f'openssl req -new -key {name}.key -subj "{subject}" -out {name}.csr')
    shell.type(f"openssl x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial"
               f" -out {name}.pem -days 500 -sha256")


def register_authority(shell):
    shell.type("CODE=$(aws iot get-registration-code --query registrationCode --output text)")
    sign(shell, "verificationCert", "/CN=$CODE")
    shell.type("CA_ID=$(aws iot register-ca-certificate --ca-certificate file://rootCA.pem"
               " --verification-cert file://verificationCert.pem --query certificateId --output text)")
    shell.type("aws iot update-ca-certificate --certificate-id $CA_ID --new-status ACTIVE")


def register_device(shell, kind="rsa"):
    sign(shell, "deviceCert", "/CN=device 1", kind)
    shell.type("CERT_ARN=$(aws iot register-certificate --set-as-active --certificate-pem file://deviceCert.pem"
               " --ca-certificate-pem file://rootCA.pem --query certificateArn --output text)")
    shell.type("cat deviceCert.pem rootCA.pem > deviceCertAndCACert.crt")


def allow_everything(shell):
    shell.write("iot-policy.json", '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}')
    shell.type("aws iot create-policy --policy-name PubSubToAnyTopic --policy-document file://iot-policy.json")
    shell.type("aws iot attach-principal-policy --principal $CERT_ARN --policy-name PubSubToAnyTopic")
    shell.type("HOST=$(aws iot describe-endpoint --endpoint-type iot:Data-ATS --query endpointAddress --output text)")


def test_the_article_step_by_step(shell, server):
    account = server.account
    # 1–2: the CA, and the code that proves that its key is ours
    make_authority(shell)
    code = shell.type("aws iot get-registration-code --query registrationCode --output text").stdout.strip()
    assert re.fullmatch("[0-9a-f]{64}", code)
    assert shell.type("aws iot get-registration-code --query registrationCode --output text").stdout.strip() == code

    # 3–4: the verification certificate (openssl 3.0 makes it X.509 version 1), registration
    sign(shell, "verificationCert", f"/CN={code}")
    if "OpenSSL 3.0" in shell.type("openssl version").stdout:
        assert "Version: 1 (0x0)" in shell.type("openssl x509 -in verificationCert.pem -noout -text").stdout
    answer = shell.type("aws iot register-ca-certificate --ca-certificate file://rootCA.pem"
                        " --verification-cert file://verificationCert.pem --output text").stdout.split()
    ca_id = shell.type("openssl x509 -in rootCA.pem -outform DER | sha256sum").stdout.split()[0]
    assert answer == [f"arn:aws:iot:ap-northeast-1:{account}:cacert/{ca_id}", ca_id]
    describe = f"aws iot describe-ca-certificate --certificate-id {ca_id} --query certificateDescription.status --output text"
    assert shell.type(describe).stdout == "INACTIVE\n"

    # 5: from now on it may sign for us
    assert shell.type(f"aws iot update-ca-certificate --certificate-id {ca_id} --new-status ACTIVE").stdout == ""
    assert shell.type(describe).stdout == "ACTIVE\n"

    # 6–8: the device's certificate
    sign(shell, "deviceCert", "/CN=device 1")
    answer = shell.type("aws iot register-certificate --set-as-active --certificate-pem file://deviceCert.pem"
                        " --ca-certificate-pem file://rootCA.pem --output text").stdout.split()
    device_id = shell.type("openssl x509 -in deviceCert.pem -outform DER | sha256sum").stdout.split()[0]
    assert answer == [f"arn:aws:iot:ap-northeast-1:{account}:cert/{device_id}", device_id]
    shell.type("cat deviceCert.pem rootCA.pem > deviceCertAndCACert.crt")

    # 9–10: what it may do
    shell.type(f"CERT_ARN={answer[0]}")
    allow_everything(shell)
    assert shell.type("aws iot list-attached-policies --target $CERT_ARN --query 'policies[].policyName' --output text").stdout \
        == "PubSubToAnyTopic\n"

    # 11: the message, heard by another
    shell.type(f"""stdbuf -oL mosquitto_sub --cafile $KEDGE_CA_FILE {DEVICE} -q 1 -t topic -i listener -C 1 -W 30 -d > heard &
        LISTENER=$!
        for _ in $(seq 200); do grep -qs SUBACK heard && break; sleep 0.05; done""")
    assert shell.type(publish()).text == DEBUG_LINES
    shell.type("wait $LISTENER")
    assert '{"event": "hello"}' in shell.read("heard").splitlines()


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
@pytest.mark.parametrize("kind", KEYS)
def test_rsa_and_ec_keys_connect_by_tls_1_2_and_1_3(terminal, kind, version):
    make_authority(terminal, kind)
    register_authority(terminal)
    register_device(terminal, kind)
    allow_everything(terminal)
    done = terminal.type(publish(version=version))
    assert done.text == DEBUG_LINES


def test_the_device_certificate_is_inactive_unless_asked_otherwise(shell):
    make_authority(shell)
    register_authority(shell)
    sign(shell, "deviceCert", "/CN=device 1")
    shell.type("CERT_ID=$(aws iot register-certificate --certificate-pem file://deviceCert.pem --query certificateId --output text)")
    described = shell.type("aws iot describe-certificate --certificate-id $CERT_ID --output text --query"
                           " 'certificateDescription.[status,caCertificateId,certificateMode,customerVersion]'").stdout
    assert described.split() == ["INACTIVE", shell.value("CA_ID"), "DEFAULT", "1"]


def test_a_certificate_of_an_unregistered_authority_is_refused_in_these_words(shell):
    make_authority(shell)
    sign(shell, "deviceCert", "/CN=device 1")
    done = shell.type("aws iot register-certificate --set-as-active --certificate-pem file://deviceCert.pem"
                      " --ca-certificate-pem file://rootCA.pem", fails=True)
    assert done.stderr.strip() == ("An error occurred (CertificateStateException) when calling the RegisterCertificate operation:"
                                   " No CA certificate exists for the given certificate")


def test_a_file_name_in_place_of_the_pem_is_told_apart(shell):
    make_authority(shell)
    shell.type("CODE=$(aws iot get-registration-code --query registrationCode --output text)")
    sign(shell, "verificationCert", "/CN=$CODE")
    done = shell.type("aws iot register-ca-certificate --ca-certificate rootCA.pem --verification-cert file://verificationCert.pem",
                      fails=True)
    assert re.search(r"\((CertificateValidationException|InvalidRequestException)\) when calling the RegisterCACertificate", done.stderr)
    assert "file://" in done.stderr and "PEM" in done.stderr


def test_a_one_click_certificate_lands_in_three_files_and_connects(shell):
    shell.type("CERT_ARN=$(aws iot create-keys-and-certificate --set-as-active --certificate-pem-outfile deviceCertAndCACert.crt"
               " --public-key-outfile public.key --private-key-outfile deviceCert.key --query certificateArn --output text)")
    assert shell.read("deviceCert.key").startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert shell.read("public.key").startswith("-----BEGIN PUBLIC KEY-----\n")
    assert shell.type("openssl pkey -in deviceCert.key -pubout").stdout == shell.read("public.key")
    assert shell.type("openssl x509 -in deviceCertAndCACert.crt -noout -pubkey").stdout == shell.read("public.key")
    assert shell.type("openssl x509 -in deviceCertAndCACert.crt -noout -subject -nameopt utf8").stdout \
        == "subject=CN=AWS IoT Certificate\n"
    allow_everything(shell)
    assert shell.type(publish()).text == DEBUG_LINES


def test_each_endpoint_type_has_a_root_of_its_own_and_the_client_notices(terminal, server):
    library = nss_wrapper()
    assert library, "libnss-wrapper is missing: script/setup installs it"
    terminal.type("CERT_ARN=$(aws iot create-keys-and-certificate --set-as-active --certificate-pem-outfile deviceCertAndCACert.crt"
                  " --private-key-outfile deviceCert.key --query certificateArn --output text)")
    allow_everything(terminal)
    assert terminal.type("cmp $KEDGE_CA_FILE $KEDGE_LEGACY_CA_FILE", fails=True)

    ats = terminal.value("HOST")
    legacy = terminal.type("aws iot describe-endpoint --endpoint-type iot:Data --query endpointAddress --output text").stdout.strip()
    assert ats == "localhost"
    assert re.fullmatch(r"[a-z0-9]{13,14}\.iot\.ap-northeast-1\.kedge\.test", legacy)

    # what `kedge hosts` prints goes to /etc/hosts; here to a file that one program takes for it
    terminal.type(f"kedge hosts --data {server.data} > hosts && echo '127.0.0.1 localhost' >> hosts")
    assert legacy in terminal.read("hosts")
    wrapped = f"LD_PRELOAD={library} NSS_WRAPPER_HOSTS=$PWD/hosts "
    right = {ats: "$KEDGE_CA_FILE", legacy: "$KEDGE_LEGACY_CA_FILE"}
    wrong = {ats: "$KEDGE_LEGACY_CA_FILE", legacy: "$KEDGE_CA_FILE"}
    for host in (ats, legacy):
        terminal.type(f"HOST={host}")
        for version in ("tlsv1.2", "tlsv1.3"):
            client = f"client-{host.split('.')[0]}-{version}"
            welcome = terminal.type(wrapped + publish(right[host], version, client))
            assert welcome.text == DEBUG_LINES.replace("anyclientID", client)
            refused = terminal.type(wrapped + publish(wrong[host], version, client), fails=True)
            assert "certificate verify failed" in refused.text and "A TLS error occurred." in refused.text


def test_the_endpoint_without_a_type_is_the_legacy_one(iot):
    assert iot.describe_endpoint()["endpointAddress"] == iot.describe_endpoint(endpointType="iot:Data")["endpointAddress"]
