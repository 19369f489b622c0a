package io.llmd.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConfigurationDocsTest {

    @Test
    void thePageListsExactlyTheSettingsOfTheScheduler() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "configuration.md"));
        String section = page.substring(page.indexOf("## Scheduler"));
        int end = section.indexOf("\n## ");
        List<String> listed = (end < 0 ? section : section.substring(0, end))
                .lines()
                .filter(line -> line.startsWith("| `scheduler."))
                .map(line -> line.substring(3, line.indexOf('`', 3)))
                .toList();
        assertThat(listed).containsExactlyInAnyOrderElementsOf(properties());
    }

    private static List<String> properties() throws IOException {
        try (InputStream in =
                SchedulerProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            assertThat(in).isNotNull();
            JsonNode metadata = JsonMapper.shared().readTree(in);
            return metadata.get("properties")
                    .valueStream()
                    .map(property -> property.get("name").asString())
                    .filter(name -> name.startsWith("scheduler."))
                    .toList();
        }
    }
}
