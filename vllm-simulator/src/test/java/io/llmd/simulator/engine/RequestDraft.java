package io.llmd.simulator.engine;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request in the making, for tests. */
final class RequestDraft {
    private final EngineFixture fixture;
    private final long id;
    private final int[] prompt;
    private final int outputs;
    private long priority;
    private @Nullable String salt;
    private @Nullable String adapter;
    private List<MediaKey> media = List.of();
    private int remoteTokens;
    private boolean holdBlocks;
    private double cacheHitThreshold;

    RequestDraft(EngineFixture fixture, long id, int[] prompt, int outputs) {
        this.fixture = fixture;
        this.id = id;
        this.prompt = prompt;
        this.outputs = outputs;
    }

    RequestDraft priority(long value) {
        priority = value;
        return this;
    }

    RequestDraft salt(@Nullable String value) {
        salt = value;
        return this;
    }

    RequestDraft adapter(@Nullable String value) {
        adapter = value;
        return this;
    }

    RequestDraft media(MediaKey... value) {
        media = List.of(value);
        return this;
    }

    RequestDraft remoteTokens(int value) {
        remoteTokens = value;
        return this;
    }

    RequestDraft holdBlocks() {
        holdBlocks = true;
        return this;
    }

    RequestDraft cacheHitThreshold(double value) {
        cacheHitThreshold = value;
        return this;
    }

    long submit() {
        int key = Arrays.hashCode(prompt);
        return fixture.submit(new EngineRequest(
                id,
                prompt,
                outputs,
                outputs,
                FinishReason.LENGTH,
                index -> (key ^ index) & Integer.MAX_VALUE,
                priority,
                salt,
                adapter,
                media,
                remoteTokens,
                holdBlocks,
                cacheHitThreshold));
    }
}
