package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.simulator.engine.TransferModel;
import io.llmd.simulator.engine.TransferSpread;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandoffSettingsTest {

    private static SimulatorSettings of(String... options) {
        SimulatorSettingsBuilder builder = SimulatorSettings.builder();
        for (int i = 0; i < options.length; i += 2) {
            builder.option(options[i], options[i + 1]);
        }
        return builder.build();
    }

    @Test
    void transferConfigOfVllmIsRead() {
        SimulatorSettings settings = of(
                "kv-transfer-config",
                "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"engine_id\":\"e\","
                        + "\"kv_load_failure_policy\":\"recompute\",\"kv_connector_extra_config\":"
                        + "{\"kv_lease_duration\":12,\"enforce_handshake_compat\":false}}");
        assertThat(settings.handoff().connector()).isEqualTo(KvConnector.NIXL);
        assertThat(settings.handoff().engineId()).isEqualTo("e");
        assertThat(settings.handoff().checkCompatibility()).isFalse();
        assertThat(settings.handoff().sideChannelPort()).isEqualTo(5600);
        assertThat(settings.engine().loadFailure()).isEqualTo(LoadFailurePolicy.RECOMPUTE);
        assertThat(settings.engine().leaseNanos())
                .isEqualTo(Duration.ofSeconds(12).toNanos());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"kv_connector\":\"LMCacheConnector\",\"kv_role\":\"kv_both\"} | MooncakeConnector, NixlConnector",
                "{\"kv_connector\":\"NixlConnector\"} | kv_role: null",
                "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"both\"} | kv_role: both",
                "{\"kv_conector\":\"NixlConnector\"} | field: kv_conector",
                "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_connector_extra_config\":[]} | extra_config: []",
                "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_connector_extra_config\":{\"kv_lease_duration\":\"12s\"}} | kv_lease_duration: 12s",
                "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_connector_extra_config\":{\"kv_lease_duration\":0}} | lease: PT0S",
                "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_connector_extra_config\":{\"enforce_handshake_compat\":1}} | enforce_handshake_compat: 1",
                "[] | JSON object"
            })
    void badTransferConfigIsRefused(String config, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of("kv-transfer-config", config))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kv-connector | mooncake | kv-connector: MOONCAKE, kv-transfer-config: NIXL",
                "kv-connector | none | kv-connector: NONE, kv-transfer-config: NIXL",
                "kv-lease-duration | 13s | kv-lease-duration: PT13S, kv-transfer-config: PT12S",
                "kv-load-failure-policy | fail | kv-load-failure-policy: FAIL, kv-transfer-config: RECOMPUTE"
            })
    void whatContradictsTheTransferConfigIsRefused(String option, String value, String message) {
        String config = "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\",\"kv_load_failure_policy\":"
                + "\"recompute\",\"kv_connector_extra_config\":{\"kv_lease_duration\":12}}";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(option, value, "kv-transfer-config", config))
                .withMessage(message + " (expected: one of both)");
    }

    @Test
    void whatTheTransferConfigSaysMayBeSaidTwice() {
        SimulatorSettings settings = of(
                "kv-connector",
                "nixl",
                "kv-transfer-config",
                "{\"kv_connector\":\"NixlConnector\",\"kv_role\":\"kv_both\"}");
        assertThat(settings.handoff().connector()).isEqualTo(KvConnector.NIXL);
    }

    @Test
    void noExchangeOfEmbeddingsContradictsItsConfig() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(
                        "ec-connector",
                        "none",
                        "ec-transfer-config",
                        "{\"ec_connector\":\"ECCPUConnector\",\"ec_role\":\"ec_both\"}"))
                .withMessageStartingWith("ec-connector: none");
    }

    @ParameterizedTest
    @CsvSource({
        "nixl, 0.32.0, 30, true, 5600",
        "nixl, 0.21.0, 480, false, 5600",
        "nixl, 0.11.0, 120, false, 5600",
        "mooncake, 0.32.0, 480, false, 8998"
    })
    void leaseFollowsConnectorAndVersion(String connector, String version, long seconds, boolean heartbeats, int port) {
        SimulatorSettings settings = of("kv-connector", connector, "emulate-version", version);
        assertThat(settings.engine().leaseNanos())
                .isEqualTo(Duration.ofSeconds(seconds).toNanos());
        assertThat(settings.handoff().heartbeats()).isEqualTo(heartbeats);
        assertThat(settings.handoff().sideChannelPort()).isEqualTo(port);
    }

    @Test
    void fabricAndItsPartsAddUp() {
        assertThat(of("kv-transfer-fabric", "ib-400g", "kv-handshake-time", "0")
                        .handoff()
                        .transfer())
                .isEqualTo(new TransferModel(2_000_000, 1500, 49.5e9, 0));
        assertThat(of(
                                "kv-transfer-gbytes-per-second",
                                "3",
                                "kv-transfer-base-time",
                                "1",
                                "kv-transfer-descriptor-time",
                                "10ns")
                        .handoff()
                        .transfer())
                .isEqualTo(new TransferModel(1_000_000, 10, 3e9, 5_000_000_000L));
    }

    @Test
    void constantTransferOfTheOtherSimulator() {
        TransferModel fixed = of("kv-cache-transfer-latency", "20ms").handoff().transfer();
        assertThat(fixed.nanos(HandoffSettings.USUAL, 5000, 313, 1)).isEqualTo(20_000_001);
        TransferModel each =
                of("kv-cache-transfer-time-per-token", "10us").handoff().transfer();
        assertThat(each.nanos(HandoffSettings.USUAL, 5000, 313, 1)).isEqualTo(50_000_000);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of("kv-cache-transfer-latency", "20ms", "kv-transfer-fabric", "nvlink"))
                .withMessageContaining("one of both");
    }

    @Test
    void constantTransferOfTheOtherSimulatorHasItsDeviations() {
        assertThat(of(
                                "kv-cache-transfer-latency",
                                "20ms",
                                "kv-cache-transfer-latency-std-dev",
                                "6ms",
                                "kv-cache-transfer-time-per-token",
                                "10us",
                                "kv-cache-transfer-time-std-dev",
                                "2ms")
                        .handoff()
                        .spread())
                .isEqualTo(new TransferSpread(6_000_000, 2_000_000));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of("kv-cache-transfer-latency", "20ms", "kv-cache-transfer-latency-std-dev", "7ms"))
                .withMessageContaining("at most 30 %");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of("kv-cache-transfer-time-std-dev", "7ms"))
                .withMessageContaining("kv-cache-transfer-time-per-token");
    }

    @Test
    void encodingEndpointGivesEmbeddingsAndOthersTakeThem() {
        SimulatorSettings encoding = of("role", "encode");
        assertThat(encoding.handoff().embeddings()).isEqualTo(new EmbeddingSettings(true, false, "localhost", 5601));
        assertThat(encoding.engine().encoder().encodeOnly()).isTrue();
        assertThat(of("ec-connector", "nixl").handoff().embeddings().takes()).isTrue();
        assertThat(of("role", "encode", "ec-connector", "none")
                        .handoff()
                        .embeddings()
                        .gives())
                .isFalse();
        assertThat(of("ec-transfer-config", "{\"ec_connector\":\"ECCPUConnector\",\"ec_role\":\"ec_both\"}")
                        .handoff()
                        .embeddings())
                .isEqualTo(new EmbeddingSettings(true, true, "localhost", 5601));
        assertThat(of().handoff().embeddings().gives()).isFalse();
        assertThat(of().handoff().embeddings().takes()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"nixl, 5600", "nixl-push, 5600", "mooncake, 8998", "moriio, 6301", "sglang, 8998", "offloading, 7777"})
    void eachConnectorHasItsPort(String connector, int port) {
        HandoffSettings settings =
                of("kv-connector", connector, "role", "decode").handoff();
        assertThat(settings.sideChannelPort()).isEqualTo(port);
        assertThat(settings.heartbeats()).isEqualTo(settings.connector().isNixl());
    }

    @ParameterizedTest
    @CsvSource({
        "role, prefiller",
        "kv-connector, lmcache",
        "kv-connector, sglang",
        "p2p-side-channel-port, -1",
        "kv-offloading-size, 0",
        "ec-connector, mooncake",
        "kv-load-failure-policy, ignore",
        "kv-transfer-fabric, carrier-pigeon",
        "nixl-side-channel-port, 70000",
        "kv-lease-duration, 0",
        "global-cache-hit-threshold, 1.5"
    })
    void badValuesAreRefused(String option, String value) {
        assertThatIllegalArgumentException().isThrownBy(() -> of(option, value));
    }
}
