package io.llmd.kv.event;

import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKey;
import io.llmd.kv.hash.ExtraKeys;
import io.llmd.kv.wire.MessagePackWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the field values that both forms share. */
final class KvValueWriter {

    private final MessagePackWriter out;
    private final KvHashForm hashForm;
    private byte[] digest = new byte[32];

    KvValueWriter(MessagePackWriter out, KvHashForm hashForm) {
        this.out = out;
        this.hashForm = hashForm;
    }

    void hashes(BlockHashes hashes) {
        int size = hashes.size();
        out.arrayHead(size);
        switch (hashForm) {
            case UNSIGNED -> {
                for (int i = 0; i < size; i++) {
                    out.unsigned(hashes.id(i));
                }
            }
            case SIGNED -> {
                for (int i = 0; i < size; i++) {
                    out.integer(hashes.id(i));
                }
            }
            case DIGEST -> digests(hashes);
        }
    }

    private void digests(BlockHashes hashes) {
        int digestBytes = hashes.digestBytes();
        if (digest.length < digestBytes) {
            digest = new byte[digestBytes];
        }
        for (int i = 0; i < hashes.size(); i++) {
            hashes.copyTo(i, digest, 0);
            out.bytes(digest, 0, digestBytes);
        }
    }

    void hashOrNil(@Nullable BlockHash hash) {
        if (hash == null) {
            out.nil();
            return;
        }
        switch (hashForm) {
            case UNSIGNED -> out.unsigned(hash.id());
            case SIGNED -> out.integer(hash.id());
            case DIGEST -> {
                byte[] bytes = hash.digest();
                out.bytes(bytes, 0, bytes.length);
            }
        }
    }

    void tokens(TokenIds tokens) {
        tokens.writeTo(out);
    }

    void integerOrNil(@Nullable Integer value) {
        if (value == null) {
            out.nil();
        } else {
            out.integer(value);
        }
    }

    void textOrNil(@Nullable String text) {
        if (text == null) {
            out.nil();
        } else {
            out.text(text);
        }
    }

    /** Writes one entry per block: nil, or the block's keys. */
    void extraKeys(List<ExtraKeys> blocks) {
        out.arrayHead(blocks.size());
        for (int i = 0; i < blocks.size(); i++) {
            blockKeys(blocks.get(i));
        }
    }

    private void blockKeys(ExtraKeys block) {
        if (block.isEmpty()) {
            out.nil();
            return;
        }
        out.arrayHead(block.keys().size());
        for (ExtraKey key : block.keys()) {
            extraKey(key);
        }
    }

    private void extraKey(ExtraKey key) {
        switch (key) {
            case ExtraKey.Adapter(String name, String path) -> out.text(name);
            case ExtraKey.MediaIdentifier(String identifier) -> out.text(identifier);
            case ExtraKey.MediaItem(String identifier, int offset) -> {
                out.arrayHead(2);
                out.text(identifier);
                out.integer(offset);
            }
            case ExtraKey.CacheSalt(String salt) -> out.text(salt);
            case ExtraKey.PromptEmbedding embedding -> {
                byte[] hash = embedding.digest();
                out.bytes(hash, 0, hash.length);
            }
        }
    }
}
