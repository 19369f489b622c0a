"""Measures engine steps of random-weight decoders on the GPU at hand; see README.md."""

import argparse
import csv
import json
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
import torch.nn.functional as F

import kernels
from decoder import DTYPE, PREFILL_ATTENTION, Kernels, KvMemory, LinearLayers, Step, Weights, plain_attention
from kernels import DecodeLaunch
from step_time import MODELS, StepLoad

TOLERANCE = 1e-2
PAUSE_SECONDS = 0.2
APART_REPETITIONS = 5
CHUNK = 8192
FULL_PROMPT_MODEL = "llama-3.1-8b"
"""The model of which all four chunks of a long prompt are measured; of others the first and the last."""
MAX_PROGRAMS = 4300
"""Decode attention cut into more programs than this is never the fastest, so it is not tried."""
PREFILLS = [StepLoad(chunk_tokens=tokens) for tokens in (512, 2048, CHUNK)] + [
    StepLoad(chunk_tokens=CHUNK, chunk_start=start) for start in (CHUNK, 2 * CHUNK, 3 * CHUNK)
]
DECODES = [StepLoad(decodes, 1024) for decodes in (1, 16, 64, 128, 256)] + [
    StepLoad(decodes, 8192) for decodes in (32, 64)
]
COMPANION = StepLoad(32, 1024)
"""The decode step that a prefill step meets on a busy server."""
MIXED = [StepLoad(64, 1024, chunk_tokens=1984, chunk_samples=False)]
LINEAR_TOKENS = [1, 16, 64, 128, 256, 512, 1024, 2048, CHUNK]
LAUNCHES = [
    DecodeLaunch(tile, warps, stages, splits)
    for tile, warps, stages in ((64, 4, 3), (64, 4, 5), (32, 4, 6), (128, 8, 3), (128, 8, 5))
    for splits in (1, 2, 4, 8, 16, 32)
]


@dataclass(frozen=True)
class Row:
    """One line of the result; times in milliseconds over all layers."""

    kind: str
    model: str
    kernel: str
    decodes: int
    decode_context: int
    chunk_tokens: int
    chunk_start: int
    median_ms: float
    p10_ms: float
    p90_ms: float
    repetitions: int
    sm_mhz: int
    watts: int


class OutOfTime(Exception):
    """The time for all measurements is used up."""


