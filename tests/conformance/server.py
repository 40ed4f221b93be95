"""A Kedge server of a test's own: started, asked, stopped, killed.

KEDGE_BINARY names the binary under test (build/kedge when unset). Each server has a data directory of its
own and takes free ports, so tests run side by side."""
import functools
import os
import pathlib
import re
import signal
import subprocess
import time

import boto3
import botocore.config
import botocore.session

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("KEDGE_BINARY", REPOSITORY / "build" / "kedge"))
REGION = "ap-northeast-1"
READY_WITHIN_S = 30  # generous: a sanitized binary on a busy machine


def clean_environment(**more):
    """What a new login has, and none of this machine's AWS settings."""
    keep = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
    return {"PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "PYTHONWARNINGS": "ignore", **keep, **more}


@functools.lru_cache(maxsize=None)
def service_models():
    """botocore's session: reading its models takes a second, so once per process."""
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
    return botocore.session.Session()


@functools.lru_cache(maxsize=None)
def is_sanitized():
    return b"__asan_init" in BINARY.read_bytes()


def patience_s(seconds):
    """How long to wait for what should take `seconds`: a sanitized binary may take longer."""
    return seconds * (5 if is_sanitized() else 1)


def wait_until(condition, within_s, what):
    end = time.monotonic() + within_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        time.sleep(0.005)


class Server:
    def __init__(self, folder, *options, data=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.options = options
        self.process = None
        self.starts = 0
        self.env = {}

    def command(self):
        return [str(BINARY), "serve", "--data", str(self.data), "--region", REGION, "--api", "127.0.0.1:0",
                "--mqtts", "127.0.0.1:0", "--https", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", *self.options]

    def start(self):
        self.starts += 1
        self.stdout_path = self.folder / f"server-{self.starts}.out"
        self.stderr_path = self.folder / f"server-{self.starts}.err"
        begun = time.monotonic()
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=clean_environment(), cwd=self.folder)

        def ready():
            assert self.process.poll() is None, f"ended with {self.process.returncode} before it was ready\n{self.log()}"
            return "ready" in self.stdout_path.read_text().splitlines()
        try:
            wait_until(ready, READY_WITHIN_S, "the line `ready`")
        except AssertionError as late:
            self.process.kill()
            raise AssertionError(f"{late}\n{self.log()}") from None
        self.ready_after_s = time.monotonic() - begun
        self.env = self.exports()
        return self

    def stop(self):
        """SIGTERM; the server drains and ends with 0, no sanitizer has anything to say, and the data is in order."""
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"still there 20 s after SIGTERM\n{self.log()}") from None
        assert code == 0, f"ended with {code} after SIGTERM\n{self.log()}"
        assert "Sanitizer" not in self.log() and "runtime error" not in self.log(), self.log()
        self.check()

    def check(self):
        """Whatever a test did, what it leaves on disk is in order."""
        done = self.run("check", "--data", self.data, check=False)
        assert done.returncode == 0 and "is in order" in done.stdout, done.stdout + done.stderr

    def kill(self):
        process, self.process = self.process, None
        process.kill()
        process.wait()

    def log(self, lines=60):
        text = ""
        for path in (self.stdout_path, self.stderr_path):
            text += f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) + "\n"
        return text

    # The command line

    def run(self, *arguments, check=True, timeout_s=30):
        done = subprocess.run([str(BINARY), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout_s, env=clean_environment(), cwd=self.folder)
        assert not check or done.returncode == 0, f"kedge {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def exports(self, account=None):
        """What `eval "$(kedge env)"` leaves in a shell."""
        more = f" --account {account}" if account else ""
        script = f'eval "$("{BINARY}" env --data "{self.data}"{more})" && env -0'
        done = subprocess.run(["bash", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
                              env=clean_environment(), check=False)
        assert done.returncode == 0, f"kedge env: {done.stderr.decode()}"
        pairs = (entry.split("=", 1) for entry in done.stdout.decode().split("\0") if entry)
        return {name: value for name, value in pairs if re.match("AWS_|KEDGE_", name)}

    def expect_why(self, who, *parts):
        """`kedge why` prints one reason that has all `parts`; reasons reach the disk a moment after the event."""
        def told():
            reasons = re.split(r"^(?=\d{4}-)", self.run("why", "--data", self.data, who, check=False).stdout, flags=re.M)
            return any(all(part in reason for part in parts) for reason in reasons)
        wait_until(told, patience_s(2), f"kedge why {who} with {parts}: {self.run('why', '--data', self.data, who, check=False).stdout}")

    def status_kib(self, field):
        """A line of /proc/PID/status, such as VmRSS."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+)", text, re.M).group(1))

    # Where it listens

    @property
    def api_port(self):
        return int(self.env["AWS_ENDPOINT_URL"].rsplit(":", 1)[1].rstrip("/"))

    @property
    def mqtts_port(self):
        return int(self.env["KEDGE_MQTTS_PORT"])

    @property
    def https_port(self):
        return int(self.env["KEDGE_HTTPS_PORT"])

    @property
    def mqtt_port(self):
        return int(self.env["KEDGE_MQTT_PORT"])

    @property
    def account(self):
        return self.client("sts").get_caller_identity()["Account"]

    def client_of(self, account, service="iot"):
        """A boto3 client with the keys of another account."""
        env = self.exports(account)
        return self.client(service, aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                           aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])

    def client(self, service="iot", **overrides):
        """A boto3 client; no retries, so that a test sees each answer once."""
        config = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=30,
                                        max_pool_connections=32)
        settings = {"region_name": REGION, "endpoint_url": self.env["AWS_ENDPOINT_URL"],
                    "aws_access_key_id": self.env["AWS_ACCESS_KEY_ID"],
                    "aws_secret_access_key": self.env["AWS_SECRET_ACCESS_KEY"], "config": config, **overrides}
        return boto3.Session(botocore_session=service_models()).client(service, **settings)
