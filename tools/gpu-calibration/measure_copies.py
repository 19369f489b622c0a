"""Measures copies of KV blocks between the GPU at hand and its host, and within the GPU; see README.md."""

import argparse
import contextlib
import csv
import json
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy
import torch

from copies import LOAD, LOCAL, METHODS, STORE, Arena, Blocks, Driver, PlainDriver, Transfer
from measure_steps import OutOfTime, describe_gpu
from step_time import MODELS

LLAMA, QWEN = MODELS["llama-3.1-8b"], MODELS["qwen3-32b"]
COUNTS = (1, 4, 16, 64, 256, 512)
FEWER = (4, 64, 256)
PLAN = (
    [(Blocks(LLAMA), count) for count in COUNTS]
    + [(Blocks(QWEN), count) for count in COUNTS[:-1]]
    + [(Blocks(LLAMA, tensor_parallel=gpus), count) for gpus in (2, 4) for count in FEWER]
    + [(Blocks(LLAMA, block_tokens=64), count) for count in (1, 16, 64)]
)
CHECKED = 4
"""Blocks of the transfer with which each method is checked first."""
WARM_UP = 2
LEAST, MOST = 5, 100


@dataclass(frozen=True)
class Row:
    """One line of the result: from the first call until all bytes arrived, and until the last call returned."""

    direction: str
    method: str
    model: str
    block_tokens: int
    tensor_parallel: int
    blocks: int
    pieces: int
    piece_bytes: int
    median_ms: float
    p10_ms: float
    p90_ms: float
    issue_ms: float
    repetitions: int


class Clock:
    """Times work that is enqueued on a stream, as the thread sees it that enqueues it and waits for it."""

    def __init__(self, device, seconds, deadline):
        self.device, self.seconds, self.deadline = device, seconds, deadline
        self.stream = torch.cuda.Stream() if device == "cuda" else None

    def wait(self):
        if self.stream is not None:
            torch.cuda.synchronize()

    def on_stream(self):
        return torch.cuda.stream(self.stream) if self.stream is not None else contextlib.nullcontext()

    def time(self, run):
        """Milliseconds of each repetition, and of its calls."""
        if time.monotonic() > self.deadline:
            raise OutOfTime
        with self.on_stream():
            for _ in range(WARM_UP):
                once = self._once(run)[0]
            repetitions = max(LEAST, min(MOST, int(self.seconds * 1e3 / max(once, 1e-3))))
            if self.device == "cpu":
                repetitions = 1
            return [self._once(run) for _ in range(repetitions)]

    def _once(self, run):
        self.wait()
        start = time.perf_counter()
        run()
        issued = time.perf_counter()
        self.wait()
        return (time.perf_counter() - start) * 1e3, (issued - start) * 1e3


class Results:
    """Rows, written as they come, so that an early end loses none."""

    def __init__(self, path):
        self.file = open(path, "w", newline="")
        self.csv = csv.writer(self.file, lineterminator="\n")
        self.csv.writerow([field.name for field in fields(Row)])
        self.started = time.monotonic()

    def add(self, direction, method, blocks, count, times):
        total, issue = (sorted(column) for column in zip(*times))
        tenth = len(total) // 10
        row = Row(direction, method, blocks.model.name, blocks.block_tokens, blocks.tensor_parallel, count,
                  count * blocks.pieces, blocks.piece_bytes, round(statistics.median(total), 4),
                  round(total[tenth], 4), round(total[-1 - tenth], 4), round(statistics.median(issue), 4), len(total))
        self.csv.writerow(asdict(row).values())
        self.file.flush()
        print(f"{time.monotonic() - self.started:6.1f}s", *asdict(row).values(), flush=True)


def working_methods(clock, arena, driver, generator):
    """Names of methods by direction, without those that fail or copy wrongly; and what became of each."""
    found, said = {STORE: [], LOAD: [], LOCAL: []}, {}
    for direction, methods in METHODS.items():
        for name, method in methods.items():
            transfer = Transfer(arena, Blocks(LLAMA), CHECKED, direction, generator)
            try:
                with clock.on_stream():
                    run = method(transfer, driver)
                    transfer.clear()
                    wrong_before = not transfer.is_done()
                    run()
                    clock.wait()
                    right = wrong_before and transfer.is_done()
                said[f"{direction} {name}"] = "right" if right else "wrong"
            except Exception as e:
                right, said[f"{direction} {name}"] = False, f"{type(e).__name__}: {e}"[:200]
            if right:
                found[direction].append(name)
    return found, said


