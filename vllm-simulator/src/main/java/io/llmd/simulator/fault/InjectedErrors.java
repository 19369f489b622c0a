package io.llmd.simulator.fault;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.ErrorTypes;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.FailureType;
import io.llmd.simulator.config.SimulatorSettings;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The answers in the place of results; bodies are those of vLLM, or of the APIs it imitates where it has none. */
public final class InjectedErrors {
    private static final String BUSY = "The engine is currently busy and cannot accept new requests."
            + " Please try again later or on a different instance.";

    private static final String MESSAGES = "/v1/messages";
    private static final ApiException UNAUTHORIZED = new ApiException(401, ErrorTypes.of(401), "Unauthorized", null);

    private final SimulatorSettings settings;

    public InjectedErrors(SimulatorSettings settings) {
        this.settings = settings;
    }

    /** The error that a request to a path meets; absent if it is served. */
    public Reply.@Nullable Content of(RequestFaults faults, String path) {
        ApiException error = error(faults);
        return error == null ? null : Reply.Content.json(error.status(), body(error, path));
    }

    private @Nullable ApiException error(RequestFaults faults) {
        if (faults.get(FaultKind.STATUS) instanceof RequestFault.Status status) {
            return new ApiException(status.code(), ErrorTypes.of(status.code()), "Injected fault", null);
        }
        if (faults.get(FaultKind.ERROR_AFTER_TOKENS) instanceof RequestFault.ErrorAfterTokens error
                && error.tokens() == 0) {
            return engineDead();
        }
        return faults.get(FaultKind.FAILURE) instanceof RequestFault.Failure failure
                ? error(failure.types().getFirst())
                : null;
    }

    /** In the messages API, errors of the body's fields have the shape of the other APIs. */
    private ObjectNode body(ApiException error, String path) {
        if (error == UNAUTHORIZED) {
            return Json.object().put("error", error.text());
        }
        return path.startsWith(MESSAGES) && !error.isOfBody()
                ? Json.messagesError(error)
                : Json.error(settings.errorFormat(), error);
    }

    /** What vLLM says when its engine is dead. */
    public static ApiException engineDead() {
        return new ApiException(
                500,
                "InternalServerError",
                "EngineCore encountered an issue. See stack trace (above) for the root cause.",
                null);
    }

    private ApiException error(FailureType type) {
        return switch (type) {
            case RATE_LIMIT ->
                new ApiException(
                        429,
                        ErrorTypes.of(429),
                        "Rate limit reached for " + settings.servedModelName() + " on requests per min.",
                        null);
            case INVALID_API_KEY -> UNAUTHORIZED;
            case CONTEXT_LENGTH -> contextLength(settings.maxModelLen());
            case SERVER_ERROR -> new ApiException(503, "Service Unavailable", BUSY, null);
            case INVALID_REQUEST -> RequestFields.missing("messages");
            case MODEL_NOT_FOUND ->
                ApiException.notFound("The model `" + settings.servedModelName() + "` does not exist.", "model");
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
}
