"""A user's terminal: one bash that lives as long as the test, so commands are typed as the articles have them."""
import os
import pathlib
import select
import subprocess

from server import BINARY, clean_environment


class Result:
    def __init__(self, command, code, stdout, stderr):
        self.command, self.code, self.stdout, self.stderr = command, code, stdout, stderr

    @property
    def text(self):
        return self.stdout + self.stderr

    def __repr__(self):
        return f"$ {self.command}\n{self.stdout}{self.stderr}[{self.code}]"


class Shell:
    """`aws` is the program first in PATH, `kedge` the binary under test; the folder is the test's own."""

    def __init__(self, folder, aws=None, **environment):
        self.folder = pathlib.Path(folder)
        programs = self.folder / ".bin"
        programs.mkdir(parents=True)
        (programs / "kedge").symlink_to(BINARY)
        if aws:
            (programs / "aws").symlink_to(aws)
        env = clean_environment(HOME=str(self.folder), **environment)
        env["PATH"] = f"{programs}:{env['PATH']}"
        self.bash = subprocess.Popen(["bash", "--norc", "--noprofile"], cwd=self.folder, env=env,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def type(self, command, fails=False, timeout_s=90):
        """Runs `command` (lines of bash). It must succeed; with `fails` it must not."""
        out, err = self.folder / ".out", self.folder / ".err"
        script = f"{{\n{command}\n}} >{out} 2>{err} </dev/null\nprintf '%s\\n' $?\n"
        self.bash.stdin.write(script.encode())
        self.bash.stdin.flush()
        ready, _, _ = select.select([self.bash.stdout], [], [], timeout_s)
        if not ready:
            self.close()
            raise AssertionError(f"still running after {timeout_s} s: {command}\n{out.read_text()}{err.read_text()}")
        line = self.bash.stdout.readline()
        assert line, f"the shell ended at: {command}\n{out.read_text()}{err.read_text()}"
        result = Result(command, int(line), out.read_text(errors="replace"), err.read_text(errors="replace"))
        assert (result.code != 0) == fails, repr(result)
        return result

    def value(self, name):
        """A shell variable."""
        return self.type(f'printf %s "${name}"').stdout

    def read(self, name):
        return (self.folder / name).read_text()

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def close(self):
        if self.bash.poll() is None:
            self.bash.kill()
        self.bash.wait()
        self.bash.stdin.close()
        self.bash.stdout.close()


def nss_wrapper():
    """The library that gives a program host names of our choosing."""
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/local/lib"):
        for name in ("libnss_wrapper.so", "libnss_wrapper.so.0"):
            if os.path.exists(f"{folder}/{name}"):
                return f"{folder}/{name}"
    return None
