package io.llmd.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.observe.GatewayMeters;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The documents name what the code has. */
class DocumentsTest {

    private static final Path DOCS = Path.of("..", "docs");

    private static List<String> rows(String file, String prefix) throws IOException {
        return Files.readAllLines(DOCS.resolve(file)).stream()
                .filter(line -> line.startsWith("| `" + prefix))
                .toList();
    }

    private static String cell(String row, int index) {
        return row.split(Pattern.quote("|"), -1)[index + 1].replace("`", "").trim();
    }

    @Test
    void metersAreDocumentedWithTypeAndTags() throws IOException {
        List<String> documented = rows("metrics.md", "gateway.").stream()
                .map(row -> cell(row, 0) + " " + cell(row, 1) + " " + cell(row, 2))
                .toList();
        List<String> declared = Arrays.stream(GatewayMeters.values())
                .map(meter -> (meter.getName() + " " + meter.getType().name().toLowerCase() + " "
                        + Arrays.stream(meter.getKeyNames())
                                .map(key -> key.asString())
                                .collect(Collectors.joining(", "))))
                .toList();

        assertThat(documented).containsExactlyElementsOf(declared);
    }

    @Test
    void settingsAreDocumentedWithTheirDefaults() throws IOException {
        TreeMap<String, String> declared = new TreeMap<>();
        try (InputStream in = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            JsonNode metadata = JsonMapper.shared().readTree(in);
            StreamSupport.stream(metadata.path("properties").spliterator(), false)
                    .filter(p -> p.path("name").asString().startsWith("gateway."))
                    .forEach(p -> {
                        JsonNode value = p.path("defaultValue");
                        declared.put(
                                p.path("name").asString(),
                                value.isArray() || value.isMissingNode() ? "" : value.asString());
                    });
        }
        TreeMap<String, String> documented = new TreeMap<>();
        rows("configuration.md", "gateway.").forEach(row -> documented.put(cell(row, 0), cell(row, 1)));

        assertThat(documented).isEqualTo(declared).isNotEmpty();
    }
}
