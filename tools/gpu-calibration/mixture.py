"""A layer of experts, with random weights: choosing experts for each token, their gated MLPs, and the weighted sum.

Rows that go to the same expert are put side by side; the products then run over groups of rows, with a kernel of our
own or with PyTorch's. Everything can be captured in a CUDA graph: nothing depends on the host knowing the groups.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
import triton
import triton.language as tl

import kernels
from decoder import DTYPE
from step_time import MixtureShape

PLACED = 32
"""Rows that one program puts into their group."""


@dataclass(frozen=True)
class ExpertLaunch:
    """How the products are cut: rows and columns of a tile, depth of a stage, warps, pipeline stages."""

    rows: int = 16
    columns: int = 64
    depth: int = 64
    warps: int = 4
    stages: int = 4

    def __str__(self):
        return f"{self.rows}/{self.columns}/{self.depth}/{self.warps}/{self.stages}"


@triton.jit
def _choose_experts(logits, weights, chosen, counts, ranks, experts, CHOSEN: tl.constexpr, SLOTS: tl.constexpr,
                    COLUMNS: tl.constexpr):
    token = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, COLUMNS)
    slot = tl.arange(0, SLOTS)
    value = tl.load(logits + token * experts + column, mask=column < experts, other=float("-inf")).to(tl.float32)
    peak = tl.max(value, 0)
    weight = tl.zeros([SLOTS], tl.float32)
    for i in tl.static_range(CHOSEN):
        best = tl.max(value, 0)
        expert = tl.argmax(value, 0)
        weight = tl.where(slot == i, tl.exp(best - peak), weight)
        rank = tl.atomic_add(counts + expert, 1)
        tl.store(chosen + token * CHOSEN + i, expert)
        tl.store(ranks + token * CHOSEN + i, rank)
        value = tl.where(column == expert, float("-inf"), value)
    weight = weight / tl.sum(weight, 0)
    tl.store(weights + token * CHOSEN + slot, weight, mask=slot < CHOSEN)


@triton.jit
def _group_rows(chosen, counts, ranks, ends, positions, sources, tile_experts, tile_rows, rows, experts,
                CHOSEN: tl.constexpr, TILE_ROWS: tl.constexpr, PLACED: tl.constexpr, COLUMNS: tl.constexpr):
    at = tl.program_id(0) * PLACED + tl.arange(0, PLACED)
    column = tl.arange(0, COLUMNS)
    count = tl.load(counts + column, mask=column < experts, other=0)
    end = tl.cumsum(count, 0)
    if tl.program_id(0) == 0:
        tl.store(ends + column, end, mask=column < experts)
    inside = at < rows
    expert = tl.load(chosen + at, mask=inside, other=0)
    start = tl.sum(tl.where(expert[:, None] == column[None, :], (end - count)[None, :], 0), 1)
    position = start + tl.load(ranks + at, mask=inside, other=0)
    tl.store(positions + at, position, mask=inside)
    tl.store(sources + position, at // CHOSEN, mask=inside)
    tiles = (count + TILE_ROWS - 1) // TILE_ROWS
    last = tl.cumsum(tiles, 0)
    owner = tl.sum((last[None, :] <= at[:, None]).to(tl.int32), 1)
    owned = owner[:, None] == column[None, :]
    first_row = tl.sum(tl.where(owned, (end - count)[None, :], 0), 1)
    first_tile = tl.sum(tl.where(owned, (last - tiles)[None, :], 0), 1)
    tl.store(tile_experts + at, owner)
    tl.store(tile_rows + at, first_row + (at - first_tile) * TILE_ROWS)


@triton.jit
def _grouped_product(rows, matrices, out, sources, ends, tile_experts, tile_rows, experts, width, depth,
                     GATHER: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, DEPTH: tl.constexpr,
                     EVEN: tl.constexpr):
    tile = tl.program_id(1)
    expert = tl.load(tile_experts + tile)
    if expert < experts:
        end = tl.load(ends + expert)
        row = tl.load(tile_rows + tile) + tl.arange(0, ROWS)
        inside = row < end
        source = tl.load(sources + row, mask=inside, other=0).to(tl.int64) if GATHER else row.to(tl.int64)
        column = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
        k = tl.arange(0, DEPTH)
        left = rows + source[:, None] * depth + k[None, :]
        right = (matrices + expert.to(tl.int64) * width * depth
                 + (column % width)[None, :].to(tl.int64) * depth + k[:, None])
        total = tl.zeros([ROWS, COLUMNS], tl.float32)
        for start in range(0, depth, DEPTH):
            if EVEN:
                a = tl.load(left, mask=inside[:, None], other=0.0)
                b = tl.load(right)
            else:
                a = tl.load(left, mask=inside[:, None] & (k[None, :] < depth - start), other=0.0)
                b = tl.load(right, mask=k[:, None] < depth - start, other=0.0)
            total += tl.dot(a, b)
            left += DEPTH
            right += DEPTH
        at = row.to(tl.int64)[:, None] * width + column[None, :]
        tl.store(out + at, total.to(out.dtype.element_ty), mask=inside[:, None] & (column[None, :] < width))


@triton.jit
def _weighted_sum(parts, weights, positions, out, width, CHOSEN: tl.constexpr, TILE: tl.constexpr):
    token = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * TILE + tl.arange(0, TILE)
    inside = column < width
    total = tl.zeros([TILE], tl.float32)
    for i in tl.static_range(CHOSEN):
        at = tl.load(positions + token * CHOSEN + i).to(tl.int64) * width + column
        total += tl.load(weights + token * CHOSEN + i) * tl.load(parts + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + token * width + column, total.to(out.dtype.element_ty), mask=inside)


@dataclass
class Groups:
    """Which rows go to which expert. Rows are tokens as often as each has experts, grouped by expert.

    weights, positions: of each token's experts; sources: the token of each row; ends: the end of each group of rows.
    tile_experts, tile_rows: expert and first row of each tile of a product, an expert too large for none.
    """

    weights: torch.Tensor
    chosen: torch.Tensor
    counts: torch.Tensor
    ends: torch.Tensor
    positions: torch.Tensor
    sources: torch.Tensor
    tile_experts: torch.Tensor
    tile_rows: torch.Tensor


def group(logits, chosen_experts, tile_rows):
    """Chooses the experts with the largest logits for each token, weighted by the softmax over them."""
    tokens, experts = logits.shape
    rows = tokens * chosen_experts
    device = logits.device
    counts = torch.zeros(experts, dtype=torch.int32, device=device)

    def empty(size):
        return torch.empty(size, dtype=torch.int32, device=device)

    weights = torch.empty(tokens, chosen_experts, dtype=torch.float32, device=device)
    chosen, ranks, ends, positions, sources = empty(rows), empty(rows), empty(experts), empty(rows), empty(rows)
    columns = triton.next_power_of_2(experts)
    _choose_experts[(tokens,)](
        logits, weights, chosen, counts, ranks, experts, CHOSEN=chosen_experts,
        SLOTS=triton.next_power_of_2(chosen_experts), COLUMNS=columns, num_warps=1,
    )
    tiles = min(rows, min(experts, rows) + rows // tile_rows)
    programs = triton.cdiv(max(rows, tiles), PLACED)
    tile_experts, tile_starts = empty(programs * PLACED), empty(programs * PLACED)
    _group_rows[(programs,)](
        chosen, counts, ranks, ends, positions, sources, tile_experts, tile_starts, rows, experts,
        CHOSEN=chosen_experts, TILE_ROWS=tile_rows, PLACED=PLACED, COLUMNS=columns, num_warps=4,
    )
    return Groups(weights, chosen, counts, ends, positions, sources, tile_experts[:tiles], tile_starts[:tiles])


def grouped_product(rows, matrices, groups, launch, gather):
    """Each group of rows times its expert's matrix [out, in]; gather takes rows of tokens, else of the groups."""
    width, depth = matrices.shape[1:]
    out = torch.empty(len(groups.sources), width, dtype=rows.dtype, device=rows.device)
    _grouped_product[(triton.cdiv(width, launch.columns), len(groups.tile_experts))](
        rows, matrices, out, groups.sources, groups.ends, groups.tile_experts, groups.tile_rows, matrices.shape[0],
        width, depth, GATHER=gather, ROWS=launch.rows, COLUMNS=launch.columns, DEPTH=launch.depth,
        EVEN=depth % launch.depth == 0, num_warps=launch.warps, num_stages=launch.stages,
    )
    return out


