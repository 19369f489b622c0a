"""Endpoints that hand KV blocks over by NIXL: real ones, or simulated ones with the same flags."""

import json
import random
import time

import create_model
from meters import Meters
from server import ENVIRONMENT, Server, serve
from wire import Wire

MODEL = "tiny"
BLOCK_TOKENS = 32
# So few that a test can write over all of them.
BLOCKS = 512
CONTEXT = 2048
SEQUENCES = 8
LEASE_SECONDS = 6
ANSWER_TOKENS = 16
PREFILL_ONLY = {"do_remote_decode": True, "do_remote_prefill": False, "remote_engine_id": None, "remote_block_ids": None,
                "remote_host": None, "remote_port": None}
FLAGS = ["--served-model-name", MODEL, "--max-model-len", str(CONTEXT), "--max-num-seqs", str(SEQUENCES), "--block-size",
         str(BLOCK_TOKENS), "--num-gpu-blocks-override", str(BLOCKS), "--enable-prompt-tokens-details"]
# float32: a token computed by itself and the same token computed in a prompt give the same numbers in all digits that matter.
# Engine and worker in one process, for two of them wait for each other by spinning.
REAL_FLAGS = ["--enforce-eager", "--dtype", "float32", "--distributed-executor-backend", "uni"]
# The simulator does not know the tiny model; its times are of the order of the real ones.
SIMULATED_FLAGS = ["--latency-model", "constant", "--latency-calculator", "per-token", "--prefill-overhead", "20ms",
                   "--prefill-time-per-token", "200us", "--inter-token-latency", "15ms", "--kv-transfer-fabric", "tcp-ucx"]
# VLLM_NIXL_ABORT_REQUEST_TIMEOUT is the lease of versions without heartbeats.
NIXL = {"UCX_TLS": "tcp,sm,self", "UCX_NET_DEVICES": "lo", "VLLM_NIXL_SIDE_CHANNEL_HOST": "127.0.0.1",
        "VLLM_NIXL_ABORT_REQUEST_TIMEOUT": str(LEASE_SECONDS), "VLLM_KEEP_ALIVE_ON_ENGINE_DEATH": "1"}
