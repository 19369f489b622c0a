package io.llmd.openai;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes errors in the OpenAI shape, and in Anthropic's for its API, as a body or as an event inside a stream that has begun. */
public final class ErrorBody {

    private ErrorBody() {}

    /** An error as a body in the shape of the route's API. */
    public static byte[] toJson(ApiError error, ApiRoute route) {
        if (route != ApiRoute.MESSAGES) {
            return toJson(error);
        }
        StringBuilder json = new StringBuilder(120 + error.message().length());
        appendMessagesBody(json, error);
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The type that Anthropic's API has for a status. */
    public static String messagesType(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            default -> status < 500 ? "invalid_request_error" : "api_error";
        };
    }

    private static void appendMessagesBody(StringBuilder json, ApiError error) {
        json.append("{\"type\":\"error\",\"error\":{\"type\":");
        JsonText.appendQuoted(json, messagesType(error.code().status()));
        json.append(",\"message\":");
        JsonText.appendQuoted(json, error.message());
        json.append("}}");
    }

    /** {@code {"error":{"message","type","param","code"}}} in UTF-8. */
    public static byte[] toJson(ApiError error) {
        StringBuilder json = new StringBuilder(160 + error.message().length());
        appendBody(json, error);
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * One server-sent event that ends a stream; no {@code [DONE]} follows it.
     *
     * @param route decides the dialect: a data event with an {@code error} member, or the {@code error} event of the
     *     Responses API or of Anthropic's
     */
    public static byte[] toEvent(ApiError error, ApiRoute route) {
        StringBuilder event = new StringBuilder(200 + error.message().length());
        if (route == ApiRoute.RESPONSES) {
            event.append("event: error\ndata: {\"type\":\"error\",\"code\":");
            JsonText.appendQuoted(event, error.code().wireName());
            event.append(",\"message\":");
            JsonText.appendQuoted(event, error.message());
            event.append(",\"param\":");
            appendNullable(event, error.param());
            event.append('}');
        } else if (route == ApiRoute.MESSAGES) {
            event.append("event: error\ndata: ");
            appendMessagesBody(event, error);
        } else {
            event.append("data: ");
            appendBody(event, error);
        }
        return event.append("\n\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void appendBody(StringBuilder json, ApiError error) {
        json.append("{\"error\":{\"message\":");
        JsonText.appendQuoted(json, error.message());
        json.append(",\"type\":");
        JsonText.appendQuoted(json, error.code().type().wireName());
        json.append(",\"param\":");
        appendNullable(json, error.param());
        json.append(",\"code\":");
        JsonText.appendQuoted(json, error.code().wireName());
        json.append("}}");
    }

    private static void appendNullable(StringBuilder json, @Nullable String value) {
        if (value == null) {
            json.append("null");
        } else {
            JsonText.appendQuoted(json, value);
        }
    }
}
