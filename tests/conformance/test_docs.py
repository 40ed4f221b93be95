"""The guide, typed as it stands, and its tables held against the program."""
import re
import sys

from server import BINARY, REPOSITORY

GUIDE = REPOSITORY / "docs" / "guide"


def blocks(page, language=""):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", (GUIDE / page).read_text(), re.S | re.M)
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
