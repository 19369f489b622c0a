"""Random-weight decoders with the shapes of real models, and the GPU work of one engine step."""

from dataclasses import dataclass
from itertools import cycle, islice

import torch
import torch.nn.functional as F

import kernels
from kernels import BLOCK_TOKENS, DecodeLaunch
from step_time import ModelShape, StepLoad

DTYPE = torch.bfloat16 if torch.cuda.is_available() else torch.float32
"""Triton's interpreter multiplies bfloat16 matrices wrongly, so trials without a GPU use float32."""


class Weights:
    """All weights of a decoder, each layer with its own, so that a step reads every byte of them."""

    def __init__(self, shape: ModelShape, device):
        self.shape = shape
        self.device = device
        q, kv = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        self.embedding = self._normal(shape.vocabulary, shape.hidden)
        self.head = self._normal(shape.vocabulary, shape.hidden)
        self.layers = [
            {
                "qkv": self._normal(q + 2 * kv, shape.hidden),
                "out": self._normal(shape.hidden, q),
                "gate_up": self._normal(2 * shape.ffn, shape.hidden),
                "down": self._normal(shape.hidden, shape.ffn),
            }
            for _ in range(shape.layers)
        ]
        self.norm = torch.ones(shape.hidden, dtype=DTYPE, device=device)
        head_norm = torch.ones(shape.head_dim, dtype=DTYPE, device=device)
        self.head_norms = (head_norm, head_norm) if shape.head_norm else None

    def _normal(self, *size):
        return torch.empty(size, dtype=DTYPE, device=self.device).normal_(std=0.02)


