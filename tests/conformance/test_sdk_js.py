"""AWS's SDK for JavaScript v3 leads a thing through its whole life (life_cycle.js)."""
import shutil
import subprocess

import pytest

from server import REGION, REPOSITORY, clean_environment

SDK = REPOSITORY / "build" / "sdk-js" / "node_modules"


def test_a_whole_life_cycle_by_the_sdk_for_javascript(server):
    if not shutil.which("node"):
        pytest.skip("no node; Debian's package is nodejs")
    if not (SDK / "@aws-sdk" / "client-iot").exists():
        pytest.skip(f"no {SDK}/@aws-sdk/client-iot; script/sdk-js brings it")
    done = subprocess.run(["node", REPOSITORY / "tests" / "conformance" / "life_cycle.js"], capture_output=True, text=True,
                          timeout=120, check=False, env={**clean_environment(), **server.env, "AWS_REGION": REGION,
                                                         "NODE_PATH": str(SDK), "PATH": "/usr/local/bin:/usr/bin:/bin"})
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "done", done.stdout + done.stderr
