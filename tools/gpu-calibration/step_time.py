"""The step-time formula of the simulator and the fit of its coefficients. Needs the standard library only."""

import math
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class ModelShape:
    """A dense decoder with grouped-query attention and a gated MLP."""

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocabulary: int
    head_norm: bool = False

    @property
    def linear_parameters(self):
        attention = 2 * self.hidden * self.heads * self.head_dim + 2 * self.hidden * self.kv_heads * self.head_dim
        return self.layers * (attention + 3 * self.hidden * self.ffn)

    @property
    def head_parameters(self):
        return self.hidden * self.vocabulary

    @property
    def kv_bytes_per_token(self):
        return 2 * self.layers * self.kv_heads * self.head_dim * 2


MODELS = {
    model.name: model
    for model in (
        ModelShape("llama-3.1-8b", 32, 4096, 32, 8, 128, 14336, 128256),
        ModelShape("qwen3-14b", 40, 5120, 40, 8, 128, 17408, 151936, head_norm=True),
        ModelShape("qwen3-32b", 64, 5120, 64, 8, 128, 25600, 151936, head_norm=True),
        ModelShape("tiny", 2, 256, 8, 2, 32, 512, 1024, head_norm=True),
    )
}


@dataclass(frozen=True)
class MixtureShape:
    """The gated MLPs of a mixture of experts: ffn is the inner width of one expert, chosen the experts of a token."""

    name: str
    layers: int
    hidden: int
    ffn: int
    experts: int
    chosen: int

    @property
    def expert_parameters(self):
        return 3 * self.hidden * self.ffn

    def expected_experts(self, tokens):
        """Experts of a layer that get a token when each token chooses at random."""
        return self.experts * (1 - (1 - self.chosen / self.experts) ** tokens)


MIXTURES = {
    mixture.name: mixture
    for mixture in (
        MixtureShape("gpt-oss-120b", 36, 2880, 2880, 128, 4),
        MixtureShape("qwen3-30b-a3b", 48, 2048, 768, 128, 8),
        MixtureShape("tiny-mixture", 2, 64, 96, 8, 2),
    )
}


@dataclass(frozen=True)
class StepLoad:
    """What one step computes: sequences that decode at one context, and at most one chunk of a prompt."""

    decodes: int = 0
    decode_context: int = 0
    chunk_tokens: int = 0
    chunk_start: int = 0
    chunk_samples: bool = True

    @property
    def tokens(self):
        return self.decodes + self.chunk_tokens

    @property
    def sequences(self):
        return self.decodes + (1 if self.chunk_tokens else 0)

    @property
    def samples(self):
        return self.decodes + (1 if self.chunk_tokens and self.chunk_samples else 0)

    @property
    def context_tokens(self):
        """Cached tokens that attention reads for decoding sequences and before the chunk."""
        return self.decodes * self.decode_context + self.chunk_start

    @property
    def attended_pairs(self):
        """Pairs of a chunk's token and a token that it attends to."""
        return self.chunk_tokens * (self.chunk_start + self.chunk_tokens / 2)


@dataclass(frozen=True)
class Gpu:
    """Peak bf16 FLOP/s without sparsity and bytes/s of memory, as the vendor states them."""

    flops: float
    bandwidth: float


GPUS = {"h100": Gpu(989.5e12, 3.35e12), "h200": Gpu(989.5e12, 4.8e12)}


@dataclass(frozen=True)
class Efficiencies:
    """Shares of the GPU's peaks that kernels reach, and seconds per layer that no formula term explains."""

    compute: float = 0.78
    weights: float = 0.84
    kv: float = 0.71
    attention: float = 0.60
    layer_seconds: float = 8.3e-6


SPECIFIED = Efficiencies()


@dataclass(frozen=True)
class EightBit:
    """Shares of the GPU's peaks that products in eight bits reach; the peak of compute is twice that of bf16."""

    compute: float = 0.70
    weights: float = 0.84


