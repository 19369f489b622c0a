package io.llmd.simulator.control;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.engine.PauseMode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /pause}, {@code /resume}, {@code /is_paused} and {@code /abort_requests}. Thread-safe. */
final class PauseApi {
    private final Engines engines;

    PauseApi(Engines engines) {
        this.engines = engines;
    }

    Reply pause(Call call) {
        ControlQuery query = ControlQuery.pause(call);
        PauseMode mode = query.mode();
        boolean forget = mode != PauseMode.KEEP && query.is("clear_cache", true);
        CompletionStage<?> quiet = engines.onEach(Pausing.of(mode));
        if (mode == PauseMode.WAIT) {
            quiet = quiet.thenCompose(done -> engines.idle());
        }
        return new Reply.Later(quiet.thenCompose(done -> forget ? forget() : CompletableFuture.completedFuture(null))
                .thenApply(done -> Reply.Content.json(Json.object().put("status", "paused"))));
    }

    private CompletionStage<?> forget() {
        return engines.onEach((engine, now) -> engine.resetPrefixCache(false, now));
    }

    Reply resume(Call call) {
        return new Reply.Later(engines.onEach((engine, now) -> {
                    engine.resume(now);
                    return now;
                })
                .thenApply(done -> Reply.Content.json(Json.object().put("status", "resumed"))));
    }

    Reply isPaused(Call call) {
        boolean paused = engines.snapshots().stream().anyMatch(EngineSnapshot::paused);
        return Reply.Content.json(Json.object().put("is_paused", paused));
    }

    Reply abort(Call call) {
        List<String> ids = requestIds(call);
        int aborted = ids.size();
        if (ids.isEmpty()) {
            aborted = engines.abortAll();
        } else {
            engines.abort(ids);
        }
        return Reply.Content.json(Json.object().put("status", "aborted").put("aborted", aborted));
    }

    /** The same for clients that know the ids of their requests; nothing is said. */
    Reply abortGiven(Call call) {
        JsonNode body;
        try {
            body = Json.parse(call.body());
        } catch (ApiException e) {
            throw ApiException.invalidBody("JSON decode error: " + Json.mistakeIn(call.body()), null);
        }
        if (!(body.get("request_ids") instanceof ArrayNode array)) {
            throw ApiException.invalidBody("Missing 'request_ids' in request body", null);
        }
        List<String> ids = new ArrayList<>();
        array.forEach(id -> ids.add(id.asString("")));
        engines.abort(ids);
        return Reply.Content.empty(200);
    }

    private static List<String> requestIds(Call call) {
        JsonNode body;
        try {
            body = Json.parse(call.body());
        } catch (ApiException e) {
            throw ApiException.invalidBody("Invalid JSON format", null);
        }
        if (!(body instanceof ObjectNode object)) {
            throw ApiException.invalidBody("Request body must be a JSON object", null);
        }
        List<String> ids = new ArrayList<>();
        if (object.get("request_ids") instanceof ArrayNode array) {
            array.forEach(id -> ids.add(id.asString("")));
        }
        return ids;
    }
}
