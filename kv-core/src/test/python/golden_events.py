"""Writes ../resources/golden/kv-events.tsv: python golden_events.py > ../resources/golden/kv-events.tsv

Needs msgspec, which vLLM encodes events with. The structs declare the fields of each generation of
vllm/distributed/kv_events.py in its order and with its defaults.
"""

import hashlib
import importlib.metadata as metadata

import msgspec

ENCODER = msgspec.msgpack.Encoder()
ANY = object
H0, H1 = 2164874634404590027, 17270480062156288726
D0 = bytes.fromhex("c9d58ba695280d69b243e1e0df813136ca9196b286fb1a021e0b2e028ef071cb")
D1 = bytes.fromhex("24125b23e68883b5c2141db2959d48433fe6bde2f26bd914efad121d154ab2d6")
IMAGE = "a" * 64

REQUIRED = [("block_hashes", list), ("parent_block_hash", ANY), ("token_ids", list), ("block_size", int), ("lora_id", ANY)]
LATER = [("medium", ANY), ("lora_name", ANY)] + [
    (name, ANY, None)
    for name in (
        "extra_keys",
        "group_idx",
        "kv_cache_spec_kind",
        "kv_cache_spec_sliding_window",
        "locality",
        "ownership",
        "session_id",
        "origin",
    )
]
HASH_FORMS = {
    "UNSIGNED": (H0, H1),
    "SIGNED": (H0, H1 - 2**64),
    "DIGEST": (D0, D1),
}


class Types:
    """The structs of one generation; elements counts the type name."""

    def __init__(self, is_array, elements, batch_form):
        options = {"omit_defaults": True, "gc": False, "array_like": is_array}
        stored = REQUIRED + LATER[: elements - 6]
        removed = [("block_hashes", list)]
        removed += [("medium", ANY)] if elements > 6 else []
        removed += [("group_idx", ANY, None)] if elements > 9 else []
        removed += [("locality", ANY, None), ("ownership", ANY, None)] if elements > 12 else []
        batch = [("ts", float), ("events", list)]
        batch += [] if batch_form == "ARRAY_WITHOUT_RANK" else [("data_parallel_rank", ANY, None)]
        self.stored = msgspec.defstruct("BlockStored", stored, tag=True, **options)
        self.removed = msgspec.defstruct("BlockRemoved", removed, tag=True, **options)
        self.cleared = msgspec.defstruct("AllBlocksCleared", [], tag=True, **options)
        self.batch = msgspec.defstruct(
            "KVEventBatch", batch, omit_defaults=True, gc=False, array_like=batch_form != "MAP"
        )


def make(struct, **values):
    return struct(**{name: value for name, value in values.items() if name in struct.__struct_fields__})


def events(types, h0, h1):
    def stored(hashes, parent, tokens, block_size, **more):
        fields = {"lora_id": None, "medium": "GPU", "lora_name": None} | more
        return make(
            types.stored, block_hashes=hashes, parent_block_hash=parent, token_ids=tokens, block_size=block_size, **fields
        )

    return {
        "full": stored(
            [h0, h1],
            h1,
            [0, 127, 128, 255, 256, 65535, 65536, 2147483647],
            4,
            lora_id=300,
            medium="CPU",
            lora_name="sql-adapter",
            extra_keys=[("sql-adapter", (IMAGE, 2), "tenant-a"), ("sql-adapter", (IMAGE, -2), D0)],
            group_idx=1,
            kv_cache_spec_kind="sliding_window",
            kv_cache_spec_sliding_window=4096,
        ),
        "plain": stored([h0], None, [1, 2, 3, 4], 4),
        "typical": stored(
            [h1], h0, [5, 6, 7, 8], 4, extra_keys=[None], group_idx=0, kv_cache_spec_kind="full_attention"
        ),
        "origin": stored([h0], None, [], 0, medium="STORAGE", locality="REMOTE", ownership="fs", session_id="s1"),
        "long": stored([h0] * 20, None, list(range(70000)), 3500, lora_name="\u00e9" * 40),
        "removed": make(types.removed, block_hashes=[h1], medium="GPU", group_idx=0),
        "removedBare": make(types.removed, block_hashes=[h0, h1], medium=None),
        "removedOrigin": make(types.removed, block_hashes=[h0], medium="FS", locality="LOCAL", ownership="fs"),
        "cleared": types.cleared(),
    }


def line(schema, hash_form, batch_form, name, rank, data):
    text = data.hex() if len(data) < 1000 else "sha256 " + hashlib.sha256(data).hexdigest()
    print(schema, hash_form, batch_form, name, "nil" if rank is None else rank, text, sep="\t")


SCHEMAS = (
    ("ORIGINAL", True, 6),
    ("MEDIUM", True, 7),
    ("ADAPTER_NAME", True, 8),
    ("EXTRA_KEYS", True, 9),
    ("GROUP", True, 10),
    ("SPEC_KIND", True, 12),
    ("MAP", False, 15),
    ("MAP_WITH_WIDE_HEAD", False, 16),
)

print(f"# golden_events.py, msgspec {metadata.version('msgspec')}")
for schema, is_array, elements in SCHEMAS:
    for hash_form, (h0, h1) in HASH_FORMS.items():
        for batch_form in ("ARRAY", "ARRAY_WITHOUT_RANK", "MAP"):
            types = Types(is_array, elements, batch_form)
            by_name = events(types, h0, h1)
            names = [n for n in by_name if n != "long"] if batch_form == "ARRAY" else ["plain"]
            for name in names:
                data = ENCODER.encode(make(types.batch, ts=1700000002.25, events=[by_name[name]], data_parallel_rank=0))
                line(schema, hash_form, batch_form, name, 0, data)
            data = ENCODER.encode(make(types.batch, ts=0.1, events=[by_name["plain"]], data_parallel_rank=None))
            line(schema, hash_form, batch_form, "plain", None, data)
            many = [by_name["long"]] + [by_name["cleared"]] * 20
            data = ENCODER.encode(make(types.batch, ts=0.1, events=many, data_parallel_rank=200))
            line(schema, hash_form, batch_form, "long", 200, data)
