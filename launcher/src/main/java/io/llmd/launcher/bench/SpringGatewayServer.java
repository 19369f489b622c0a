package io.llmd.launcher.bench;

import java.util.Map;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;

/**
 * What Spring Cloud Gateway costs by itself: one plain route without filters. Runs as a process of its own:
 * {@code SpringGatewayServer PORT ENDPOINT_PORT}.
 */
@SpringBootConfiguration
@EnableAutoConfiguration
class SpringGatewayServer {

    public static void main(String[] args) {
        new SpringApplicationBuilder(SpringGatewayServer.class)
                .web(WebApplicationType.REACTIVE)
                .properties(Map.of(
                        "spring.config.name", "bench-spring-gateway",
                        "spring.cloud.config.enabled", "false",
                        "spring.jmx.enabled", "false",
                        "server.address", "127.0.0.1",
                        "server.port", args[0],
                        "spring.cloud.gateway.server.webflux.httpclient.pool.max-connections", "4096",
                        "spring.cloud.gateway.server.webflux.routes[0].id", "endpoint",
                        "spring.cloud.gateway.server.webflux.routes[0].uri", "http://127.0.0.1:" + args[1],
                        "spring.cloud.gateway.server.webflux.routes[0].predicates[0]", "Path=/**"))
                .run();
    }
}
