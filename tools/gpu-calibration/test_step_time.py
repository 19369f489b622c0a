"""python3 -m unittest test_step_time"""

import unittest
from dataclasses import replace

from step_time import (
    GPUS,
    MIXTURES,
    MODELS,
    SPECIFIED,
    Efficiencies,
    EightBit,
    MixtureCoefficients,
    StepLoad,
    eight_bit_layer_seconds,
    engine_seconds,
    fit,
    kernel_seconds,
    linear_seconds,
    mixture_layer_seconds,
)

LLAMA = MODELS["llama-3.1-8b"]
LOADS = [StepLoad(decodes, context) for decodes in (1, 16, 64, 128) for context in (1024, 8192)] + [
    StepLoad(chunk_tokens=tokens, chunk_start=start) for tokens in (512, 2048, 8192) for start in (0, 24576)
]


def milliseconds(load, model=LLAMA):
    return 1e3 * (kernel_seconds(model, GPUS["h200"], SPECIFIED, load) + engine_seconds(load))


class StepTimeTest(unittest.TestCase):
    def test_parameters_are_those_of_the_published_models(self):
        self.assertAlmostEqual(LLAMA.linear_parameters / 1e9, 6.98, 2)
        self.assertAlmostEqual(MODELS["qwen3-14b"].linear_parameters / 1e9, 13.2, 1)
        self.assertAlmostEqual(MODELS["qwen3-32b"].linear_parameters / 1e9, 31.2, 1)
        self.assertEqual(131072, LLAMA.kv_bytes_per_token)

    def test_decode_steps_are_those_predicted_for_the_h200(self):
        self.assertEqual([5.1, 5.8, 8.1, 11.2], [round(milliseconds(StepLoad(b, 1024)), 1) for b in (1, 16, 64, 128)])
        self.assertEqual([15, 26], [round(milliseconds(StepLoad(b, 8192))) for b in (32, 64)])

    def test_prompts_alone_take_what_is_predicted_for_the_h200(self):
        self.assertEqual([11, 40, 179], [round(milliseconds(StepLoad(chunk_tokens=t))) for t in (512, 2048, 8192)])

    def test_a_chunk_that_does_not_end_its_prompt_samples_nothing(self):
        load = StepLoad(64, 1024, chunk_tokens=1984, chunk_samples=False)
        self.assertEqual((2048, 65, 64), (load.tokens, load.sequences, load.samples))

    def test_one_token_reads_the_experts_it_chooses_and_many_tokens_read_all(self):
        mixture = MIXTURES["qwen3-30b-a3b"]
        self.assertAlmostEqual(8, mixture.expected_experts(1))
        self.assertAlmostEqual(82.4, mixture.expected_experts(16), 1)
        self.assertAlmostEqual(128, mixture.expected_experts(1024))

    def test_mixtures_have_the_parameters_of_the_published_models(self):
        for name, billions in (("qwen3-30b-a3b", 29.0), ("gpt-oss-120b", 114.7)):
            mixture = MIXTURES[name]
            self.assertAlmostEqual(billions, mixture.layers * mixture.experts * mixture.expert_parameters / 1e9, 1)

    def test_experts_take_what_published_prefills_of_gpt_oss_120b_took(self):
        """Milliseconds to the first token on an H200, of llm-d's article on sharing KV caches between endpoints."""
        mixture, gpu = MIXTURES["gpt-oss-120b"], GPUS["h200"]
        projections = 36 * 2 * 2880 * (64 + 8) * 64
        for tokens, published in ((8192, 250), (16384, 510), (32768, 1173), (49152, 1988)):
            seconds = 0.011
            for start in range(0, tokens, 8192):
                seconds += mixture.layers * mixture_layer_seconds(mixture, gpu, MixtureCoefficients(), 8192)
                seconds += 2 * projections * 8192 / (gpu.flops * SPECIFIED.compute)
                pairs = 18 * 8192 * (start + 4096) + 18 * 8192 * 128  # every other layer sees 128 tokens
                seconds += 4 * 64 * 64 * pairs / (gpu.flops * SPECIFIED.attention) + 1.4e-3
            with self.subTest(tokens=tokens):
                self.assertAlmostEqual(1, 1e3 * seconds / published, delta=0.05)

    def test_eight_bits_halve_the_reading_and_speed_products_up(self):
        gpu, one_layer = GPUS["h200"], replace(LLAMA, layers=1)
        for tokens, factor in ((1, 2.0), (8192, 2 * 0.70 / 0.78)):
            sixteen = linear_seconds(one_layer, gpu, SPECIFIED, tokens, 0)
            self.assertAlmostEqual(factor, sixteen / eight_bit_layer_seconds(LLAMA, gpu, EightBit(), tokens), 2)

    def test_fit_finds_the_coefficients_that_made_the_times(self):
        gpu = GPUS["h200"]
        truth = Efficiencies(compute=0.7, weights=0.9, kv=0.8, attention=0.5, layer_seconds=1.5e-5)
        rows = [((model, load), kernel_seconds(model, gpu, truth, load))
                for model in (LLAMA, MODELS["qwen3-32b"]) for load in LOADS]
        found = fit(rows, lambda at, what: kernel_seconds(what[0], gpu, at, what[1]), SPECIFIED,
                    ["compute", "weights", "kv", "attention", "layer_seconds"])
        for name in ("compute", "weights", "kv", "attention"):
            self.assertAlmostEqual(getattr(truth, name), getattr(found, name), 2)
        self.assertAlmostEqual(truth.layer_seconds, found.layer_seconds, 6)

    def test_fit_leaves_other_coefficients_alone(self):
        rows = [(StepLoad(1, 1024), 0.01)]
        found = fit(rows, lambda at, load: kernel_seconds(LLAMA, GPUS["h200"], at, load), SPECIFIED, ["weights"])
        self.assertEqual(replace(SPECIFIED, weights=found.weights), found)
        self.assertNotEqual(SPECIFIED.weights, found.weights)

    def test_fit_refuses_a_coefficient_that_does_not_exist(self):
        with self.assertRaises(ValueError):
            fit([], lambda at, what: 1.0, SPECIFIED, ["speed"])


if __name__ == "__main__":
    unittest.main()
