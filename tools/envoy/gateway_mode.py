"""Starts two simulated endpoints, the scheduler and Envoy, and checks what clients of Envoy get."""

import argparse
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

MODEL = "sim-8b"
CHAT = "/v1/chat/completions"
SCHEDULING = """\
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
  - {name: queue, type: queue-scorer}
  - {name: busy, type: active-request-scorer}
  - {name: cache, type: prefix-cache-scorer}
  - {name: best, type: max-score-picker}
schedulingProfiles:
  - name: default
    plugins: [{pluginRef: queue, weight: 1}, {pluginRef: busy, weight: 1}, {pluginRef: cache, weight: 2}, {pluginRef: best}]
"""


class Processes:
    """What was started, to be ended in the end."""

    def __init__(self, out):
        self.out = out
        self.running = {}

    def start(self, name, command):
        log = open(self.out / f"{name}.log", "w", encoding="utf-8")
        self.running[name] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def end(self, name):
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def end_all(self):
        for name in list(self.running):
            self.end(name)


def until(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {seconds} s")


class Client:
    """A client of Envoy."""

    def __init__(self, base):
        self.base = base

    def send(self, path, body=None, headers=None, method=None):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data=data, headers={"content-type": "application/json", **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.headers, e.read().decode()

    def chat(self, text, tokens=4, headers=None, **more):
        body = {"model": MODEL, "max_tokens": tokens, "messages": [{"role": "user", "content": text}], **more}
        return self.send(CHAT, body, headers)

    def raw(self, head, body, leave_after=None):
        host, port = self.base.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(head + body)
            received = b""
            while True:
                part = connection.recv(65536)
                received += part
                if not part or leave_after is not None and leave_after in received:
                    return received.decode(errors="replace")


def meter(port, name):
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/actuator/prometheus", timeout=10).read().decode()
    lines = [line for line in page.splitlines() if re.match(re.escape(name) + r"[{ ]", line)]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def envoy_config(args, is_open):
    text = (pathlib.Path(__file__).parent / "envoy.yaml").read_text(encoding="utf-8")
    for name, value in {"@CLIENTS@": args.port, "@ADMIN@": args.port + 1, "@PICKER@": args.port + 2, "@OPEN@": str(is_open).lower()}.items():
        text = text.replace(name, str(value))
    path = args.out / "envoy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def start_scheduler(processes, args):
    scheduling = args.out / "scheduling.yaml"
    scheduling.write_text(SCHEDULING, encoding="utf-8")
    endpoints = args.out / "endpoints.yaml"
    endpoints.write_text("endpoints:\n" + "".join(
        f"  - {{name: sim-{i}, address: 127.0.0.1, port: {args.port + 10 + i}}}\n" for i in range(2)), encoding="utf-8")
    settings = {
        "server.port": args.port + 4,
        "management.server.port": args.port + 5,
        "spring.cloud.config.enabled": "false",
        "scheduler.discovery.file": endpoints,
        "scheduler.discovery.allow-loopback": "true",
        "scheduler.ext-proc.enabled": "true",
        "scheduler.ext-proc.address": "127.0.0.1",
        "scheduler.ext-proc.port": args.port + 2,
        "scheduler.ext-proc.health-port": args.port + 3,
    }
    processes.start("scheduler", [args.llmd, "serve", "--roles", "scheduler", "--config", str(scheduling)]
                    + [f"--set={name}={value}" for name, value in settings.items()])


def is_picker_healthy(args):
    clusters = urllib.request.urlopen(f"http://127.0.0.1:{args.port + 1}/clusters", timeout=5).read().decode()
    return f"picker::127.0.0.1:{args.port + 2}::health_flags::healthy" in clusters


def served(args):
    """Requests that each endpoint has finished."""
    counts = []
    for i in range(2):
        page = urllib.request.urlopen(f"http://127.0.0.1:{args.port + 10 + i}/metrics", timeout=5).read().decode()
        counts.append(sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines()
                          if line.startswith("vllm:request_success_total{")))
    return counts


def checks(client, args):
    """Each check prints what it saw; an assertion ends the run."""
    status, headers, body = client.chat("Hello")
    assert status == 200 and headers["x-went-into-resp-headers"] == "true", (status, headers.items())
    assert json.loads(body)["usage"]["completion_tokens"] == 4
    yield "chat", f"{status}, {len(body)} bytes"

    status, _, body = client.chat("Hello", tokens=6, stream=True, stream_options={"include_usage": True})
    assert status == 200 and body.rstrip().endswith("data: [DONE]") and '"completion_tokens":6' in body, body[-300:]
    yield "stream", f"{status}, {body.count('data: ')} events"

    status, _, body = client.send("/v1/models")
    assert status == 200 and json.loads(body)["data"][0]["id"] == MODEL
    yield "GET without a body", f"{status}"

    status, _, body = client.chat("Hello", model="mine", headers={"x-llm-d-model-name-rewrite": MODEL})
    assert status == 200 and json.loads(body)["model"] == "mine", body
    yield "model rewrite, there and back", f"{status}, model {json.loads(body)['model']}"

    status, _, body = client.chat("Hello", stream=True, model="mine", headers={"x-llm-d-model-name-rewrite": MODEL})
    assert status == 200 and '"model":"mine"' in body and MODEL not in body, body[:300]
    yield "the same in a stream", f"{status}"

    status, _, body = client.send(CHAT, b'{"model"')
    assert status == 400 and json.loads(body)["error"]["type"] == "invalid_request_error", body
    yield "no JSON", f"{status}, {json.loads(body)['error']['message']}"

    status, headers, body = client.chat("never seen before " * 200, headers={"prefer": "if-available"})
    assert status == 412, (status, body)
    yield "Prefer: if-available of an unknown prompt", f"{status}"

    status, _, _ = client.chat("Hello", headers={"x-gateway-destination-endpoint": "192.0.2.1:80"})
    assert status == 200
    yield "a destination of the client's own", f"{status}, not followed"

    long = "international " * 30_000
    status, _, body = client.chat(long, tokens=1)
    assert status == 200, body[:200]
    yield "a body of 420 KB", f"{status}"

    body = json.dumps({"model": MODEL, "max_tokens": 2, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    head = (b"POST " + CHAT.encode() + b" HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\n"
            b"transfer-encoding: chunked\r\ntrailer: x-a\r\n\r\n")
    answer = client.raw(head, b"%x\r\n" % len(body) + body + b"\r\n0\r\nx-a: 1\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200"), answer[:200]
    yield "a body in chunks with a trailer", "200"

    before = served(args)
    shared = "All of these prompts begin with the same words, and many of them. " * 60
    for i in range(12):
        assert client.chat(shared + str(i), tokens=1)[0] == 200
    gained = [after - was for was, after in zip(before, served(args))]
    assert max(gained) >= 11, gained
    yield "12 prompts with one beginning", f"{gained[0]:.0f} and {gained[1]:.0f} of the two endpoints"

    body = json.dumps({"model": MODEL, "max_tokens": 500, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    head = (b"POST " + CHAT.encode() + b" HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(body))
    clients = [threading.Thread(target=client.raw, args=(head, body, b'"content":"')) for _ in range(30)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    until("leases end", lambda: meter(args.port + 5, "scheduler_leases") == 0, 20)
    assert meter(args.port + 5, "scheduler_leases_reaped_total") == 0
    yield "30 clients that leave in mid-stream", "no lease is left"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--envoy", required=True)
    parser.add_argument("--llmd", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--port", required=True, type=int)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    processes = Processes(args.out)
    client = Client(f"http://127.0.0.1:{args.port}")
    try:
        for i in range(2):
            processes.start(f"sim-{i}", [args.llmd, "sim", "--port", str(args.port + 10 + i), "--model", MODEL,
                                          "--max-model-len", "131072", "--kv-cache-size", "20000"])
        start_scheduler(processes, args)
        processes.start("envoy", [args.envoy, "-c", str(envoy_config(args, False)), "--concurrency", "1", "-l", "warning"])
        until("the scheduler is healthy for Envoy", lambda: is_picker_healthy(args), 120)
        until("a chat is answered", lambda: client.chat("Hello")[0] == 200)
        for what, seen in checks(client, args):
            print(f"ok  {what}: {seen}", flush=True)

        processes.end("scheduler")
        status, _, _ = client.chat("Hello")
        assert status >= 500, status
        print(f"ok  the scheduler is gone, fail-close: {status}", flush=True)
        processes.end("envoy")
        processes.start("envoy", [args.envoy, "-c", str(envoy_config(args, True)), "--concurrency", "1", "-l", "warning"])
        start_scheduler(processes, args)
        until("the scheduler is healthy again", lambda: is_picker_healthy(args), 120)
        until("a chat is answered again", lambda: client.chat("Hello")[0] == 200)
        print("ok  the scheduler is back: 200", flush=True)
        processes.end("scheduler")
        status, _, _ = client.chat("Hello")
        assert status in (500, 503), status  # 500 where a part of the body was sent before Envoy saw it
        print(f"ok  the scheduler is gone, fail-open to a cluster of original destinations: {status}", flush=True)
    finally:
        processes.end_all()


if __name__ == "__main__":
    sys.exit(main())
