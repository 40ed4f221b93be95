"""Walkthrough E: chips with certificates of a vendor that nobody registered; keys that never leave their hardware."""
import os
import textwrap

import pytest

from devices import Authority, fingerprint

WILD_CARD_POLICY = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Action": ["iot:Connect", "iot:Publish", "iot:Receive", "iot:Subscribe"], "Resource": ["*"]}]}"""
SOFTHSM = next((path for path in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                                  "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so") if os.path.exists(path)), None)


def make_vendor(shell):
    """The CA of the chips' vendor, and what it does with a request."""
    shell.type("openssl ecparam -name prime256v1 -genkey -noout -out vendor.key")
    shell.type('openssl req -x509 -new -key vendor.key -subj "/O=Chip Vendor/CN=Vendor CA" -days 3650 -out vendor.pem')
    shell.type("sign() { OPENSSL_CONF=/dev/null openssl x509 -req -in $1.csr -CA vendor.pem -CAkey vendor.key -CAcreateserial -sha256 -days 3650 -out $1.crt; }")


def make_chip(shell, name):
    shell.type(f"openssl ecparam -name prime256v1 -genkey -noout -out {name}.key")
    shell.type(f'openssl req -new -key {name}.key -subj "/O=Chip Vendor/CN={name}" -out {name}.csr && sign {name}')


def enroll(shell, name):
    """What the article types for each chip."""
    shell.type(f"ARN=$(aws iot register-certificate-without-ca --certificate-pem file://{name}.crt --status ACTIVE"
               " --query certificateArn --output text)")
    shell.type('aws iot attach-policy --target "$ARN" --policy-name wildCardPolicy')
    assert shell.value("ARN").endswith(":cert/" + fingerprint(shell.read(f"{name}.crt")))


def make_policy(shell):
    shell.write("wildCardPolicy.json", WILD_CARD_POLICY)
    made = shell.type("aws iot create-policy --policy-name wildCardPolicy --policy-document file://wildCardPolicy.json").stdout
    assert '"policyVersionId": "1"' in made and '"policyName": "wildCardPolicy"' in made
    shell.type("HOST=$(aws iot describe-endpoint --endpoint-type iot:Data-ATS --query endpointAddress --output text)")
    shell.type('mqtt() { local do=$1; shift; $do --cafile "$KEDGE_CA_FILE" -h "$HOST" -p "$KEDGE_MQTTS_PORT" -q 1 --tls-version tlsv1.2 "$@"; }')


def test_three_chips_of_an_unregistered_vendor_hear_each_other(shell):
    make_vendor(shell)
    make_policy(shell)
    for chip in ("com5", "com6", "com7"):
        make_chip(shell, chip)
        enroll(shell, chip)
    shell.type("for chip in com5 com6; do mqtt mosquitto_sub --cert $chip.crt --key $chip.key -i $chip -t chips/+ -C 1 -W 20 >$chip.heard & done; sleep 1.5")
    shell.type("mqtt mosquitto_pub --cert com7.crt --key com7.key -i com7 -t chips/com7 -m 'from com7'; wait")
    assert shell.read("com5.heard") == shell.read("com6.heard") == "from com7\n"


@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE", "REVOKED"])
def test_registered_with_each_status_that_may_be_set(iot, status):
    pem = Authority("Vendor").sign("chip")
    made = iot.register_certificate_without_ca(certificatePem=pem, status=status)
    about = iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert made["certificateId"] == fingerprint(pem) and about["status"] == status
    assert about["certificateMode"] == "SNI_ONLY" and "caCertificateId" not in about


def test_without_a_status_it_is_inactive(iot):
    made = iot.register_certificate_without_ca(certificatePem=Authority("Vendor").sign("chip"))
    assert iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]["status"] == "INACTIVE"


@pytest.mark.parametrize("status", ["PENDING_TRANSFER", "REGISTER_INACTIVE", "PENDING_ACTIVATION"])
def test_other_statuses_are_refused_in_the_words_of_aws(iot, status):
    """[AWS identity 1.7]"""
    with pytest.raises(iot.exceptions.CertificateStateException, match=f"Not allowed to register certificate with {status} status"):
        iot.register_certificate_without_ca(certificatePem=Authority("Vendor").sign("chip"), status=status)


