package io.llmd.gateway.edge;

import io.llmd.openai.ApiError;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Judges headers that say where the phases of a request are served, where the gateway takes such headers from outside. */
@FunctionalInterface
public interface Steering {

    /**
     * Why a request must not be served; {@code null} when it may.
     *
     * @param headers those that the scheduler may read, lower-case names
     */
    @Nullable
    ApiError refusal(Map<String, String> headers);
}
