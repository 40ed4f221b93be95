"""Several accounts on one server, made and deleted while it runs: each with keys, names, registry and topics of its own."""
import json
import socket
import ssl

import botocore.exceptions
import pytest

from devices import ALLOW_ALL, Authority, signing_request, private_key
from newcomers import Newcomer, adopt
from server import patience_s, wait_until
from wire import CONNACK, PUBLISH, SUBACK, Wire, connect, publish, subscribe

OTHER = "222222222222"


@pytest.fixture
def other(server):
    server.run("account", "create", "--data", server.data, "--id", OTHER)
    return server.client_of(OTHER)


def endpoint(iot):
    return iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]


def refused(error, call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == error, caught.value
    return caught.value.response["Error"]["Message"]


def welcomed(wire, client_id):
    wire.send(connect(client_id)).expect(CONNACK, b"\0\0")
    return wire


def subscribed(wire, *filters):
    wire.send(subscribe(*filters)).expect(SUBACK)
    return wire


def test_an_account_made_while_the_server_runs_is_there_at_once(server, iot, other):
    name = endpoint(other)
    assert name.endswith(f"-ats.iot.ap-northeast-1.kedge.test") and name != endpoint(iot)
    assert server.client_of(OTHER, "sts").get_caller_identity()["Account"] == OTHER
    # the server's certificate is for the new names: the handshake verifies it
    context = ssl.create_default_context(cafile=server.env["KEDGE_CA_FILE"])
    context.load_cert_chain(*keep_issued(server, other))
    with socket.create_connection(("127.0.0.1", server.mqtts_port)) as plain:
        with context.wrap_socket(plain, server_hostname=name) as wrapped:
            assert ("DNS", name) in wrapped.getpeercert()["subjectAltName"]


def keep_issued(server, iot):
    answer = iot.create_certificate_from_csr(certificateSigningRequest=signing_request(), setAsActive=True)
    cert, key = server.folder / "issued.pem", server.folder / "issued.key"
    cert.write_text(answer["certificatePem"])
    key.write_text(private_key("ec:P-256"))
    return cert, key


def test_connections_survive_a_new_account(server, device):
    client = device().connect().subscribe("a")
    server.run("account", "create", "--data", server.data, "--id", OTHER)
    assert client.publish("a", "still here").receive().payload == b"still here"


def test_accounts_see_nothing_of_each_other(server, iot, other):
    iot.create_thing(thingName="lamp")
    arn = other.create_thing(thingName="lamp", attributePayload={"attributes": {"of": "other"}})["thingArn"]
    assert f":{OTHER}:" in arn
    assert iot.describe_thing(thingName="lamp")["attributes"] == {}
    iot.create_policy(policyName="everything", policyDocument=json.dumps(ALLOW_ALL))
    refused("ResourceNotFoundException", other.get_policy, policyName="everything")
    assert other.list_policies()["policies"] == []
    assert iot.get_registration_code() != other.get_registration_code()
    other.delete_thing(thingName="lamp")
    iot.describe_thing(thingName="lamp")


def test_the_same_ca_is_in_two_accounts_as_sni_only_and_not_as_default(server, iot, other):
    """Walkthrough B step 8; [AWS identity 2.1, 2.4]"""
    shared = Authority("everybody's")
    assert adopt(shared, iot) == adopt(shared, other)
    assert f":{OTHER}:cacert/" in other.describe_ca_certificate(certificateId=shared.id)["certificateDescription"]["certificateArn"]
    private = Authority("one's own")
    private.register(iot)
    refused("ResourceAlreadyExistsException", adopt, authority=private, iot=other)
    message = refused("ResourceAlreadyExistsException", private.register, iot=other)
    assert "DEFAULT mode" in message


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_device_moves_between_accounts_by_the_name_it_connects_to(server, device, iot, other, version):
    """[AWS identity 4.2, 5.6]: first connects, records, policies and topics are the account's."""
    shared = Authority("everybody's")
    adopt(shared, iot), adopt(shared, other)
    lamp = Newcomer(server, shared)
    mine, theirs = endpoint(iot), endpoint(other)
    lamp.knocks(version, theirs)
    assert lamp.is_registered(other) and not lamp.is_registered(iot)
    lamp.knocks(version, mine)
    assert lamp.is_registered(iot)
    lamp.activate(other)
    server.expect_why(lamp.knocks(version, mine), "PENDING_ACTIVATION", server.account)
    lamp.activate(iot)
    watcher = device().connect().subscribe("from/lamp")
    there = subscribed(welcomed(lamp.dial(version, theirs), "lamp"), "from/lamp")
    here = subscribed(welcomed(lamp.dial(version, mine), "lamp"), "from/lamp")  # the same client identifier, side by side
    there.send(publish("from/lamp", b"theirs"))
    assert there.receive()[::2] == (PUBLISH, b"\0\x09from/lamptheirs")
    watcher.expect_silence()
    here.send(publish("from/lamp", b"ours"))
    assert here.receive()[::2] == (PUBLISH, b"\0\x09from/lampours")
    assert watcher.receive().payload == b"ours"
    other.update_certificate(certificateId=lamp.id, newStatus="INACTIVE")
    there.expect_closed()
    here.send(publish("from/lamp", b"still"))
    assert watcher.receive().payload == b"still"


def test_without_a_server_name_a_default_mode_certificate_finds_its_account(server, iot, other):
    """[AWS identity 4.2, 5.2]"""
    private = Authority("one's own")
    private.register(other)
    other.update_ca_certificate(certificateId=private.id, newAutoRegistrationStatus="ENABLE")
    alone, chained = Newcomer(server, private), Newcomer(server, private, chain=private.pem)
    server.expect_why(alone.knocks(server_hostname=None), "ISSUER_UNKNOWN", "no server name", "default account")
    server.expect_why(chained.knocks(server_hostname=None), "connect.registered", OTHER)
    assert chained.is_registered(other)
    chained.activate(other)
    welcomed(chained.dial(server_hostname=None), "nameless")
    chained.pem, leaf = "", chained.pem
    chained.keep(private_key("ec:P-256"), leaf)  # registered, it needs no chain any more
    welcomed(chained.dial(server_hostname=None), "nameless-2")
    # what is SNI_ONLY needs the name, in any account
    other.register_certificate_without_ca(certificatePem=Authority("nobody's").sign("x"), status="ACTIVE")
    shared = Authority("everybody's")
    adopt(shared, iot)
    server.expect_why(Newcomer(server, shared).knocks(server_hostname=None), "SNI_REQUIRED")


def test_a_deleted_account_is_gone_with_everything(server, iot, other):
    lone = Authority("theirs")
    adopt(lone, other)
    lamp = Newcomer(server, lone)
    name = endpoint(other)
    lamp.knocks(server_hostname=name)
    lamp.activate(other)
    wire = subscribed(welcomed(lamp.dial(server_hostname=name), "lamp"), "a")
    other.create_thing(thingName="lamp")

    done = server.run("account", "delete", "--data", server.data, "--id", OTHER, check=False)
    assert done.returncode == 1 and "1 certificates, 1 CA certificates, 1 things" in done.stderr and "--force" in done.stderr
    other.describe_thing(thingName="lamp")
    server.run("account", "delete", "--data", server.data, "--id", OTHER, "--force")
    wire.expect_closed(patience_s(2))
    refused("UnrecognizedClientException", other.describe_thing, thingName="lamp")
    assert OTHER not in server.run("account", "list", "--data", server.data).stdout
    assert adopt(lone, iot, mode="SNI_ONLY") == lone.id
    iot.register_certificate(certificatePem=lamp.pem, setAsActive=True)

    server.run("account", "create", "--data", server.data, "--id", OTHER)
    again = server.client_of(OTHER)
    assert again.list_things()["things"] == [] and again.list_ca_certificates()["certificates"] == []
    assert endpoint(again) != name


def test_the_default_account_stays(server):
    done = server.run("account", "delete", "--data", server.data, "--id", server.account, "--force", check=False)
    assert done.returncode != 0 and "default account" in done.stderr


def test_a_rotated_key_is_refused_at_once_and_the_new_one_works(server, iot, other):
    other.list_things()
    done = server.run("account", "rotate-key", "--data", server.data, "--id", OTHER)
    refused("UnrecognizedClientException", other.list_things)
    fresh = server.client_of(OTHER)
    fresh.list_things()
    assert fresh.meta.events and "AKIA" in done.stdout
    iot.list_things()  # the other account's keys are as they were
    server.run("account", "rotate-key", "--data", server.data)
    refused("UnrecognizedClientException", iot.list_things)


def test_list_hosts_and_why_are_told_of_one_account(server, iot, other):
    name = endpoint(other)
    listed = server.run("account", "list", "--data", server.data).stdout.splitlines()
    assert f"{OTHER}  {name}" in listed and f"{server.account} (default)  localhost" in listed
    hosts = server.run("hosts", "--data", server.data, "--account", OTHER).stdout.splitlines()
    assert len(hosts) == 1 and name in hosts[0].split()
    assert len(server.run("hosts", "--data", server.data).stdout.splitlines()) == 2
    stranger = Newcomer(server, Authority("unknown"))
    stranger.dial(server_hostname=name).send(connect("twin")).expect_closed()
    server.expect_why("twin", OTHER)
    why = ("why", "--data", server.data, "twin", "--account")
    assert OTHER in server.run(*why, OTHER).stdout
    assert "nothing was refused" in server.run(*why, server.account).stdout
    assert "no account 333333333333" in server.run(*why, "333333333333", check=False).stderr


def test_the_command_says_what_it_takes(server):
    def complaint(*words):
        done = server.run("account", *words, "--data", server.data, check=False)
        assert done.returncode != 0
        return done.stderr
    for word in ("create", "list", "delete", "rotate-key"):
        assert f"kedge account {word}" in server.run("account", "--help").stdout
    assert "create, list, delete or rotate-key" in complaint() and "rotate-key" in complaint("destroy")
    assert "12 digits" in complaint("create", "--id", "42")
    assert "exists already" in complaint("create", "--id", server.account)
    assert "which one?" in complaint("delete")
    assert "no account 999999999999" in complaint("delete", "--id", "999999999999")
    assert "no account 999999999999" in complaint("rotate-key", "--id", "999999999999")
    made = server.run("account", "create", "--data", server.data).stdout.split()[1]
    assert len(made) == 12 and made.isdigit()
    wait_until(lambda: made in server.run("account", "list", "--data", server.data).stdout, 1, made)
