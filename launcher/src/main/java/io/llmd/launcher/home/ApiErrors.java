package io.llmd.launcher.home;

import io.llmd.launcher.terminal.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Error bodies in words. */
public final class ApiErrors {

    private static final int MAX_TEXT = 200;

    private ApiErrors() {}

    /** Message and code of an OpenAI error or a problem detail; else the beginning of the body. */
    public static String message(String body) {
        try {
            JsonNode answer = Json.MAPPER.readTree(body);
            JsonNode error = answer.path("error");
            if (error.path("message").isString()) {
                String code = error.path("code").isString()
                        ? " (" + error.path("code").asString() + ")"
                        : "";
                return error.path("message").asString() + code;
            }
            if (answer.path("detail").isString()) {
                return answer.path("detail").asString();
            }
        } catch (JacksonException e) {
            return beginning(body);
        }
        return beginning(body);
    }

    private static String beginning(String body) {
        String line = body.strip().replaceAll("\\s+", " ");
        return line.isEmpty() ? "empty body" : line.length() > MAX_TEXT ? line.substring(0, MAX_TEXT) + "…" : line;
    }
}
