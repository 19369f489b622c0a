package io.llmd.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.access.AccessControl;
import io.llmd.gateway.access.ApiKeys;
import io.llmd.gateway.access.NewApiKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class KeyFileWatchTest {

    private static final Duration LONGEST_REQUEST = Duration.ofMinutes(30);

    private final List<String> gone = new ArrayList<>();
    private long nanos = Long.MAX_VALUE - 5;
    private Path file;
    private KeyFileWatch watch;

    @BeforeEach
    void readFirst(@TempDir Path folder) throws IOException {
        file = folder.resolve("keys.yaml");
        write("a", "b");
        GatewayProperties.Access settings = new Binder(
                        new MapConfigurationPropertySource(Map.of("access.keys-file", file.toString())))
                .bindOrCreate("access", GatewayProperties.Access.class);
        AccessControl access = new AccessControl(ApiKeys.NONE, InstantSource.system(), () -> nanos);
        watch = new KeyFileWatch(settings, access, gone::add, LONGEST_REQUEST, () -> nanos);
    }

    @Test
    void aTenantGoesWithItsLastKeyAndOnceMoreWhenItsRequestsHaveEnded() throws IOException {
        write("a");
        watch.check();
        watch.check();
        assertThat(gone).containsExactly("b");

        nanos += LONGEST_REQUEST.toNanos();
        watch.check();
        watch.check();

        assertThat(gone).containsExactly("b", "b");
    }

    @Test
    void whoComesBackStays() throws IOException {
        write("a");
        watch.check();
        write("a", "b");
        watch.check();
        nanos += LONGEST_REQUEST.toNanos();
        watch.check();

        assertThat(gone).containsExactly("b");
    }

    @Test
    void otherKeysOfTheSameTenantsTakeNobodyAway() throws IOException {
        write("b", "a", "b");
        watch.check();
        Files.writeString(file, "keys: [broken");
        watch.check();

        assertThat(gone).isEmpty();
    }

    private void write(String... tenants) throws IOException {
        StringBuilder keys = new StringBuilder("keys:\n");
        for (String tenant : tenants) {
            keys.append(NewApiKey.generate(new SecureRandom(), tenant, 0).toYaml());
        }
        Files.writeString(file, keys);
    }
}