# The first one keeps vLLM from putting the worker into another process again.
REAL = {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_SERVER_DEV_MODE": "1"}


class Pod(Server):
    """An endpoint with its client."""

    def __init__(self, command, environment, folder, port, log):
        super().__init__(command, {**ENVIRONMENT, **REAL, **environment}, folder, port, log)
        self.wire = Wire(port)

    def send(self, request, headers=None, **fields):
        path, body = request
        return self.wire.send(None, "POST", path, {**body, **fields}, headers=headers)

    def prefill(self, request):
        """The first leg; returns the handoff."""
        answer = self.send(request, max_tokens=1, stream=False, kv_transfer_params=PREFILL_ONLY)
        if answer.status != 200:
            raise RuntimeError(f"prefill leg: {answer.status} {answer.body[:300]}")
        return answer.json()["kv_transfer_params"]

    def forget(self):
        """Empties the prefix cache; waits for leases, for blocks that are held cannot be forgotten."""
        deadline = time.monotonic() + 4 * LEASE_SECONDS
        while time.monotonic() < deadline:
            answer = self.wire.send(None, "POST", "/reset_prefix_cache")
            if answer.status == 200 and answer.body != b'{"success":false}' and self.held() == 0:
                return
            self.step()
            time.sleep(0.5)
        raise RuntimeError("blocks are still held")

    def step(self):
        """A step of the engine, which is when it notices that a lease is over, and tells its meters."""
        self.send(_ids(random.Random(0), 1), max_tokens=1)

    def lives(self):
        """Whether the engine does; the HTTP server outlives it."""
        return self.wire.send(None, "GET", "/health").status == 200

    def held(self):
        return Meters.read(self.wire).value("vllm:kv_cache_usage_perc")


class RealPods:
    def __init__(self, folder, logs, port):
        self.folder = folder
        self.logs = logs
        self.port = port

    def pod(self, name, number, connector=True, on_load_failure="fail"):
        port = self.port + number
        flags = [*FLAGS, *REAL_FLAGS]
        if connector:
            flags += ["--kv-transfer-config", json.dumps(_transfer(on_load_failure))]
        environment = {**NIXL, "VLLM_NIXL_SIDE_CHANNEL_PORT": str(self.port + 100 + number)}
        return Pod(serve(MODEL, port, flags), environment, self.folder, port, open(self.logs / f"{name}.log", "w"))


class SimulatedPods:
    def __init__(self, llmd, version, logs, port):
        self.llmd = llmd
        self.version = version
        self.logs = logs
        self.port = port

    def pod(self, name, number, connector=True, on_load_failure="fail"):
        port = self.port + number
        flags = [*FLAGS, *SIMULATED_FLAGS, "--model", MODEL, "--emulate-version", self.version]
        if connector:
            flags += ["--kv-transfer-config", json.dumps(_transfer(on_load_failure))]
        environment = {**NIXL, "VLLM_NIXL_SIDE_CHANNEL_PORT": str(self.port + 100 + number)}
        command = [self.llmd, "sim", "--host", "127.0.0.1", "--port", str(port), *flags]
        return Pod(command, environment, self.logs, port, open(self.logs / f"{name}.log", "w"))


def _transfer(on_load_failure):
    return {"kv_connector": "NixlConnector", "kv_role": "kv_both", "kv_buffer_device": "cpu", "kv_load_failure_policy": on_load_failure,
            "kv_connector_extra_config": {"kv_lease_duration": LEASE_SECONDS, "num_threads": 1}}


LENGTHS = (1, 2, 17, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129, 200, 257, 320, 400, 512, 513, 700, 900, 1024, 1280, 1600, 2000)
# Tokens that every prompt may have: neither special ones nor beyond the vocabulary.
FIRST_TOKEN, LAST_TOKEN = 10, 800
WORDS = create_model.CORPUS.split()


def prompts(seed=0):
    """Pairs of path and body, deterministic: token ids in all lengths, around the bounds of blocks too, and chats in about as many."""
    dice = random.Random(seed)
    for length in LENGTHS:
        yield _ids(dice, length)
        yield _chat(dice, max(1, min(length // 2, 500)))


def fillers():
    """As many prompts as write over all blocks of an endpoint, and a few more."""
    dice = random.Random("fillers")
    return [_ids(dice, CONTEXT - ANSWER_TOKENS) for _ in range(BLOCKS * BLOCK_TOKENS // CONTEXT + 3)]


def long_prompt(seed, length=900):
    return _ids(random.Random(seed), length)


def _ids(dice, length):
    return "/v1/completions", {**_common(), "prompt": [dice.randrange(FIRST_TOKEN, LAST_TOKEN) for _ in range(length)]}


def _chat(dice, words):
    text = " ".join(dice.choice(WORDS) for _ in range(words))
    return "/v1/chat/completions", {**_common(), "messages": [{"role": "user", "content": text}]}


def _common():
    return {"model": MODEL, "max_tokens": ANSWER_TOKENS, "temperature": 0, "ignore_eos": True, "return_token_ids": True}


def tokens(answer):
    """Generated token ids of an answer, whole or streamed; None for one that is not a 200 or is cut."""
    if answer.status != 200 or not answer.complete:
        return None
    if (answer.header("content-type") or "").startswith("text/event-stream"):
        events = [line[6:] for line in answer.body.decode().splitlines() if line.startswith("data: ")]
        if not events or events[-1] != "[DONE]":
            return None
        events = [json.loads(event) for event in events[:-1]]
        if any("error" in event for event in events):
            return None
        choices = [choice for event in events for choice in event.get("choices", [])]
        return [token for choice in choices for token in choice.get("token_ids") or []]
    return answer.json()["choices"][0]["token_ids"]


def prompt_tokens(answer):
    return answer.json()["usage"]["prompt_tokens"]
