package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Scheduling configurations, looked for by coverage; see CONTRIBUTING.md. */
class EndpointPickerConfigFuzzTest {

    private static final EndpointPickerConfigLoader LOADER = TestPlugins.loader();

    static Stream<byte[]> files() {
        String head = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";
        return Stream.of(
                        "",
                        head + "plugins:\n  - type: queue-scorer\nschedulingProfiles:\n  - name: d\n    plugins:\n"
                                + "      - {pluginRef: queue-scorer, weight: 2}\n",
                        head + "plugins:\n  - {type: load-aware-scorer, parameters: {threshold: 4}}\n",
                        head + "featureGates: [flowControl]\nflowControl: {defaultRequestTTL: 5s, maxBytes: 1Gi}\n",
                        "a: &a [*a, !!java.net.URL [x]]\n",
                        "{\"kind\": 1, \"plugins\": [null, {\"type\": []}]}")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** Loaded or refused with a reason, never an exception. */
    @MethodSource("files")
    @FuzzTest
    void file(byte[] data) {
        LoadResult result = LOADER.load(new String(data, StandardCharsets.UTF_8), "f");
        assertThat(result instanceof LoadResult.Refused && result.findings().isEmpty())
                .isFalse();
    }
}
