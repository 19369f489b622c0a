"""Measures matrix products in eight bits and layers of experts on the GPU at hand; see README.md."""

import argparse
import csv
import json
import os
import sys
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import torch

from decoder import DTYPE, LinearLayers, Weights
from fp8 import Fp8Layers, product, quantise, quantise_rows
from measure_steps import Bench, OutOfTime, describe_gpu, relative_error
from mixture import PRODUCTS, ExpertLaunch, ExpertLayers, Experts, plain_layer
from step_time import MIXTURES, MODELS

TOLERANCE = 1e-2
LINEAR_LAYERS = 8
"""Layers of which the products are measured: more than any cache holds."""
MIXTURE_BYTES = 10e9
"""Weights of layers of experts that are measured, at least two layers."""
LINEAR_TOKENS = [1, 16, 64, 128, 256, 512, 1024, 2048, 8192]
MIXTURE_TOKENS = [2**i for i in range(14)]
LARGE = 512
"""From so many tokens on, the clock depends on the pauses, so rows after idle time are measured as well."""
SCALINGS = ["tensor", "row", "row, inputs too"]
LAUNCHES = [
    ExpertLaunch(*cut)
    for cut in (
        (16, 64, 128, 4, 4),
        (16, 128, 128, 4, 3),
        (16, 64, 256, 4, 3),
        (32, 128, 128, 4, 3),
        (64, 128, 64, 4, 4),
        (128, 128, 64, 8, 3),
        (128, 128, 64, 4, 4),
        (128, 256, 64, 8, 3),
    )
]


@dataclass(frozen=True)
class Row:
    """One line of the result; times in milliseconds for one layer, experts those of a layer that get a token."""

    kind: str
    model: str
    kernel: str
    tokens: int
    experts: float
    layers: int
    median_ms: float
    p10_ms: float
    p90_ms: float
    repetitions: int
    sm_mhz: int
    watts: int


class Results:
    """Rows, written as they come, so that an early end loses none."""

    def __init__(self, path):
        self.file = open(path, "w", newline="")
        self.csv = csv.writer(self.file, lineterminator="\n")
        self.csv.writerow([field.name for field in fields(Row)])
        self.started = time.monotonic()

    def add(self, kind, model, kernel, tokens, experts, layers, timing):
        times, (repetitions, clock, power) = timing[:3], timing[3:]
        row = Row(kind, model, kernel, tokens, round(experts, 2), layers, *(round(t / layers, 5) for t in times),
                  repetitions, clock, power)
        self.csv.writerow(asdict(row).values())
        self.file.flush()
        print(f"{time.monotonic() - self.started:6.1f}s", *asdict(row).values(), flush=True)


class Checks:
    """What differs from the same work in higher precision, or fails, is not measured."""

    def __init__(self):
        self.errors = {}

    def passes(self, name, run, expected):
        try:
            self.errors[name] = relative_error(run(), expected)
        except Exception as e:
            self.errors[name] = f"{type(e).__name__}: {e}"[:300]
        return isinstance(self.errors[name], float) and self.errors[name] < TOLERANCE


def working_scalings(device, checks):
    rows, matrix = (torch.randn(n, 512, dtype=DTYPE, device=device) for n in (33, 256))

    def passes(scaling, quantiser):
        try:
            (a, a_scale), (b, b_scale) = quantiser(rows), quantiser(matrix)
            expected = (a.float() * a_scale) @ (b.float() * b_scale).T
        except Exception as e:
            checks.errors[f"fp8 {scaling}"] = f"{type(e).__name__}: {e}"[:300]
            return False
        right = checks.passes(f"fp8 {scaling}", lambda: product(a, a_scale, b, b_scale), expected)
        sixteen = rows.float() @ matrix.float().T
        checks.errors[f"fp8 {scaling}, against sixteen bits"] = relative_error(expected, sixteen)
        return right

    found = ["tensor"] if passes("tensor", quantise) else []
    return found + (["row", "row, inputs too"] if passes("row", quantise_rows) else [])


def working_products(shape, device, checks, launches):
    """Kernels of products, and their launches, that compute what single tokens give."""
    weights = Experts(shape, 1, device)
    layers = ExpertLayers(weights, 24)
    expected = plain_layer(layers.inputs[0], weights.layers[0], shape.chosen)
    right = [launch for launch in launches
             if checks.passes(f"{shape.name} {launch}", lambda: layers.run("triton", launch)[0], expected)]
    others = [name for name in PRODUCTS if name != "triton"
              and checks.passes(f"{shape.name} {name}", lambda: layers.run(name, ExpertLaunch())[0], expected)]
    return right, others


