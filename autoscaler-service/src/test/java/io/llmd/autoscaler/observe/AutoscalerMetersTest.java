package io.llmd.autoscaler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.common.docs.KeyName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AutoscalerMetersTest {

    @Test
    void thePageListsExactlyTheMetersOfTheAutoscalerWithTypeAndTags() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "metrics.md"));
        String section = page.substring(page.indexOf("## Autoscaler"));
        List<String> listed = section.substring(0, section.indexOf("\n## "))
                .lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split(" \\|", -1))
                .map(cells -> (cells[0].substring(2) + cells[1] + cells[2])
                        .replace("`", "")
                        .strip())
                .toList();
        assertThat(listed)
                .containsExactlyElementsOf(Stream.of(AutoscalerMeters.values())
                        .map(AutoscalerMetersTest::row)
                        .toList());
    }

    private static String row(AutoscalerMeters meter) {
        String tags = Arrays.stream(meter.getKeyNames()).map(KeyName::asString).collect(Collectors.joining(", "));
        String type = meter.getType().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return (meter.getName() + " " + type + " " + tags).strip();
    }
}
