"""Devices whose certificates nobody has registered, and the CAs that are to register them."""
import json

from devices import ALLOW_ALL, Device, fingerprint, numbers, private_key
from wire import Wire, connect


class Newcomer(Device):
    """A device with a certificate that nobody has registered."""

    def __init__(self, server, authority, name="device", key="ec:P-256", chain="", **options):
        self.server, self.iot = server, server.client()
        self.pem = authority.sign(name, key, **options)
        self.keep(private_key(key), self.pem + chain)
        self.id = fingerprint(self.pem)

    def knocks(self, version=None, server_hostname="localhost"):
        """CONNECT, and closed by the server. Gives the client identifier, for kedge why."""
        name = f"newcomer-{next(numbers)}"
        self.dial(version, server_hostname).send(connect(name)).expect_closed()
        return name

    def dial(self, version=None, server_hostname="localhost"):
        return Wire(self.server.mqtts_port, self.tls(version), server_hostname=server_hostname)

    def is_registered(self, iot=None):
        listed = (iot or self.iot).list_certificates(pageSize=250)["certificates"]
        return any(c["certificateId"] == self.id for c in listed)

    def activate(self, iot=None):
        iot, name = iot or self.iot, f"policy-{next(numbers)}"
        arn = iot.describe_certificate(certificateId=self.id)["certificateDescription"]["certificateArn"]
        iot.create_policy(policyName=name, policyDocument=json.dumps(ALLOW_ALL))
        iot.attach_policy(policyName=name, target=arn)
        iot.update_certificate(certificateId=self.id, newStatus="ACTIVE")


def adopt(authority, iot, active=True, auto=True, mode="SNI_ONLY"):
    """Registers the CA as walkthrough B does."""
    return iot.register_ca_certificate(caCertificate=authority.pem, certificateMode=mode, setAsActive=active,
                                       allowAutoRegistration=auto)["certificateId"]
