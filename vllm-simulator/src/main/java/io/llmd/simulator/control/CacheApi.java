package io.llmd.simulator.control;

import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;

/** {@code /reset_prefix_cache}, {@code /reset_mm_cache} and {@code /reset_encoder_cache}. Thread-safe. */
final class CacheApi {
    private final Engines engines;
    private final boolean tells;

    /** @param tells whether the answer says if the cache was reset */
    CacheApi(Engines engines, boolean tells) {
        this.engines = engines;
        this.tells = tells;
    }

    Reply resetPrefixes(Call call) {
        boolean restart = ControlQuery.reset(call).is("reset_running_requests", false);
        return new Reply.Later(engines.onEach((engine, now) -> engine.resetPrefixCache(restart, now))
                .thenApply(done -> tells
                        ? Reply.Content.json(Json.object().put("success", !done.contains(false)))
                        : Reply.Content.empty(200)));
    }

    /** Media are looked up in one cache here, that of the encoder. */
    Reply resetEncoder(Call call) {
        return new Reply.Later(engines.onEach((engine, now) -> {
                    engine.resetEncoderCache();
                    return now;
                })
                .thenApply(done -> Reply.Content.empty(200)));
    }
}