def ceilings(clock, arena):
    """GB/s of one large copy: pinned and not, in both directions, and of both directions at once."""
    gpu, host = arena.staging, arena.host_staging
    pageable = torch.empty(host.nbytes // 4, dtype=torch.uint8)
    pageable.fill_(1)
    back = torch.cuda.Stream() if clock.device == "cuda" else None

    def both():
        host.copy_(gpu, non_blocking=True)
        with torch.cuda.stream(back) if back is not None else contextlib.nullcontext():
            arena.other.copy_(arena.host[: arena.other.nbytes], non_blocking=True)

    def rate(size, run):
        return round(size / statistics.median(total for total, _ in clock.time(run)) / 1e6, 2)

    return {
        "store": rate(host.nbytes, lambda: host.copy_(gpu, non_blocking=True)),
        "load": rate(host.nbytes, lambda: gpu.copy_(host, non_blocking=True)),
        "store and load at once, sum": rate(2 * host.nbytes, both),
        "store, pageable": rate(pageable.nbytes, lambda: pageable.copy_(gpu[: pageable.nbytes])),
        "load, pageable": rate(pageable.nbytes, lambda: gpu[: pageable.nbytes].copy_(pageable)),
        "local, read once": rate(gpu.nbytes, lambda: arena.other.copy_(gpu)),
    }


def describe_link():
    """Generation and width of the GPU's bus while it is busy or not, as far as the driver tells."""
    try:
        import pynvml

        pynvml.nvmlInit()
        gpu = pynvml.nvmlDeviceGetHandleByIndex(0)
        return {"pcieGeneration": pynvml.nvmlDeviceGetMaxPcieLinkGeneration(gpu),
                "pcieLanes": pynvml.nvmlDeviceGetCurrPcieLinkWidth(gpu),
                "driver": pynvml.nvmlSystemGetDriverVersion()}
    except Exception as e:
        return {"pcie": f"unknown: {e}"}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("."), help="directory for copies.csv and copies.json")
    parser.add_argument("--seconds", type=float, default=0.15, help="time for each measurement")
    parser.add_argument("--time-limit", type=float, default=180, help="seconds after which no measurement starts")
    parser.add_argument("--small", action="store_true", help="little memory and few blocks, to try the script")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and os.environ.get("TRITON_INTERPRET") != "1":
        sys.exit("no GPU (expected: a CUDA GPU, or TRITON_INTERPRET=1 to try the script without one)")
    arguments.out.mkdir(parents=True, exist_ok=True)
    generator = numpy.random.default_rng(0)
    gibibyte = 2**30 // (64 if arguments.small else 1)
    arena = Arena(device, 8 * gibibyte, 3 * gibibyte, gibibyte)
    driver = Driver() if device == "cuda" else PlainDriver()
    clock = Clock(device, arguments.seconds, time.monotonic() + arguments.time_limit)
    methods, said = working_methods(clock, arena, driver, generator)
    about = describe_gpu(device) | describe_link() | {"torch": torch.__version__, "methods": said}
    try:
        about["ceilings, GB/s"] = ceilings(clock, arena)
        print(json.dumps(about, indent=1), flush=True)
        measure(clock, Results(arguments.out / "copies.csv"), arena, driver, methods, generator, arguments.small)
    except OutOfTime:
        about["outOfTime"] = True
        print("out of time: the rest is not measured", flush=True)
    (arguments.out / "copies.json").write_text(json.dumps(about, indent=2) + "\n")


def measure(clock, results, arena, driver, methods, generator, small):
    for blocks, count in PLAN:
        if small and count > 1:
            continue
        for direction, names in methods.items():
            for name in names:
                try:
                    run = METHODS[direction][name](Transfer(arena, blocks, count, direction, generator), driver)
                    results.add(direction, name, blocks, count, clock.time(run))
                except OutOfTime:
                    raise
                except Exception as e:
                    print(f"failed: {direction} {name} {blocks} {count}: {type(e).__name__}: {e}"[:500], flush=True)


if __name__ == "__main__":
    main()
