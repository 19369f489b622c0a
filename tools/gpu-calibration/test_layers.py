"""python3 -m unittest test_layers; without a GPU: TRITON_INTERPRET=1. Needs PyTorch and Triton."""

import unittest
from dataclasses import replace

import torch

from decoder import DTYPE
from fp8 import product, quantise, quantise_rows
from measure_layers import fits
from measure_steps import relative_error
from mixture import PLACED, ExpertLaunch, ExpertLayers, Experts, group, plain_layer
from step_time import MIXTURES

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SHAPE = MIXTURES["tiny-mixture"]
TOLERANCE = 1e-2


class GroupTest(unittest.TestCase):
    def check(self, tokens, tile_rows, logits):
        groups = group(logits, SHAPE.chosen, tile_rows)
        values, experts = logits.float().topk(SHAPE.chosen, 1)
        self.assertTrue(torch.equal(groups.chosen.view(tokens, -1).long(), experts))
        self.assertLess(relative_error(groups.weights, values.softmax(1)), 1e-3)
        counts = torch.bincount(experts.flatten(), minlength=SHAPE.experts)
        ends = counts.cumsum(0)
        self.assertEqual(ends.tolist(), groups.ends.tolist())
        rows = sorted(groups.positions.tolist())
        self.assertEqual(list(range(tokens * SHAPE.chosen)), rows)
        for at, position in enumerate(groups.positions.tolist()):
            expert = int(experts.flatten()[at])
            self.assertTrue(ends[expert] - counts[expert] <= position < ends[expert])
            self.assertEqual(at // SHAPE.chosen, int(groups.sources[position]))
        tiles = [(expert, int(ends[expert] - counts[expert]) + start)
                 for expert in range(SHAPE.experts) for start in range(0, int(counts[expert]), tile_rows)]
        found = list(zip(groups.tile_experts.tolist(), groups.tile_rows.tolist()))
        self.assertEqual(tiles, found[: len(tiles)])
        self.assertTrue(all(expert >= SHAPE.experts for expert, _ in found[len(tiles) :]))

    def test_rows_of_an_expert_lie_side_by_side(self):
        torch.manual_seed(3)
        for tokens, tile_rows in ((1, 16), (37, 16), (3 * PLACED, 4)):
            with self.subTest(tokens=tokens):
                self.check(tokens, tile_rows, torch.randn(tokens, SHAPE.experts, dtype=DTYPE, device=DEVICE))

    def test_all_tokens_may_choose_the_same_experts(self):
        logits = torch.arange(SHAPE.experts, dtype=DTYPE, device=DEVICE).expand(20, -1).contiguous()
        self.check(20, 16, logits)


class MixtureTest(unittest.TestCase):
    def check(self, shape, products, launch, tokens):
        torch.manual_seed(4)
        layers = ExpertLayers(Experts(shape, 2, DEVICE), tokens)
        for out, rows, layer in zip(layers.run(products, launch), layers.inputs, layers.weights.layers):
            self.assertLess(relative_error(out, plain_layer(rows, layer, shape.chosen)), TOLERANCE)

    def test_a_layer_computes_what_single_tokens_give(self):
        for products in ("triton", "torch"):
            with self.subTest(products=products):
                self.check(SHAPE, products, ExpertLaunch(), 21)

    def test_groups_may_be_larger_than_a_tile(self):
        self.check(SHAPE, "triton", ExpertLaunch(16, 32, 16), 90)

    def test_sizes_need_not_be_multiples_of_the_tile(self):
        self.check(replace(SHAPE, hidden=80, ffn=48), "triton", ExpertLaunch(16, 64, 32), 5)


class ExpectedExpertsTest(unittest.TestCase):
    def test_random_choices_reach_as_many_experts_as_expected(self):
        torch.manual_seed(5)
        shape = replace(SHAPE, experts=32, chosen=4)
        weights = Experts(shape, 8, DEVICE)
        self.assertEqual(4, ExpertLayers(weights, 1).distinct_experts())
        self.assertAlmostEqual(shape.expected_experts(12), ExpertLayers(weights, 12).distinct_experts(), delta=2)


class LaunchTest(unittest.TestCase):
    def test_tiles_suit_the_rows_of_an_expert(self):
        self.assertEqual([16], [rows for rows in (16, 32, 64, 128) if fits(ExpertLaunch(rows), 1)])
        self.assertEqual([64, 128], [rows for rows in (16, 32, 64, 128) if fits(ExpertLaunch(rows), 512)])


class EightBitTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(6)
        self.rows, self.matrix = (torch.randn(n, 96, dtype=DTYPE, device=DEVICE) for n in (17, 32))

    def test_rows_keep_their_values_up_to_the_steps_of_the_format(self):
        for quantiser in (quantise, quantise_rows):
            quantised, scale = quantiser(self.rows)
            with self.subTest(quantiser=quantiser.__name__):
                self.assertLess(relative_error(quantised.float() * scale, self.rows), 0.07)

    def test_a_product_is_that_of_the_values_in_eight_bits(self):
        (a, a_scale), (b, b_scale) = quantise(self.rows), quantise(self.matrix)
        expected = (a.float() * a_scale) @ (b.float() * b_scale).T
        self.assertLess(relative_error(product(a, a_scale, b, b_scale), expected), TOLERANCE)

    @unittest.skipIf(DEVICE == "cpu", "PyTorch scales rows on GPUs only")
    def test_a_product_takes_a_scale_for_each_row(self):
        (a, a_scale), (b, b_scale) = quantise_rows(self.rows), quantise_rows(self.matrix)
        expected = (a.float() * a_scale) @ (b.float() * b_scale).T
        self.assertLess(relative_error(product(a, a_scale, b, b_scale), expected), TOLERANCE)


if __name__ == "__main__":
    unittest.main()
