package io.llmd.scheduler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SchedulerMetersTest {

    @Test
    void thePageListsExactlyTheMetersOfTheScheduler() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "metrics.md"));
        String section = page.substring(page.indexOf("## Scheduler"));
        int end = section.indexOf("\n## ");
        List<String> listed = (end < 0 ? section : section.substring(0, end))
                .lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(3, line.indexOf('`', 3)))
                .toList();
        assertThat(listed)
                .containsExactlyElementsOf(Stream.of(SchedulerMeters.values())
                        .map(SchedulerMeters::getName)
                        .toList());
    }
}
