package io.llmd.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.scheduler.config.SchedulerProperties.Decisions;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

class SchedulerPropertiesTest {

    @ParameterizedTest
    @ValueSource(strings = {"Authorization", "cookie", "Proxy-Authorization", "x-api-key"})
    void headersWithCredentialsAreNeverKept(String header) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> decisions(header))
                .withMessageStartingWith("scheduler.decisions.headers: " + header.toLowerCase(java.util.Locale.ROOT));
    }

    @Test
    void otherHeadersAreKeptWhateverTheirCase() {
        assertThat(decisions("X-Team").headers()).containsExactly("x-team");
    }

    private static Decisions decisions(String header) {
        return new Decisions(1.0, 100, DataSize.ofMegabytes(1), Duration.ofMinutes(1), Set.of(header));
    }
}
