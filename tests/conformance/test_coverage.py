"""What `kedge api --coverage` counts as done has been called by a real client in these tests.

Read from the tests' own text: a call of a client's method (`iot.create_thing(…)`), an operation named to a helper, or
a command that is typed (`aws iot create-thing`), there or in the guide's pages that are typed as they stand."""
import ast
import re

from botocore import xform_name

from server import BINARY, REPOSITORY, clean_environment
import subprocess

HERE = REPOSITORY / "tests" / "conformance"


def done():
    """{(service, operation)} of the table."""
    text = subprocess.run([BINARY, "api", "--coverage"], capture_output=True, text=True, check=True, timeout=30,
                          env=clean_environment()).stdout
    rows = (line.split() for line in text.splitlines())
    return {(row[0], row[1]) for row in rows if len(row) >= 3 and row[2] == "done"}


def called_methods(source):
    """Names of the methods that are called, given to something that calls them, or named to a helper."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z0-9_]+|[A-Z]\w+", node.value):
            names.add(node.value)
    return names


def typed_commands(text):
    """`aws iot create-thing` → ("iot", "create-thing")."""
    return set(re.findall(r"aws(?: --[\w-]+ \S+)* ([\w-]+)\s+([a-z0-9-]+)", text))


def test_each_operation_that_is_done_has_been_called():
    sources = [path.read_text() for path in HERE.glob("*.py") if path.name != "test_coverage.py"]
    pages = [path.read_text() for path in [*(REPOSITORY / "docs").rglob("*.md"), REPOSITORY / "README.md"]]
    methods = set().union(*map(called_methods, sources))
    commands = set().union(*map(typed_commands, sources + pages))
    missing = sorted(f"{service}:{operation}" for service, operation in done()
                     if xform_name(operation) not in methods and operation not in methods
                     and (service, xform_name(operation, "-")) not in commands)
    assert missing == []


