package io.llmd.configserver.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigServerSettingsTest {

    @TempDir
    private Path folder;

    @Test
    void blankDirectoryMeansPackagedFilesOnly() {
        assertThat(settings("  ").searchLocation()).isEmpty();
    }

    @Test
    void directoryBecomesAFileLocationWithAClosingSlash() {
        assertThat(settings(folder.toString()).searchLocation())
                .hasValueSatisfying(
                        location -> assertThat(location).startsWith("file:").endsWith("/"));
    }

    @Test
    void missingDirectoryIsNamed() {
        Path missing = folder.resolve("missing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings(missing.toString()))
                .withMessage("config-server.directory: " + missing + " (expected: a folder that exists)");
    }

    @Test
    void operatorsAreNamedByHashesOfTheirKeys() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> admin(Map.of("ada", "sk-secret"), Map.of()))
                .withMessageContaining("config-server.admin.operators.ada")
                .withMessageNotContaining("sk-secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gateway:9080",
                "HTTP://gateway:9080",
                "httpx://gateway:9080",
                "http:///x",
                "http://gateway:9080/actuator"
            })
    void servicesAreUrls(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> admin(Map.of(), Map.of("gateway", List.of(URI.create(url)))))
                .withMessageContaining("config-server.admin.services.gateway: " + url + " (expected: http");
    }

    @Test
    void servicesAreThoseOfTheStart() {
        List<URI> urls = new ArrayList<>(List.of(URI.create("https://gateway:9080/")));
        ConfigServerSettings.Admin admin = admin(Map.of(), Map.of("gateway", urls));
        urls.clear();
        assertThat(admin.services()).containsEntry("gateway", List.of(URI.create("https://gateway:9080/")));
    }

    private static ConfigServerSettings settings(String directory) {
        return new ConfigServerSettings(directory, admin(Map.of(), Map.of()));
    }

    private static ConfigServerSettings.Admin admin(Map<String, String> operators, Map<String, List<URI>> services) {
        return new ConfigServerSettings.Admin(
                false, ConfigServerSettings.Admin.Login.KEYS, operators, services, Duration.ofSeconds(30));
    }
}
