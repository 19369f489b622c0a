"""python3 -m unittest test_report"""

import unittest
from pathlib import Path

from report import GPUS, alike, chosen, engine_seconds, fit_gpu, predicted, read_steps, table, transfer

MEASUREMENTS = Path(__file__).parents[2] / "vllm-simulator/src/test/resources/calibration"


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.measured = {name: read_steps(MEASUREMENTS / f"{name}-steps.csv") for name in ("h100", "h200")}

    def test_a_single_step_is_predicted_within_a_fifth(self):
        for name, rows in self.measured.items():
            for (model, label), (loads, seconds) in table(rows, "step-after-idle").items():
                engine = sum(engine_seconds(load) for load in loads)
                with self.subTest(gpu=name, model=model, step=label):
                    ratio = (predicted(GPUS[name], model, loads) + engine) / (seconds + engine)
                    self.assertAlmostEqual(1, ratio, delta=0.2)

    def test_faster_memory_changes_times_as_predicted(self):
        for kind in ("step", "step-after-idle"):
            ratios = transfer(self.measured, kind)
            self.assertGreater(len(ratios), 15)
            for key, (expected, actual) in ratios.items():
                with self.subTest(step=key, kind=kind):
                    self.assertAlmostEqual(1, expected / actual, delta=0.06)

    def test_both_gpus_reach_the_same_shares_of_their_peaks(self):
        fits = {name: fit_gpu(GPUS[name], rows)[0] for name, rows in alike(self.measured, "step").items()}
        for coefficient in ("compute", "weights", "kv", "attention"):
            with self.subTest(coefficient=coefficient):
                self.assertAlmostEqual(getattr(fits["h100"], coefficient), getattr(fits["h200"], coefficient), delta=0.03)

    def test_a_long_prompt_without_its_middle_chunks_is_interpolated(self):
        rows = [row for row in chosen(self.measured["h200"], "step") if row.model == "llama-3.1-8b"]
        whole = table(rows, "step")["llama-3.1-8b", "prefill 32768"][1]
        ends = [row for row in rows if row.load.chunk_start not in (8192, 16384)]
        self.assertAlmostEqual(1, table(ends, "step")["llama-3.1-8b", "prefill 32768"][1] / whole, delta=0.02)


if __name__ == "__main__":
    unittest.main()