def test_of_a_chain_the_first_is_registered_and_the_whole_text_is_kept(iot):
    """[AWS identity 1.2]"""
    vendor = Authority("Vendor")
    leaf = vendor.sign("chip")
    made = iot.register_certificate_without_ca(certificatePem=leaf + vendor.pem, status="ACTIVE")
    assert made["certificateId"] == fingerprint(leaf)
    about = iot.describe_certificate(certificateId=made["certificateId"])["certificateDescription"]
    assert about["certificatePem"] == leaf + vendor.pem


def test_registering_it_again_names_the_one_there_is(iot):
    pem = Authority("Vendor").sign("chip")
    made = iot.register_certificate_without_ca(certificatePem=pem)
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException) as refused:
        iot.register_certificate_without_ca(certificatePem=pem)
    assert refused.value.response["resourceId"] == made["certificateId"]
    assert refused.value.response["resourceArn"] == made["certificateArn"]


def test_without_a_server_name_it_is_refused_and_told_why(server, terminal):
    make_vendor(terminal)
    make_policy(terminal)
    make_chip(terminal, "com5")
    enroll(terminal, "com5")
    connect = r"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04com5"
    said = terminal.type(f"{{ printf '{connect}'; sleep 2; }} | openssl s_client -quiet -noservername -connect localhost:$KEDGE_MQTTS_PORT"
                         ' -CAfile "$KEDGE_CA_FILE" -cert com5.crt -key com5.key | od -An -tx1').stdout
    assert said.strip() == ""  # no CONNACK
    server.expect_why("com5", "SNI_REQUIRED")


@pytest.mark.skipif(not SOFTHSM, reason="no softhsm2; script/setup installs it")
def test_a_key_in_a_token_never_leaves_it(terminal, device):
    """SoftHSM stands for the secure element; OpenSSL's pkcs11 engine asks it to sign."""
    folder = terminal.folder
    (folder / "tokens").mkdir()
    terminal.write("softhsm2.conf", f"directories.tokendir = {folder}/tokens\n")
    terminal.write("openssl.cnf", textwrap.dedent(f"""\
        openssl_conf = init
        [init]
        engines = engines
        [engines]
        pkcs11 = pkcs11
        [pkcs11]
        MODULE_PATH = {SOFTHSM}
        [req]
        distinguished_name = dn
        [dn]
        """))
    make_vendor(terminal)
    terminal.type(f"export SOFTHSM2_CONF={folder}/softhsm2.conf OPENSSL_CONF={folder}/openssl.cnf")
    terminal.type("softhsm2-util --init-token --free --label element --so-pin 1234 --pin 5678")
    terminal.type(f"pkcs11-tool --module {SOFTHSM} --token-label element --login --pin 5678 --keypairgen --key-type EC:prime256v1"
                  " --id 01 --label device")
    terminal.type("KEY='pkcs11:token=element;object=device;type=private;pin-value=5678'")
    terminal.type('openssl req -new -engine pkcs11 -keyform engine -key "$KEY" -subj "/CN=se-1" -out se-1.csr && sign se-1')
    make_policy(terminal)
    enroll(terminal, "se-1")
    assert not list(folder.glob("se-1.key"))
    listener = device().connect("listener").subscribe("se/x")
    terminal.type('touch "$KEY"')  # mosquitto 2.0.11 wants a file of that name before it asks the engine for the key
    terminal.type('mqtt mosquitto_pub --cert se-1.crt --tls-engine pkcs11 --keyform engine --key "$KEY" -i se-1 -t se/x -m signed')
    assert listener.receive().payload == b"signed"
    listener.close()
    shown = terminal.type('openssl s_client -connect "$HOST:$KEDGE_MQTTS_PORT" -servername "$HOST" -CAfile "$KEDGE_CA_FILE" -engine pkcs11'
                          ' -keyform engine -key "$KEY" -cert se-1.crt -tls1_2 </dev/null 2>&1').stdout
    assert "Verify return code: 0 (ok)" in shown
