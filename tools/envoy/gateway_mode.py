"""Starts simulated endpoints, the scheduler and Envoy, and checks what clients of Envoy get."""

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

# One request at a time on each endpoint, and one that waits for a little while.
SHEDDING = """\
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
featureGates: [flowControl]
plugins:
  - {name: full, type: concurrency-detector, parameters: {maxConcurrency: 1}}
  - {name: busy, type: active-request-scorer}
  - {name: best, type: max-score-picker}
flowControl:
  saturationDetector: {pluginRef: full}
  defaultRequestTTL: 500ms
  maxRequests: 1
schedulingProfiles:
  - name: default
    plugins: [{pluginRef: busy, weight: 1}, {pluginRef: best}]
"""

# Every prompt is computed on an endpoint for prefill.
SPLIT = """\
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
  - {name: always, type: always-disagg-pd-decider}
  - {name: stages, type: disagg-profile-handler, parameters: {deciders: {prefill: always}}}
  - {name: only-prefill, type: prefill-filter}
  - {name: only-decode, type: decode-filter}
  - {name: busy, type: active-request-scorer}
  - {name: best, type: max-score-picker}
schedulingProfiles:
  - {name: prefill, plugins: [{pluginRef: only-prefill}, {pluginRef: busy, weight: 1}, {pluginRef: best}]}
  - {name: decode, plugins: [{pluginRef: only-decode}, {pluginRef: busy, weight: 1}, {pluginRef: best}]}
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

    def kill(self, name):
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def end_all(self):
        for name in list(self.running):
            self.end(name)


def until(what, condition, seconds=300):
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


def envoy_config(args):
    text = (pathlib.Path(__file__).parent / "envoy.yaml").read_text(encoding="utf-8")
    ports = {"@CLIENTS@": 0, "@ADMIN@": 1, "@PICKER@": 2, "@OPEN@": 6, "@UNKNOWN@": 7, "@FIRST@": 10, "@SECOND@": 11}
    for name, offset in ports.items():
        text = text.replace(name, str(args.port + offset))
    path = args.out / "envoy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def write(path, text):
    """Puts a file in the place of another one at once, as editors and Kubernetes do."""
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    return path


def start_scheduler(processes, args):
    scheduling = write(args.out / "scheduling.yaml", SCHEDULING)
    endpoints = write(args.out / "endpoints.yaml", "endpoints:\n" + "".join(
        f"  - {{name: sim-{i}, address: 127.0.0.1, port: {args.port + 10 + i}}}\n" for i in range(2)))
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


def is_picker(args, flag):
    clusters = urllib.request.urlopen(f"http://127.0.0.1:{args.port + 1}/clusters", timeout=5).read().decode()
    return f"picker::127.0.0.1:{args.port + 2}::health_flags::{flag}" in clusters


def is_picker_healthy(args):
    return is_picker(args, "healthy")


def served(args, numbers=(0, 1)):
    """Requests that each endpoint has finished."""
    counts = []
    for i in numbers:
        page = urllib.request.urlopen(f"http://127.0.0.1:{args.port + 10 + i}/metrics", timeout=5).read().decode()
        counts.append(sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines()
                          if line.startswith("vllm:request_success_total{")))
    return counts


def openai_checks(args):
    """The same as clients of OpenAI's own library see it."""
    try:
        import openai
    except ImportError:
        yield "OpenAI's client", "not installed, left out"
        return
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{args.port}/v1", api_key="none", max_retries=0, timeout=60)
    messages = [{"role": "user", "content": "Hello"}]
    answer = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=4)
    assert answer.usage.completion_tokens == 4 and answer.choices[0].message.content, answer
    yield f"OpenAI's client {openai.__version__}, chat", f"{answer.usage.completion_tokens} tokens"
    chunks = list(client.chat.completions.create(
        model="mine", messages=messages, max_tokens=6, stream=True, stream_options={"include_usage": True},
        extra_headers={"x-llm-d-model-name-rewrite": MODEL}))
    assert chunks[-1].usage.completion_tokens == 6 and {chunk.model for chunk in chunks} == {"mine"}, chunks
    yield "OpenAI's client, a stream under another name", f"{len(chunks)} chunks, {chunks[-1].usage.completion_tokens} tokens"
    assert [model.id for model in client.models.list()] == [MODEL]
    yield "OpenAI's client, models", MODEL
    try:
        client.chat.completions.create(model=MODEL, messages=[])
        raise AssertionError("no messages, and no error")
    except openai.BadRequestError as e:
        yield "OpenAI's client, no messages", f"{type(e).__name__}, {e.type}"


