"""Custom authorizers [AWS identity 11.2]: whom they are asked about, and what is said to who is refused."""
import base64

import botocore.exceptions
import pytest

from devices import Client, openssl, private_key, tls_context

FUNCTION = "arn:aws:lambda:ap-northeast-1:{}:function:door"


class Stranger:
    """A client without a certificate."""

    def __init__(self, server):
        self.server = server

    def tls(self, version=None, alpn=None):
        return tls_context(self.server.env["KEDGE_CA_FILE"], version, alpn)

    def connect(self, client_id, username=None, password=None):
        return Client(self, client_id, port=self.server.https_port, alpn="mqtt", username=username, password=password)


@pytest.fixture
def stranger(server):
    return Stranger(server)


def public_key():
    return openssl("pkey", "-pubout", stdin=private_key("rsa:2048"))


def create(server, iot, name="door", **members):
    return iot.create_authorizer(authorizerName=name, authorizerFunctionArn=FUNCTION.format(server.account), **members)


def test_an_authorizers_life(server, iot):
    create(server, iot, tokenKeyName="token", tokenSigningPublicKeys={"one": public_key()}, status="INACTIVE")
    described = iot.describe_authorizer(authorizerName="door")["authorizerDescription"]
    assert described["status"] == "INACTIVE" and described["tokenSigningPublicKeys"]["one"] == public_key()
    iot.update_authorizer(authorizerName="door", status="ACTIVE")
    assert [a["authorizerName"] for a in iot.list_authorizers(status="ACTIVE")["authorizers"]] == ["door"]
    iot.set_default_authorizer(authorizerName="door")
    assert iot.describe_default_authorizer()["authorizerDescription"]["authorizerName"] == "door"
    iot.clear_default_authorizer()
    with pytest.raises(iot.exceptions.DeleteConflictException):
        iot.delete_authorizer(authorizerName="door")
    iot.update_authorizer(authorizerName="door", status="INACTIVE")
    iot.delete_authorizer(authorizerName="door")


def test_who_comes_without_a_certificate_is_told_what_is_missing(server, iot, stranger):
    stranger.connect("first").expect_refused()
    server.expect_why("first", "NO_AUTHORIZER")
    stranger.connect("second", "me?x-amz-customauthorizer-name=door", "secret").expect_refused()
    server.expect_why("second", "AUTHORIZER_UNKNOWN")
    create(server, iot, tokenKeyName="token", tokenSigningPublicKeys={"one": public_key()})
    stranger.connect("third", "me?x-amz-customauthorizer-name=door&token=t", "secret").expect_refused()
    server.expect_why("third", "TOKEN_REFUSED")
    assert "secret" not in server.log(), "a password stands in the log"


def test_a_token_with_a_good_signature_reaches_the_function(server, iot, stranger, tmp_path):
    create(server, iot, tokenKeyName="token", tokenSigningPublicKeys={"one": public_key()})
    (tmp_path / "key").write_text(private_key("rsa:2048"))
    (tmp_path / "token").write_text("lamp")
    openssl("dgst", "-sha256", "-sign", tmp_path / "key", "-out", tmp_path / "signature", tmp_path / "token")
    signature = base64.b64encode((tmp_path / "signature").read_bytes()).decode()
    quoted = signature.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    stranger.connect("lamp", f"me?x-amz-customauthorizer-name=door&token=lamp&x-amz-customauthorizer-signature={quoted}"
                     ).expect_refused()
    server.expect_why("lamp", "AUTHORIZER_FAILED", "function:door")  # there is none of that name
    with pytest.raises(botocore.exceptions.ClientError, match="function:door"):
        iot.test_invoke_authorizer(authorizerName="door", token="lamp", tokenSignature=signature)
    with pytest.raises(iot.exceptions.UnauthorizedException):
        iot.test_invoke_authorizer(authorizerName="door", token="lamb", tokenSignature=signature)


def test_a_certificate_still_lets_in(server, device):
    device().connect("lamp", port=server.https_port, alpn="mqtt").close()


