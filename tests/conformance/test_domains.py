"""Domain configurations: server names with certificates, TLS policies and ways to authenticate of their own
[AWS identity 11.4]. Names end at loopback; clients send them as SNI."""
import json
import socket
import ssl

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.httpsession
import pytest

from devices import Authority, Client, numbers, openssl, private_key, tls_context
from server import REGION, patience_s, wait_until

NAME = "iot.example.com"


class Face:
    """A certificate for a name, signed by a CA of the customer's own."""

    def __init__(self, name=NAME, usage="serverAuth", days=30):
        self.authority = Authority(f"root-{next(numbers)}")
        folder = self.authority.folder
        (folder / "leaf.key").write_text(private_key("ec:P-256"))
        (folder / "leaf.cnf").write_text(f"[ext]\nsubjectAltName=DNS:{name}\nextendedKeyUsage={usage}\n")
        openssl("req", "-new", "-key", "leaf.key", "-subj", f"/CN={name}", "-out", "leaf.csr", folder=folder)
        openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-sha256",
                "-days", days, "-extfile", "leaf.cnf", "-extensions", "ext", "-out", "leaf.pem", folder=folder)
        self.ca_file = folder / "ca.pem"
        self.members = {"Certificate": (folder / "leaf.pem").read_bytes(),
                        "PrivateKey": (folder / "leaf.key").read_bytes(),
                        "CertificateChain": self.ca_file.read_bytes()}
        self.folder = folder

    def import_to(self, server, **more):
        return server.client("acm").import_certificate(**self.members, **more)["CertificateArn"]


class At:
    """A device as it comes to a name: trusts the name's root, and may leave its certificate at home."""

    def __init__(self, device, ca_file, certificate=True):
        self.device, self.server, self.ca_file, self.certificate = device, device.server, ca_file, certificate

    def tls(self, version=None, alpn=None):
        context = tls_context(self.ca_file, version, alpn)
        if self.certificate:
            context.load_cert_chain(self.device.cert_file, self.device.key_file)
        return context

    def connect(self, client_id, host=NAME, **options):
        return Client(self, client_id, host=host, **options)


@pytest.fixture(autouse=True)
def names_at_loopback(monkeypatch):
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: resolve(
        "127.0.0.1" if isinstance(host, str) and host.endswith((".example.com", ".kedge.test")) else host, *rest, **more))


def shown(server, name, ca_file, version=None):
    """The version of TLS, if the server shows for this name a certificate that leads to this root."""
    with socket.create_connection((name, server.https_port), timeout=10) as plain:
        try:
            with tls_context(ca_file, version).wrap_socket(plain, server_hostname=name) as tls:
                return tls.version()
        except (ssl.SSLError, ConnectionResetError):
            return None


def soon(condition, what):
    """A change acts within a second [AWS identity 11.4: an hour there]."""
    return wait_until(condition, patience_s(1), what)


@pytest.fixture
def face():
    return Face()


@pytest.fixture
def domain(server, iot, face):
    arn = face.import_to(server)
    iot.create_domain_configuration(domainConfigurationName="mine", domainName=NAME, serverCertificateArns=[arn])
    soon(lambda: shown(server, NAME, face.ca_file), "the domain's certificate is shown")
    return arn


def test_a_domain_shows_its_own_certificate_and_the_endpoint_its_own(server, iot, face, domain):
    assert shown(server, NAME, face.ca_file)
    assert not shown(server, "localhost", face.ca_file)
    assert shown(server, "localhost", server.env["KEDGE_CA_FILE"])
    assert iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"] == "localhost"
    described = iot.describe_domain_configuration(domainConfigurationName="mine")
    assert described["domainType"] == "CUSTOMER_MANAGED" and described["domainName"] == NAME
    assert described["serverCertificates"][0]["serverCertificateStatus"] == "VALID"
    names = [d["domainConfigurationName"] for d in iot.list_domain_configurations()["domainConfigurations"]]
    assert names == ["iot:CredentialProvider", "iot:Data-ATS", "iot:Jobs", "mine"]


def test_a_device_connects_to_the_domain_with_its_certificate(server, device, face, domain):
    client = At(device(), face.ca_file).connect("lamp").expect_connected().subscribe("a/b")
    client.publish("a/b", "on")
    assert client.receive().payload == b"on"
    client.close()


def test_a_disabled_domain_lets_nobody_in_and_says_why(server, iot, device, face, domain):
    lamp = At(device(), face.ca_file)
    there = lamp.connect("there").expect_connected()
    iot.update_domain_configuration(domainConfigurationName="mine", domainConfigurationStatus="DISABLED")
    lamp.connect("lamp").expect_refused()
    server.expect_why("lamp", "DOMAIN_DISABLED", "mine")
    there.publish("a/b")  # who is connected stays
    iot.update_domain_configuration(domainConfigurationName="mine", domainConfigurationStatus="ENABLED")
    lamp.connect("lamp").expect_connected().close()
    there.close()


def test_a_domain_belongs_to_its_account(server, iot, device, face):
    server.run("account", "create", "--data", server.data, "--id", "222222222222")
    arn = face.import_to(server)
    iot.create_domain_configuration(domainConfigurationName="mine", domainName=NAME, serverCertificateArns=[arn])
    soon(lambda: shown(server, NAME, face.ca_file), "the domain's certificate is shown")
    At(device(), face.ca_file).connect("lamp").expect_connected().close()


