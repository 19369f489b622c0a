package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.KvHashForm;
import io.llmd.kv.hash.BlockHashAlgorithm;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKeyForm;
import io.llmd.kv.hash.HashDomain;
import io.llmd.kv.hash.RequestExtraKeys;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.msgpack.core.MessagePack;
import org.msgpack.value.ArrayValue;
import org.msgpack.value.Value;

/** A simulated endpoint publishes what its engine does with its blocks. */
class EngineKvEventsIT {

    @ParameterizedTest
    @EnumSource(BlockHashAlgorithm.class)
    void storedBlocksCarryTheHashesThatTheirTokensGive(BlockHashAlgorithm algorithm) throws Exception {
        BlockHashes expected = HashDomain.seeded(algorithm, "42")
                .newHasher()
                .chain(IntStream.range(0, 40).toArray(), 16, RequestExtraKeys.NONE);
        for (KvHashForm form : List.of(KvHashForm.UNSIGNED, KvHashForm.DIGEST)) {
            BlockHashing hashing = new BlockHashing(algorithm, "42", ExtraKeyForm.BARE);
            try (Running endpoint = new Running(hashing, form, 8192, 32_768)) {
                endpoint.complete(0, 40, 1);
                List<ArrayValue> events = endpoint.events();

                assertThat(events).hasSize(1);
                ArrayValue stored = events.getFirst();
                assertThat(name(stored)).isEqualTo("BlockStored");
                assertThat(stored.get(2).isNilValue()).isTrue();
                assertThat(stored.get(3).asArrayValue().size()).isEqualTo(32);
                List<Value> hashes = stored.get(1).asArrayValue().list();
                assertThat(hashes).hasSize(2);
                for (int i = 0; i < 2; i++) {
                    if (form == KvHashForm.DIGEST) {
                        assertThat(hashes.get(i).asBinaryValue().asByteArray())
                                .isEqualTo(expected.get(i).digest());
                    } else {
                        assertThat(id(hashes.get(i))).isEqualTo(expected.id(i));
                    }
                }
            }
        }
    }

    @Test
    void eventsOfAFullCacheGiveThePoolsBlocks() throws Exception {
        try (Running endpoint = new Running(BlockHashing.DEFAULT, KvHashForm.UNSIGNED, 100, 1584)) {
            for (int i = 0; i < 8; i++) {
                endpoint.complete(i * 1000, i * 1000 + 400, 40);
            }
            Map<Long, Integer> index = new HashMap<>();
            for (ArrayValue event : endpoint.events()) {
                for (Value hash : event.get(1).asArrayValue()) {
                    if (name(event).equals("BlockStored")) {
                        index.merge(id(hash), 1, Integer::sum);
                    } else {
                        assertThat(name(event)).isEqualTo("BlockRemoved");
                        assertThat(index.remove(id(hash))).isEqualTo(1);
                    }
                }
            }
            assertThat(index)
                    .hasSize(endpoint.simulator.statistics().cachedBlocks())
                    .hasSizeBetween(80, 99);
        }
    }

    @Test
    void sleepClearsAllBlocksWithTheNextStep() throws Exception {
        try (Running endpoint = new Running(BlockHashing.DEFAULT, KvHashForm.UNSIGNED, 8192, 32_768)) {
            endpoint.complete(0, 40, 1);
            endpoint.post("/sleep?level=1", "");
            endpoint.post("/wake_up", "");
            endpoint.complete(0, 40, 1);
            assertThat(endpoint.events())
                    .extracting(EngineKvEventsIT::name)
                    .containsExactly("BlockStored", "AllBlocksCleared", "BlockStored");
        }
    }