@dataclass(frozen=True)
class MixtureCoefficients:
    """Shares of the GPU's peaks that the experts' products reach, and seconds of a step around all of them."""

    compute: float = 0.30
    weights: float = 0.84
    step_seconds: float = 400e-6


@dataclass(frozen=True)
class CopyCoefficients:
    """Seconds of each transfer and of each piece of memory, and bytes per second."""

    base_seconds: float = 2e-3
    piece_seconds: float = 1.5e-6
    bandwidth: float = 20e9


ENGINE_STEP_SECONDS = 1.1e-3
ENGINE_SEQUENCE_SECONDS = 7e-6


def linear_seconds(model, gpu, at, tokens, samples):
    compute = 2 * (model.linear_parameters * tokens + model.head_parameters * samples) / (gpu.flops * at.compute)
    head = model.head_parameters if samples else 0
    read = 2 * (model.linear_parameters + head) / (gpu.bandwidth * at.weights)
    return (compute**4 + read**4) ** 0.25


def eight_bit_layer_seconds(model, gpu, at, tokens):
    """Seconds of the products of one decoder layer with weights and inputs of eight bits."""
    parameters = model.linear_parameters / model.layers
    compute = 2 * parameters * tokens / (2 * gpu.flops * at.compute)
    read = parameters / (gpu.bandwidth * at.weights)
    return (compute**4 + read**4) ** 0.25


def mixture_layer_seconds(shape, gpu, at, tokens):
    """Seconds of one layer of experts in bf16 whose tokens choose at random, with its share of what is around them."""
    compute = 2 * shape.chosen * shape.expert_parameters * tokens / (gpu.flops * at.compute)
    read = 2 * shape.expected_experts(tokens) * shape.expert_parameters / (gpu.bandwidth * at.weights)
    return (compute**4 + read**4) ** 0.25 + at.step_seconds / shape.layers


def copy_seconds(at, pieces, size):
    """Seconds of a transfer of so many pieces of memory with so many bytes in all."""
    return at.base_seconds + pieces * at.piece_seconds + size / at.bandwidth


def kv_seconds(model, gpu, at, context_tokens):
    return model.kv_bytes_per_token * context_tokens / (gpu.bandwidth * at.kv)


def attention_seconds(model, gpu, at, pairs):
    return 4 * model.layers * model.heads * model.head_dim * pairs / (gpu.flops * at.attention)


def kernel_seconds(model, gpu, at, load):
    """Seconds of a step on one GPU without the engine's own overhead."""
    return (
        linear_seconds(model, gpu, at, load.tokens, load.samples)
        + attention_seconds(model, gpu, at, load.attended_pairs)
        + kv_seconds(model, gpu, at, load.context_tokens)
        + at.layer_seconds * model.layers
    )


def engine_seconds(load):
    """What the engine adds to each step outside the kernels, measured on servers and not here."""
    return ENGINE_STEP_SECONDS + ENGINE_SEQUENCE_SECONDS * load.sequences


def fit(rows, seconds_of, start, free):
    """Coefficients with the least mean squared logarithm of predicted over measured seconds.

    rows: pairs of anything seconds_of understands and measured seconds. free: names of the coefficients to move;
    the others stay as in start. A pattern search over logarithms: slow, without derivatives, and good enough here.
    """
    known = {field.name for field in fields(start)}
    if unknown := set(free) - known:
        raise ValueError(f"free: {sorted(unknown)} (expected: some of {sorted(known)})")

    def loss(at):
        return sum(math.log(seconds_of(at, what) / seconds) ** 2 for what, seconds in rows)

    best, best_loss, stride = start, loss(start), 0.2
    while stride > 1e-5:
        moved = False
        for name in free:
            for factor in (math.exp(stride), math.exp(-stride)):
                tried = replace(best, **{name: getattr(best, name) * factor})
                tried_loss = loss(tried)
                if tried_loss < best_loss:
                    best, best_loss, moved = tried, tried_loss, True
        if not moved:
            stride /= 2
    return best
