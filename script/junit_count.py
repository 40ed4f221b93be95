"""Prints how many cases of a JUnit report passed and failed: `junit_count.py REPORT`.

Skipped cases count as neither. A report without cases fails: nothing ran."""
import sys
import xml.etree.ElementTree as ElementTree

cases = ElementTree.parse(sys.argv[1]).findall(".//testcase")
failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
skipped = sum(case.find("skipped") is not None for case in cases)
print(len(cases) - failed - skipped, failed)
sys.exit(0 if cases else 1)
