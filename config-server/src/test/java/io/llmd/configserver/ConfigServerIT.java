package io.llmd.configserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConfigServerIT {

    private static final String DRAIN = "spring.lifecycle.timeout-per-shutdown-phase";

    private static RunningConfigServer server;

    @BeforeAll
    static void start() {
        server = new RunningConfigServer();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void gatewayGetsItsOwnValuesBeforeTheSharedOnes() {
        List<JsonNode> sources = sources(server.get("/gateway/default"));

        assertThat(sources).hasSize(2);
        assertThat(sources.get(0).get("name").asString()).endsWith("shared-config/gateway.yml");
        assertThat(sources.get(0).get("source").get(DRAIN).asString()).isEqualTo("150s");
        assertThat(sources.get(1).get("name").asString()).endsWith("shared-config/application.yml");
    }

    @Test
    void profileAddsItsValues() {
        List<JsonNode> sources = sources(server.get("/scheduler/prod"));

        assertThat(sources)
                .extracting(source -> source.get("name").asString())
                .anySatisfy(name -> assertThat(name).endsWith("shared-config/application-prod.yml"))
                .anySatisfy(name -> assertThat(name).endsWith("shared-config/scheduler.yml"));
        assertThat(sources.getFirst()
                        .get("source")
                        .get("logging.structured.format.console")
                        .asString())
                .isEqualTo("ecs");
    }

    @Test
    void unknownServiceGetsTheSharedValues() {
        List<JsonNode> sources = sources(server.get("/kv-index/default"));

        assertThat(sources).hasSize(1);
        assertThat(sources.get(0).get("name").asString()).endsWith("shared-config/application.yml");
    }

    @ParameterizedTest
    @Tag("bad-input-B103")
    @ValueSource(
            strings = {
                "/app/..%2f..%2f/etc",
                "/app/(_)..(_)etc",
                "/app/(_)..(_)etc/main",
                "/app/default/feature%2Fx",
                "/app/default/feature(_)x",
                "/app/default/feature/x",
                "/app/%2e%2e/%2e%2e/etc/passwd",
                "/app/default/main/..%252f..%252fconfig-server.yml",
                "/app/default/config-server.yml?useDefaultLabel",
                "/application.yml",
                "/gateway-default.yml",
                "/encrypt",
                "/encrypt/status",
                "/decrypt",
                "/key",
                "/key/app/default",
                "/monitor",
                "/actuator",
                "/actuator/env",
                "/actuator/health/..;/env",
                "/"
            })
    void otherPathsAreRefused(String path) {
        HttpResponse<String> response = server.get(path);

        assertThat(response.statusCode()).isIn(400, 404);
        assertThat(response.body()).doesNotContain("search-locations", "root:");
    }

    @ParameterizedTest
    @Tag("bad-input-B103")
    @CsvSource({"POST,/encrypt,404", "POST,/decrypt,404", "POST,/monitor,404", "POST,/gateway/default,405"})
    void writesAreRefused(String method, String path, int status) {
        assertThat(server.send(method, server.url() + path).statusCode()).isEqualTo(status);
    }

    @Test
    void managementPortShowsHealthInfoAndMeters() {
        assertThat(server.manage("/actuator/health").statusCode()).isEqualTo(200);
        assertThat(server.manage("/actuator/health").body()).contains("\"UP\"").doesNotContain("components");
        assertThat(server.manage("/actuator/health/readiness").statusCode()).isEqualTo(200);
        assertThat(server.manage("/actuator/health/liveness").statusCode()).isEqualTo(200);
        assertThat(server.manage("/actuator/info").body()).contains("\"java\"", "\"cpus\"", "\"os\"");
        assertThat(server.manage("/actuator/prometheus").body()).contains("jvm_memory_used_bytes");
    }

    @ParameterizedTest
    @Tag("bad-input-B101")
    @ValueSource(
            strings = {
                "env",
                "heapdump",
                "threaddump",
                "configprops",
                "mappings",
                "loggers",
                "beans",
                "shutdown",
                "refresh",
                "gateway/routes"
            })
    void managementPortShowsNothingElse(String endpoint) {
        assertThat(server.manage("/actuator/" + endpoint).statusCode()).isEqualTo(404);
    }

    @Test
    void librariesOfOtherServicesStayAsleep() {
        assertThat(server.context().getBeanDefinitionNames())
                .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).contains("gateway"))
                .noneMatch(name -> name.contains("nettyReactiveWebServerFactory"));
    }

    @Test
    void threadsOfOtherServicesDoNotEndWithItsContext() {
        assertThat(server.context().getBean(ReactorResourceFactory.class).isUseGlobalResources())
                .isFalse();
    }

    @Test
    void directoryWinsOverThePackagedFiles(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("gateway.yml"), DRAIN + ": 7s\n");

        try (RunningConfigServer other = new RunningConfigServer("--config-server.directory=" + directory)) {
            List<JsonNode> sources = sources(other.get("/gateway/default"));
            assertThat(sources).hasSize(3);
            assertThat(sources.get(0).get("source").get(DRAIN).asString()).isEqualTo("7s");
            assertThat(sources.get(1).get("source").get(DRAIN).asString()).isEqualTo("150s");

            Files.writeString(directory.resolve("gateway.yml"), DRAIN + ": 8s\n");
            assertThat(sources(other.get("/gateway/default"))
                            .get(0)
                            .get("source")
                            .get(DRAIN)
                            .asString())
                    .isEqualTo("8s");
        }
    }

    @Test
    void activeProfilesDoNotSwitchTheFilesOff() {
        try (RunningConfigServer other = new RunningConfigServer("--spring.profiles.active=trial")) {
            assertThat(sources(other.get("/gateway/default"))).hasSize(2);
        }
    }

    @Test
    void missingDirectoryStopsTheStart(@TempDir Path directory) {
        assertThatThrownBy(() -> new RunningConfigServer("--config-server.directory=" + directory.resolve("missing")))
                .hasRootCauseMessage("config-server.directory: " + directory.resolve("missing")
                        + " (expected: a folder that exists)");
    }

    @Test
    void misspeltSettingStopsTheStart() {
        assertThatThrownBy(() -> new RunningConfigServer("--config-server.directoy=x"))
                .hasStackTraceContaining("config-server.directoy");
    }

    @Test
    void clientOnTheSameClassPathReadsItsValuesOnceItIsEnabled() {
        assertThat(drainOfAGateway("--spring.cloud.config.enabled=true")).isEqualTo("150s");
    }

    @Test
    void clientOnTheSameClassPathIsOffEvenIfItsFileEnablesIt() {
        assertThat(drainOfAGateway()).isEqualTo("none");
    }

    private static String drainOfAGateway(String... arguments) {
        var builder = new SpringApplicationBuilder(Client.class)
                .web(WebApplicationType.NONE)
                .properties(
                        "spring.config.name=client",
                        "spring.application.name=gateway",
                        "spring.cloud.gateway.server.webflux.enabled=false",
                        "spring.config.import=optional:configserver:" + server.url());
        try (var client = builder.run(arguments)) {
            assertThat(client.getEnvironment().getPropertySources())
                    .anyMatch(source -> source.getName().contains("client.yml"));
            return client.getEnvironment().getProperty(DRAIN, "none");
        }
    }

    private static List<JsonNode> sources(HttpResponse<String> response) {
        assertThat(response.statusCode()).isEqualTo(200);
        return JsonMapper.shared()
                .readTree(response.body())
                .get("propertySources")
                .valueStream()
                .toList();
    }

    @Configuration(proxyBeanMethods = false)
    static class Client {}
}