def shedding_checks(client, args):
    """Two endpoints that take one request each, a queue of one, and what comes beyond."""
    write(args.out / "scheduling.yaml", SHEDDING)
    body = json.dumps({"model": MODEL, "max_tokens": 3000, "stream": True, "ignore_eos": True,
                       "messages": [{"role": "user", "content": "Hi"}]}).encode()
    head = (b"POST " + CHAT.encode() + b" HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(body))
    host, port = client.base.removeprefix("http://").split(":")
    running = []
    seen = {}

    def overloaded():
        """Opens streams until one is not served, and then sends three requests at once."""
        stream = socket.create_connection((host, int(port)), timeout=30)
        running.append(stream)
        stream.sendall(head + body)
        if stream.recv(65536).startswith(b"HTTP/1.1 200"):
            return False
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(client.chat("Hello"))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for status, headers, text in answers:
            assert status == 429 and int(headers["retry-after"]) >= 0, (status, text)
            assert json.loads(text)["error"]["type"] == "rate_limit_error", text
            seen[headers["x-llm-d-request-dropped-reason"]] = status
        return {"rejected-saturated", "rejected-ttl-expired"} <= set(seen)

    until("requests are shed", overloaded, 30)
    yield "more than two requests, and one that waits", ", ".join(f"{seen[reason]} {reason}" for reason in sorted(seen))
    for stream in running:
        stream.close()
    until("there is room again", lambda: client.chat("Hello")[0] == 200, 20)
    yield "when those are gone", "200"
    write(args.out / "scheduling.yaml", SCHEDULING)


def split_checks(client, args, processes):
    """An endpoint for prefill, and one for decode behind our gateway as its sidecar."""
    prefill, decode, sidecar = args.port + 12, args.port + 13, args.port + 14
    for name, port in (("prefill", prefill), ("decode", decode)):
        processes.start(name, [args.llmd, "sim", "--port", str(port), "--model", MODEL, "--role", name, "--kv-connector", "nixl",
                               "--nixl-side-channel-host", "127.0.0.1", "--nixl-side-channel-port", "0"])
    settings = {
        "server.port": sidecar,
        "server.address": "127.0.0.1",
        "management.server.port": args.port + 15,
        "spring.cloud.config.enabled": "false",
        "gateway.sidecar.decoder": f"http://127.0.0.1:{decode}",
        "gateway.sidecar.allow": f"127.0.0.1:{prefill}",
    }
    processes.start("sidecar", [args.llmd, "serve", "--roles", "sidecar"] + [f"--set={n}={v}" for n, v in settings.items()])
    sidecar_client = Client(f"http://127.0.0.1:{sidecar}")
    until("the sidecar serves", lambda: sidecar_client.chat("Hello")[0] == 200)
    write(args.out / "endpoints.yaml", f"""endpoints:
  - {{name: prefill, address: 127.0.0.1, port: {prefill}, labels: {{llm-d.ai/role: prefill}}}}
  - {{name: decode, address: 127.0.0.1, port: {sidecar}, labels: {{llm-d.ai/role: decode}}}}
""")
    write(args.out / "scheduling.yaml", SPLIT)

    def is_split():
        before = served(args, (2, 3))
        assert client.chat("Which of you two reads this?")[0] == 200
        return [after - was for was, after in zip(before, served(args, (2, 3)))] == [1, 1]

    until("requests are split", is_split, 30)
    before = served(args, (2, 3))
    status, headers, body = client.chat("A prompt for one endpoint, and an answer of another one. " * 30, tokens=8)
    assert status == 200 and "x-llmd-disaggregation-fallback" not in headers, (status, headers.items())
    assert json.loads(body)["usage"]["completion_tokens"] == 8, body
    gained = [after - was for was, after in zip(before, served(args, (2, 3)))]
    assert gained == [1, 1], gained
    yield "prefill and decode by x-prefiller-host-port", f"{status}, prefill {gained[0]:.0f}, decode {gained[1]:.0f} request"

    before = served(args, (2, 3))
    status, _, body = client.chat("The same in a stream. " * 30, tokens=8, stream=True, stream_options={"include_usage": True})
    assert status == 200 and body.rstrip().endswith("data: [DONE]") and '"completion_tokens":8' in body, body[-300:]
    gained = [after - was for was, after in zip(before, served(args, (2, 3)))]
    assert gained == [1, 1], gained
    yield "the same in a stream", f"{status}, {body.count('data: ')} events, prefill {gained[0]:.0f}, decode {gained[1]:.0f} request"

    status, _, _ = client.chat("Hello", headers={"x-prefiller-host-port": "192.0.2.1:80"})
    assert status == 200, status
    status, _, _ = sidecar_client.chat("Hello", headers={"x-prefiller-host-port": "192.0.2.1:80"})
    assert status == 403, status
    yield "a prefill endpoint of the client's own", "200, not followed; 403 of the sidecar without Envoy"


def checks(client, args):
    """Requests of all kinds."""
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


def outage_checks(processes, client, args):
    """The scheduler goes and comes back, and so does each of the listeners."""
    known, unknown = (Client(f"http://127.0.0.1:{args.port + offset}") for offset in (6, 7))
    for each in (known, unknown):
        assert each.chat("Hello")[0] == 200
    yield "all three listeners, with the scheduler", "200"
    processes.kill("scheduler")
    status, _, _ = client.chat("Hello")
    assert status in (500, 503), status
    yield "the scheduler is killed, fail-close", f"{status}"
    statuses = [known.send("/v1/models")[0] for _ in range(4)]
    assert statuses == [200] * 4, statuses
    yield "fail-open to endpoints that Envoy knows, at once, without a body", "4 of 4"
    until("Envoy knows that the scheduler is gone", lambda: is_picker(args, "/failed_active_hc"), 20)
    before = served(args)
    statuses = [known.chat(f"Hello {i}")[0] for i in range(6)]
    assert statuses == [200] * 6, statuses
    gained = [after - was for was, after in zip(before, served(args))]
    assert min(gained) >= 1 and sum(gained) == 6, gained
    yield "the same with a body, when health checks have failed", f"6 of 6, {gained[0]:.0f} and {gained[1]:.0f} of the two endpoints"
    status, _, _ = unknown.chat("Hello")
    assert status in (500, 503), status
    yield "fail-open to a cluster of original destinations", f"{status}"
    start_scheduler(processes, args)
    until("the scheduler is healthy again", lambda: is_picker_healthy(args))
    until("a chat is answered again", lambda: client.chat("Hello")[0] == 200)
    yield "the scheduler is back", "200"


def show(results):
    """Prints what each check saw; an assertion ends the run."""
    for what, seen in results:
        print(f"ok  {what}: {seen}", flush=True)


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
        processes.start("envoy", [args.envoy, "-c", str(envoy_config(args)), "--concurrency", "1", "-l", "warning"])
        until("the scheduler is healthy for Envoy", lambda: is_picker_healthy(args))
        until("a chat is answered", lambda: client.chat("Hello")[0] == 200)
        show(checks(client, args))
        show(openai_checks(args))
        show(outage_checks(processes, client, args))
        show(shedding_checks(client, args))
        show(split_checks(client, args, processes))
    finally:
        processes.end_all()


if __name__ == "__main__":
    sys.exit(main())
