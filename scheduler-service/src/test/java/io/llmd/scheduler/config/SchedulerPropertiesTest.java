package io.llmd.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.scheduler.config.SchedulerProperties.Decisions;
import io.llmd.scheduler.config.SchedulerProperties.KvIndex;
import io.llmd.scheduler.config.SchedulerProperties.KvIndex.Source;
import io.llmd.scheduler.config.SchedulerProperties.KvLog;
import io.llmd.scheduler.config.SchedulerProperties.KvService;
import io.llmd.scheduler.config.SchedulerProperties.SharedStorage;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

    @ParameterizedTest
    @ValueSource(strings = {"index:8500", "ftp://index", "/v1", "http:index"})
    void anIndexServiceIsAskedOverHttp(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> service(url))
                .withMessageStartingWith("scheduler.kv-index.service.url: " + url);
    }

    @Test
    void storagesHaveDifferentNames() {
        SharedStorage one = new SharedStorage("s", "host:5557", "", Map.of());
        SharedStorage other = new SharedStorage("t", "host:5557", "", Map.of());
        KvLog log = new KvLog("", "default", Map.of());
        KvService service = service("https://index:8500");

        assertThat(new KvIndex(Source.ENGINES, List.of(one, other), log, service).storages())
                .hasSize(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new KvIndex(Source.ENGINES, List.of(one, other, one), log, service))
                .withMessageStartingWith("scheduler.kv-index.storages: s twice");
    }

    private static KvService service(String url) {
        return new KvService(URI.create(url), Duration.ofMillis(5), Duration.ofSeconds(1), 64);
    }

    private static Decisions decisions(String header) {
        return new Decisions(1.0, 200, 100, DataSize.ofMegabytes(1), Duration.ofMinutes(1), Set.of(header));
    }
}
