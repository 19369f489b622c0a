"""Matrix products of a decoder's layers with weights and inputs of eight bits."""

import torch
import triton
import triton.language as tl

from decoder import DTYPE, Weights

FP8 = torch.float8_e4m3fn
LARGEST = 448.0
"""Largest number of the format."""


@triton.jit
def _quantise_rows(rows, quantised, scales, columns, COLUMNS: tl.constexpr, LARGEST: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, COLUMNS)
    inside = column < columns
    value = tl.load(rows + row * columns + column, mask=inside, other=0.0).to(tl.float32)
    scale = tl.maximum(tl.max(tl.abs(value), 0), 1e-12) / LARGEST
    tl.store(scales + row, scale)
    tl.store(quantised + row * columns + column, (value / scale).to(quantised.dtype.element_ty), mask=inside)


def quantise_rows(rows):
    """Rows in eight bits, and what each is to be multiplied by, [rows, 1]."""
    quantised = torch.empty(rows.shape, dtype=FP8, device=rows.device)
    scales = torch.empty(len(rows), 1, dtype=torch.float32, device=rows.device)
    columns = rows.shape[1]
    _quantise_rows[(len(rows),)](
        rows, quantised, scales, columns, COLUMNS=triton.next_power_of_2(columns), LARGEST=LARGEST, num_warps=8
    )
    return quantised, scales


def quantise(matrix):
    """A matrix in eight bits, and one number that it is to be multiplied by."""
    scale = matrix.abs().max().float() / LARGEST
    return (matrix.float() / scale).to(FP8), scale


def product(rows, row_scale, matrix, matrix_scale):
    """Rows times a transposed matrix [out, in]; either both scales are single numbers, or one for each row of each."""
    if matrix_scale.ndim == 2:
        matrix_scale = matrix_scale.T
    return torch._scaled_mm(rows, matrix.T, scale_a=row_scale, scale_b=matrix_scale, out_dtype=torch.bfloat16,
                            use_fast_accum=True)


class Fp8Layers:
    """The matrix products of all layers in eight bits, for a number of tokens."""

    def __init__(self, weights: Weights, tokens):
        shape, device = weights.shape, weights.device
        width = {"qkv": shape.hidden, "out": shape.heads * shape.head_dim, "gate_up": shape.hidden, "down": shape.ffn}
        self.inputs = {name: torch.randn(tokens, columns, dtype=DTYPE, device=device)
                       for name, columns in width.items()}
        self.by_row = {name: quantise_rows(rows) for name, rows in self.inputs.items()}
        self.by_tensor = {name: quantise(rows) for name, rows in self.inputs.items()}

    @staticmethod
    def quantised(weights: Weights):
        """Weights with one scale for each matrix, and with one for each of its rows; both share no memory."""
        return {
            "tensor": [{name: quantise(matrix) for name, matrix in layer.items()} for layer in weights.layers],
            "row": [{name: quantise_rows(matrix) for name, matrix in layer.items()} for layer in weights.layers],
        }

    def run(self, layers, scaling):
        """scaling: tensor, row, or "row, inputs too", which starts from inputs of sixteen bits."""
        for layer in layers:
            for name, matrix in layer.items():
                if scaling == "row, inputs too":
                    rows = quantise_rows(self.inputs[name])
                else:
                    rows = (self.by_tensor if scaling == "tensor" else self.by_row)[name]
                product(*rows, *matrix)
