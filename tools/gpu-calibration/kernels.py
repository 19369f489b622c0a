"""Triton kernels for what stands between the matrix products of a decoder layer, and attention over a blocked KV cache.

Each function launches on the current stream, allocates with PyTorch's allocator and can be captured in a CUDA graph.
With TRITON_INTERPRET=1 they run on a CPU, which the tests use.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl

BLOCK_TOKENS = 16
"""Tokens of one KV block, vLLM's default."""

LOG2_E = 1.4426950408889634
QUERY_ROWS = 16
"""Smallest row count of a tensor core product; query heads that share a KV head are padded to it."""


@dataclass(frozen=True)
class DecodeLaunch:
    """How the decode attention is cut: KV tokens per tile, warps, pipeline stages, parts per sequence."""

    tile_tokens: int = 64
    warps: int = 4
    stages: int = 3
    splits: int = 8


@triton.jit
def _add_rms_norm(delta, residual, weight, normed, columns, epsilon, COLUMNS: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, COLUMNS)
    inside = column < columns
    at = row * columns + column
    total = tl.load(delta + at, mask=inside, other=0.0).to(tl.float32)
    total += tl.load(residual + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(residual + at, total.to(residual.dtype.element_ty), mask=inside)
    scale = tl.rsqrt(tl.sum(total * total, 0) / columns + epsilon)
    value = total * scale * tl.load(weight + column, mask=inside, other=0.0).to(tl.float32)
    tl.store(normed + at, value.to(normed.dtype.element_ty), mask=inside)


def add_rms_norm(delta, residual, weight):
    """Adds delta to residual in place and returns the weighted RMS norm of the sum."""
    rows, columns = residual.shape
    normed = torch.empty_like(residual)
    _add_rms_norm[(rows,)](
        delta, residual, weight, normed, columns, 1e-5, COLUMNS=triton.next_power_of_2(columns), num_warps=8
    )
    return normed


@triton.jit
def _silu_mul(gate_up, out, columns, TILE: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * TILE + tl.arange(0, TILE)
    inside = column < columns
    gate = tl.load(gate_up + row * 2 * columns + column, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(gate_up + row * 2 * columns + columns + column, mask=inside, other=0.0).to(tl.float32)
    value = gate / (1.0 + tl.exp(-gate)) * up
    tl.store(out + row * columns + column, value.to(out.dtype.element_ty), mask=inside)


def silu_mul(gate_up):
    """silu(gate) * up, where each row of gate_up holds gate, then up."""
    rows, both = gate_up.shape
    columns = both // 2
    out = torch.empty(rows, columns, dtype=gate_up.dtype, device=gate_up.device)
    tile = 2048
    _silu_mul[(rows, triton.cdiv(columns, tile))](gate_up, out, columns, TILE=tile, num_warps=4)
    return out


@triton.jit
def _rotate(data, offset, heads, norm_weight, cosine, sine, target, target_offset,
            NORM: tl.constexpr, ROWS: tl.constexpr, HALF: tl.constexpr):
    head = tl.arange(0, ROWS)[:, None]
    dim = tl.arange(0, HALF)[None, :]
    inside = head < heads
    at = head * 2 * HALF + dim
    first = tl.load(data + offset + at, mask=inside, other=0.0).to(tl.float32)
    second = tl.load(data + offset + at + HALF, mask=inside, other=0.0).to(tl.float32)
    if NORM:
        squares = tl.sum(first * first, 1) + tl.sum(second * second, 1)
        scale = tl.rsqrt(squares / (2 * HALF) + 1e-6)[:, None]
        first *= scale * tl.load(norm_weight + dim).to(tl.float32)
        second *= scale * tl.load(norm_weight + HALF + dim).to(tl.float32)
    type = target.dtype.element_ty
    tl.store(target + target_offset + at, (first * cosine - second * sine).to(type), mask=inside)
    tl.store(target + target_offset + at + HALF, (second * cosine + first * sine).to(type), mask=inside)


@triton.jit
def _rope_and_store(qkv, angles, positions, slots, query_norm, key_norm, keys, values, heads, kv_heads,
                    NORM: tl.constexpr, ROWS: tl.constexpr, KV_ROWS: tl.constexpr, HALF: tl.constexpr):
    token = tl.program_id(0).to(tl.int64)
    position = tl.load(positions + token).to(tl.int64)
    slot = tl.load(slots + token).to(tl.int64)
    dim = tl.arange(0, HALF)[None, :]
    cosine = tl.load(angles + position * 2 * HALF + dim)
    sine = tl.load(angles + position * 2 * HALF + HALF + dim)
    row = token * (heads + 2 * kv_heads) * 2 * HALF
    key_row = row + heads * 2 * HALF
    cached = slot * kv_heads * 2 * HALF
    _rotate(qkv, row, heads, query_norm, cosine, sine, qkv, row, NORM, ROWS, HALF)
    _rotate(qkv, key_row, kv_heads, key_norm, cosine, sine, keys, cached, NORM, KV_ROWS, HALF)
    head = tl.arange(0, KV_ROWS)[:, None]
    at = head * 2 * HALF + tl.arange(0, 2 * HALF)[None, :]
    value = tl.load(qkv + key_row + kv_heads * 2 * HALF + at, mask=head < kv_heads, other=0.0)
    tl.store(values + cached + at, value, mask=head < kv_heads)


def rope_and_store(qkv, angles, positions, slots, norms, keys, values, heads):
    """Rotates queries in place; puts rotated keys, and values, into the cache at each token's slot.

    angles: [positions, head dim] float32, cosines then sines. norms: weights of the per-head norms of queries and
    keys, or None. keys, values: [blocks, BLOCK_TOKENS, kv heads, head dim].
    """
    kv_heads, head_dim = keys.shape[2:]
    query_norm, key_norm = norms if norms else (qkv, qkv)
    _rope_and_store[(qkv.shape[0],)](
        qkv, angles, positions, slots, query_norm, key_norm, keys, values, heads, kv_heads,
        NORM=norms is not None, ROWS=triton.next_power_of_2(heads), KV_ROWS=triton.next_power_of_2(kv_heads),
        HALF=head_dim // 2, num_warps=4,
    )


@triton.jit
def _decode_attention(qkv, keys, values, block_table, contexts, partial, stats, row_stride, table_stride, kv_heads,
                      group, scale, HEAD_DIM: tl.constexpr, BLOCK: tl.constexpr, TILE: tl.constexpr,
                      ROWS: tl.constexpr):
    sequence = tl.program_id(0).to(tl.int64)
    kv_head = tl.program_id(1)
    split = tl.program_id(2)
    splits = tl.num_programs(2)
    context = tl.load(contexts + sequence)
    tiles = tl.cdiv(tl.cdiv(context, TILE), splits)
    first = split * tiles * TILE
    last = tl.minimum(context, first + tiles * TILE)

    row = tl.arange(0, ROWS)
    dim = tl.arange(0, HEAD_DIM)
    head = kv_head * group + row
    query = tl.load(qkv + sequence * row_stride + head[:, None] * HEAD_DIM + dim[None, :],
                    mask=row[:, None] < group, other=0.0)
    peak = tl.full([ROWS], float("-inf"), tl.float32)
    weight_sum = tl.zeros([ROWS], tl.float32)
    sums = tl.zeros([ROWS, HEAD_DIM], tl.float32)
    for start in range(first, last, TILE):
        token = start + tl.arange(0, TILE)
        inside = token < last
        block = tl.load(block_table + sequence * table_stride + token // BLOCK, mask=inside, other=0).to(tl.int64)
        at = ((block * BLOCK + token % BLOCK) * kv_heads + kv_head) * HEAD_DIM
        key = tl.load(keys + at[:, None] + dim[None, :], mask=inside[:, None], other=0.0)
        score = tl.where(inside[None, :], tl.dot(query, tl.trans(key)) * scale, float("-inf"))
        new_peak = tl.maximum(peak, tl.max(score, 1))
        fade = tl.exp2(peak - new_peak)
        weight = tl.exp2(score - new_peak[:, None])
        weight_sum = weight_sum * fade + tl.sum(weight, 1)
        value = tl.load(values + at[:, None] + dim[None, :], mask=inside[:, None], other=0.0)
        sums = sums * fade[:, None] + tl.dot(weight.to(value.dtype), value)
        peak = new_peak
    at = (sequence * kv_heads * group + head) * splits + split
    tl.store(partial + at[:, None] * HEAD_DIM + dim[None, :], sums, mask=row[:, None] < group)
    tl.store(stats + at * 2, peak, mask=row < group)
    tl.store(stats + at * 2 + 1, weight_sum, mask=row < group)


@triton.jit
def _combine_splits(partial, stats, out, splits, HEAD_DIM: tl.constexpr, SPLITS: tl.constexpr):
    at = tl.program_id(0).to(tl.int64)
    split = tl.arange(0, SPLITS)
    inside = split < splits
    dim = tl.arange(0, HEAD_DIM)
    peak = tl.load(stats + (at * splits + split) * 2, mask=inside, other=float("-inf"))
    weight_sum = tl.load(stats + (at * splits + split) * 2 + 1, mask=inside, other=0.0)
    weight = tl.exp2(peak - tl.max(peak, 0))
    sums = tl.load(partial + (at * splits + split)[:, None] * HEAD_DIM + dim[None, :], mask=inside[:, None], other=0.0)
    value = tl.sum(sums * weight[:, None], 0) / tl.sum(weight * weight_sum, 0)
    tl.store(out + at * HEAD_DIM + dim, value.to(out.dtype.element_ty))


def decode_attention(qkv, keys, values, block_table, contexts, out, launch):
    """One query token per sequence against its cached blocks; out: [sequences, heads * head dim].

    The first columns of each qkv row are its query heads. contexts counts cached tokens, the newest included.
    """
    sequences = block_table.shape[0]
    kv_heads, head_dim = keys.shape[2:]
    heads = out.shape[1] // head_dim
    partial = torch.empty(sequences, heads, launch.splits, head_dim, dtype=torch.float32, device=out.device)
    stats = torch.empty(sequences, heads, launch.splits, 2, dtype=torch.float32, device=out.device)
    _decode_attention[(sequences, kv_heads, launch.splits)](
        qkv, keys, values, block_table, contexts, partial, stats, qkv.stride(0), block_table.stride(0), kv_heads,
        heads // kv_heads, LOG2_E * head_dim**-0.5, HEAD_DIM=head_dim, BLOCK=BLOCK_TOKENS, TILE=launch.tile_tokens,
        ROWS=QUERY_ROWS, num_warps=launch.warps, num_stages=launch.stages,
    )
    _combine_splits[(sequences * heads,)](
        partial, stats, out, launch.splits, HEAD_DIM=head_dim, SPLITS=triton.next_power_of_2(launch.splits),
        num_warps=2,
    )


@triton.jit
def _merge(first, second, first_lse, second_lse, out, tokens, heads, token_stride, ROWS: tl.constexpr,
           HEAD_DIM: tl.constexpr):
    token = tl.program_id(0).to(tl.int64)
    head = tl.arange(0, ROWS)
    inside = head < heads
    one = tl.load(first_lse + head * tokens + token, mask=inside, other=0.0)
    two = tl.load(second_lse + head * tokens + token, mask=inside, other=0.0)
    share = 1.0 / (1.0 + tl.exp(two - one))
    at = head[:, None] * HEAD_DIM + tl.arange(0, HEAD_DIM)[None, :]
    a = tl.load(first + token * token_stride + at, mask=inside[:, None], other=0.0).to(tl.float32)
    b = tl.load(second + token * token_stride + at, mask=inside[:, None], other=0.0).to(tl.float32)
    value = b + (a - b) * share[:, None]
    tl.store(out + token * heads * HEAD_DIM + at, value.to(out.dtype.element_ty), mask=inside[:, None])


def merge_attention(first, first_lse, second, second_lse):
    """Attention over two disjoint sets of keys from the results over each.

    first, second: [tokens, heads, head dim], heads and dims contiguous; the lse: contiguous [heads, tokens] float32.
    """
    tokens, heads, head_dim = first.shape
    out = torch.empty(tokens, heads, head_dim, dtype=first.dtype, device=first.device)
    if first.stride() != second.stride() or first.stride()[1:] != (head_dim, 1):
        first, second = first.contiguous(), second.contiguous()
    _merge[(tokens,)](
        first, second, first_lse, second_lse, out, tokens, heads, first.stride(0),
        ROWS=triton.next_power_of_2(heads), HEAD_DIM=head_dim, num_warps=4,
    )
    return out
