package io.llmd.launcher.bench;

import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Prompts of 100,000 tokens as in llm-d's study: a long system prompt, of which there are as many as endpoints and which all
 * endpoints hold, and a question, which one endpoint holds. An endpoint's cache is full of them.
 */
final class KvLookupPrompts {

    static final String MODEL = "m";
    static final int TOKENS = 100_000;
    static final int BLOCK_TOKENS = 16;
    static final int BLOCKS = TOKENS / BLOCK_TOKENS;

    /** Blocks of the system prompt: 95,008 tokens. */
    private static final int SYSTEM_BLOCKS = 5_938;

    private static final int EVENT_BLOCKS = 512;
    private static final int VOCABULARY = 150_000;

    private final int[][] systems;
    private final int[][] questions;

    /** @param endpoints as many system prompts, and as many questions to each */
    KvLookupPrompts(int endpoints) {
        SplittableRandom random = new SplittableRandom(7);
        systems = new int[endpoints][];
        questions = new int[endpoints * endpoints][];
        for (int i = 0; i < systems.length; i++) {
            systems[i] = tokens(random, SYSTEM_BLOCKS);
        }
        for (int i = 0; i < questions.length; i++) {
            questions[i] = tokens(random, BLOCKS - SYSTEM_BLOCKS);
        }
    }

    private static int[] tokens(SplittableRandom random, int blocks) {
        return random.ints((long) blocks * BLOCK_TOKENS, 0, VOCABULARY).toArray();
    }

    /** How many prompts there are. */
    int count() {
        return questions.length;
    }

    /** Distinct blocks of all of them. */
    int blocks() {
        return systems.length * SYSTEM_BLOCKS + questions.length * (BLOCKS - SYSTEM_BLOCKS);
    }

    /** As {@code POST /v1/prefix-matches?model=m} takes it. */
    byte[] bytes(int prompt) {
        ByteBuffer bytes = ByteBuffer.allocate(TOKENS * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(systems[prompt % systems.length]).put(questions[prompt]);
        return bytes.array();
    }

    byte[] json(int prompt) {
        StringJoiner ids = new StringJoiner(",", "{\"model\":\"" + MODEL + "\",\"tokens\":[", "]}");
        Arrays.stream(systems[prompt % systems.length]).forEach(each -> ids.add(Integer.toString(each)));
        Arrays.stream(questions[prompt]).forEach(each -> ids.add(Integer.toString(each)));
        return ids.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** What an endpoint publishes until its cache is full, one event in each batch. */
    List<KvEvent> events(int endpoint) {
        List<KvEvent> events = new ArrayList<>();
        for (int system = 0; system < systems.length; system++) {
            long last = store(events, systems[system], hash(system, 0), null);
            int question = endpoint * systems.length + system;
            store(events, questions[question], hash(systems.length + question, 0), last);
        }
        return events;
    }

    private static long store(List<KvEvent> events, int[] tokens, long firstHash, @Nullable Long before) {
        Long parent = before;
        int blocks = tokens.length / BLOCK_TOKENS;
        for (int from = 0; from < blocks; from += EVENT_BLOCKS) {
            int count = Math.min(EVENT_BLOCKS, blocks - from);
            long[] hashes = new long[count];
            for (int i = 0; i < count; i++) {
                hashes[i] = firstHash + from + i;
            }
            events.add(BlockStored.of(
                    BlockHashes.ofIds(hashes),
                    parent == null ? null : BlockHash.ofId(parent),
                    TokenIds.copyOf(tokens, from * BLOCK_TOKENS, (from + count) * BLOCK_TOKENS),
                    BLOCK_TOKENS));
            parent = hashes[count - 1];
        }
        return firstHash + blocks - 1;
    }

    private static long hash(int part, int block) {
        return (part + 1L) * 100_000 + block;
    }
}
