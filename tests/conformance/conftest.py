"""What the end-to-end tests share: a server, a user's shell with either AWS CLI, devices."""
import json
import subprocess
import sys

import pytest

import server as server_module
from devices import Device
from server import BINARY, REGION, REPOSITORY, Server, clean_environment
from shell import Shell

CLIS = {"debian": "/usr/bin/aws", "current": REPOSITORY / "build" / "aws-current" / "aws"}
NEWER = CLIS["current"].parent / "python"


def pytest_configure(config):
    config.addinivalue_line("markers", "sanitized: worth running against a binary built with sanitizers, too")


def pytest_collection_modifyitems(items):
    for item in items:
        if not item.get_closest_marker("sanitized") and {"shell", "cli"}.isdisjoint(item.fixturenames):
            item.add_marker(pytest.mark.sanitized)


def pytest_runtest_setup(item):
    if not BINARY.exists():
        pytest.fail(f"there is no {BINARY}: script/build makes it", pytrace=False)


@pytest.fixture
def server(tmp_path):
    """A server of this test's own; that it stops well is part of each test."""
    one = Server(tmp_path / "server").start()
    yield one
    one.stop()


@pytest.fixture
def standard_server(tmp_path):
    """As `server`, in the profile without AWS's quotas."""
    one = Server(tmp_path / "server", "--profile", "standard").start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """One server for the tests of a module that do not disturb each other."""
    one = Server(tmp_path_factory.mktemp("shared") / "server").start()
    yield one
    one.stop()


@pytest.fixture
def iot(server):
    return server.client()


@pytest.fixture
def device(server):
    """Makes devices: `device()` may do everything, `device(policy)` what the policy says, `device(None)` nothing."""
    return lambda *arguments, **options: Device(server, *arguments, **options)


@pytest.fixture
def newer(server):
    """newer("list_thing_principals_v2", thingName="lamp"): the answer of a newer boto3's method; of another service's:
    newer("get_function_recursion_config", "lambda", FunctionName="f")."""
    if not NEWER.exists():
        pytest.skip(f"no {NEWER}; script/aws-current brings it")

    def call(method, service="iot", **arguments):
        done = subprocess.run([NEWER, REPOSITORY / "tests" / "conformance" / "newer.py", server.env["AWS_ENDPOINT_URL"], REGION,
                               service, method, json.dumps(arguments)], capture_output=True, text=True, timeout=120, check=False,
                              env={**clean_environment(), **server.env})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return call


@pytest.fixture(params=CLIS)
def cli(request):
    """The path of an AWS CLI: Debian's, and a current one."""
    path = CLIS[request.param]
    if not server_module.pathlib.Path(path).exists():
        pytest.skip(f"no {path}" + ("; script/aws-current brings it" if request.param == "current" else ""))
    return path


@pytest.fixture
def shell(server, cli, tmp_path):
    """A user's terminal after `eval "$(kedge env)"`, for each AWS CLI."""
    one = Shell(tmp_path / "home", aws=cli)
    one.type(f'eval "$(kedge env --data {server.data})"')
    yield one
    one.close()


@pytest.fixture
def terminal(server, tmp_path):
    """As `shell`, for commands other than aws; once."""
    one = Shell(tmp_path / "home", aws=CLIS["debian"])
    one.type(f'eval "$(kedge env --data {server.data})"')
    yield one
    one.close()


sys.dont_write_bytecode = True
