package io.llmd.launcher.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an index is asked and told while endpoints serve a trace: for each request the keys of its prompt, then the blocks
 * that its endpoint stores and those that it forgets for them, least recently used first. Prepared before anything is
 * measured, in one array of keys.
 */
final class KvIndexTrace {

    /** Blocks that an endpoint's GPU holds; the size that the field's benchmarks of indexes use. */
    static final int BLOCKS_PER_ENDPOINT = 16_384;

    private long[] keys = new long[1 << 20];
    private int keyCount;
    private final List<Step> steps = new ArrayList<>();
    private final List<SequencedMap<Long, Boolean>> caches = new ArrayList<>();

    /**
     * One request.
     *
     * @param endpoint where it is served
     * @param from its keys begin here
     * @param count its keys
     * @param stored how many of its last keys the endpoint stores
     * @param removed how many keys right behind those of the prompt the endpoint forgets
     */
    record Step(int endpoint, int from, int count, int stored, int removed) {
        long blockOps() {
            return (long) count + stored + removed;
        }
    }

    private KvIndexTrace(int endpoints) {
        for (int i = 0; i < endpoints; i++) {
            caches.add(new LinkedHashMap<>(BLOCKS_PER_ENDPOINT * 2, 0.75f, true));
        }
    }

    /**
     * Plays a trace of Mooncake's form ({@code hash_ids} per line) again and again, each time with other contents, to
     * endpoints drawn at random.
     *
     * @param file JSON lines, gzip when the name ends so
     * @throws IOException when it cannot be read or has another form
     */
    static KvIndexTrace of(Path file, int endpoints, int passes) throws IOException {
        List<long[]> prompts = new ArrayList<>();
        JsonMapper mapper = JsonMapper.builder().build();
        try (BufferedReader lines = open(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode ids = mapper.readTree(line).get("hash_ids");
                if (ids == null || !ids.isArray()) {
                    throw new IOException(file + ": a line without hash_ids (expected: a trace of Mooncake's form)");
                }
                prompts.add(ids.valueStream().mapToLong(JsonNode::asLong).toArray());
            }
        }
        return of(prompts, endpoints, passes);
    }

    private static BufferedReader open(Path file) throws IOException {
        var bytes = Files.newInputStream(file);
        return new BufferedReader(new InputStreamReader(
                file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes, StandardCharsets.UTF_8));
    }

    /** Conversations that share a system prompt of 8 blocks by eights and grow by 4 blocks a turn, 32 blocks on average. */
    static KvIndexTrace synthetic(int endpoints, int passes) {
        Random random = new Random(11);
        List<long[]> prompts = new ArrayList<>();
        for (int conversation = 0; conversation < 500; conversation++) {
            int turns = 1 + random.nextInt(12);
            for (int turn = 1; turn <= turns; turn++) {
                long[] prompt = new long[8 + 4 * turn];
                for (int i = 0; i < prompt.length; i++) {
                    prompt[i] = i < 8 ? conversation / 8 * 100L + i : 1_000_000L + conversation * 1_000L + i;
                }
                prompts.add(prompt);
            }
        }
        return of(prompts, endpoints, passes);
    }

    private static KvIndexTrace of(List<long[]> prompts, int endpoints, int passes) {
        KvIndexTrace trace = new KvIndexTrace(endpoints);
        Random random = new Random(7);
        for (int pass = 0; pass < passes; pass++) {
            for (long[] ids : prompts) {
                trace.add(ids, pass, random.nextInt(endpoints));
            }
        }
        return trace;
    }

    private void add(long[] ids, int pass, int endpoint) {
        int from = keyCount;
        reserve(ids.length);
        for (long id : ids) {
            // A key stands for its block and all before it, as the ids of the trace do.
            keys[keyCount++] = mixed(id + 1 + (long) pass * 1_000_000_007L);
        }
        SequencedMap<Long, Boolean> cache = caches.get(endpoint);
        int hit = 0;
        while (hit < ids.length && cache.get(keys[from + hit]) != null) {
            hit++;
        }
        // Last block first: the least recently used is then the end of a prompt, as engines have it.
        for (int i = ids.length - 1; i >= hit; i--) {
            cache.put(keys[from + i], true);
        }
        int removed = 0;
        while (cache.size() > BLOCKS_PER_ENDPOINT) {
            reserve(1);
            keys[keyCount++] = cache.pollFirstEntry().getKey();
            removed++;
        }
        steps.add(new Step(endpoint, from, ids.length, ids.length - hit, removed));
    }

    /** Spreads numbers over all 64 bits, as hashes are (the finalizer of SplitMix64). */
    private static long mixed(long value) {
        long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    private void reserve(int more) {
        if (keyCount + more > keys.length) {
            keys = Arrays.copyOf(keys, Math.max(keys.length * 2, keyCount + more));
        }
    }

    List<Step> steps() {
        return steps;
    }

    long[] keys() {
        return keys;
    }

    int endpoints() {
        return caches.size();
    }

    long blockOps() {
        return steps.stream().mapToLong(Step::blockOps).sum();
    }

    double meanDepth() {
        return steps.stream().mapToInt(Step::count).average().orElse(0);
    }
}
