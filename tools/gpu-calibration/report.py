"""Compares measured steps with the simulator's prediction; see README.md. Needs the standard library only."""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

from step_time import GPUS, MODELS, SPECIFIED, StepLoad, engine_seconds, fit, kernel_seconds

FITTED = ["compute", "weights", "kv", "attention"]
DECODE_TABLE = [StepLoad(decodes, 1024) for decodes in (1, 16, 64, 128)] + [StepLoad(b, 8192) for b in (32, 64)]
PREFILL_TABLE = [StepLoad(chunk_tokens=tokens) for tokens in (512, 2048, 8192)]
LONG_PROMPT = [StepLoad(chunk_tokens=8192, chunk_start=start) for start in (0, 8192, 16384, 24576)]
MIXED = StepLoad(64, 1024, chunk_tokens=1984, chunk_samples=False)


@dataclass(frozen=True)
class Measured:
    kind: str
    model: str
    load: StepLoad
    seconds: float


def read_steps(path):
    """Rows of whole steps."""
    with open(path, newline="") as file:
        return [_measured(row) for row in csv.DictReader(file) if row["kind"].startswith("step")]


def _measured(row):
    decodes, chunk_tokens = int(row["decodes"]), int(row["chunk_tokens"])
    load = StepLoad(decodes, int(row["decode_context"]), chunk_tokens, int(row["chunk_start"]),
                    chunk_samples=not (decodes and chunk_tokens))
    return Measured(row["kind"], row["model"], load, float(row["median_ms"]) / 1e3)


def chosen(rows, chunk_kind):
    """Decode steps, and steps with a chunk of one kind."""
    return [row for row in rows if row.kind == (chunk_kind if row.load.chunk_tokens else "step")]


def fit_gpu(gpu, rows):
    def seconds(at, row):
        return kernel_seconds(MODELS[row.model], gpu, at, row.load)

    found = fit([(row, row.seconds) for row in rows], seconds, SPECIFIED, FITTED)
    errors = [abs(seconds(found, row) / row.seconds - 1) for row in rows]
    return found, sum(errors) / len(errors), max(errors)


def table(rows, chunk_kind):
    """Seconds by model and label of the specified table's loads that were measured, with the loads that add up."""
    measured = {(row.model, row.load): row.seconds for row in chosen(rows, chunk_kind)}
    wanted = {f"prefill {load.chunk_tokens}": [load] for load in PREFILL_TABLE}
    wanted["prefill 32768"] = LONG_PROMPT
    wanted |= {f"decode {load.decodes} at {load.decode_context}": [load] for load in DECODE_TABLE}
    wanted["64 decodes at 1024 + chunk of 1984"] = [MIXED]
    found = {}
    for model in dict.fromkeys(row.model for row in rows):
        for label, loads in wanted.items():
            seconds = [_seconds(measured, model, load) for load in loads]
            if None not in seconds:
                found[model, label] = loads, sum(seconds)
    return found


def _seconds(measured, model, load):
    """Measured, or between the first and the last chunk of a long prompt, for time is linear in the chunk's start."""
    if (model, load) in measured or load not in LONG_PROMPT:
        return measured.get((model, load))
    first, last = (measured.get((model, end)) for end in (LONG_PROMPT[0], LONG_PROMPT[-1]))
    if first is None or last is None:
        return None
    return first + (last - first) * load.chunk_start / LONG_PROMPT[-1].chunk_start


def predicted(gpu, model, loads):
    """Seconds of the kernels with the specified coefficients."""
    return sum(kernel_seconds(MODELS[model], gpu, SPECIFIED, load) for load in loads)


def off(expected, actual):
    return f"{100 * (expected / actual - 1):+.0f} %"


def print_table(name, rows):
    print(f"\n{name}: milliseconds; in brackets how far the prediction is off\n")
    print("| model | step | engine | predicted with engine | measured, with engine | without pause, with engine |")
    print("|---|---|---|---|---|---|")
    single, sustained = table(rows, "step-after-idle"), table(rows, "step")
    for (model, label), (loads, without_pause) in sustained.items():
        engine = sum(engine_seconds(load) for load in loads)
        expected = predicted(GPUS[name], model, loads) + engine

        def cell(seconds):
            return f"{1e3 * seconds:.1f}, {1e3 * (seconds + engine):.1f} ({off(expected, seconds + engine)})"

        alone = single.get((model, label))
        cells = [cell(alone[1]) if alone else "", cell(without_pause) if loads[0].chunk_tokens else ""]
        print(f"| {model} | {label} | {1e3 * engine:.1f} | {1e3 * expected:.1f} | {' | '.join(cells)} |")


def alike(measured, chunk_kind):
    """Rows of each GPU whose load all GPUs ran."""
    rows = {name: chosen(of, chunk_kind) for name, of in measured.items()}
    common = set.intersection(*({(row.model, row.load) for row in of} for of in rows.values()))
    return {name: [row for row in of if (row.model, row.load) in common] for name, of in rows.items()}


def print_fits(measured):
    print("\n| GPU | chunks | rows | e_c | e_w | e_k | e_a | mean, largest error |\n|---|---|---|---|---|---|---|---|")
    for kind in ("step-after-idle", "step"):
        sets = {"all": {name: chosen(rows, kind) for name, rows in measured.items()}}
        if len(measured) > 1:
            sets["on both"] = alike(measured, kind)
        for which, of in sets.items():
            for name, rows in of.items():
                found, mean, worst = fit_gpu(GPUS[name], rows)
                print(f"| {name} | {kind} | {which}, {len(rows)} | {found.compute:.2f} | {found.weights:.2f} "
                      f"| {found.kv:.2f} | {found.attention:.2f} | {100 * mean:.1f} %, {100 * worst:.1f} % |")


def transfer(measured, chunk_kind):
    """By model and label: time on H200 over time on H100, predicted and measured, kernels only."""
    tables = {name: table(rows, chunk_kind) for name, rows in alike(measured, chunk_kind).items()}
    return {
        key: (predicted(GPUS["h200"], key[0], loads) / predicted(GPUS["h100"], key[0], loads),
              seconds / tables["h100"][key][1])
        for key, (loads, seconds) in tables["h200"].items()
    }


def print_transfer(measured):
    print("\n| model | step | chunks | H200 / H100 predicted | measured | off |\n|---|---|---|---|---|---|")
    for kind in ("step-after-idle", "step"):
        for (model, label), (expected, actual) in transfer(measured, kind).items():
            if kind == "step-after-idle" or not label.startswith("decode"):
                print(f"| {model} | {label} | {'' if label.startswith('decode') else kind} "
                      f"| {expected:.2f} | {actual:.2f} | {off(expected, actual)} |")


def main(arguments):
    measured = {}
    for argument in arguments:
        name, _, path = argument.partition("=")
        if name not in GPUS or not path:
            sys.exit(f"{argument} (expected: GPU=FILE, with a GPU of {', '.join(GPUS)})")
        measured[name] = read_steps(Path(path))
    if not measured:
        sys.exit("nothing to read (expected: h200=steps.csv)")
    for name, rows in measured.items():
        print_table(name, rows)
    print_fits(measured)
    if set(measured) >= {"h100", "h200"}:
        print_transfer(measured)


if __name__ == "__main__":
    main(sys.argv[1:])