def weighted_sum(parts, groups, tokens):
    """The outputs of each token's experts, weighted and added up."""
    width, chosen = parts.shape[1], groups.weights.shape[1]
    out = torch.empty(tokens, width, dtype=parts.dtype, device=parts.device)
    tile = min(1024, triton.next_power_of_2(width))
    _weighted_sum[(tokens, triton.cdiv(width, tile))](
        parts, groups.weights, groups.positions, out, width, CHOSEN=chosen, TILE=tile, num_warps=4
    )
    return out


class Experts:
    """Weights of some layers of experts."""

    def __init__(self, shape: MixtureShape, layers, device):
        self.shape, self.device = shape, device
        self.layers = [
            {
                "router": self._normal(shape.experts, shape.hidden),
                "gate_up": self._normal(shape.experts, 2 * shape.ffn, shape.hidden),
                "down": self._normal(shape.experts, shape.hidden, shape.ffn),
            }
            for _ in range(layers)
        ]

    def _normal(self, *size):
        return torch.empty(size, dtype=DTYPE, device=self.device).normal_(std=0.02)


class ExpertLayers:
    """The layers of experts for a number of tokens, each layer with tokens of its own that choose at random."""

    def __init__(self, weights: Experts, tokens):
        self.weights, self.tokens = weights, tokens
        shape = weights.shape
        self.inputs = [torch.randn(tokens, shape.hidden, dtype=DTYPE, device=weights.device) for _ in weights.layers]

    def grouped(self, launch):
        """The groups of each layer."""
        return [group(F.linear(rows, layer["router"]), self.weights.shape.chosen, launch.rows)
                for rows, layer in zip(self.inputs, self.weights.layers)]

    def distinct_experts(self):
        """Experts that get a token, on average over the layers."""
        groups = self.grouped(ExpertLaunch())
        return sum(int((of.counts > 0).sum()) for of in groups) / len(groups)

    def run(self, products, launch):
        """All of each layer. products: a key of PRODUCTS."""
        return [weighted_sum(PRODUCTS[products](rows, layer, groups, launch), groups, self.tokens)
                for rows, layer, groups in zip(self.inputs, self.weights.layers, self.grouped(launch))]

    def products(self, products, launch, groups):
        """The experts' MLPs alone, over groups made before."""
        for rows, layer, of in zip(self.inputs, self.weights.layers, groups):
            PRODUCTS[products](rows, layer, of, launch)

    def around(self, launch, parts):
        """Choosing, grouping and summing without the experts' MLPs; parts stand for what these give."""
        return [weighted_sum(parts, groups, self.tokens) for groups in self.grouped(launch)]


def triton_products(rows, layer, groups, launch):
    hidden = kernels.silu_mul(grouped_product(rows, layer["gate_up"], groups, launch, gather=True))
    return grouped_product(hidden, layer["down"], groups, launch, gather=False)


def torch_products(rows, layer, groups, launch):
    gathered = rows.index_select(0, groups.sources)
    both = torch._grouped_mm(gathered, layer["gate_up"].transpose(1, 2), offs=groups.ends)
    return torch._grouped_mm(kernels.silu_mul(both), layer["down"].transpose(1, 2), offs=groups.ends)


PRODUCTS = {"triton": triton_products, "torch": torch_products}


def plain_layer(rows, layer, chosen_experts):
    """A layer of experts in float64, token by token, for checks."""
    logits = F.linear(rows, layer["router"]).double()
    values, experts = logits.topk(chosen_experts, 1)
    weights = values.softmax(1)
    out = torch.zeros(rows.shape, dtype=torch.float64, device=rows.device)
    for token in range(len(rows)):
        for weight, expert in zip(weights[token], experts[token].tolist()):
            gate, up = (layer["gate_up"][expert].double() @ rows[token].double()).chunk(2)
            out[token] += weight * (layer["down"][expert].double() @ (F.silu(gate) * up))
    return out
