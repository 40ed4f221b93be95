"""The program itself: ready, locked, stopped, started again, killed."""
import concurrent.futures
import os
import pathlib
import random
import re
import signal
import stat
import subprocess
import threading
import time

import botocore.exceptions
import pytest

from devices import Authority, Client, signing_request
from server import BINARY, REGION, Server, clean_environment, is_sanitized, patience_s, wait_until
from wire import Wire, connect


def test_it_is_ready_in_under_a_second_and_idles_under_15_mib(server):
    if is_sanitized():
        pytest.skip("a sanitized binary is slower and larger")
    assert server.ready_after_s < 3, "the target is 1 s on an idle machine; this one may be busy"
    assert server.status_kib("VmRSS") < 15 * 1024


def test_its_output_says_where_it_listens_and_ends_in_ready(server):
    lines = server.stdout_path.read_text().splitlines()
    assert lines[-1] == "ready" and lines.count("ready") == 1
    for port in (server.api_port, server.mqtts_port, server.https_port, server.mqtt_port):
        assert any(f":{port}" in line for line in lines[:-1]), port


def test_env_exports_what_tools_and_devices_need(server):
    env = server.env
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", env["AWS_ENDPOINT_URL"])
    assert re.fullmatch("AKIA[A-Z0-9]{16}", env["AWS_ACCESS_KEY_ID"]) and len(env["AWS_SECRET_ACCESS_KEY"]) == 40
    assert env["AWS_DEFAULT_REGION"] == env["AWS_REGION"] == REGION
    for name in ("KEDGE_CA_FILE", "KEDGE_LEGACY_CA_FILE"):
        assert pathlib.Path(env[name]).is_absolute() and "BEGIN CERTIFICATE" in pathlib.Path(env[name]).read_text()


def test_env_fails_without_a_running_server(tmp_path, server):
    never = server.run("env", "--data", tmp_path / "never", check=False)
    assert never.returncode != 0 and never.stdout.split()[0] == "false" and never.stderr
    server.stop()
    stopped = server.run("env", "--data", server.data, check=False)
    assert stopped.returncode != 0 and stopped.stdout.split()[0] == "false" and stopped.stderr
    script = f'eval "$("{BINARY}" env --data "{server.data}")" && echo went on'
    shell = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, env=clean_environment(), check=False)
    assert shell.returncode == 1 and shell.stdout == "" and "no server is ready" in shell.stderr


def test_both_clis_reach_it_by_env_alone(shell, server):
    assert shell.type("aws sts get-caller-identity --query Account --output text").stdout.strip() == server.account
    assert shell.type("aws iot describe-endpoint --endpoint-type iot:Data-ATS --output text").stdout == "localhost\n"


