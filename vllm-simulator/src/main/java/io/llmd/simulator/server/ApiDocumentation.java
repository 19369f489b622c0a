package io.llmd.simulator.server;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /openapi.json} and {@code GET /docs}: the paths that are served and their methods. */
final class ApiDocumentation {
    private static final String PAGE = """
            <!DOCTYPE html>
            <html><head><title>FastAPI - Swagger UI</title></head>
            <body><h1>FastAPI</h1><p>The paths are in <a href="/openapi.json">openapi.json</a>.</p></body></html>
            """;

    private final Routes routes;
    private final String version;

    ApiDocumentation(Routes routes, String version) {
        this.routes = routes;
        this.version = version;
    }

    Reply page() {
        return Reply.Content.text("text/html; charset=utf-8", PAGE);
    }

    Reply schema() {
        ObjectNode schema = Json.object().put("openapi", "3.1.0");
        schema.putObject("info").put("title", "FastAPI").put("version", "0.1.0").put("x-vllm-version", version);
        ObjectNode paths = schema.putObject("paths");
        routes.documented().forEach((path, methods) -> {
            ObjectNode node = paths.putObject(path);
            for (String method : methods) {
                ObjectNode operation = node.putObject(method.toLowerCase(Locale.ROOT));
                operation.putObject("responses").putObject("200").put("description", "Successful Response");
            }
        });
        return Reply.Content.json(schema);
    }
}
