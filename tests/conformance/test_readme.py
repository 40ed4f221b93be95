"""The README's walkthrough, taken from the README and typed."""
import re

from server import BINARY, REPOSITORY


def blocks():
    """The code blocks below the first heading of level 2, and what they are told to print."""
    walkthrough = (REPOSITORY / "README.md").read_text().split("\n## ")[1]
    return re.findall(r"^```\n(.*?)^```$", walkthrough, re.S | re.M)


def test_each_command_of_the_readme_does_what_it_says(shell, server):
    (shell.folder / "build").mkdir()
    (shell.folder / "build" / "kedge").symlink_to(BINARY)
    (shell.folder / "kedge-data").symlink_to(server.data)
    outputs = [shell.type(block).text for block in blocks()]
    assert len(outputs) == 6
    assert "anyclientID received CONNACK (0)\n" in outputs[4] and "received PUBACK (Mid: 1, RC:0)\n" in outputs[4]
    assert "Error: The connection was lost." in outputs[5]
    assert "policy" in outputs[5] and shell.value("CERT_ARN").rsplit("/", 1)[1] in outputs[5]
