package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCheckTest {

    private final ConfigCheck check = new ConfigCheck(TestPlugins.all(), false);

    @Test
    void aGoodFileHasNoFindings(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("good.yaml"), "");
        assertThat(check.check(file)).isEmpty();
    }

    @Test
    void findingsNameTheFile(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("bad.yaml"), "plugins: 5\n");
        assertThat(check.check(file))
                .extracting(Finding::toString)
                .containsExactly(
                        file + ":1:plugins: 5 (expected: a list)",
                        file + ":1:apiVersion: is missing (expected: llm-d.ai/v1alpha1)",
                        file + ":1:kind: is missing (expected: EndpointPickerConfig)");
    }

    @Test
    void aFileThatIsNotThereIsAFinding(@TempDir Path directory) {
        assertThat(check.check(directory.resolve("none.yaml")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.message()).startsWith("not readable: "));
    }
}
