package io.llmd.simulator.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.KvEventSchema;
import io.llmd.kv.event.KvHashForm;
import io.llmd.kv.hash.BlockHashAlgorithm;
import io.llmd.kv.hash.ExtraKeyForm;
import io.llmd.simulator.kvevents.KvEventSettings;
import io.llmd.simulator.kvevents.ReplayForm;
import java.util.List;
import org.junit.jupiter.api.Test;

class KvEventDraftTest {

    @Test
    void topicNamesTheEndpoint() {
        List<SimulatorSettings> endpoints = SimulatorSettings.builder()
                .host("10.0.0.7")
                .port(8200)
                .option("served-model-name", "org/{port},alias")
                .option("pods", "2")
                .option("kv-events-config", "{\"enable_kv_cache_events\":true,\"topic\":\"kv@{host}:{port}@{model}\"}")
                .buildAll();
        assertThat(endpoints)
                .extracting(settings -> settings.kvEvents().topic())
                .containsExactly("kv@10.0.0.7:8200@org/{port}", "kv@10.0.0.7:8201@org/{port}");
    }

    @Test
    void topicCannotNameAPortThatIsNotKnown() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatorSettings.builder()
                        .port(0)
                        .option("kv-events-config", "{\"enable_kv_cache_events\":true,\"topic\":\"{port}\"}")
                        .build())
                .withMessageContaining("topic: {port} with port 0");
    }

    @Test
    void nothingIsPublishedUnlessAskedFor() {
        assertThat(SimulatorSettings.defaults().kvEvents()).isNull();
        assertThat(settings("kv-events-config", "{\"enable_kv_cache_events\": false}")
                        .kvEvents())
                .isNull();
    }

    @Test
    void vllmsObjectIsUnderstood() {
        KvEventSettings events = settings(
                        "kv-events-config",
                        "{\"enable_kv_cache_events\": true, \"publisher\": \"zmq\", \"endpoint\": \"tcp://*:7557\","
                                + " \"replay_endpoint\": \"tcp://*:7558\", \"buffer_steps\": 5, \"hwm\": 6,"
                                + " \"max_queue_size\": 7, \"topic\": \"kv@a@m\"}")
                .kvEvents();
        assertThat(events).isNotNull();
        assertThat(events.endpoint()).isEqualTo("tcp://*:7557");
        assertThat(events.replay().endpoint()).isEqualTo("tcp://*:7558");
        assertThat(events.replay().batches()).isEqualTo(5);
        assertThat(events.highWaterMark()).isEqualTo(6);
        assertThat(events.queueBatches()).isEqualTo(7);
        assertThat(events.topic()).isEqualTo("kv@a@m");
    }

    @Test
    void formFollowsTheVersion() {
        SimulatorSettings old = SimulatorSettings.builder()
                .option("zmq-endpoint", "tcp://*:5557")
                .option("emulate-version", "0.21.0")
                .build();
        assertThat(old.kvEvents().format()).isEqualTo(KvEventFormat.ARRAY.withSchema(KvEventSchema.GROUP));
        assertThat(old.kvEvents().replay().form()).isEqualTo(ReplayForm.WITHOUT_TOPIC);
        assertThat(old.blockHashing().extraKeyForm()).isEqualTo(ExtraKeyForm.BARE);

        SimulatorSettings recent = SimulatorSettings.builder()
                .option("zmq-endpoint", "tcp://*:5557")
                .option("emulate-version", "0.32.0")
                .option("prefix-caching-hash-algo", "sha256_cbor")
                .option("kv-events-use-int-block-hashes", "false")
                .option("hash-seed", "random")
                .build();
        assertThat(recent.kvEvents().format()).isEqualTo(KvEventFormat.MAP.withHashForm(KvHashForm.DIGEST));
        assertThat(recent.blockHashing().algorithm()).isEqualTo(BlockHashAlgorithm.SHA256_CBOR);
        assertThat(recent.blockHashing().seed()).isNull();
        assertThat(recent.blockHashing().extraKeyForm()).isEqualTo(ExtraKeyForm.TAGGED);
    }

    @Test
    void badObjectsAreRefusedWithTheFieldNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("kv-events-config", "{\"endpoints\": \"tcp://*:1\"}"))
                .withMessageContaining("field endpoints: unknown");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("kv-events-config", "{\"hwm\": \"many\"}"))
                .withMessageContaining("hwm: many (expected: a number)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("kv-events-config", "{\"publisher\": \"kafka\"}"))
                .withMessageContaining("publisher: kafka");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings("prefix-caching-hash-algo", "md5"))
                .withMessageContaining("sha256_cbor");
    }

    private static SimulatorSettings settings(String option, String value) {
        return SimulatorSettings.builder().option(option, value).build();
    }
}
