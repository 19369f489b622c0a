"""python3 -m unittest test_report_parts"""

import contextlib
import csv
import io
import tempfile
import unittest
from pathlib import Path

from report_parts import fastest, fit_copies, fit_eight_bit, fit_mixture, main, read_copies, read_layers, single
from step_time import (
    GPUS,
    MIXTURES,
    MODELS,
    CopyCoefficients,
    EightBit,
    MixtureCoefficients,
    copy_seconds,
    eight_bit_layer_seconds,
    mixture_layer_seconds,
)

GPU = GPUS["h200"]
COPIES = CopyCoefficients(30e-6, 0.8e-6, 45e9)
EIGHT_BIT = EightBit(0.7, 0.8)
MIXTURE = MixtureCoefficients(0.5, 0.7, 9e-4)
QWEN, OSS = MIXTURES["qwen3-30b-a3b"], MIXTURES["gpt-oss-120b"]


def copy_rows():
    return [{"direction": "load", "method": "each", "pieces": pieces, "piece_bytes": size,
             "median_ms": 1e3 * copy_seconds(COPIES, pieces, pieces * size)}
            for pieces in (64, 1024, 16384) for size in (8192, 32768, 131072)]


def layer_row(kind, model, kernel, tokens, seconds):
    return {"kind": kind, "model": model, "kernel": kernel, "tokens": tokens, "median_ms": 1e3 * seconds}


def layer_rows():
    rows = []
    for name in ("llama-3.1-8b", "qwen3-32b"):
        for tokens in (1, 64, 512, 8192):
            seconds = eight_bit_layer_seconds(MODELS[name], GPU, EIGHT_BIT, tokens)
            rows += [layer_row("linear", name, "fp8 row", tokens, seconds * (1.3 if tokens >= 512 else 1)),
                     layer_row("linear", name, "sixteen bits", tokens, 2 * seconds)]
            if tokens >= 512:
                rows.append(layer_row("linear-after-idle", name, "fp8 row", tokens, seconds))
    for shape in (QWEN, OSS):
        for tokens in (1, 4, 16, 64, 256, 1024, 8192):
            seconds = mixture_layer_seconds(shape, GPU, MIXTURE, tokens)
            rows += [layer_row("mixture", shape.name, "triton 16/64/128/4/4", tokens, seconds),
                     layer_row("mixture", shape.name, "torch", tokens, 1.5 * seconds),
                     layer_row("around", shape.name, "triton 16/64/128/4/4", tokens, MIXTURE.step_seconds / 40)]
    return rows


def write(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


class ReportPartsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        write(self.folder / "h200-copies.csv", copy_rows())
        write(self.folder / "h200-layers.csv", layer_rows())
        self.layers = read_layers(self.folder / "h200-layers.csv")

    def test_fit_finds_what_copies_cost(self):
        found, mean, worst = fit_copies(read_copies(self.folder / "h200-copies.csv"))
        self.assertAlmostEqual(1, found.base_seconds / COPIES.base_seconds, delta=0.02)
        self.assertAlmostEqual(1, found.piece_seconds / COPIES.piece_seconds, delta=0.02)
        self.assertAlmostEqual(1, found.bandwidth / COPIES.bandwidth, delta=0.02)
        self.assertLess(worst, 0.02)

    def test_fit_finds_the_shares_of_eight_bits_in_single_steps(self):
        rows = [row for row in single(self.layers, "linear").values() if row.kernel == "fp8 row"]
        found, _, worst = fit_eight_bit(GPU, rows)
        self.assertAlmostEqual(EIGHT_BIT.compute, found.compute, 2)
        self.assertAlmostEqual(EIGHT_BIT.weights, found.weights, 2)
        self.assertLess(worst, 0.01)

    def test_fit_finds_the_shares_of_experts_from_the_fastest_kernels(self):
        whole = fastest(single(self.layers, "mixture").values())
        self.assertEqual({"triton 16/64/128/4/4"}, {row.kernel for row in whole})
        for shape in (QWEN, OSS):
            with self.subTest(model=shape.name):
                found = fit_mixture(GPU, [row for row in whole if row.model == shape.name])[0]
                self.assertAlmostEqual(MIXTURE.compute, found.compute, 2)
                self.assertAlmostEqual(MIXTURE.weights, found.weights, 2)
                self.assertAlmostEqual(1, found.step_seconds / MIXTURE.step_seconds, delta=0.02)

    def test_the_report_has_a_line_for_everything_measured(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            main(["h200", str(self.folder)])
        for line in ("| load each | 0.030 | 0.80 | 45.0 |", "| fp8 row | 0.70 | 0.80 |",
                     "| qwen3-30b-a3b | 0.50 | 0.70 | 0.90 |", "| gpt-oss-120b | 0.50 | 0.70 | 0.90 |",
                     "| load each | 32 | 64: "):
            self.assertIn(line, said.getvalue())
        self.assertIn("| 2.00 |", said.getvalue())

    def test_a_folder_without_measurements_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "neither h100-copies.csv nor"):
            main(["h100", str(self.folder)])
        with self.assertRaisesRegex(SystemExit, "usage"):
            main(["tpu", str(self.folder)])


if __name__ == "__main__":
    unittest.main()
