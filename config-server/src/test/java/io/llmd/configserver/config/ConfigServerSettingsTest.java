package io.llmd.configserver.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigServerSettingsTest {

    @TempDir
    private Path folder;

    @Test
    void blankDirectoryMeansPackagedFilesOnly() {
        assertThat(new ConfigServerSettings("  ").searchLocation()).isEmpty();
    }

    @Test
    void directoryBecomesAFileLocationWithAClosingSlash() {
        assertThat(new ConfigServerSettings(folder.toString()).searchLocation())
                .hasValueSatisfying(
                        location -> assertThat(location).startsWith("file:").endsWith("/"));
    }

    @Test
    void missingDirectoryIsNamed() {
        Path missing = folder.resolve("missing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ConfigServerSettings(missing.toString()))
                .withMessage("config-server.directory: " + missing + " (expected: a folder that exists)");
    }
}
