package io.llmd.simulator.api;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP call as the APIs see it.
 *
 * @param path without the query
 * @param variables what the placeholders of the route stand for
 * @param query decoded parameters
 * @param nowSeconds Unix time
 */
public record Call(
        String path,
        Map<String, String> variables,
        Map<String, List<String>> query,
        Headers headers,
        byte[] body,
        long nowSeconds) {
    public Call {
        variables = Map.copyOf(variables);
        query = Map.copyOf(query);
    }

    /** All values of a parameter, in their order; none if it is missing. */
    public List<String> queryValues(String name) {
        return query.getOrDefault(name, List.of());
    }

    /** The body's fields, of the types that the schema names. */
    public RequestFields fields(BodySchema schema) {
        requireJson();
        return schema.read(body);
    }

    /** The body's fields, whatever their types. */
    public RequestFields fields() {
        return fields(BodySchema.ANY);
    }

    /** What a placeholder of the route stands for. */
    public String variable(String name) {
        String value = variables.get(name);
        if (value == null) {
            throw new IllegalArgumentException("variable: " + name + " (expected: one of " + variables.keySet() + ")");
        }
        return value;
    }

    /** The caller's request id, absent if empty. */
    public @Nullable String requestId() {
        String id = headers.get("x-request-id");
        return id == null || id.isEmpty() ? null : id;
    }

    /** Answers 400 unless the content type is that of JSON. */
    public void requireJson() {
        String contentType = headers.get("content-type");
        String type = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
        int parameters = type.indexOf(';');
        if (!(parameters < 0 ? type : type.substring(0, parameters)).equals("application/json")) {
            throw ApiException.invalidBody(
                    "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed", null);
        }
    }

    /** The request's headers; names in any case. */
    @FunctionalInterface
    public interface Headers {
        /** The first value of a header. */
        @Nullable
        String get(String name);
    }
}
