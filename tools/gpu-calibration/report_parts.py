"""Compares measured copies and layers with the specified constants, and fits these; see README.md.

Needs the standard library only.
"""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

from report import off
from step_time import (
    GPUS,
    MIXTURES,
    MODELS,
    CopyCoefficients,
    EightBit,
    MixtureCoefficients,
    copy_seconds,
    eight_bit_layer_seconds,
    fit,
    mixture_layer_seconds,
)

SIXTEEN_BITS = "sixteen bits"
IDLE = "-after-idle"


@dataclass(frozen=True)
class Copy:
    direction: str
    method: str
    pieces: int
    piece_bytes: int
    seconds: float

    @property
    def size(self):
        return self.pieces * self.piece_bytes


@dataclass(frozen=True)
class Layer:
    kind: str
    model: str
    kernel: str
    tokens: int
    seconds: float


def read_copies(path):
    return [Copy(row["direction"], row["method"], int(row["pieces"]), int(row["piece_bytes"]),
                 float(row["median_ms"]) / 1e3) for row in _rows(path)]


def read_layers(path):
    return [Layer(row["kind"], row["model"], row["kernel"], int(row["tokens"]), float(row["median_ms"]) / 1e3)
            for row in _rows(path)]


def _rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def single(rows, kind):
    """Rows of a kind by model, kernel and tokens; those after idle time instead of those without pause."""
    found = {(row.model, row.kernel, row.tokens): row for row in rows if row.kind == kind}
    return found | {(row.model, row.kernel, row.tokens): row for row in rows if row.kind == kind + IDLE}


def fastest(rows):
    """The row of the fastest kernel for each model and number of tokens."""
    found = {}
    for row in rows:
        key = row.model, row.tokens
        if key not in found or row.seconds < found[key].seconds:
            found[key] = row
    return list(found.values())


def fitted(rows, seconds_of, start, free):
    """Coefficients, and the mean and the largest error."""
    found = fit([(row, row.seconds) for row in rows], seconds_of, start, free)
    errors = [abs(seconds_of(found, row) / row.seconds - 1) for row in rows]
    return found, sum(errors) / len(errors), max(errors)


def fit_copies(rows):
    def seconds(at, row):
        return copy_seconds(at, row.pieces, row.size)

    return fitted(rows, seconds, CopyCoefficients(), ["base_seconds", "piece_seconds", "bandwidth"])


def fit_eight_bit(gpu, rows):
    def seconds(at, row):
        return eight_bit_layer_seconds(MODELS[row.model], gpu, at, row.tokens)

    return fitted(rows, seconds, EightBit(), ["compute", "weights"])


def fit_mixture(gpu, rows):
    def seconds(at, row):
        return mixture_layer_seconds(MIXTURES[row.model], gpu, at, row.tokens)

    return fitted(rows, seconds, MixtureCoefficients(), ["compute", "weights", "step_seconds"])


def print_copies(rows):
    print("\n| copies | t_base, ms | each piece, µs | GB/s | error mean, largest |\n|---|---|---|---|---|")
    for direction, method in dict.fromkeys((row.direction, row.method) for row in rows):
        found, mean, worst = fit_copies([row for row in rows if (row.direction, row.method) == (direction, method)])
        print(f"| {direction} {method} | {1e3 * found.base_seconds:.3f} | {1e6 * found.piece_seconds:.2f} "
              f"| {found.bandwidth / 1e9:.1f} | {100 * mean:.0f} %, {100 * worst:.0f} % |")
    print("\n| copies | piece, KiB | GB/s by number of pieces |\n|---|---|---|")
    for key in dict.fromkeys((row.direction, row.method, row.piece_bytes) for row in rows):
        cells = [f"{row.pieces}: {row.size / row.seconds / 1e9:.1f}"
                 for row in sorted(rows, key=lambda row: row.pieces)
                 if (row.direction, row.method, row.piece_bytes) == key]
        print(f"| {key[0]} {key[1]} | {key[2] // 1024} | {', '.join(cells)} |")


def print_eight_bit(gpu, rows):
    found = single(rows, "linear")
    print("\n| model | kernel | tokens | ms of a layer | predicted | times as fast as sixteen bits |")
    print("|---|---|---|---|---|---|")
    for (model, kernel, tokens), row in found.items():
        plain = found.get((model, SIXTEEN_BITS, tokens))
        if kernel != SIXTEEN_BITS and plain:
            expected = eight_bit_layer_seconds(MODELS[model], gpu, EightBit(), tokens)
            print(f"| {model} | {kernel} | {tokens} | {1e3 * row.seconds:.3f} "
                  f"| {1e3 * expected:.3f} ({off(expected, row.seconds)}) | {plain.seconds / row.seconds:.2f} |")
    print("\n| kernel | e_c of twice the peak | e_w | error mean, largest |\n|---|---|---|---|")
    for kernel in dict.fromkeys(kernel for _, kernel, _ in found if kernel != SIXTEEN_BITS):
        at, mean, worst = fit_eight_bit(gpu, [row for row in found.values() if row.kernel == kernel])
        print(f"| {kernel} | {at.compute:.2f} | {at.weights:.2f} | {100 * mean:.0f} %, {100 * worst:.0f} % |")


def print_mixtures(gpu, rows):
    whole = fastest(single(rows, "mixture").values())
    around = {(model, tokens): row.seconds for (model, _, tokens), row in single(rows, "around").items()}
    print("\n| model | tokens | kernel | ms of a layer | around the experts | predicted |\n|---|---|---|---|---|---|")
    for row in whole:
        expected = mixture_layer_seconds(MIXTURES[row.model], gpu, MixtureCoefficients(), row.tokens)
        beside = around.get((row.model, row.tokens))
        cell = "" if beside is None else f"{1e3 * beside:.3f}"
        print(f"| {row.model} | {row.tokens} | {row.kernel} | {1e3 * row.seconds:.3f} | {cell} "
              f"| {1e3 * expected:.3f} ({off(expected, row.seconds)}) |")
    print("\n| model | e_c | e_w | around all layers, ms | error mean, largest |\n|---|---|---|---|---|")
    for model in dict.fromkeys(row.model for row in whole):
        at, mean, worst = fit_mixture(gpu, [row for row in whole if row.model == model])
        print(f"| {model} | {at.compute:.2f} | {at.weights:.2f} | {1e3 * at.step_seconds:.2f} "
              f"| {100 * mean:.0f} %, {100 * worst:.0f} % |")


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in GPUS:
        sys.exit(f"usage: report_parts.py GPU FOLDER, with a GPU of {', '.join(GPUS)} and GPU-copies.csv or"
                 " GPU-layers.csv in the folder")
    name, folder = arguments[0], Path(arguments[1])
    copies, layers = folder / f"{name}-copies.csv", folder / f"{name}-layers.csv"
    if not copies.exists() and not layers.exists():
        sys.exit(f"{folder}: neither {copies.name} nor {layers.name} (expected: one of both)")
    if copies.exists():
        print_copies(read_copies(copies))
    if layers.exists():
        rows = read_layers(layers)
        if any(row.kind == "linear" for row in rows):
            print_eight_bit(GPUS[name], rows)
        if any(row.kind == "mixture" for row in rows):
            print_mixtures(GPUS[name], rows)


if __name__ == "__main__":
    main(sys.argv[1:])
