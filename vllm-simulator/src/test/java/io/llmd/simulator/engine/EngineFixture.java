package io.llmd.simulator.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Drives one engine in virtual time and keeps what it did. After each call the invariants of the engine hold and no
 * request is lost; after each advance its events have told of exactly the blocks that are cached.
 */
final class EngineFixture {
    static final long MILLI = 1_000_000;

    final List<EngineEvent> events = new ArrayList<>();
    final Engine engine;
    private final Listening listening;
    private final ToldBlocks told = new ToldBlocks();
    private final Deque<Long> loading = new ArrayDeque<>();
    private final EngineSink sink = new EngineSink() {
        @Override
        public void accept(EngineEvent event) {
            events.add(event);
            told.apply(event);
            if (event instanceof EngineEvent.LoadWanted wanted && wanted.tokens() > 0) {
                loading.addLast(wanted.requestId());
            }
        }

        @Override
        public boolean tokens() {
            return listening == Listening.EVERYTHING || listening == Listening.TOKENS;
        }

        @Override
        public boolean blocks() {
            return listening == Listening.EVERYTHING || listening == Listening.BLOCKS;
        }
    };
    private long now;
    private long nextId = 1;
    private long submitted;
    private boolean checked = true;

    EngineFixture(EngineSettings settings) {
        this(settings, Listening.EVERYTHING);
    }

    EngineFixture(EngineSettings settings, Listening listening) {
        this.listening = listening;
        engine = new Engine(settings);
    }

    /** Leaves the invariants to the caller: verifying them interrupts runs of decode steps. */
    EngineFixture unchecked() {
        checked = false;
        return this;
    }

    private void check() {
        if (checked) {
            engine.check();
        }
        EngineSnapshot state = engine.snapshot();
        assertThat(state.active() + state.finished() + state.aborted() + state.failed())
                .as("requests in all states")
                .isEqualTo(submitted);
    }

    /** Which of the costly events are asked for. */
    enum Listening {
        EVERYTHING,
        TOKENS,
        BLOCKS,
        NOTHING
    }

    static EngineFixture llama8b() {
        return new EngineFixture(settings(1024, 8192, 8192, 32_768, LatencyModel.Compact.LLAMA_8B_H100));
    }

    static EngineSettings settings(int maxSeqs, int budget, int blocks, int maxModelLen, LatencyModel latency) {
        return EngineSettings.builder()
                .maxNumSeqs(maxSeqs)
                .maxNumBatchedTokens(budget)
                .blocks(blocks)
                .maxModelLen(maxModelLen)
                .latency(latency)
                .build();
    }

    /** Ten milliseconds to the first token, one between tokens. */
    static LatencyModel constant() {
        return new LatencyModel.Constant(10 * MILLI, MILLI, 0, 0);
    }

    /** Token ids that no other first id leads to. */
    static int[] prompt(int length, int first) {
        int[] tokens = new int[length];
        for (int i = 0; i < length; i++) {
            tokens[i] = first * 100_000 + i;
        }
        return tokens;
    }

    /** Request with the next id, to be changed by the caller. */
    RequestDraft draft(int[] prompt, int outputs) {
        return new RequestDraft(this, nextId++, prompt, outputs);
    }

    long submit(EngineRequest request) {
        engine.submit(request, now);
        submitted++;
        check();
        return request.id();
    }

    void completeLoad(long id, boolean loaded) {
        assertThat(engine.completeLoad(id, loaded, now)).isTrue();
        check();
    }

    /** Handles what is due now, then what follows, until the condition holds. */
    void runUntil(BooleanSupplier condition) {
        for (int i = 0; i < 100_000 && !condition.getAsBoolean(); i++) {
            assertThat(next()).as("something happens").isTrue();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    long submit(int[] prompt, int outputs) {
        return submit(prompt, outputs, null, null);
    }

    long submit(int[] prompt, int outputs, String salt, String adapter) {
        return draft(prompt, outputs).salt(salt).adapter(adapter).submit();
    }

    boolean abort(long id) {
        boolean aborted = engine.abort(id, now);
        check();
        return aborted;
    }

    void withhold(int blocks) {
        call(engine -> engine.withhold(blocks, now));
    }

    void call(Consumer<Engine> call) {
        call.accept(engine);
        check();
    }

    /** Answers the load that was wanted first of those without an answer, if there is one. */
    void answerLoad(boolean loaded) {
        Long id = loading.pollFirst();
        if (id != null) {
            call(engine -> engine.completeLoad(id, loaded, now));
        }
    }

    /** Hashes that the events so far make findable. */
    int toldBlocks() {
        return told.distinct();
    }

    /** Moves to the time of the next event and handles it. */
    boolean next() {
        long time = engine.nextEventTime();
        if (time == Long.MAX_VALUE) {
            return false;
        }
        advanceTo(time);
        return true;
    }

    void advanceTo(long time) {
        now = Math.max(now, time);
        engine.advance(now, sink);
        check();
        if (checked && sink.blocks()) {
            told.requireEqual(engine.toldHashes());
        }
    }

    void runUntilIdle() {
        while (next()) {
            // each round handles one event
        }
    }

    long now() {
        return now;
    }

    <T extends EngineEvent> List<T> all(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    EngineEvent.Finished finished(long id) {
        return all(EngineEvent.Finished.class).stream()
                .filter(end -> end.request().id() == id)
                .findFirst()
                .orElseThrow(() -> new AssertionError("request " + id + " has not finished"));
    }

    double timeToFirstTokenMillis(long id) {
        RequestTimes times = finished(id).times();
        return (times.firstToken() - times.arrival()) / (double) MILLI;
    }

    List<EngineEvent.TokenProduced> tokens(long id) {
        return all(EngineEvent.TokenProduced.class).stream()
                .filter(token -> token.requestId() == id)
                .toList();
    }
}
