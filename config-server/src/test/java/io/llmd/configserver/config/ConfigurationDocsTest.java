package io.llmd.configserver.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConfigurationDocsTest {

    @Test
    void thePageListsExactlyTheSettingsOfTheServerWithTheirDefaults() throws IOException {
        TreeMap<String, String> documented = new TreeMap<>();
        Files.readAllLines(Path.of("..", "docs", "configuration.md")).stream()
                .filter(line -> line.startsWith("| `config-server."))
                .map(line -> line.replace("`", "").split("\\|", -1))
                .forEach(cells -> documented.put(cells[1].strip(), cells[2].strip()));
        assertThat(documented).isEqualTo(declared()).isNotEmpty();
    }

    private static TreeMap<String, String> declared() throws IOException {
        TreeMap<String, String> declared = new TreeMap<>();
        try (InputStream in =
                ConfigServerSettings.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            assertThat(in).isNotNull();
            for (JsonNode property : JsonMapper.shared().readTree(in).get("properties")) {
                if (property.get("name").asString().startsWith("config-server.")) {
                    declared.put(property.get("name").asString(), text(property.path("defaultValue")));
                }
            }
        }
        return declared;
    }

    private static String text(JsonNode value) {
        return value.isArray()
                ? String.join(", ", value.valueStream().map(JsonNode::asString).toList())
                : value.isMissingNode() ? "" : value.asString();
    }
}
