package io.llmd.kv.hash;

import io.llmd.kv.wire.ByteBuilder;
import io.llmd.kv.wire.CborWriter;
import io.llmd.kv.wire.PickleWriter;
import io.llmd.kv.wire.TupleWriter;
import java.util.List;

/** Writes what is hashed: the tuple of parent digest, tokens, and extra keys or None. */
final class Preimage {

    private static final String LORA = "lora";
    private static final String MEDIA = "mm";
    private static final String CACHE_SALT = "cache_salt";
    private static final String PROMPT_EMBEDDING = "prompt_embeds";

    private final TupleWriter out;
    private final ExtraKeyForm extraKeyForm;

    Preimage(BlockHashAlgorithm algorithm, ExtraKeyForm extraKeyForm, ByteBuilder bytes) {
        out = algorithm.isCbor() ? new CborWriter(bytes) : new PickleWriter(bytes);
        this.extraKeyForm = extraKeyForm;
    }

    void text(String text) {
        out.begin();
        out.text(text);
        out.end();
    }

    void block(byte[] parent, int parentFrom, int parentBytes, int[] tokens, int from, int count, ExtraKeys extraKeys) {
        out.begin();
        out.tupleStart(3);
        out.bytes(parent, parentFrom, parentBytes);
        out.integers(tokens, from, count);
        extraKeys(extraKeys.keys());
        out.tupleEnd(3);
        out.end();
    }

    private void extraKeys(List<ExtraKey> keys) {
        if (keys.isEmpty()) {
            out.none();
            return;
        }
        out.tupleStart(keys.size());
        for (ExtraKey key : keys) {
            switch (extraKeyForm) {
                case BARE -> bare(key);
                case TAGGED -> tagged(key);
            }
        }
        out.tupleEnd(keys.size());
    }

    private void bare(ExtraKey key) {
        switch (key) {
            case ExtraKey.Adapter(String name, String path) -> out.text(name);
            case ExtraKey.MediaIdentifier(String identifier) -> out.text(identifier);
            case ExtraKey.MediaItem(String identifier, int offset) -> {
                out.tupleStart(2);
                out.text(identifier);
                out.integer(offset);
                out.tupleEnd(2);
            }
            case ExtraKey.CacheSalt(String salt) -> out.text(salt);
            case ExtraKey.PromptEmbedding embedding -> digest(embedding);
        }
    }

    private void tagged(ExtraKey key) {
        switch (key) {
            case ExtraKey.Adapter(String name, String path) -> {
                out.tupleStart(3);
                out.tag(LORA);
                out.text(name);
                out.text(path);
                out.tupleEnd(3);
            }
            case ExtraKey.MediaIdentifier(String identifier) -> taggedText(MEDIA, identifier);
            case ExtraKey.MediaItem(String identifier, int offset) -> {
                out.tupleStart(3);
                out.tag(MEDIA);
                out.text(identifier);
                out.integer(offset);
                out.tupleEnd(3);
            }
            case ExtraKey.CacheSalt(String salt) -> taggedText(CACHE_SALT, salt);
            case ExtraKey.PromptEmbedding embedding -> {
                out.tupleStart(2);
                out.tag(PROMPT_EMBEDDING);
                digest(embedding);
                out.tupleEnd(2);
            }
        }
    }

    private void taggedText(String tag, String text) {
        out.tupleStart(2);
        out.tag(tag);
        out.text(text);
        out.tupleEnd(2);
    }

    private void digest(ExtraKey.PromptEmbedding embedding) {
        byte[] digest = embedding.digest();
        out.bytes(digest, 0, digest.length);
    }
}