class LinearRun:
    """The products of a decoder's layers in sixteen and in eight bits."""

    def __init__(self, bench, results, name, scalings, small):
        self.bench, self.results, self.name = bench, results, name
        shape = MODELS[name]
        self.weights = Weights(replace(shape, layers=min(shape.layers, LINEAR_LAYERS)), bench.device)
        self.quantised = Fp8Layers.quantised(self.weights)
        self.scalings = scalings
        self.tokens = [16, 48] if small else LINEAR_TOKENS

    def measure(self):
        for tokens in self.tokens:
            plain = LinearLayers(self.weights, tokens)
            self._both("sixteen bits", tokens, plain.run)
            eight = Fp8Layers(self.weights, tokens)
            for scaling in self.scalings:
                layers = self.quantised["tensor" if scaling == "tensor" else "row"]
                self._both(f"fp8 {scaling}", tokens, lambda: eight.run(layers, scaling))

    def _both(self, kernel, tokens, run):
        layers = len(self.weights.layers)

        def add(kind, timing):
            self.results.add(kind, self.name, kernel, tokens, 0, layers, timing)

        guarded(self.bench, f"{self.name} {kernel} {tokens}", lambda: add("linear", self.bench.time(run)))
        if tokens >= LARGE:
            guarded(self.bench, f"{self.name} {kernel} {tokens} after idle time",
                    lambda: add("linear-after-idle", self.bench.time_apart(run, self.bench.idle)))


class MixtureRun:
    """Layers of experts."""

    def __init__(self, bench, results, name, launches, others, small):
        self.bench, self.results, self.name = bench, results, name
        shape = self.shape = MIXTURES[name]
        layers = max(2, min(shape.layers, int(MIXTURE_BYTES / (2 * shape.experts * shape.expert_parameters))))
        self.weights = Experts(shape, layers, bench.device)
        self.launches, self.others = launches, others
        self.tokens = [1, 12] if small else MIXTURE_TOKENS

    def measure(self):
        for tokens in self.tokens:
            guarded(self.bench, f"{self.name} {tokens}", lambda: self._tokens(tokens))

    def _tokens(self, tokens):
        layers = ExpertLayers(self.weights, tokens)
        cuts = {"triton": self._fastest(layers, tokens)} if self.launches else {}
        cuts |= {name: ExpertLaunch() for name in self.others}
        self.experts = layers.distinct_experts()
        for products, launch in cuts.items():
            guarded(self.bench, f"{self.name} {products} {tokens}", lambda: self._products(layers, products, launch))
        launch = cuts.get("triton", ExpertLaunch())
        parts = torch.randn(tokens * self.shape.chosen, self.shape.hidden, dtype=DTYPE, device=self.bench.device)
        self._add("around", f"triton {launch}", tokens, self.bench.time(lambda: layers.around(launch, parts)))

    def _products(self, layers, products, launch):
        kernel = f"triton {launch}" if products == "triton" else products
        groups = layers.grouped(launch)

        def whole():
            return layers.run(products, launch)

        tokens = layers.tokens
        self._add("experts", kernel, tokens, self.bench.time(lambda: layers.products(products, launch, groups)))
        self._add("mixture", kernel, tokens, self.bench.time(whole))
        if tokens >= LARGE:
            self._add("mixture-after-idle", kernel, tokens, self.bench.time_apart(whole, self.bench.idle))

    def _add(self, kind, kernel, tokens, timing):
        self.results.add(kind, self.name, kernel, tokens, self.experts, len(self.weights.layers), timing)

    def _fastest(self, layers, tokens):
        timings = {}
        for launch in self.launches:
            if fits(launch, tokens * self.shape.chosen / self.shape.experts):
                groups = layers.grouped(launch)
                timings[launch] = self.bench.time(lambda: layers.products("triton", launch, groups), seconds=0.02)[0]
        return min(timings, key=timings.get)


def fits(launch, rows_of_expert):
    """Whether tiles of so many rows can be the fastest when each expert gets so many."""
    least, most = {16: (0, 64), 32: (4, 128), 64: (8, 1e9), 128: (32, 1e9)}[launch.rows]
    return least <= rows_of_expert <= most


def guarded(bench, what, measure):
    try:
        measure()
    except OutOfTime:
        raise
    except Exception as e:
        print(f"failed: {what}: {type(e).__name__}: {e}"[:500], flush=True)
    if bench.device == "cuda":
        torch.cuda.empty_cache()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="*", default=["llama-3.1-8b", "qwen3-32b"], choices=MODELS)
    parser.add_argument("--mixtures", nargs="*", default=["qwen3-30b-a3b", "gpt-oss-120b"], choices=MIXTURES)
    parser.add_argument("--out", type=Path, default=Path("."), help="directory for layers.csv and layers.json")
    parser.add_argument("--seconds", type=float, default=0.25, help="GPU time for each measurement")
    parser.add_argument("--time-limit", type=float, default=300, help="seconds after which no measurement starts")
    parser.add_argument("--small", action="store_true", help="few tokens, to try the script")
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
    results = Results(arguments.out / "layers.csv")
    checks = Checks()
    about = describe_gpu(device) | {"torch": torch.__version__, "relativeErrors": checks.errors}
    try:
        measure(bench, results, checks, arguments)
    except OutOfTime:
        about["outOfTime"] = True
        print("out of time: the rest is not measured", flush=True)
    print(json.dumps(about, indent=1), flush=True)
    (arguments.out / "layers.json").write_text(json.dumps(about, indent=2) + "\n")


def measure(bench, results, checks, arguments):
    scalings = working_scalings(bench.device, checks)
    for name in arguments.models:
        LinearRun(bench, results, name, scalings, arguments.small).measure()
    for name in arguments.mixtures:
        launches, others = working_products(MIXTURES[name], bench.device, checks, LAUNCHES)
        MixtureRun(bench, results, name, launches, others, arguments.small).measure()


if __name__ == "__main__":
    main()