def test_both_clis_reach_it_by_endpoint_url(server, cli, tmp_path):
    env = clean_environment(HOME=str(tmp_path), **{name: server.env[name] for name in (
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")})
    done = subprocess.run([cli, "--endpoint-url", server.env["AWS_ENDPOINT_URL"], "iot", "list-things", "--output", "text"],
                          env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_secrets_on_disk_are_for_their_owner_only(server):
    loose = [path for path in server.data.rglob("*") if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
             and path.suffix != ".pem"]
    assert loose == []
    for path in server.data.rglob("*.pem"):
        assert "PRIVATE KEY" not in path.read_text() or not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_hosts_lists_the_names_that_do_not_resolve_by_themselves(server, iot):
    lines = server.run("hosts", "--data", server.data).stdout.splitlines()
    names = {name for line in lines if not line.startswith("#") for name in line.split()[1:]}
    assert iot.describe_endpoint(endpointType="iot:Data")["endpointAddress"] in names


def test_coverage_lists_every_operation_of_the_model(server):
    text = server.run("api", "--coverage").stdout
    for there in ("CreateKeysAndCertificate", "RegisterCACertificate", "AttachPrincipalPolicy", "DescribeEndpoint"):
        assert re.search(rf"\b{there}\b", text), there
    operations = set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", text))
    assert len(operations) >= 272


def test_a_second_server_on_the_same_data_is_refused_and_the_first_carries_on(server, iot, tmp_path):
    second = Server(tmp_path / "second", data=server.data)
    done = subprocess.run(second.command(), capture_output=True, text=True, timeout=10, env=clean_environment(), check=False)
    assert done.returncode != 0
    assert str(server.data) in done.stderr and "ready" not in done.stdout.splitlines()
    assert iot.list_things()["things"] == []


def test_a_taken_port_is_named_in_the_refusal(server, tmp_path):
    second = Server(tmp_path / "second", "--mqtts", f"127.0.0.1:{server.mqtts_port}")
    done = subprocess.run(second.command(), capture_output=True, text=True, timeout=10, env=clean_environment(), check=False)
    assert done.returncode != 0 and str(server.mqtts_port) in done.stderr


@pytest.mark.parametrize("arguments", [["--port", "1"], ["--api", "nonsense"], ["--api", "127.0.0.1:70000"], ["--threads", "0"],
                                       ["--profile", "azure"], ["--account", "12"], ["--region"]])
def test_wrong_options_are_refused_with_a_sentence(tmp_path, arguments):
    one = Server(tmp_path, *arguments)
    done = subprocess.run(one.command(), capture_output=True, text=True, timeout=10, env=clean_environment(), check=False)
    assert done.returncode not in (0, -signal.SIGABRT, -signal.SIGSEGV)
    assert arguments[0] in done.stderr


@pytest.mark.sanitized
def test_what_it_cannot_write_at_start_is_named_and_ends_it(tmp_path):
    one = Server(tmp_path / "server")
    (one.data / "server.json.new").mkdir(parents=True)
    done = one.run(*one.command()[1:], check=False)
    assert done.returncode == 1 and "server.json.new" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_sigterm_closes_connections_and_ends_with_0(server, device):
    client = device().connect()
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < patience_s(5)
    client.expect_lost()


def test_sigterm_ends_with_0_under_half_open_connections_and_half_sent_requests(server):
    wires = [Wire(port).send(data) for port in (server.api_port, server.mqtts_port, server.https_port, server.mqtt_port)
             for data in (b"", b"\x16\x03\x01", b"POST /things/a HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")]
    server.stop()
    for wire in wires:
        wire.close()


def test_a_restart_finds_everything(server, device):
    iot = server.client()
    authority = Authority("survivor", "rsa:2048")
    authority.register(iot)
    registered = iot.register_certificate(certificatePem=authority.sign("leaf"), setAsActive=True)
    one = device()
    iot.create_thing(thingName="lamp", attributePayload={"attributes": {"colour": "red"}})
    iot.attach_thing_principal(thingName="lamp", principal=one.arn)
    client = one.connect("before")

    def everything():
        iot = server.client()
        return {
            "code": iot.get_registration_code()["registrationCode"],
            "ca": iot.describe_ca_certificate(certificateId=authority.id)["certificateDescription"],
            "leaf": iot.describe_certificate(certificateId=registered["certificateId"])["certificateDescription"],
            "device": iot.describe_certificate(certificateId=one.id)["certificateDescription"],
            "certificates": iot.list_certificates()["certificates"],
            "policy": {k: v for k, v in iot.get_policy(policyName=one.policy_name).items() if k != "ResponseMetadata"},
            "attached": iot.list_attached_policies(target=one.arn)["policies"],
            "thing": {k: v for k, v in iot.describe_thing(thingName="lamp").items() if k != "ResponseMetadata"},
            "principals": iot.list_thing_principals(thingName="lamp")["principals"],
            "endpoint": iot.describe_endpoint(endpointType="iot:Data")["endpointAddress"],
            "keys": (server.env["AWS_ACCESS_KEY_ID"], server.env["AWS_SECRET_ACCESS_KEY"]),
            "roots": [pathlib.Path(server.env[name]).read_text() for name in ("KEDGE_CA_FILE", "KEDGE_LEGACY_CA_FILE")],
        }
    before = everything()
    server.stop()
    client.expect_lost()
    server.start()
    assert everything() == before
    one.connect("after").close()


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_answered_200_survives_kill_9_in_the_middle_of_a_burst(server, seed):
    """Eight clients register without pause; the process is killed; nothing that was acknowledged is lost."""
    chance = random.Random(seed)
    csr, authority = signing_request(), Authority("burst")
    authority.register(server.client())
    leaves = [authority.sign(f"leaf {number}") for number in range(8)]
    answered, killed = [], threading.Event()

    def register(worker):
        iot = server.client()
        try:
            answered.append(("certificate", iot.register_certificate(certificatePem=leaves[worker])["certificateId"]))
            for number in range(10_000):
                if killed.is_set():
                    return
                name = f"thing-{worker}-{number}"
                iot.create_thing(thingName=name)
                answered.append(("thing", name))
                made = iot.create_certificate_from_csr(certificateSigningRequest=csr, setAsActive=True)
                answered.append(("certificate", made["certificateId"]))
                iot.attach_thing_principal(thingName=name, principal=made["certificateArn"])
                answered.append(("attached", (name, made["certificateArn"])))
        except botocore.exceptions.BotoCoreError:
            assert killed.wait(5)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(register, worker) for worker in range(8)]
        while len(answered) < 150 + chance.randrange(100):
            time.sleep(0.002)
        killed.set()
        server.kill()
    for future in futures:
        future.result()

    server.start()
    iot = server.client()
    check = {"thing": lambda name: iot.describe_thing(thingName=name)["thingName"] == name,
             "certificate": lambda id_: iot.describe_certificate(certificateId=id_)["certificateDescription"]["certificateId"] == id_,
             "attached": lambda pair: iot.list_thing_principals(thingName=pair[0])["principals"] == [pair[1]]}
    assert len(answered) >= 150
    for kind, what in answered:
        assert check[kind](what), (kind, what)


def test_a_second_account_is_a_world_of_its_own(server, iot):
    server.run("account", "create", "--data", server.data, "--id", "222222222222")
    text = server.run("env", "--data", server.data, "--account", "222222222222").stdout
    secret = {name: re.search(rf"{name}=['\"]?([^'\"\n]+)", text).group(1) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    other = {"aws_access_key_id": secret["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": secret["AWS_SECRET_ACCESS_KEY"]}
    assert server.client("sts", **other).get_caller_identity()["Account"] == "222222222222"
    iot.create_thing(thingName="mine")
    assert server.client(**other).list_things()["things"] == []
    host = server.client(**other).describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    assert re.fullmatch(r"[a-z0-9]{13,14}-ats\.iot\.ap-northeast-1\.kedge\.test", host)
    assert host in server.run("hosts", "--data", server.data).stdout


def test_one_loop_thread_serves_as_well_as_four(tmp_path):
    for threads in (1, 4):
        one = Server(tmp_path / str(threads), "--threads", str(threads)).start()
        clients = [Client(None, f"client-{number}", server=one).expect_connected().subscribe("t") for number in range(8)]
        clients[0].publish("t", "to all")
        for client in clients:
            assert client.receive().payload == b"to all"
            client.close()
        one.stop()


def test_log_lines_are_one_per_event(server, device):
    device().connect("logged").close()
    Wire(server.mqtt_port).send(connect("$refused")).close()
    time.sleep(0.2)
    log = server.stderr_path.read_text()
    assert any("logged" in line for line in log.splitlines())
    assert "-----BEGIN" not in log and server.env["AWS_SECRET_ACCESS_KEY"] not in log


def test_what_is_doubtful_in_a_policy_is_said(server, iot):
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"Publish","Resource":"arn:aws:iot:*:*:topic/a/#"}]}'
    assert server.run("lint", "--data", server.data).stdout == "nothing to remark\n"
    iot.create_policy(policyName="odd", policyDocument=document)
    lines = server.run("lint", "--data", server.data, "odd").stdout.splitlines()
    assert len(lines) == 2 and all(line.startswith("odd: Statement 1: ") for line in lines), lines
    assert server.run("lint", "--data", server.data).stdout.splitlines() == lines
    wait_until(lambda: "policy.doubtful" in server.stderr_path.read_text(), 2, "the log names it")
    unknown = server.run("lint", "--data", server.data, "even", check=False)
    assert unknown.returncode == 1 and "Policy not found" in unknown.stderr


@pytest.mark.sanitized
def test_a_killed_servers_process_id_taken_by_another_is_no_server(server):
    server.kill()
    text = (server.data / "server.json").read_text()
    (server.data / "server.json").write_text(re.sub(r'"pid":\d+', f'"pid":{os.getpid()}', text))
    done = server.run("hosts", "--data", server.data, check=False)
    assert done.returncode == 1 and "no server is ready" in done.stderr
    server.start()


def test_a_log_that_nobody_reads_holds_up_nobody(tmp_path, server):
    """Standard error is a pipe that is full: devices and tools are served, and the server stops when asked."""
    reading, writing = os.pipe()
    data = tmp_path / "mute"
    process = subprocess.Popen([*Server(tmp_path / "mute-server", data=data).command(), "--log-level", "debug"], stderr=writing,
                               stdout=subprocess.PIPE, env=clean_environment(), cwd=tmp_path)
    os.close(writing)
    while process.stdout.readline().strip() != b"ready":
        assert process.poll() is None
    one = Server(tmp_path / "mute-server", data=data)
    one.env = one.exports()
    for number in range(3000):
        wire = Wire(one.mqtt_port).send(connect(f"client-{number}-{'x' * 60}"))
        assert wire.receive()[0] == 2
        wire.close()
    one.client().create_thing(thingName="served")
    process.terminate()
    assert process.wait(patience_s(10)) == 0
    os.close(reading)
    process.stdout.close()


def test_more_connections_than_files_leave_those_served_who_are_in(tmp_path):
    """256 open files: half are for connections, the rest for the store; the refused are told of in the log."""
    one = Server(tmp_path / "server")
    one.command = lambda: ["prlimit", "--nofile=256:256", *Server.command(one)]
    one.start()
    first = Client(None, "first", server=one).expect_connected().subscribe("t")
    crowd = [Wire(one.mqtt_port) for _ in range(300)]
    wait_until(lambda: "connection.refused" in one.stderr_path.read_text(), patience_s(3), "the log says that it is full")
    first.publish("t", "still here")
    assert first.receive().payload == b"still here"
    assert one.run("check", "--data", one.data).returncode == 0
    for wire in crowd:
        wire.close()
    wait_until(lambda: one.client().create_thing(thingName="room again"[:4]), patience_s(3), "room for others")
    Client(None, "second", server=one).expect_connected().close()
    first.close()
    one.stop()
