package io.llmd.simulator.control;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.engine.PauseMode;
import io.llmd.simulator.engine.SleepState;
import io.llmd.simulator.metrics.SleepMeters;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /sleep}, {@code /wake_up}, {@code /release_kv_cache_memory} and {@code /is_sleeping}. Thread-safe.
 */
final class SleepApi {
    private static final Set<String> MEMORY = Set.of("weights", "kv_cache");
    private static final String SCHEDULING = "scheduling";

    private final Engines engines;
    private final SleepMeters meters;
    private final boolean tells;
    private final Set<String> asleep = new HashSet<>();

    /** @param tells whether answers say what was done */
    SleepApi(Engines engines, SleepMeters meters, boolean tells) {
        this.engines = engines;
        this.meters = meters;
        this.tells = tells;
    }

    Reply sleep(Call call) {
        ControlQuery query = ControlQuery.sleep(call);
        int level = query.level();
        PauseMode mode = query.mode();
        SleepState state = switch (level) {
            case 0 -> SleepState.IDLE;
            case 1 -> SleepState.WEIGHTS_OFFLOADED;
            default -> SleepState.DISCARD_ALL;
        };
        CompletionStage<?> quiet = mode == PauseMode.WAIT
                ? engines.onEach(Pausing.of(mode)).thenCompose(done -> engines.idle())
                : engines.onEach(Pausing.of(mode));
        ObjectNode body = Json.object().put("status", "sleeping").put("level", level);
        return counted(
                "sleep",
                quiet.thenCompose(done -> engines.onEach((engine, now) -> {
                            engine.sleep(state, mode == PauseMode.WAIT ? PauseMode.KEEP : mode, now);
                            return state;
                        }))
                        .thenApply(done -> {
                            fallAsleep(level > 0 ? MEMORY : Set.of());
                            return answer(body);
                        }));
    }

    private Reply counted(String operation, CompletionStage<Reply.Content> answer) {
        Runnable end = meters.begin(operation);
        return new Reply.Later(answer.whenComplete((content, failure) -> end.run()));
    }

    private synchronized void fallAsleep(Set<String> memory) {
        asleep.addAll(memory);
    }

    Reply releaseCache(Call call) {
        return counted(
                "release_kv_cache_memory",
                engines.onEach(SleepApi::releaseCache).thenApply(done -> {
                    fallAsleep(Set.of("kv_cache"));
                    return answer(Json.object().put("status", "kv_cache_released"));
                }));
    }

    private static SleepState releaseCache(Engine engine, long now) {
        EngineSnapshot state = engine.snapshot();
        if (!state.paused() || state.active() > 0) {
            throw refused("a completed pause first");
        }
        if (state.sleepState() != SleepState.AWAKE) {
            throw refused("all executor memory to be resident");
        }
        engine.sleep(SleepState.IDLE, PauseMode.KEEP, now);
        engine.resetPrefixCache(false, now);
        engine.resetEncoderCache();
        return SleepState.IDLE;
    }

    private static ApiException refused(String needs) {
        return new ApiException(
                500,
                "InternalServerError",
                "Call to release_kv_cache_memory method failed: release_kv_cache_memory() requires " + needs,
                null);
    }

    Reply wake(Call call) {
        List<String> tags = call.queryValues("tags");
        boolean awake = wakeUp(tags);
        ObjectNode body = Json.object().put("status", awake ? "awake" : "sleeping");
        if (tags.isEmpty()) {
            body.putNull("tags");
        } else {
            ArrayNode told = body.putArray("tags");
            tags.forEach(told::add);
        }
        if (!awake) {
            return counted("wake", CompletableFuture.completedFuture(answer(body)));
        }
        return counted(
                "wake",
                engines.onEach((engine, now) -> {
                            engine.wake(now);
                            return awake;
                        })
                        .thenApply(done -> answer(body)));
    }

    /** Takes memory back; one tag that does not sleep leaves all as it is. */
    private synchronized boolean wakeUp(List<String> tags) {
        Set<String> memory = new HashSet<>(tags);
        memory.remove(SCHEDULING);
        if (tags.isEmpty()) {
            asleep.clear();
        } else if (asleep.containsAll(memory)) {
            asleep.removeAll(memory);
        }
        return asleep.isEmpty();
    }

    Reply isSleeping(Call call) {
        boolean sleeping = engines.snapshots().stream().anyMatch(SleepApi::isSleeping);
        return Reply.Content.json(Json.object().put("is_sleeping", sleeping));
    }

    private static boolean isSleeping(EngineSnapshot engine) {
        return engine.paused() || engine.sleepState() != SleepState.AWAKE;
    }

    private Reply.Content answer(ObjectNode body) {
        return tells ? Reply.Content.json(body) : Reply.Content.empty(200);
    }
}
