package io.llmd.simulator.fault;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.ErrorTypes;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.FailureType;
import io.llmd.simulator.config.SimulatorSettings;
import org.jspecify.annotations.Nullable;

/** The answers in the place of results; bodies are those of vLLM, or of the APIs it imitates where it has none. */
public final class InjectedErrors {
    private static final String BUSY = "The engine is currently busy and cannot accept new requests."
            + " Please try again later or on a different instance.";

    private final SimulatorSettings settings;

    public InjectedErrors(SimulatorSettings settings) {
        this.settings = settings;
    }

    /** The error that a request meets; absent if it is served. */
    public Reply.@Nullable Content of(RequestFaults faults) {
        if (faults.get(FaultKind.STATUS) instanceof RequestFault.Status status) {
            return json(new ApiException(status.code(), ErrorTypes.of(status.code()), "Injected fault", null));
        }
        if (faults.get(FaultKind.ERROR_AFTER_TOKENS) instanceof RequestFault.ErrorAfterTokens error
                && error.tokens() == 0) {
            return json(engineDead());
        }
        return faults.get(FaultKind.FAILURE) instanceof RequestFault.Failure failure
                ? reply(failure.types().getFirst())
                : null;
    }

    /** What vLLM says when its engine is dead. */
    public static ApiException engineDead() {
        return new ApiException(
                500,
                "InternalServerError",
                "EngineCore encountered an issue. See stack trace (above) for the root cause.",
                null);
    }

    private Reply.Content reply(FailureType type) {
        return switch (type) {
            case RATE_LIMIT -> {
                String message = "Rate limit reached for " + settings.servedModelName() + " on requests per min.";
                yield json(new ApiException(429, ErrorTypes.of(429), message, null));
            }
            case INVALID_API_KEY -> Reply.Content.json(401, Json.object().put("error", "Unauthorized"));
            case CONTEXT_LENGTH -> json(contextLength(settings.maxModelLen()));
            case SERVER_ERROR -> json(new ApiException(503, "Service Unavailable", BUSY, null));
            case INVALID_REQUEST -> json(RequestFields.missing("messages"));
            case MODEL_NOT_FOUND ->
                json(ApiException.notFound("The model `" + settings.servedModelName() + "` does not exist.", "model"));
        };
    }

    private static ApiException contextLength(int most) {
        int tokens = most + 1;
        return ApiException.parameter(
                "This model's maximum context length is " + most + " tokens. However, your prompt contains at least "
                        + tokens + " input tokens, which exceeds this limit even without any output tokens."
                        + " Please reduce the length of the input prompt.",
                "input_tokens",
                tokens);
    }

    private Reply.Content json(ApiException error) {
        return Reply.Content.json(error.status(), Json.error(settings.errorFormat(), error));
    }
}
