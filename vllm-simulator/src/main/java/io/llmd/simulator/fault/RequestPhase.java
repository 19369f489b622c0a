package io.llmd.simulator.fault;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** The part of the work that a request asks for. */
public enum RequestPhase {
    /** Prefill alone; another endpoint decodes. */
    PREFILL,
    /** Decode, with blocks that another endpoint computed. */
    DECODE,
    /** Both. */
    BOTH;

    String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static RequestPhase of(String name) {
        for (RequestPhase phase : values()) {
            if (phase.wireName().equals(name)) {
                return phase;
            }
        }
        throw new IllegalArgumentException("phase: " + name + " (expected: one of "
                + Arrays.stream(values()).map(RequestPhase::wireName).collect(Collectors.joining(", ")) + ")");
    }

    /** The phase that a request body asks for; {@link #BOTH} if it is no JSON. */
    public static RequestPhase of(byte[] body) {
        JsonNode handoff;
        try {
            handoff = Json.parse(body).path("kv_transfer_params");
        } catch (ApiException e) {
            return BOTH;
        }
        if (handoff.path("do_remote_decode").asBoolean(false) || handoff.has("remote_decoder")) {
            return PREFILL;
        }
        return handoff.path("do_remote_prefill").asBoolean(false) || handoff.has("remote_prefiller") ? DECODE : BOTH;
    }
}
