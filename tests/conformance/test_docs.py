"""The guide, typed as it stands, and its tables held against the program."""
import json
import re
import sys

import pytest

from server import BINARY, REPOSITORY
from shell import nss_wrapper

GUIDE = REPOSITORY / "docs" / "guide"
PROVISIONING = REPOSITORY / "docs" / "provisioning"


def blocks(page, language="", folder=GUIDE):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", (folder / page).read_text(), re.S | re.M)
    return [text for name, text in found if name == language]


def test_the_quick_start_can_be_typed_from_top_to_bottom(shell, server):
    (shell.folder / "build").mkdir()
    (shell.folder / "build" / "kedge").symlink_to(BINARY)
    (shell.folder / "kedge-data").symlink_to(server.data)
    outputs = [shell.type(block).text for block in blocks("quick-start.md")]
    assert len(outputs) == 5
    assert "client-001 received CONNACK (0)\n" in outputs[3] and "received PUBACK (Mid: 1, RC:0)\n" in outputs[3]
    program, = blocks("quick-start.md", "python")
    shell.write("device.py", program)
    assert "topic b'hello'\n" in shell.type(f"{sys.executable} {shell.folder}/device.py").text
    publish, with_keys = blocks("https.md")
    assert '{"message":"OK","traceId":' in shell.type(publish).text
    assert '"topic": "lamp/a/state"' in shell.type(with_keys).text


def test_users_and_roles_as_the_page_has_them(shell):
    outputs = [shell.type(block).text for block in blocks("roles.md")]
    assert ":user/ann" in outputs[1] and "not authorized to perform: iot:CreateThing" in outputs[1]
    assert ":assumed-role/lamps/try" in outputs[3]
    assert '"accessKeyId":"ASIA' in outputs[4]


@pytest.fixture
def reader(shell, server):
    """Types the blocks of a page of docs/provisioning/; what it adds to /etc/hosts mosquitto_pub finds in a file."""
    (shell.folder / "build").mkdir()
    (shell.folder / "build" / "kedge").symlink_to(BINARY)
    (shell.folder / "kedge-data").symlink_to(server.data)
    shell.type(f"""sudo() {{ "$@"; }}
        mosquitto_pub() {{ LD_PRELOAD={nss_wrapper()} NSS_WRAPPER_HOSTS=$PWD/hosts command mosquitto_pub "$@"; }}
        echo 127.0.0.1 localhost > hosts""")
    return lambda page: [shell.type(block.replace("/etc/hosts", "hosts")).text
                         for block in blocks(page, folder=PROVISIONING)]


def test_first_connect_with_a_function_as_the_page_has_it(shell):
    outputs = [shell.type(block).text for block in blocks("jitr-function.md", "sh")]
    assert "lost, as it should be" in outputs[-1] and "received PUBACK" in outputs[-1]
    assert "lamp-" in outputs[-1] and "activated as lamp-" in outputs[-1]


def test_functions_as_the_page_has_them(shell, server):
    shell.type(f"ln -s {server.data} kedge-data")
    outputs = [shell.type(block).text for block in blocks("functions.md", "sh")]
    assert json.loads(shell.read("out.json")) == {"things": ["lamp"]}
    assert "iot.amazonaws.com" in outputs[2] and "role/kedge-development" in outputs[3] and "hello" in outputs[3]


def test_accounts_as_the_page_has_them(reader):
    outputs = reader("accounts.md")
    assert "222222222222" in outputs[0] and outputs[1].startswith("222222222222\n")
    assert "received CONNACK (0)\n" in outputs[2] and "received PUBACK" in outputs[2]
    assert "is gone" in outputs[-1]


def test_sni_only_as_the_page_has_it(reader):
    assert ['"SNI_ONLY"' in output for output in reader("sni-only.md")] == [True, True]


def test_the_life_of_a_certificate_as_the_page_has_it(reader):
    outputs = reader("life-cycle.md")
    assert "CertificateStateException" in outputs[0] and "first switched off" in outputs[0]
    assert '"transferredTo": "333333333333"' in outputs[1]
    assert "PENDING_TRANSFER" in outputs[2] and "acceptDate" in outputs[2]
    assert outputs[3] == "" and "there is no such CA yet" in outputs[4]


def test_first_connects_as_the_page_has_them(reader):
    outputs = reader("jitr.md")
    assert "The connection was lost." in outputs[2] and "connect.registered" in outputs[2] and "PENDING_ACTIVATION" in outputs[2]
    assert "received CONNACK (0)\n" in outputs[3] and "received PUBACK" in outputs[3]


def test_fleet_provisioning_as_the_page_has_it(reader):
    outputs = reader("fleet.md")
    assert '{"deviceConfiguration":{"interval":"60"},"thingName":"lamp-0042"}' in outputs[2]
    assert "received PUBACK" in outputs[3] and "principals" in outputs[3]
    assert "service.rejected" in outputs[4] and "was used already" in outputs[4]
    assert '"' in outputs[5]


def test_provisioning_at_the_first_connect_as_the_page_has_it(reader):
    outputs = reader("jitp.md")
    assert "The connection was lost." in outputs[1] and "Thing group lamps not found" in outputs[1]
    assert "Resources.thing" in outputs[1] and "PENDING_ACTIVATION" in outputs[1]
    assert "The connection was lost." in outputs[2] and '"Acme"' in outputs[2]
    assert "received CONNACK (0)\n" in outputs[2] and "received PUBACK" in outputs[2]


def test_bulk_registration_as_the_page_has_it(reader):
    outputs = reader("bulk.md")
    assert "BEGIN CERTIFICATE" in outputs[0] and ":thing/lamp" in outputs[0]
    assert '"Completed"' in outputs[1] and '"successCount": 2' in outputs[1] and '"failureCount": 1' in outputs[1]
    assert '"lineNumber":1' in outputs[2] and '"lineNumber":2,"offset"' in outputs[2] and "no good name" in outputs[2]


def test_the_options_in_the_guide_are_those_of_the_program(server):
    options, = blocks("serve.md", "text")
    assert options in server.run("serve", "--help").stdout


def test_each_event_and_reason_is_explained_in_the_guide():
    code = "".join(path.read_text() for path in (REPOSITORY / "src" / "gateway").glob("*.c"))
    events = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', code)) - {"server.json"}
    reasons = set(re.findall(r"\bX\(([A-Z_]+)\)", (REPOSITORY / "src" / "identity" / "principal.h").read_text())) - {"ADMITTED"}
    page = (GUIDE / "why.md").read_text()
    assert len(events) > 20 and len(reasons) > 10
    assert [word for word in sorted(events | reasons) if f"`{word}`" not in page] == []
