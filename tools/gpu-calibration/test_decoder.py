"""python3 -m unittest test_decoder; without a GPU: TRITON_INTERPRET=1. Needs PyTorch and Triton."""

import unittest

import torch
import torch.nn.functional as F

import kernels
from decoder import DTYPE, Kernels, KvMemory, Step, Weights, plain_attention
from kernels import DecodeLaunch
from measure_steps import relative_error
from step_time import MODELS, StepLoad

SHAPE = MODELS["tiny"]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
TOLERANCE = 2e-2


def rms_norm(x):
    return x * (x.square().mean(-1, keepdim=True) + 1e-6).rsqrt()


def rotated(x, positions):
    half = SHAPE.head_dim // 2
    angle = positions[:, None].double() * 500000.0 ** (-torch.arange(half, device=x.device).double() / half)
    turn = torch.polar(torch.ones_like(angle), angle)[:, None, :]
    turned = torch.complex(x[..., :half], x[..., half:]) * turn
    return torch.cat([turned.real, turned.imag], -1)


def expected_logits(weights, step, caches):
    """The step in float64, sequence by sequence, written without the code under test."""
    load, heads, dim = step.load, SHAPE.heads, SHAPE.head_dim
    x = weights.embedding[step.tokens].double()
    for layer, (keys, values) in zip(weights.layers, caches):
        matrices = {name: matrix.double() for name, matrix in layer.items()}
        qkv = (rms_norm(x) @ matrices["qkv"].T).unflatten(1, (-1, dim))
        q, k, v = qkv.split([heads, SHAPE.kv_heads, SHAPE.kv_heads], 1)
        q, k = rotated(rms_norm(q), step.positions), rotated(rms_norm(k), step.positions)
        rows = []
        for i in range(load.decodes):
            past = [part[step.block_table[i].long()].flatten(0, 1)[: load.decode_context - 1].double()
                    for part in (keys, values)]
            rows.append(plain_attention(q[i : i + 1], torch.cat([past[0], k[i : i + 1]]),
                                        torch.cat([past[1], v[i : i + 1]])))
        if load.chunk_tokens:
            first, n = step.prompt.start, load.chunk_start
            past = [part.flatten(0, 1)[first : first + n].double() for part in (keys, values)]
            rows.append(plain_attention(q[load.decodes :], torch.cat([past[0], k[load.decodes :]]),
                                        torch.cat([past[1], v[load.decodes :]])))
        x = x + torch.cat(rows).flatten(1).double() @ matrices["out"].T
        gate, up = (rms_norm(x) @ matrices["gate_up"].T).chunk(2, 1)
        x = x + (F.silu(gate) * up) @ matrices["down"].T
    return rms_norm(x)[step.sampled] @ weights.head.double().T


class StepTest(unittest.TestCase):
    def check(self, load, launch=DecodeLaunch(splits=2)):
        torch.manual_seed(1)
        with torch.no_grad():
            weights = Weights(SHAPE, DEVICE)
            step = Step(weights, KvMemory(0.02, DEVICE), load, Kernels("plain", launch))
            before = [[part.clone() for part in cache] for cache in step.caches]
            logits = step.run()
            self.assertEqual((load.samples, SHAPE.vocabulary), tuple(logits.shape))
            self.assertLess(relative_error(logits, expected_logits(weights, step, before)), TOLERANCE)

    def test_a_whole_prompt_is_computed_as_by_a_plain_decoder(self):
        self.check(StepLoad(chunk_tokens=33))

    def test_a_chunk_sees_the_tokens_before_it(self):
        self.check(StepLoad(chunk_tokens=16, chunk_start=40))

    def test_decoding_sequences_see_their_own_blocks(self):
        self.check(StepLoad(3, 83))

    def test_more_parts_than_tiles_leave_some_parts_empty(self):
        self.check(StepLoad(2, 70), DecodeLaunch(splits=8))

    def test_decodes_and_a_chunk_share_a_step(self):
        self.check(StepLoad(2, 50, chunk_tokens=20, chunk_samples=False))


class MergeTest(unittest.TestCase):
    def test_attention_over_two_parts_merges_to_attention_over_both(self):
        torch.manual_seed(2)
        q = torch.randn(9, 6, 32, dtype=DTYPE, device=DEVICE)
        k, v = torch.randn(2, 20, 6, 32, dtype=DTYPE, device=DEVICE)
        score = torch.einsum("thd,shd->hts", q.float(), k.float()) * 32**-0.5

        def part(of):
            own = score[:, :, of]
            out = torch.einsum("hts,shd->thd", own.softmax(-1), v[of].float()).to(DTYPE).contiguous()
            return out, own.logsumexp(-1).contiguous()

        merged = kernels.merge_attention(*part(slice(0, 7)), *part(slice(7, 20)))
        self.assertLess(relative_error(merged, part(slice(0, 20))[0]), TOLERANCE)


if __name__ == "__main__":
    unittest.main()
