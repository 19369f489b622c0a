package io.llmd.gateway.openai;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes errors in the OpenAI shape, as a body or as an event inside a stream that has begun. */
public final class ErrorBody {

    private ErrorBody() {}

    /** {@code {"error":{"message","type","param","code"}}} in UTF-8. */
    public static byte[] toJson(ApiError error) {
        StringBuilder json = new StringBuilder(160 + error.message().length());
        appendBody(json, error);
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * One server-sent event that ends a stream; no {@code [DONE]} follows it.
     *
     * @param route decides the dialect: a data event with an {@code error} member, or the Responses API's {@code error}
     *     event
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
