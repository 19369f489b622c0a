"""A server process on the loopback: `vllm serve` of this environment, or another that has a /health."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from wire import Wire

START_SECONDS = 400
END_SECONDS = 30

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_HOST_IP": "127.0.0.1",
}


def vllm():
    return str(pathlib.Path(sys.executable).parent / "vllm")


def serve(model, port, flags):
    """Command that serves the model of a folder; `vllm` is that of this environment."""
    return ["vllm", "serve", model, "--host", "127.0.0.1", "--port", str(port), *flags]


class Server:
    """A process with its working directory; its whole process group is ended on exit."""

    def __init__(self, command, environment, folder, port, log):
        self.command = command
        self.environment = {**os.environ, **environment}
        self.folder = folder
        self.port = port
        self.log = log
        self.process = None

    def __enter__(self):
        self.start()
        try:
            self.await_health()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def start(self):
        """Refuses when something listens on the port, which would be taken for this server."""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                raise RuntimeError(f"port {self.port} is in use")
        command = [vllm(), *self.command[1:]] if self.command[0] == "vllm" else self.command
        self.process = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=self.log, stderr=subprocess.STDOUT,
                                        start_new_session=True)

    def await_health(self, path="/health", headers=None):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with {self.process.returncode}; see {self.log.name}")
            try:
                if Wire(self.port, 5).send(None, "GET", path, headers=headers).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.5)
        raise RuntimeError(f"{self.command[0]} was not healthy after {START_SECONDS} s; see {self.log.name}")

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def kill_engine(self):
        """Ends the engine's process, a child of the HTTP server, as a crash would."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        engine = next(child for child in children if "EngineCore" in pathlib.Path(f"/proc/{child}/comm").read_text() + _command(child))
        os.kill(int(engine), signal.SIGKILL)

    def kill(self):
        """Ends the server and its children at once, as the loss of the machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


def _command(process):
    return pathlib.Path(f"/proc/{process}/cmdline").read_text()
