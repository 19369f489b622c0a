package io.llmd.simulator.engine;

import java.util.ArrayList;
import java.util.List;

/** Drives one engine in virtual time and keeps what it did. */
final class EngineFixture {
    static final long MILLI = 1_000_000;

    final List<EngineEvent> events = new ArrayList<>();
    final Engine engine;
    private long now;
    private long nextId = 1;

    EngineFixture(EngineSettings settings) {
        engine = new Engine(settings);
    }

    static EngineFixture llama8b() {
        return new EngineFixture(settings(1024, 8192, 8192, 32_768, LatencyModel.Compact.LLAMA_8B_H100));
    }

    static EngineSettings settings(int maxSeqs, int budget, int blocks, int maxModelLen, LatencyModel latency) {
        return new EngineSettings(maxSeqs, budget, 16, blocks, maxModelLen, true, latency, 1, 0, 0, "0");
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

    long submit(int[] prompt, int outputs) {
        return submit(prompt, outputs, null, null);
    }

    long submit(int[] prompt, int outputs, String salt, String adapter) {
        long id = nextId++;
        int key = java.util.Arrays.hashCode(prompt);
        engine.submit(
                new EngineRequest(
                        id, prompt, outputs, outputs, FinishReason.LENGTH, index -> key ^ index, salt, adapter),
                now);
        engine.check();
        return id;
    }

    boolean abort(long id) {
        boolean aborted = engine.abort(id, now);
        engine.check();
        return aborted;
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
        engine.advance(now, events::add);
        engine.check();
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