class KvMemory:
    """Memory for the KV caches of one load after another.

    A load whose caches exceed the memory uses the caches of its first layers again in later ones. Each cache read
    still comes from device memory, as long as what is read in between exceeds the GPU's L2.
    """

    def __init__(self, gigabytes, device):
        self.memory = torch.empty(int(gigabytes * 1e9 / DTYPE.itemsize), dtype=DTYPE, device=device).normal_()

    def caches(self, shape: ModelShape, blocks):
        """Keys and values, each [blocks, BLOCK_TOKENS, kv heads, head dim], for every layer."""
        size = blocks * BLOCK_TOKENS * shape.kv_heads * shape.head_dim
        distinct = min(shape.layers, self.memory.numel() // (2 * size))
        if distinct < 2:
            raise ValueError(f"KV memory: {self.memory.nbytes} bytes (expected: at least {4 * size * DTYPE.itemsize})")
        parts = self.memory[: distinct * 2 * size].view(
            distinct, 2, blocks, BLOCK_TOKENS, shape.kv_heads, shape.head_dim
        )
        return list(islice(cycle([(part[0], part[1]) for part in parts]), shape.layers))


def flash_attention(query, keys, values):
    """FlashAttention-2 as PyTorch ships it, the last query aligned with the last key; [tokens, heads, head dim]."""
    q, k, v = (x.unsqueeze(0) for x in (query, keys, values))
    return torch.ops.aten._flash_attention_forward(
        q, k, v, None, None, q.shape[1], k.shape[1], 0.0, True, False
    )[0].squeeze(0)


def cudnn_attention(query, keys, values):
    """cuDNN's fused attention; the tokens before the chunk in a call of their own, then merged."""
    start = keys.shape[0] - query.shape[0]
    own, own_lse = _cudnn(query, keys[start:], values[start:], True)
    if start == 0:
        return own
    before, before_lse = _cudnn(query, keys[:start], values[:start], False)
    return kernels.merge_attention(own, own_lse, before, before_lse)


def _cudnn(query, keys, values, causal):
    q, k, v = (x.unsqueeze(0).transpose(1, 2) for x in (query, keys, values))
    out, lse = torch.ops.aten._scaled_dot_product_cudnn_attention(q, k, v, None, True, 0.0, causal, False)[:2]
    return out.transpose(1, 2).squeeze(0), lse.reshape(query.shape[1], query.shape[0]).contiguous()


def plain_attention(query, keys, values):
    """Attention in float32, for checks and for a CPU."""
    group = query.shape[1] // keys.shape[1]
    q = query.float().transpose(0, 1)
    k = keys.float().transpose(0, 1).repeat_interleave(group, 0)
    v = values.float().transpose(0, 1).repeat_interleave(group, 0)
    score = q @ k.transpose(1, 2) * query.shape[2] ** -0.5
    tokens, before = query.shape[0], keys.shape[0] - query.shape[0]
    hidden = torch.ones(tokens, keys.shape[0], dtype=torch.bool, device=q.device).triu(before + 1)
    return (score.masked_fill(hidden, float("-inf")).softmax(-1) @ v).transpose(0, 1).to(query.dtype)


PREFILL_ATTENTION = {"flash2": flash_attention, "cudnn": cudnn_attention, "plain": plain_attention}


@dataclass(frozen=True)
class Kernels:
    """Attention kernels of one step."""

    prefill: str = "plain"
    decode: DecodeLaunch = DecodeLaunch()


class Step:
    """The GPU work of one step: tokens in, logits of the sampling rows out. Sampling itself is not in it.

    Rows of the batch are the decoding sequences, then the chunk. Blocks of decoding sequences lie scattered in the
    cache; those of the prompt that is prefilled lie side by side, because the prefill kernels at hand read plain
    tensors.
    """

    def __init__(self, weights: Weights, memory: KvMemory, load: StepLoad, used: Kernels):
        self.weights, self.load, self.used = weights, load, used
        shape, device = weights.shape, weights.device
        self.shape = shape
        per_sequence = -(-load.decode_context // BLOCK_TOKENS)
        prompt_tokens = load.chunk_start + load.chunk_tokens
        prompt_blocks = -(-prompt_tokens // BLOCK_TOKENS)
        scattered = load.decodes * per_sequence
        self.caches = memory.caches(shape, scattered + prompt_blocks)
        self.block_table = torch.randperm(scattered, device=device, dtype=torch.int32).view(load.decodes, per_sequence)
        self.contexts = torch.full((load.decodes,), load.decode_context, dtype=torch.int32, device=device)
        self.prompt = slice(scattered * BLOCK_TOKENS, scattered * BLOCK_TOKENS + prompt_tokens)
        self.tokens = torch.randint(shape.vocabulary, (load.tokens,), device=device)
        self.positions, self.slots = self._places()
        self.sampled = torch.arange(load.decodes, device=device)
        if load.samples > load.decodes:
            self.sampled = torch.cat([self.sampled, torch.tensor([load.tokens - 1], device=device)])
        self.angles = self._angles(max(load.decode_context, prompt_tokens))

    def _places(self):
        load, device = self.load, self.weights.device
        newest = load.decode_context - 1
        chunk = torch.arange(load.chunk_tokens, dtype=torch.int32, device=device) + load.chunk_start
        if load.decodes == 0:
            return chunk, chunk + self.prompt.start
        positions = torch.full((load.decodes,), newest, dtype=torch.int32, device=device)
        slots = self.block_table[:, newest // BLOCK_TOKENS] * BLOCK_TOKENS + newest % BLOCK_TOKENS
        return torch.cat([positions, chunk]), torch.cat([slots, chunk + self.prompt.start])

    def _angles(self, positions):
        half = self.shape.head_dim // 2
        device = self.weights.device
        rate = 500000.0 ** (-torch.arange(half, device=device, dtype=torch.float32) / half)
        angle = torch.arange(positions, device=device, dtype=torch.float32)[:, None] * rate
        return torch.cat([angle.cos(), angle.sin()], 1).contiguous()

    def run(self):
        weights = self.weights
        delta = F.embedding(self.tokens, weights.embedding)
        residual = torch.zeros_like(delta)
        for layer, cache in zip(weights.layers, self.caches):
            normed = kernels.add_rms_norm(delta, residual, weights.norm)
            attended = self.attention(F.linear(normed, layer["qkv"]), cache)
            normed = kernels.add_rms_norm(F.linear(attended, layer["out"]), residual, weights.norm)
            delta = F.linear(kernels.silu_mul(F.linear(normed, layer["gate_up"])), layer["down"])
        normed = kernels.add_rms_norm(delta, residual, weights.norm)
        return F.linear(normed[self.sampled], weights.head)

    def attention(self, qkv, cache):
        keys, values = cache
        kernels.rope_and_store(
            qkv, self.angles, self.positions, self.slots, self.weights.head_norms, keys, values, self.shape.heads
        )
        width = self.shape.heads * self.shape.head_dim
        out = torch.empty(qkv.shape[0], width, dtype=qkv.dtype, device=qkv.device)
        decodes = self.load.decodes
        if decodes:
            self.decode_attention(qkv, cache, out[:decodes])
        if self.load.chunk_tokens:
            attended = self.prefill_attention(qkv[decodes:], cache)
            if decodes == 0:
                return attended.reshape(-1, width)
            out[decodes:] = attended.reshape(-1, width)
        return out

    def decode_attention(self, qkv, cache, out):
        kernels.decode_attention(qkv, *cache, self.block_table, self.contexts, out, self.used.decode)

    def prefill_attention(self, qkv, cache):
        query = qkv[:, : self.shape.heads * self.shape.head_dim].unflatten(1, (self.shape.heads, self.shape.head_dim))
        keys, values = (part.flatten(0, 1)[self.prompt] for part in cache)
        return PREFILL_ATTENTION[self.used.prefill](query, keys, values)


class LinearLayers:
    """The matrix products of all layers and nothing else, for a number of tokens."""

    def __init__(self, weights: Weights, tokens):
        self.weights = weights
        shape = weights.shape
        width = {"qkv": shape.hidden, "out": shape.heads * shape.head_dim, "gate_up": shape.hidden, "down": shape.ffn}
        self.inputs = {
            name: torch.randn(tokens, columns, dtype=DTYPE, device=weights.device) for name, columns in width.items()
        }

    def run(self):
        for layer in self.weights.layers:
            for name, rows in self.inputs.items():
                F.linear(rows, layer[name])
