"""Copies of scattered KV blocks between GPU and host memory, and within a GPU."""

import ctypes
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
import triton
import triton.language as tl

from step_time import ModelShape

WORD_BYTES = 8
TILE_WORDS = 1024
"""What one program of the copy kernel copies: 8 KiB."""

STORE, LOAD, LOCAL = "store", "load", "local"
"""GPU to host, host to GPU, and within the GPU."""


@dataclass(frozen=True)
class Blocks:
    """KV blocks of a model on one of several GPUs: each has keys and values of every layer at places of their own."""

    model: ModelShape
    block_tokens: int = 16
    tensor_parallel: int = 1

    @property
    def pieces(self):
        """Pieces of memory of one block."""
        return 2 * self.model.layers

    @property
    def piece_bytes(self):
        return self.block_tokens * self.model.kv_heads // self.tensor_parallel * self.model.head_dim * 2

    @property
    def block_bytes(self):
        return self.pieces * self.piece_bytes


class Arena:
    """Memory on the GPU and pinned on the host that all measurements share, filled with random bytes."""

    def __init__(self, device, gpu_bytes, host_bytes, copy_bytes):
        self.device = device
        self.gpu = self._random(gpu_bytes, device)
        self.other = torch.empty(copy_bytes, dtype=torch.uint8, device=device)
        self.staging = torch.empty(copy_bytes, dtype=torch.uint8, device=device)
        self.host = self._pinned(host_bytes)
        self.host_staging = self._pinned(copy_bytes)

    def _random(self, size, device):
        return torch.randint(2**62, (size // WORD_BYTES,), dtype=torch.int64, device=device).view(torch.uint8)

    def _pinned(self, size):
        memory = torch.empty(size, dtype=torch.uint8, pin_memory=self.device == "cuda")
        memory.copy_(self._random(size, self.device))
        return memory


class Transfer:
    """A number of blocks at random places, to be copied in one direction by one of METHODS.

    run enqueues on the current stream, which is none of the legacy default one. sources and targets hold an index of
    a piece in its memory for each piece.
    """

    def __init__(self, arena: Arena, blocks: Blocks, count, direction, generator):
        self.arena, self.blocks, self.direction = arena, blocks, direction
        self.bytes = count * blocks.block_bytes
        if self.bytes > arena.staging.nbytes:
            raise ValueError(f"{self.bytes} bytes (expected: at most {arena.staging.nbytes})")
        ends = {STORE: (arena.gpu, arena.host), LOAD: (arena.host, arena.gpu), LOCAL: (arena.gpu, arena.other)}
        self.source, self.target = ends[direction]
        self.sources = self._places(self.source, count, generator)
        self.targets = self._places(self.target, count, generator)
        self.packed = numpy.arange(count * blocks.pieces)

    def _places(self, memory, count, generator):
        """Pieces of the blocks: in every layer the same random blocks, first keys, then values."""
        room = memory.nbytes // self.blocks.block_bytes
        chosen = generator.permutation(room)[:count]
        return (numpy.arange(self.blocks.pieces)[:, None] * room + chosen).reshape(-1)

    def pack_host(self):
        """Lets the pieces lie side by side on the host."""
        if self.direction == STORE:
            self.target, self.targets = self.arena.host_staging, self.packed
        else:
            self.source, self.sources = self.arena.host_staging, self.packed

    def addresses(self, memory, places):
        return (memory.data_ptr() + places * self.blocks.piece_bytes).astype(numpy.uint64)

    def is_done(self):
        """Whether every piece has arrived; for checks, slow."""
        return torch.equal(*(self._pieces(memory)[torch.from_numpy(places)].cpu()
                             for memory, places in ((self.source, self.sources), (self.target, self.targets))))

    def clear(self):
        """Makes is_done false."""
        self._pieces(self.target)[torch.from_numpy(self.targets)] = 0

    def _pieces(self, memory):
        size = self.blocks.piece_bytes
        return memory[: memory.nbytes // size * size].view(-1, size)


@triton.jit
def _copy_pieces(source, target, sources, targets, PIECE_WORDS: tl.constexpr, TILE: tl.constexpr):
    piece = tl.program_id(0)
    word = tl.program_id(1) * TILE + tl.arange(0, TILE)
    start = tl.load(sources + piece).to(tl.int64) * PIECE_WORDS
    end = tl.load(targets + piece).to(tl.int64) * PIECE_WORDS
    tl.store(target + end + word, tl.load(source + start + word))


def copy_pieces(source, target, sources, targets, piece_bytes):
    """Copies pieces with one kernel; memories of bytes, indices of pieces as int32 on the GPU."""
    words = piece_bytes // WORD_BYTES
    tile = min(TILE_WORDS, words)
    if words % tile != 0 or words & (words - 1) != 0:
        raise ValueError(f"pieceBytes: {piece_bytes} (expected: a power of two, at least {WORD_BYTES})")
    _copy_pieces[(len(sources), words // tile)](
        source.view(torch.int64), target.view(torch.int64), sources, targets, PIECE_WORDS=words, TILE=tile, num_warps=4
    )


class _Attributes(ctypes.Structure):
    """The driver's CUmemcpyAttributes: order of source accesses, two hints of a kind and a number each, flags."""

    _fields_ = [("order", ctypes.c_int), ("hints", ctypes.c_int * 4), ("flags", ctypes.c_uint)]


class Driver:
    """The CUDA driver's copies, called as an engine calls them: from compiled code."""

    STREAM_ORDER = 1

    def __init__(self):
        self.cuda = ctypes.CDLL("libcuda.so.1")
        self.copy = ctypes.cast(self.cuda.cuMemcpyAsync, ctypes.c_void_p)
        self.attributes = _Attributes(order=self.STREAM_ORDER)
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "copies.so"
            subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("copies.c")],
                           check=True)
            self.each = ctypes.CDLL(library).copy_each

    def copy_each(self, targets, sources, size):
        self._checked(self.each(self.copy, self._pointer(targets), self._pointer(sources), ctypes.c_size_t(size),
                                ctypes.c_size_t(len(targets)), self._stream()))

    def copy_batch(self, targets, sources, sizes):
        """All copies in one call; CUDA 13's form of it."""
        first = ctypes.c_size_t(0)
        self._checked(self.cuda.cuMemcpyBatchAsync_v2(
            self._pointer(targets), self._pointer(sources), self._pointer(sizes), ctypes.c_size_t(len(targets)),
            ctypes.byref(self.attributes), ctypes.byref(first), ctypes.c_size_t(1), self._stream()))

    def _pointer(self, array):
        return ctypes.c_void_p(array.ctypes.data)

    def _stream(self):
        return ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)

    def _checked(self, error):
        if error != 0:
            raise RuntimeError(f"CUDA driver error {error}")


class PlainDriver:
    """Copies of the processor, for trials without a GPU."""

    def copy_each(self, targets, sources, size):
        for target, source in zip(targets.tolist(), sources.tolist()):
            ctypes.memmove(target, source, size)

    def copy_batch(self, targets, sources, sizes):
        for target, source, size in zip(targets.tolist(), sources.tolist(), sizes.tolist()):
            ctypes.memmove(target, source, size)


def each(transfer: Transfer, driver):
    """One call of the driver for each piece."""
    targets = transfer.addresses(transfer.target, transfer.targets)
    sources = transfer.addresses(transfer.source, transfer.sources)
    return lambda: driver.copy_each(targets, sources, transfer.blocks.piece_bytes)


def batch(transfer: Transfer, driver):
    """One call of the driver for all pieces."""
    targets = transfer.addresses(transfer.target, transfer.targets)
    sources = transfer.addresses(transfer.source, transfer.sources)
    sizes = numpy.full(len(targets), transfer.blocks.piece_bytes, dtype=numpy.uint64)
    return lambda: driver.copy_batch(targets, sources, sizes)


def kernel(transfer: Transfer, driver):
    """One kernel that reads and writes the pieces where they are, through the bus if they are on the host."""
    sources, targets = (_indices(transfer, places) for places in (transfer.sources, transfer.targets))
    return lambda: copy_pieces(transfer.source, transfer.target, sources, targets, transfer.blocks.piece_bytes)


def staged(transfer: Transfer, driver):
    """Packed on the GPU by a kernel, and one large copy; on the host the pieces lie side by side."""
    transfer.pack_host()
    arena, size = transfer.arena, transfer.blocks.piece_bytes
    gpu, host = arena.staging[: transfer.bytes], arena.host_staging[: transfer.bytes]
    packed = _indices(transfer, transfer.packed)
    if transfer.direction == STORE:
        sources = _indices(transfer, transfer.sources)

        def run():
            copy_pieces(transfer.source, gpu, sources, packed, size)
            host.copy_(gpu, non_blocking=True)
    else:
        targets = _indices(transfer, transfer.targets)

        def run():
            gpu.copy_(host, non_blocking=True)
            copy_pieces(gpu, transfer.target, packed, targets, size)
    return run


def packed(transfer: Transfer, driver):
    """Packed by a kernel and unpacked by another, as around one large copy; without that copy."""
    arena, size = transfer.arena, transfer.blocks.piece_bytes
    middle = _indices(transfer, transfer.packed)
    sources, targets = (_indices(transfer, places) for places in (transfer.sources, transfer.targets))

    def run():
        copy_pieces(transfer.source, arena.staging, sources, middle, size)
        copy_pieces(arena.staging, transfer.target, middle, targets, size)
    return run


def _indices(transfer, places):
    return torch.from_numpy(places.astype(numpy.int32)).to(transfer.arena.device)


METHODS = {
    STORE: {"each": each, "batch": batch, "kernel": kernel, "staged": staged},
    LOAD: {"each": each, "batch": batch, "kernel": kernel, "staged": staged},
    LOCAL: {"each": each, "batch": batch, "kernel": kernel, "packed": packed},
}
