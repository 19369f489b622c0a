package io.llmd.launcher.hashes;

import io.llmd.kv.hash.BlockHashAlgorithm;
import io.llmd.kv.key.KeyMode;
import io.llmd.launcher.terminal.CommandFailure;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whose hashes are computed. */
enum HashForm {
    SHA256(BlockHashAlgorithm.SHA256, null),
    SHA256_CBOR(BlockHashAlgorithm.SHA256_CBOR, null),
    XXHASH(BlockHashAlgorithm.XXHASH, null),
    XXHASH_CBOR(BlockHashAlgorithm.XXHASH_CBOR, null),
    XXH64(null, KeyMode.XXH64),
    CBOR_FNV(null, KeyMode.CBOR_FNV),
    FOLD64(null, KeyMode.FOLD64),
    DYNAMO(null, null),
    SGLANG(null, null);

    /** vLLM's; null for another's. */
    final @Nullable BlockHashAlgorithm algorithm;

    /** Of an index; null for an engine's. */
    final @Nullable KeyMode keyMode;

    HashForm(@Nullable BlockHashAlgorithm algorithm, @Nullable KeyMode keyMode) {
        this.algorithm = algorithm;
        this.keyMode = keyMode;
    }

    /** @throws CommandFailure for an unknown name; the message lists the known ones */
    static HashForm of(String name) {
        return Arrays.stream(values())
                .filter(form -> form.label().equals(name))
                .findFirst()
                .orElseThrow(() -> CommandFailure.usage("--form: " + name + " (expected: one of "
                        + Arrays.stream(values()).map(HashForm::label).collect(Collectors.joining(", ")) + ")"));
    }

    /** As vLLM, llm-d and the others spell it. */
    String label() {
        if (algorithm != null) {
            return algorithm.option();
        }
        return this == CBOR_FNV ? "cbor-fnv" : name().toLowerCase(Locale.ROOT);
    }
}
