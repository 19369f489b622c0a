package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.kv.event.KvEventSchema;
import io.llmd.kv.hash.ExtraKeyForm;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionPresetTest {

    @ParameterizedTest
    @CsvSource({
        "0.10.0, FLAT, 120, false, false, 5.4, true, false",
        "0.10.2, NESTED, 120, false, false, 5.4, true, false",
        "v0.11.0, NESTED, 120, false, false, 4.32, false, false",
        "0.12, NESTED, 480, false, false, 3.24, false, false",
        "0.15.1+cpu, NESTED, 480, false, false, 0, false, false",
        "0.21.0, NESTED, 480, false, false, 0, false, true",
        "0.22.1, NESTED, 30, true, false, 0, false, true",
        "0.24.0rc1, NESTED, 30, true, true, 0, false, true",
        "0.32.0, NESTED, 30, true, true, 0, false, true",
        "1.0.0, NESTED, 30, true, true, 0, false, true",
        "main, NESTED, 30, true, true, 0, false, true"
    })
    void versionsDifferAsTheirReleasesDo(
            String version,
            ErrorFormat errors,
            int leaseSeconds,
            boolean heartbeats,
            boolean mapEvents,
            double extraStepMillis,
            boolean oldUsageGauge,
            boolean waitingByReason) {
        VersionPreset preset = VersionPreset.of(version);
        assertThat(preset.version()).isEqualTo(version);
        assertThat(preset.errorFormat()).isEqualTo(errors);
        assertThat(preset.lease()).hasSeconds(leaseSeconds);
        assertThat(preset.hasLeaseHeartbeats()).isEqualTo(heartbeats);
        assertThat(preset.kvEventSchema().isMap()).isEqualTo(mapEvents);
        assertThat(preset.extraStepOverhead()).hasNanos(Math.round(extraStepMillis * 1e6));
        assertThat(preset.shows("vllm:gpu_cache_usage_perc")).isEqualTo(oldUsageGauge);
        assertThat(preset.shows("vllm:num_requests_waiting_by_reason")).isEqualTo(waitingByReason);
        assertThat(preset.shows("vllm:kv_cache_usage_perc")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "0.10.1, ORIGINAL, BARE, false",
        "0.10.2, MEDIUM, BARE, false",
        "0.13.0, MEDIUM, BARE, false",
        "0.14.0, ADAPTER_NAME, BARE, false",
        "0.16.0, ADAPTER_NAME, BARE, false",
        "0.17.0, EXTRA_KEYS, BARE, false",
        "0.20.0, GROUP, BARE, false",
        "0.21.0, GROUP, BARE, false",
        "0.22.0, SPEC_KIND, BARE, false",
        "0.24.0, MAP, BARE, false",
        "0.25.1, MAP, BARE, false",
        "0.26.0, MAP, BARE, true",
        "0.30.0, MAP, BARE, true",
        "0.31.0, MAP, TAGGED, true",
        "main, MAP, TAGGED, true"
    })
    void kvEventsAreThoseOfTheRelease(
            String version, KvEventSchema schema, ExtraKeyForm extraKeys, boolean replaysTopic) {
        VersionPreset preset = VersionPreset.of(version);
        assertThat(preset.kvEventSchema()).isEqualTo(schema);
        assertThat(preset.extraKeyForm()).isEqualTo(extraKeys);
        assertThat(preset.replaysTopic()).isEqualTo(replaysTopic);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "newest", "0", "0.x", "0.1.2.3.4x!"})
    void otherTextsAreRefused(String version) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VersionPreset.of(version))
                .withMessage("version: " + version + " (expected: one like 0.32.0, or main)");
    }
}