class Bench:
    """Times GPU work as replays of a CUDA graph, so that the time to launch kernels is not in it."""

    def __init__(self, device, seconds, deadline):
        self.device, self.seconds, self.deadline = device, seconds, deadline
        self.sensors = _Sensors() if device == "cuda" else None

    def time(self, run, seconds=None):
        """Median, 10th and 90th percentile in ms, repetitions, clock in MHz and power in W while it ran."""
        if time.monotonic() > self.deadline:
            raise OutOfTime
        if self.device == "cpu":
            start = time.perf_counter()
            run()
            spent = (time.perf_counter() - start) * 1e3
            return spent, spent, spent, 1, 0, 0
        return self._replay(self._capture(run), seconds or self.seconds)

    def time_apart(self, run, between):
        """As time, but before each measured run come 0.2 s of what between enqueues, so that the GPU stays cool."""
        if self.device == "cpu" or time.monotonic() > self.deadline:
            return self.time(run)
        graph = self._capture(run)
        times = []
        for _ in range(1 + APART_REPETITIONS):
            between()
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            graph.replay()
            end.record()
            self.last_sensors = self.sensors.read()
            torch.cuda.synchronize()
            times.append(start.elapsed_time(end))
        return self._summary(times[1:])

    def idle(self):
        """Nothing for 0.2 s, then a short spin, so that the next launch is queued before the GPU gets to it."""
        torch.cuda.synchronize()
        time.sleep(PAUSE_SECONDS)
        torch.cuda._sleep(10_000_000)

    def repeated(self, run):
        """A function that enqueues run for 0.2 s."""
        if self.device == "cpu":
            return run
        graph = self._capture(run)
        count = max(1, round(PAUSE_SECONDS * 1e3 / self._events(graph, 3)[-1]))
        return lambda: [graph.replay() for _ in range(count)]

    def _capture(self, run):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            run()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            run()
        return graph

    def _replay(self, graph, seconds):
        once = self._events(graph, 2)[1]
        repetitions = max(5, min(300, int(seconds * 1e3 / once)))
        if repetitions > 5:
            self._events(graph, min(20, repetitions // 5))
        return self._summary(self._events(graph, repetitions))

    def _summary(self, times):
        times, tenth = sorted(times), len(times) // 10
        return statistics.median(times), times[tenth], times[-1 - tenth], len(times), *self.last_sensors

    def _events(self, graph, repetitions):
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(repetitions + 1)]
        marks[0].record()
        for mark in marks[1:]:
            graph.replay()
            mark.record()
        self.last_sensors = self.sensors.read()
        torch.cuda.synchronize()
        return [a.elapsed_time(b) for a, b in zip(marks, marks[1:])]


class _Sensors:
    """Clock and power of the first GPU; zeros where they cannot be read."""

    def __init__(self):
        try:
            import pynvml

            pynvml.nvmlInit()
            self.nvml, self.gpu = pynvml, pynvml.nvmlDeviceGetHandleByIndex(0)
        except Exception as e:
            print(f"no sensors: {e}", file=sys.stderr)
            self.nvml = None

    def read(self):
        if self.nvml is None:
            return 0, 0
        clock = self.nvml.nvmlDeviceGetClockInfo(self.gpu, self.nvml.NVML_CLOCK_SM)
        return clock, round(self.nvml.nvmlDeviceGetPowerUsage(self.gpu) / 1000)


class Results:
    """Rows, written as they come, so that an early end loses none."""

    def __init__(self, path):
        self.file = open(path, "w", newline="")
        self.csv = csv.writer(self.file, lineterminator="\n")
        self.csv.writerow([field.name for field in fields(Row)])
        self.started = time.monotonic()

    def add(self, kind, model, kernel, load, timing):
        median, p10, p90, repetitions, clock, power = timing
        row = Row(kind, model, kernel, load.decodes, load.decode_context, load.chunk_tokens, load.chunk_start,
                  round(median, 4), round(p10, 4), round(p90, 4), repetitions, clock, power)
        self.csv.writerow(asdict(row).values())
        self.file.flush()
        print(f"{time.monotonic() - self.started:6.1f}s", *asdict(row).values(), flush=True)


def relative_error(actual, expected):
    actual, expected = actual.double(), expected.double()
    return float((actual - expected).norm() / expected.norm())


def check_kernels(device, prefills, launches):
    """Relative errors against plain attention in float32; kernels that fail, or do not run, are left out."""
    errors = {}

    def passes(name, run, expected):
        try:
            errors[name] = relative_error(run(), expected)
        except Exception as e:
            errors[name] = f"{type(e).__name__}: {e}"[:200]
        return isinstance(errors[name], float) and errors[name] < TOLERANCE

    def passes_prefill(name):
        good = True
        for tokens, start in ((200, 0), (256, 512)):
            q, k, v = (torch.randn(n, h, 128, dtype=DTYPE, device=device)
                       for n, h in ((tokens, 32), (start + tokens, 8), (start + tokens, 8)))
            good &= passes(f"{name} {tokens} after {start}", lambda: PREFILL_ATTENTION[name](q, k, v),
                           plain_attention(q, k, v))
        return good

    def passes_decode(launch):
        sequences, heads, kv_heads, context = 3, 32, 8, 1000
        blocks = -(-context // kernels.BLOCK_TOKENS)
        qkv = torch.randn(sequences, (heads + 2 * kv_heads) * 128, dtype=DTYPE, device=device)
        keys, values = torch.randn(2, sequences * blocks, kernels.BLOCK_TOKENS, kv_heads, 128, dtype=DTYPE, device=device)
        table = torch.randperm(sequences * blocks, device=device, dtype=torch.int32).view(sequences, blocks)
        contexts = torch.full((sequences,), context, dtype=torch.int32, device=device)
        out = torch.full((sequences, heads * 128), float("nan"), dtype=DTYPE, device=device)
        expected = torch.cat([
            plain_attention(qkv[i : i + 1, : heads * 128].view(1, heads, 128),
                            *(part[table[i].long()].flatten(0, 1)[:context] for part in (keys, values)))
            for i in range(sequences)
        ]).flatten(1)

        def run():
            kernels.decode_attention(qkv, keys, values, table, contexts, out, launch)
            return out

        return passes(f"decode {launch}", run, expected)

    prefills = [name for name in prefills if passes_prefill(name)]
    right = [launch for launch in launches if passes_decode(launch)]
    worst = max((errors.pop(f"decode {launch}") for launch in right), default=None)
    errors[f"decode, worst of {len(right)} launches"] = worst
    return prefills, right, errors


class ModelRun:
    """All measurements of one model."""

    def __init__(self, bench, results, weights, memory, prefills, launches):
        self.bench, self.results, self.weights, self.memory = bench, results, weights, memory
        self.prefills, self.launches = prefills, launches
        self.name = weights.shape.name
        self.fastest = {}

    def steps(self, loads):
        for load in loads:
            self._guarded(load, lambda: self._step(load))

    def steps_apart(self, loads):
        """Prefill steps as a server meets them: after idle time, and between decode steps."""
        companion = Step(self.weights, self.memory, COMPANION, Kernels(decode=DecodeLaunch(splits=2)))
        decodes = self.bench.repeated(companion.run)
        for load in loads:
            self._guarded(load, lambda: self._step(load, "step-after-idle", self.bench.idle))
            self._guarded(load, lambda: self._step(load, "step-amid-decodes", decodes))

    def linear(self, token_counts):
        for tokens in token_counts:
            layers = LinearLayers(self.weights, tokens)
            self._guarded(tokens, lambda: self.results.add(
                "linear", self.name, "cublas", StepLoad(chunk_tokens=tokens), self.bench.time(layers.run)))

    def dense_decode(self, loads):
        """Decode attention of the prefill kernels over caches without blocks, for comparison."""
        for load in loads:
            for name in self.prefills:
                self._guarded(load, lambda: self._dense_decode(load, name))

    def _guarded(self, what, measure):
        try:
            measure()
        except OutOfTime:
            raise
        except Exception as e:
            print(f"failed: {self.name} {what}: {type(e).__name__}: {e}"[:500], flush=True)
        if self.bench.device == "cuda":
            torch.cuda.empty_cache()

    def _step(self, load, kind="step", between=None):
        if load not in self.fastest:
            self.fastest[load] = Kernels(
                self._fastest_prefill(load) if load.chunk_tokens else Kernels.prefill,
                self._fastest_decode(load) if load.decodes else Kernels.decode,
            )
        used = self.fastest[load]
        step = Step(self.weights, self.memory, load, used)
        label = " ".join(([used.prefill] if load.chunk_tokens else []) + (["triton-blocks"] if load.decodes else []))
        timing = self.bench.time_apart(step.run, between) if between else self.bench.time(step.run)
        self.results.add(kind, self.name, label, load, timing)

    def _fastest_prefill(self, load):
        medians = {}

        def measure(name):
            step = Step(self.weights, self.memory, load, Kernels(prefill=name))
            qkv = self._qkv(load.tokens)[load.decodes :]
            timing = self.bench.time(lambda: [step.prefill_attention(qkv, cache) for cache in step.caches])
            self.results.add("prefill-attention", self.name, name, load, timing)
            medians[name] = timing[0]

        for name in self.prefills:
            self._guarded(f"{load} {name}", lambda: measure(name))
        return min(medians, key=medians.get)

    def _fastest_decode(self, load):
        timings = {}
        qkv = self._qkv(load.tokens)
        out = torch.empty(load.decodes, self.weights.shape.heads * self.weights.shape.head_dim, dtype=DTYPE,
                          device=self.weights.device)
        step = Step(self.weights, self.memory, load, Kernels())

        def run(launch):
            for keys, values in step.caches:
                kernels.decode_attention(qkv, keys, values, step.block_table, step.contexts, out, launch)

        for launch in self.launches:
            programs = load.decodes * self.weights.shape.kv_heads * launch.splits
            fits = launch.splits * launch.tile_tokens <= load.decode_context
            if fits and (launch.splits == 1 or programs <= MAX_PROGRAMS):
                timings[launch] = self.bench.time(lambda: run(launch), seconds=0.02)
        best = min(timings, key=lambda launch: timings[launch][0])
        label = f"triton-blocks {best.tile_tokens}/{best.warps}/{best.stages}/{best.splits}"
        self.results.add("decode-attention", self.name, label, load, self.bench.time(lambda: run(best)))
        return best

    def _dense_decode(self, load, name):
        shape = self.weights.shape
        step = Step(self.weights, self.memory, load, Kernels())
        caches = [
            [part[: load.decodes * load.decode_context // kernels.BLOCK_TOKENS]
             .view(load.decodes, load.decode_context, shape.kv_heads, shape.head_dim) for part in cache]
            for cache in step.caches
        ]
        query = torch.randn(load.decodes, 1, shape.heads, shape.head_dim, dtype=DTYPE, device=self.weights.device)
        self.results.add("decode-attention", self.name, f"{name} dense", load,
                         self.bench.time(lambda: [DENSE_DECODE[name](query, *cache) for cache in caches]))

    def _qkv(self, tokens):
        shape = self.weights.shape
        width = (shape.heads + 2 * shape.kv_heads) * shape.head_dim
        return torch.randn(tokens, width, dtype=DTYPE, device=self.weights.device)


def _flash_dense(query, keys, values):
    return torch.ops.aten._flash_attention_forward(
        query, keys, values, None, None, 1, keys.shape[1], 0.0, False, False)[0]


def _cudnn_dense(query, keys, values):
    q, k, v = (x.transpose(1, 2) for x in (query, keys, values))
    return torch.ops.aten._scaled_dot_product_cudnn_attention(q, k, v, None, False, 0.0, False, False)[0]


def _plain_dense(query, keys, values):
    return [plain_attention(q, k, v) for q, k, v in zip(query, keys, values)]


DENSE_DECODE = {"flash2": _flash_dense, "cudnn": _cudnn_dense, "plain": _plain_dense}


def ceilings(bench, small):
    """What plain operations reach on this GPU: bytes per second of memory, FLOP per second of matrix products."""
    device, scale = bench.device, 64 if small else 1
    found = {}
    source = torch.empty(2**32 // scale, dtype=DTYPE, device=device).normal_()
    target = torch.empty_like(source)
    median = bench.time(lambda: torch.mul(source, 1, out=target))[0]
    found["copy, TB/s read and written"] = 2 * source.nbytes / median / 1e9
    matrix = source[: 2**31 // scale].view(-1, 8192)
    for tokens in (1, 16, 64):
        rows = torch.randn(tokens, 8192, dtype=DTYPE, device=device)
        median = bench.time(lambda: F.linear(rows, matrix))[0]
        found[f"weight read by {tokens} tokens, TB/s"] = matrix.nbytes / median / 1e9
    del source, target, matrix
    size = 256 if small else 8192
    a, b = torch.randn(2, size, size, dtype=DTYPE, device=device)
    for name, median in (
        ("after idle time", bench.time_apart(lambda: a @ b, bench.idle)[0]),
        ("without pause", bench.time(lambda: a @ b, seconds=2)[0]),
    ):
        found[f"{size}x{size}x{size} product {name}, TFLOP/s"] = 2 * size**3 / median / 1e9
    return {name: round(value, 3) for name, value in found.items()}


def describe_gpu(device):
    if device == "cpu":
        return {"gpu": "none"}
    properties = torch.cuda.get_device_properties(0)
    return {
        "gpu": properties.name,
        "memoryBytes": properties.total_memory,
        "multiprocessors": properties.multi_processor_count,
        "l2Bytes": properties.L2_cache_size,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
    }


def plan(small):
    """Loads of steps, of dense decode attention, and token counts of bare matrix products."""
    if small:
        steps = [StepLoad(chunk_tokens=48), StepLoad(chunk_tokens=32, chunk_start=64), StepLoad(3, 96),
                 StepLoad(2, 64, chunk_tokens=20, chunk_samples=False)]
        return steps, [StepLoad(2, 64)], [1, 16]
    dense = [StepLoad(1, 1024), StepLoad(64, 1024), StepLoad(128, 1024), StepLoad(32, 8192)]
    return DECODES + PREFILLS + MIXED, dense, LINEAR_TOKENS


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=["llama-3.1-8b"], choices=MODELS)
    parser.add_argument("--out", type=Path, default=Path("."), help="directory for steps.csv and device.json")
    parser.add_argument("--seconds", type=float, default=0.6, help="GPU time for each measurement")
    parser.add_argument("--time-limit", type=float, default=300, help="seconds after which no measurement starts")
    parser.add_argument("--kv-gigabytes", type=float, default=24)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and os.environ.get("TRITON_INTERPRET") != "1":
        sys.exit("no GPU (expected: a CUDA GPU, or TRITON_INTERPRET=1 to try the script without one)")
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    arguments.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(device, arguments.seconds, time.monotonic() + arguments.time_limit)
    results = Results(arguments.out / "steps.csv")
    candidates = ["flash2", "cudnn"] if device == "cuda" else ["plain"]
    small = arguments.models == ["tiny"]
    prefills, launches, errors = check_kernels(device, candidates, LAUNCHES[:2] if device == "cpu" else LAUNCHES)
    about = describe_gpu(device) | {
        "torch": torch.__version__,
        "models": arguments.models,
        "relativeErrors": errors,
    }
    print(json.dumps(about, indent=1), flush=True)
    if not prefills or not launches:
        sys.exit("no attention kernel is right on this GPU")

    def write_about():
        (arguments.out / "device.json").write_text(json.dumps(about, indent=2) + "\n")

    try:
        about["ceilings"] = ceilings(bench, small)
        write_about()
        print(json.dumps(about["ceilings"], indent=1), flush=True)
        for name in arguments.models:
            measure_model(bench, results, name, arguments.kv_gigabytes, prefills, launches, small)
    except OutOfTime:
        about["outOfTime"] = True
        print("out of time: the rest is not measured", flush=True)
    write_about()


def measure_model(bench, results, name, kv_gigabytes, prefills, launches, small):
    if bench.device == "cuda":
        torch.cuda.empty_cache()
    weights = Weights(MODELS[name], bench.device)
    memory = KvMemory(kv_gigabytes, bench.device)
    run = ModelRun(bench, results, weights, memory, prefills, launches)
    steps, dense, token_counts = plan(small)
    if not small and name != FULL_PROMPT_MODEL:
        steps = [load for load in steps if load.chunk_start not in (CHUNK, 2 * CHUNK)]
    run.steps(steps)
    run.steps_apart([load for load in steps if load.chunk_tokens])
    run.linear(token_counts)
    run.dense_decode(dense)


if __name__ == "__main__":
    main()
