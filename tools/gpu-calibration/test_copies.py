"""python3 -m unittest test_copies; without a GPU: TRITON_INTERPRET=1. Needs PyTorch and Triton."""

import unittest

import numpy
import torch

from copies import LOAD, LOCAL, METHODS, STORE, Arena, Blocks, Driver, PlainDriver, Transfer, copy_pieces
from step_time import MODELS

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
TINY = MODELS["tiny"]


class BlocksTest(unittest.TestCase):
    def test_a_block_has_keys_and_values_of_each_layer(self):
        block = Blocks(MODELS["llama-3.1-8b"])
        self.assertEqual((64, 32768, 16 * 131072), (block.pieces, block.piece_bytes, block.block_bytes))

    def test_several_gpus_and_larger_blocks_change_the_size_of_the_pieces_only(self):
        block = Blocks(MODELS["qwen3-32b"], block_tokens=64, tensor_parallel=4)
        self.assertEqual((128, 32768), (block.pieces, block.piece_bytes))


class TransferTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.arena = Arena(DEVICE, 2**20, 2**19, 2**17)
        cls.driver = Driver() if DEVICE == "cuda" else PlainDriver()

    def transfer(self, direction, count=3):
        return Transfer(self.arena, Blocks(TINY), count, direction, numpy.random.default_rng(5))

    def test_every_method_moves_every_piece_to_its_place(self):
        for direction, methods in METHODS.items():
            for name, method in methods.items():
                with self.subTest(direction=direction, method=name):
                    transfer = self.transfer(direction)
                    stream = torch.cuda.stream(torch.cuda.Stream()) if DEVICE == "cuda" else None
                    with stream if stream is not None else torch.no_grad():
                        run = method(transfer, self.driver)
                        transfer.clear()
                        self.assertFalse(transfer.is_done())
                        run()
                        if DEVICE == "cuda":
                            torch.cuda.synchronize()
                    self.assertTrue(transfer.is_done())

    def test_what_lies_beside_the_pieces_stays_as_it_is(self):
        transfer = self.transfer(LOCAL)
        size = transfer.blocks.piece_bytes
        self.arena.other.fill_(7)
        METHODS[LOCAL]["kernel"](transfer, self.driver)()
        pieces = self.arena.other.view(-1, size).cpu()
        untouched = numpy.setdiff1d(numpy.arange(len(pieces)), transfer.targets)
        self.assertTrue(bool((pieces[torch.from_numpy(untouched)] == 7).all()))

    def test_a_block_lies_at_the_same_place_in_every_layer(self):
        transfer = self.transfer(STORE)
        room = self.arena.gpu.nbytes // transfer.blocks.block_bytes
        at = transfer.sources.reshape(transfer.blocks.pieces, 3)
        self.assertTrue((numpy.diff(at, axis=0) == room).all())
        self.assertEqual(transfer.sources.size, len(set(transfer.sources.tolist())))

    def test_more_blocks_than_there_is_memory_are_refused(self):
        with self.assertRaisesRegex(ValueError, "expected: at most"):
            self.transfer(LOAD, count=100)

    def test_pieces_of_an_odd_size_are_refused(self):
        places = torch.zeros(1, dtype=torch.int32, device=DEVICE)
        with self.assertRaisesRegex(ValueError, "pieceBytes: 24"):
            copy_pieces(self.arena.gpu, self.arena.other, places, places, 24)


if __name__ == "__main__":
    unittest.main()
