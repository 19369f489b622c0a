package io.llmd.simulator.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** Calls that are made to an engine, in order, each after a wait. */
record EngineScript(Limits limits, List<Call> calls) {
    private static final long LATER = 2_000_000_000L;
    private static final int MOST_ROUNDS = 200;
    private static final long HEARTBEAT = 40_000_000;

    /** Settings of the engine that matter to the script. */
    record Limits(
            int maxSeqs,
            int budget,
            int blocks,
            boolean caching,
            OrderingPolicy ordering,
            LoadFailurePolicy loadFailure,
            int maxAdapters) {}

    /** What a call does. Those about a request take one that was submitted before. */
    enum Action {
        SUBMIT,
        ABORT,
        FINISH_LOAD,
        FAIL_LOAD,
        END_LEASE,
        EXTEND_LEASE,
        HOLD,
        RELEASE,
        PAUSE,
        RESUME,
        SLEEP,
        WAKE,
        RESET,
        RESET_AND_RESTART,
        WITHHOLD
    }

    /** @param choice of the request that it is about, and of what else there is to choose */
    record Call(int waitMicros, Action action, Ask ask, int choice) {}

    /** A request. */
    record Ask(int family, int promptTokens, int outputTokens, Kind kind, int priority, int adapter) {}

    /** What is special about a request. */
    enum Kind {
        PLAIN,
        SALTED,
        WITH_IMAGE,
        LOADING,
        LEASING,
        PICKY
    }

    EngineScript withBlocks(int blocks) {
        return new EngineScript(
                new Limits(
                        limits.maxSeqs(),
                        limits.budget(),
                        blocks,
                        limits.caching(),
                        limits.ordering(),
                        limits.loadFailure(),
                        limits.maxAdapters()),
                calls);
    }

    EngineSettings settings() {
        return EngineSettings.builder()
                .maxNumSeqs(limits.maxSeqs())
                .maxNumBatchedTokens(limits.budget())
                .blocks(limits.blocks())
                .maxModelLen(270)
                .prefixCaching(limits.caching())
                .ordering(limits.ordering())
                .loadFailure(limits.loadFailure())
                .adapters(new AdapterSettings(limits.maxAdapters(), 2, 1_500_000, 4_000_000, 0.035))
                .encoder(new EncoderSettings(500_000, 20_000, 100, false))
                .leaseNanos(50_000_000)
                .latency(new LatencyModel.Compact("varied", 1, 20, 1, 5, 100, 900, 0))
                .noiseCv(0.1)
                .seed(7)
                .build();
    }

    /** Plays the calls, advancing the engine at each of its events. */
    void playPunctually(EngineFixture sim) {
        play(sim, time -> {
            while (sim.engine.nextEventTime() <= time) {
                sim.next();
            }
            sim.advanceTo(time);
        });
    }

    /** Plays the calls, advancing the engine at the times of the calls only. */
    void playLate(EngineFixture sim) {
        play(sim, sim::advanceTo);
    }

    private void play(EngineFixture sim, LongConsumer advance) {
        List<Long> ids = new ArrayList<>();
        for (Call call : calls) {
            advance.accept(sim.now() + call.waitMicros() * 1_000L);
            if (call.action() == Action.SUBMIT) {
                ids.add(submit(sim, call.ask()));
            } else {
                make(call, ids.isEmpty() ? 0 : ids.get(call.choice() % ids.size()), sim);
            }
        }
        sim.call(engine -> engine.wake(sim.now()));
        sim.call(engine -> engine.withhold(0, sim.now()));
        ids.forEach(id -> sim.call(engine -> engine.release(id, sim.now())));
        for (int i = 0; i < MOST_ROUNDS && sim.engine.snapshot().active() > 0; i++) {
            advance.accept(sim.now() + LATER);
            sim.answerLoad(true);
        }
        advance.accept(sim.now() + LATER);
    }

    private static long submit(EngineFixture sim, Ask ask) {
        int[] prompt = EngineFixture.prompt(ask.promptTokens(), ask.family());
        RequestDraft draft = sim.draft(prompt, ask.outputTokens()).priority(ask.priority());
        if (ask.adapter() > 0) {
            draft.adapter("adapter-" + ask.adapter());
        }
        return switch (ask.kind()) {
            case PLAIN -> draft.submit();
            case SALTED -> draft.salt("salt").submit();
            case WITH_IMAGE -> {
                int offset = prompt.length / 3;
                yield draft.media(new MediaKey("image-" + ask.family(), offset, prompt.length - 2 * offset))
                        .submit();
            }
            case LOADING -> draft.remoteTokens(prompt.length).submit();
            case LEASING -> draft.holdBlocks().submit();
            case PICKY -> draft.cacheHitThreshold(0.5).submit();
        };
    }

    private void make(Call call, long id, EngineFixture sim) {
        long now = sim.now();
        switch (call.action()) {
            case SUBMIT -> throw new IllegalArgumentException("submitted elsewhere");
            case ABORT -> sim.abort(id);
            case FINISH_LOAD -> sim.answerLoad(true);
            case FAIL_LOAD -> sim.answerLoad(false);
            case END_LEASE -> sim.call(engine -> engine.endLease(id, LeaseEnd.NOTIFIED, now));
            case EXTEND_LEASE -> sim.call(engine -> engine.extendLease(id, now + HEARTBEAT, now));
            case HOLD -> sim.call(engine -> engine.hold(id));
            case RELEASE -> sim.call(engine -> engine.release(id, now));
            case PAUSE -> sim.call(engine -> engine.pause(pauseMode(call), now));
            case RESUME -> sim.call(engine -> engine.resume(now));
            case SLEEP ->
                sim.call(engine -> engine.sleep(
                        call.choice() % 2 == 0 ? SleepState.IDLE : SleepState.WEIGHTS_OFFLOADED, pauseMode(call), now));
            case WAKE -> sim.call(engine -> engine.wake(now));
            case RESET -> sim.call(engine -> engine.resetPrefixCache(false, now));
            case RESET_AND_RESTART -> sim.call(engine -> engine.resetPrefixCache(true, now));
            case WITHHOLD -> sim.call(engine -> engine.withhold(call.choice() % limits.blocks(), now));
        }
    }

    private static PauseMode pauseMode(Call call) {
        PauseMode[] modes = PauseMode.values();
        return modes[call.choice() / 2 % modes.length];
    }
}
