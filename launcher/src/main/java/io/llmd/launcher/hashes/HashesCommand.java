package io.llmd.launcher.hashes;

import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashAlgorithm;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKey;
import io.llmd.kv.hash.HashDomain;
import io.llmd.kv.hash.PeerChains;
import io.llmd.kv.hash.RequestExtraKeys;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Json;
import io.llmd.launcher.terminal.Terminal;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code llmd hashes}: what engines and routers call the blocks of a prompt. */
@Command(
        name = "hashes",
        description = {
            "Print the hashes of a prompt's blocks as engines and routers compute them.",
            "Compare them with KV events, to see why a prompt is not found in an index."
        },
        footer = {"", "Exit codes: 0 printed, 2 usage."})
public final class HashesCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Parameters(
            arity = "1..*",
            split = ",",
            paramLabel = "TOKEN",
            description = "ids of the prompt's tokens, with commas or blanks between")
    private List<Integer> tokens = List.of();

    @Option(
            names = "--form",
            paramLabel = "NAME",
            defaultValue = "sha256",
            description = {
                "whose hashes: vLLM's sha256, sha256_cbor, xxhash, xxhash_cbor; keys of an index: xxh64, cbor-fnv, fold64;"
                        + " dynamo, sglang (default: ${DEFAULT-VALUE})"
            })
    private String formName = "";

    @Option(
            names = "--block-size",
            paramLabel = "N",
            defaultValue = "16",
            description = "tokens in a block (default: ${DEFAULT-VALUE})")
    private int blockTokens;

    @Option(
            names = "--seed",
            paramLabel = "TEXT",
            description = "PYTHONHASHSEED of the engines, or the seed of the index (default: none)")
    private @Nullable String seed;

    @Option(names = "--model", paramLabel = "NAME", description = "model, which is part of an index's keys")
    private @Nullable String model;

    @Option(names = "--adapter", paramLabel = "NAME", description = "LoRA adapter (default: none)")
    private @Nullable String adapter;

    @Option(names = "--salt", paramLabel = "TEXT", description = "cache salt (default: none)")
    private @Nullable String salt;

    @Option(names = "--json", description = "print one JSON object per block: block, hash, id")
    private boolean json;

    public HashesCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        HashForm form = HashForm.of(formName);
        if (blockTokens <= 0) {
            throw CommandFailure.usage("--block-size: " + blockTokens + " (expected: > 0)");
        }
        BlockHashes hashes =
                hashes(form, tokens.stream().mapToInt(HashesCommand::token).toArray());
        if (!json) {
            terminal.println("block  id in events            hash");
        }
        for (int i = 0; i < hashes.size(); i++) {
            print(i, id(form, hashes.get(i)), hashes.get(i).toString());
        }
        int left = tokens.size() % blockTokens;
        if (left > 0) {
            terminal.note(left + " tokens at the end fill no block and have no hash");
        }
        return ExitCode.OK;
    }

    private static int token(int id) {
        if (id < 0) {
            throw CommandFailure.usage("TOKEN: " + id + " (expected: >= 0)");
        }
        return id;
    }

    private BlockHashes hashes(HashForm form, int[] prompt) {
        if (form.algorithm != null) {
            return ofVllm(form.algorithm, prompt);
        }
        if (form.keyMode != null) {
            return keys(form.keyMode, prompt);
        }
        if (Stream.of(seed, model, adapter, salt).anyMatch(option -> option != null)) {
            throw CommandFailure.usage(
                    "--form: " + form.label() + " (expected: neither --seed, --model, --adapter nor --salt)");
        }
        return form == HashForm.DYNAMO
                ? PeerChains.dynamo(prompt, blockTokens)
                : PeerChains.sglang(prompt, blockTokens);
    }

    private BlockHashes ofVllm(BlockHashAlgorithm algorithm, int[] prompt) {
        if (model != null) {
            throw CommandFailure.usage("--model: " + model + " (expected: none, vLLM's hashes do not depend on it)");
        }
        boolean isRandom = algorithm == BlockHashAlgorithm.XXHASH || algorithm == BlockHashAlgorithm.XXHASH_CBOR;
        if (seed == null && isRandom) {
            throw CommandFailure.usage(
                    "--seed: none (expected: PYTHONHASHSEED of the engine; without it each engine with "
                            + algorithm.option() + " has hashes of its own)");
        }
        HashDomain domain =
                seed == null ? HashDomain.unseeded(algorithm, new Random()) : HashDomain.seeded(algorithm, seed);
        ExtraKey.Adapter lora = adapter == null ? null : new ExtraKey.Adapter(adapter, "");
        return domain.newHasher().chain(prompt, blockTokens, RequestExtraKeys.of(lora, salt));
    }

    private BlockHashes keys(KeyMode mode, int[] prompt) {
        String root = adapter != null ? adapter : model;
        if (root == null) {
            throw CommandFailure.usage("--model: none (expected: a name, which is part of the keys)");
        }
        KeyHasher hasher = KeyHasher.of(mode, seed == null ? "" : seed);
        long[] keys = new long[prompt.length / blockTokens];
        long key = hasher.root(root);
        for (int i = 0; i < keys.length; i++) {
            String[] extras = i == 0 && salt != null ? new String[] {salt} : null;
            key = hasher.next(key, prompt, i * blockTokens, blockTokens, extras);
            keys[i] = key;
        }
        return BlockHashes.ofIds(keys);
    }

    private static String id(HashForm form, BlockHash hash) {
        return form == HashForm.SGLANG
                ? Long.toString(ByteBuffer.wrap(hash.digest()).getLong())
                : Long.toUnsignedString(hash.id());
    }

    private void print(int block, String id, String hash) {
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("block", block);
            line.put("hash", hash);
            line.put("id", id);
            terminal.println(Json.line(line));
        } else {
            terminal.println(String.format("%5d  %-22s  %s", block, id, hash));
        }
    }
}