def test_a_certificate_in_use_stays_until_its_domain_is_gone(server, iot, domain):
    acm = server.client("acm")
    with pytest.raises(acm.exceptions.ResourceInUseException):
        acm.delete_certificate(CertificateArn=domain)
    with pytest.raises(iot.exceptions.InvalidRequestException):
        iot.delete_domain_configuration(domainConfigurationName="mine")
    iot.update_domain_configuration(domainConfigurationName="mine", domainConfigurationStatus="DISABLED")
    iot.delete_domain_configuration(domainConfigurationName="mine")
    acm.delete_certificate(CertificateArn=domain)
    assert acm.list_certificates()["CertificateSummaryList"] == []


def test_a_renewed_certificate_is_shown_and_an_unfit_one_leaves_the_last(server, iot, face, domain):
    renewed = Face()
    renewed.import_to(server, CertificateArn=domain)
    soon(lambda: shown(server, NAME, renewed.ca_file), "the renewed certificate is shown")
    unfit = Face("other.example.org")
    unfit.import_to(server, CertificateArn=domain)
    soon(lambda: iot.describe_domain_configuration(domainConfigurationName="mine")
         ["serverCertificates"][0]["serverCertificateStatus"] == "INVALID", "the certificate is INVALID")
    assert shown(server, NAME, renewed.ca_file)


# What Debian's models do not know yet goes by hand.

def update(server, name, **members):
    request = botocore.awsrequest.AWSRequest("PUT", server.env["AWS_ENDPOINT_URL"] + f"/domainConfigurations/{name}",
                                             data=json.dumps(members), headers={"Content-Type": "application/json"})
    credentials = botocore.credentials.Credentials(server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"])
    botocore.auth.SigV4Auth(credentials, "iot", REGION).add_auth(request)
    answer = botocore.httpsession.URLLib3Session().send(request.prepare())
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("policy,speaks", [
    ("IoTSecurityPolicy_TLS13_1_3_2022_10", {"TLSv1.3"}), ("IoTSecurityPolicy_TLS12_1_2_2022_10", {"TLSv1.2"}),
    ("IoTSecurityPolicy_TLS13_1_2_2022_10", {"TLSv1.2", "TLSv1.3"})])
def test_a_security_policy_acts_within_a_second(server, face, domain, policy, speaks):
    update(server, "mine", tlsConfig={"securityPolicy": policy})
    versions = {ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3}
    soon(lambda: {shown(server, NAME, face.ca_file, v) for v in versions} - {None} == speaks, f"{policy} acts")
    assert shown(server, "localhost", server.env["KEDGE_CA_FILE"], ssl.TLSVersion.TLSv1_2)


def test_a_policy_may_be_put_on_the_endpoint_itself(server):
    update(server, "iot:Data-ATS", tlsConfig={"securityPolicy": "IoTSecurityPolicy_TLS12_1_2_2022_10"})
    ca = server.env["KEDGE_CA_FILE"]
    soon(lambda: not shown(server, "localhost", ca, ssl.TLSVersion.TLSv1_3), "TLS 1.3 is gone")
    assert shown(server, "localhost", ca, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"


def test_a_protocol_is_fixed_by_the_domain(server, device, face, domain):
    lamp = At(device(), face.ca_file)
    update(server, "mine", applicationProtocol="SECURE_MQTT", authenticationType="AWS_X509")
    soon(lambda: connects(lamp, server.https_port), "MQTT without ALPN on the HTTPS port")
    update(server, "mine", applicationProtocol="HTTPS")
    soon(lambda: not connects(lamp, server.mqtts_port), "no MQTT any more")


def connects(lamp, port):
    client = lamp.connect(f"probe-{next(numbers)}", port=port)
    wait_until(lambda: client.connected.is_set() or client.lost.is_set(), patience_s(5), "an answer")
    connected = client.connected.is_set()
    client.close()
    return connected


def test_a_configuration_without_a_name_gets_one_of_ours(server, iot, device):
    iot.create_domain_configuration(domainConfigurationName="managed", serviceType="DATA")
    name = iot.describe_domain_configuration(domainConfigurationName="managed")["domainName"]
    ca = server.env["KEDGE_CA_FILE"]
    soon(lambda: shown(server, name, ca), "the server's certificate is for the new name, too")
    At(device(), ca).connect("lamp", host=name).expect_connected().close()


def test_domains_outlive_the_server(server, iot, face, domain):
    server.stop()
    server.start()
    assert shown(server, NAME, face.ca_file)


def test_the_cli_imports_a_certificate_and_makes_a_domain(server, shell, face):
    folder = face.folder
    shell.type(f"arn=$(aws acm import-certificate --certificate fileb://{folder}/leaf.pem --private-key fileb://{folder}/leaf.key"
               f" --certificate-chain fileb://{folder}/ca.pem --query CertificateArn --output text)")
    shell.type(f"aws iot create-domain-configuration --domain-configuration-name mine --domain-name {NAME}"
               " --server-certificate-arns $arn --service-type DATA")
    soon(lambda: shown(server, NAME, face.ca_file), "the domain's certificate is shown")
