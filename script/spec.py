"""Clauses cited as [MQTT5-4.7.1-3], [MQTT311-3.3.1-10], [RFC 6455 5.4] or [AWS identity 2.3], and who cites them."""
import collections
import pathlib
import re

CLAUSE = re.compile(r"\[((?:MQTT5|MQTT311)-[\d.]+(?:-\d+)?|RFC \d+[^\]\n]*|AWS [^\]\n]*)\]")
SOURCES = [path for folder in ("src", "tests") for path in sorted(pathlib.Path(folder).rglob("*"))
           if path.suffix in (".c", ".h", ".py", ".scn")]


def is_test(path):
    return path.parts[0] == "tests" or path.stem.endswith(("_test", "_fuzz"))


code, tests = collections.Counter(), collections.defaultdict(list)
for path in SOURCES:
    for clause in CLAUSE.findall(path.read_text(errors="replace")):
        if is_test(path):
            if str(path) not in tests[clause]:
                tests[clause].append(str(path))
        else:
            code[clause] += 1

for clause in sorted(set(code) | set(tests)):
    print(f"{clause:32} code {code[clause]:3}  {' '.join(tests.get(clause, [])) or '-'}")
untested = sorted(clause for clause in code if clause not in tests)
print(f"\n{len(set(code) | set(tests))} clauses cited, {len(untested)} of them by no test:")
for clause in untested:
    print(f"  {clause}")
