package io.llmd.gateway.edge;

import io.llmd.openai.ApiRoute;
import io.llmd.openai.ErrorBody;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Makes an endpoint's own error fit for clients: the members of the API's shape and nothing else, texts cut. */
final class EndpointErrors {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int MAX_TEXT = 4 << 10;

    private EndpointErrors() {}

    /** The error body to relay, or {@code null} when the endpoint's body is no error object. */
    static byte @Nullable [] clean(byte[] body, int status, ApiRoute route) {
        JsonNode root;
        try {
            root = JSON.readTree(body);
        } catch (JacksonException e) {
            return null;
        }
        JsonNode error = root.path("error").isObject() ? root.path("error") : root;
        if (!error.path("message").isString()) {
            return null;
        }
        ObjectNode clean = JSON.createObjectNode();
        if (route == ApiRoute.MESSAGES) {
            clean.put("type", "error");
            clean.putObject("error")
                    .put("type", ErrorBody.messagesType(status))
                    .put("message", cut(error.path("message").asString()));
            return JSON.writeValueAsString(clean).getBytes(StandardCharsets.UTF_8);
        }
        ObjectNode inner = clean.putObject("error");
        inner.put("message", cut(error.path("message").asString()));
        inner.put("type", error.path("type").isString() ? cut(error.path("type").asString()) : "invalid_request_error");
        copy(error, inner, "param");
        copy(error, inner, "code");
        return JSON.writeValueAsString(clean).getBytes(StandardCharsets.UTF_8);
    }

    private static void copy(JsonNode from, ObjectNode to, String name) {
        JsonNode value = from.path(name);
        if (value.isString()) {
            to.put(name, cut(value.asString()));
        } else if (value.isIntegralNumber()) {
            to.put(name, value.longValue());
        } else {
            to.putNull(name);
        }
    }

    private static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    }
}