    @Test
    void faultsOfEventsAreSetOverHttp() throws Exception {
        try (Running endpoint = new Running(BlockHashing.DEFAULT, KvHashForm.UNSIGNED, 8192, 32_768)) {
            endpoint.configure("{\"kv_events\":{\"skip\":1,\"batches\":1}}");
            endpoint.complete(0, 40, 1);
            endpoint.complete(1000, 1040, 1);
            assertThat(endpoint.sequences(2)).containsExactly(1L, 2L);
            endpoint.configure("{\"kv_events\":{\"skip\":1,\"batches\":1}}");
            endpoint.configure("{\"dead\":true}");
            endpoint.complete(2000, 2040, 1);
            assertThat(endpoint.sequences(3)).containsExactly(1L, 2L, 4L);
            endpoint.configure("{\"kv_events\":null}");
            endpoint.complete(3000, 3040, 1);
            assertThat(endpoint.sequences(4)).containsExactly(1L, 2L, 4L, 5L);
        }
    }

    private static String name(ArrayValue event) {
        return event.get(0).asStringValue().asString();
    }

    private static long id(Value hash) {
        return hash.asIntegerValue().asBigInteger().longValue();
    }

    /** An endpoint, and a client of its replay socket. */
    private static final class Running implements AutoCloseable {
        private final HttpClient client = HttpClient.newHttpClient();
        private final VllmSimulator simulator;
        private final KvEventPublisher publisher;

        Running(BlockHashing hashing, KvHashForm form, int blocks, int maxModelLen) {
            simulator = VllmSimulator.start(SimulatorSettings.builder()
                    .port(0)
                    .control(control -> control.developmentMode(true))
                    .timeScale(0.01)
                    .kvBlocks(blocks)
                    .maxModelLen(maxModelLen)
                    .kvEvents(KvEventSettings.DEFAULT
                            .withEndpoint("tcp://127.0.0.1:*")
                            .withReplay(ReplaySettings.at("tcp://127.0.0.1:*"))
                            .withFormat(KvEventFormat.ARRAY.withHashForm(form)))
                    .blockHashing(hashing)
                    .build());
            publisher = Objects.requireNonNull(simulator.kvEvents());
        }

        void configure(String faults) throws IOException, InterruptedException {
            post("/admin/config", faults);
        }

        /** Sequence numbers of all batches, when there are so many. */
        List<Long> sequences(int batches) {
            try (KvEventClient replay = KvEventClient.replay(Objects.requireNonNull(publisher.replayEndpoint()))) {
                return Awaitility.await("all batches can be replayed")
                        .until(() -> replay.replayedSequences(0), sequences -> sequences.size() == batches);
            }
        }

        /** Sends token ids as a prompt and waits for the answer. */
        void complete(int from, int to, int outputs) throws IOException, InterruptedException {
            String prompt =
                    IntStream.range(from, to).mapToObj(Integer::toString).collect(Collectors.joining(","));
            String body = "{\"model\":\"sim-8b\",\"ignore_eos\":true,\"max_tokens\":" + outputs + ",\"prompt\":["
                    + prompt + "]}";
            post("/v1/completions", body);
        }

        private void post(String path, String body) throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(URI.create(simulator.baseUrl() + path))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
        }

        /** All events so far. */
        List<ArrayValue> events() throws IOException {
            List<ArrayValue> events = new ArrayList<>();
            try (KvEventClient replay = KvEventClient.replay(Objects.requireNonNull(publisher.replayEndpoint()))) {
                Awaitility.await("all batches can be replayed")
                        .until(() -> replay.replayedSequences(0).size() == publisher.sequence());
                for (List<byte[]> reply : replay.replayFrom(0)) {
                    byte[] payload = reply.getLast();
                    if (payload.length > 0) {
                        decode(payload, events);
                    }
                }
            }
            return events;
        }

        private static void decode(byte[] payload, List<ArrayValue> events) throws IOException {
            try (var unpacker = MessagePack.newDefaultUnpacker(payload)) {
                for (Value event : unpacker.unpackValue().asArrayValue().get(1).asArrayValue()) {
                    events.add(event.asArrayValue());
                }
            }
        }

        @Override
        public void close() {
            client.shutdownNow();
            simulator.close();
        }
    }
}
