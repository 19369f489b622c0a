"""Writes ../resources/golden/block-hashes.tsv: python golden_hashes.py > ../resources/golden/block-hashes.tsv

Needs cbor2 and xxhash. Hashes the tuples that vLLM hashes (vllm/utils/hashing.py, vllm/v1/core/kv_cache_utils.py) with
the libraries that vLLM uses.
"""

import hashlib
import importlib.metadata as metadata
import pickle
import platform

import cbor2
import xxhash

IMAGE, OTHER_IMAGE = "a" * 64, "b" * 64


def digest(algorithm, value):
    data = cbor2.dumps(value, canonical=True) if algorithm.endswith("cbor") else pickle.dumps(value, protocol=5)
    return hashlib.sha256(data).digest() if algorithm.startswith("sha256") else xxhash.xxh3_128_digest(data)


def own(text):
    """An object of its own: pickle writes references for one that occurs twice."""
    return text.encode().decode()


def extra_keys(case, form, block):
    tagged = form == "TAGGED"
    adapter = ("lora", own("sql-adapter"), own("/adapters/sql")) if tagged else own("sql-adapter")

    def media(identifier, offset):
        return ("mm", own(identifier), offset) if tagged else (own(identifier), offset)

    def salt(text):
        return [("cache_salt", text) if tagged else text] if block == 0 else []

    embedding = ("prompt_embeds", bytes(range(32))) if tagged else bytes(range(32))
    image = [media(IMAGE, 2 - 4 * block)] if block < 2 else []
    keys = {
        "none": [],
        "adapter": [adapter],
        "salt": salt("tenant-a"),
        "adapterAndSalt": [adapter] + salt("tenant-a"),
        "image": image,
        "everything": [adapter] + image + salt("tenant-a"),
        "twoImages": [media(IMAGE, 0), media(OTHER_IMAGE, 2)] if block == 0 else [],
        "embedding": [adapter, embedding],
        "longSalt": salt("\u00e9" * 400),
        "hugeSalt": salt("s" * 70000),
    }[case]
    return tuple(keys) or None


def chain(algorithm, form, case, block_size):
    parent, digests = digest(algorithm, "0"), []
    for block in range(3):
        tokens = tuple(range(1 + block * block_size, 1 + (block + 1) * block_size))
        parent = digest(algorithm, (parent, tokens, extra_keys(case, form, block)))
        digests.append(parent.hex())
    return " ".join(digests)


CASES = ("none", "adapter", "salt", "adapterAndSalt", "image", "everything", "twoImages", "embedding", "longSalt", "hugeSalt")
WIDE = (0, 23, 24, 127, 128, 255, 256, 65535, 65536, 151644, 2147483647, 32)

versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("cbor2", "xxhash"))
print(f"# golden_hashes.py, CPython {platform.python_version()}, {versions}; seed \"0\" below the roots")
for algorithm in ("sha256", "sha256_cbor", "xxhash", "xxhash_cbor"):
    for seed in ("0", "42", "vllm-none-hash", "", "\u00e9", "x*300", "y*70000"):
        text = seed[0] * int(seed[2:]) if "*" in seed else seed
        print("root", algorithm, seed, digest(algorithm, text).hex(), sep="\t")
    for form in ("BARE", "TAGGED"):
        for case in CASES:
            for size in (1, 2, 3, 4, 16) if (case, form) == ("none", "BARE") else (4,):
                print("chain", algorithm, form, case, size, chain(algorithm, form, case, size), sep="\t")
    root = digest(algorithm, "0")
    print("wide", algorithm, digest(algorithm, (root, WIDE, None)).hex(), sep="\t")
    print("large", algorithm, digest(algorithm, (root, tuple(range(100000, 130000)), None)).hex(), sep="\t")
