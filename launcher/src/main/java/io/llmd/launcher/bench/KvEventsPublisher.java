package io.llmd.launcher.bench;

import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEvent.BlockRemoved;
import io.llmd.kv.event.KvEvent.BlockStored;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.simulator.kvevents.KvEventLoop;
import io.llmd.simulator.kvevents.KvEventPublisher;
import io.llmd.simulator.kvevents.KvEventSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A simulated endpoint's publisher, and an engine that stores a prompt and removes an old one at a steady rate, on a thread of
 * its own.
 */
final class KvEventsPublisher {

    static final String MODEL = "m";
    static final int BLOCK_TOKENS = 16;
    private static final int BLOCKS = 64;
    private static final int PROMPTS_HELD = 300;
    private static final int LOOKED_FOR = 4;
    private static final int VOCABULARY = 150_000;

    private final int number;
    private final long intervalNanos;
    private final Queue<KvEventsBench.Sent> sent;
    private final AtomicBoolean isOver;
    private final AtomicLong blocks = new AtomicLong();
    private final KvEventLoop loop = KvEventLoop.start();
    private final KvEventPublisher publisher;
    private final KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
    private final long root = hasher.root(MODEL);
    private final SplittableRandom random;

    /** @param blocksPerSecond stored and removed ones */
    KvEventsPublisher(int number, int blocksPerSecond, Queue<KvEventsBench.Sent> sent, AtomicBoolean isOver) {
        this.number = number;
        this.sent = sent;
        this.isOver = isOver;
        intervalNanos = (long) (2 * BLOCKS * 1e9 / blocksPerSecond);
        random = new SplittableRandom(number);
        publisher = loop.open(
                KvEventSettings.DEFAULT
                        .withEndpoint("tcp://127.0.0.1:*")
                        .withTopic("kv@" + name() + "@" + MODEL)
                        .withFormat(KvEventFormat.ARRAY),
                0);
    }

    String name() {
        return "engine-" + number;
    }

    int port() {
        return publisher.port();
    }

    /** Blocks stored and removed so far. */
    long blocks() {
        return blocks.get();
    }

    Thread start() {
        return Thread.ofPlatform().daemon().name("publisher-" + number).start(this::run);
    }

    private void run() {
        long begin = System.nanoTime();
        for (long batch = 0; !isOver.get(); batch++) {
            long due = begin + batch * intervalNanos;
            for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
                LockSupport.parkNanos(due - now);
            }
            publish(batch);
        }
        loop.close();
    }

    private void publish(long batch) {
        int[] tokens = random.ints((long) BLOCKS * BLOCK_TOKENS, 0, VOCABULARY).toArray();
        List<KvEvent> events = new ArrayList<>(1 + BLOCKS);
        events.add(BlockStored.of(BlockHashes.ofIds(hashes(batch)), null, TokenIds.of(tokens), BLOCK_TOKENS));
        if (batch >= PROMPTS_HELD) {
            for (long hash : hashes(batch - PROMPTS_HELD)) {
                events.add(BlockRemoved.of(BlockHashes.ofIds(hash)));
            }
        }
        KvEventsBench.Sent lookedFor = null;
        if (batch % LOOKED_FOR == 0) {
            long[] keys = new long[BLOCKS];
            hasher.chain(root, tokens, 0, BLOCKS, BLOCK_TOKENS, keys, 0);
            lookedFor = new KvEventsBench.Sent(keys[BLOCKS - 1], System.nanoTime());
        }
        publisher.publish(1, events);
        if (lookedFor != null) {
            sent.add(lookedFor);
        }
        blocks.addAndGet(BLOCKS + (batch >= PROMPTS_HELD ? BLOCKS : 0));
    }

    private long[] hashes(long batch) {
        long[] hashes = new long[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            hashes[i] = (batch * BLOCKS + i + 1) * 0x9E3779B97F4A7C15L;
        }
        return hashes;
    }
}
