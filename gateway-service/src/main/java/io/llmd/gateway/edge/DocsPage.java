package io.llmd.gateway.edge;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;
import static org.springframework.web.reactive.function.server.ServerResponse.ok;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/** Serves the description of the API: {@code /docs/openapi.yaml} for tools and {@code /docs} for people, offline. */
public final class DocsPage {

    private static final String POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";
    private static final MediaType YAML = MediaType.parseMediaType("application/yaml");
    private static final MediaType SCRIPT = MediaType.parseMediaType("text/javascript;charset=UTF-8");

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>Gateway API</title>
              <link rel="stylesheet" href="/webjars/swagger-ui/%1$s/swagger-ui.css">
            </head>
            <body>
              <main id="api"></main>
              <noscript><a href="/docs/openapi.yaml">openapi.yaml</a></noscript>
              <script src="/webjars/swagger-ui/%1$s/swagger-ui-bundle.js"></script>
              <script src="/docs/start.js"></script>
            </body>
            </html>
            """;

    private static final String START =
            "SwaggerUIBundle({url: '/docs/openapi.yaml', dom_id: '#api', deepLinking: true});\n";

    private DocsPage() {}

    /** The routes. */
    public static RouterFunction<ServerResponse> routes() {
        String page = PAGE.formatted(version());
        return route().GET(
                        "/docs",
                        request -> ok().contentType(MediaType.TEXT_HTML)
                                .header("content-security-policy", POLICY)
                                .header("x-frame-options", "DENY")
                                .bodyValue(page))
                .GET("/docs/start.js", request -> ok().contentType(SCRIPT).bodyValue(START))
                .GET(
                        "/docs/openapi.yaml",
                        request -> ok().contentType(YAML).bodyValue(new ClassPathResource("openapi/gateway.yaml")))
                .build();
    }

    private static String version() {
        try (InputStream in =
                new ClassPathResource("META-INF/maven/org.webjars/swagger-ui/pom.properties").getInputStream()) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new IllegalStateException("swagger-ui is not on the class path", e);
        }
    }
}
