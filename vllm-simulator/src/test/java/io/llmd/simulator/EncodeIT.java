package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.EndpointRole;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.engine.LatencyModel;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Media are encoded on one endpoint and used on another one, over real sockets. */
@Timeout(60)
class EncodeIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String IMAGE = "data:image/png;base64,iVBORw0KGgo=";
    private static final LatencyModel FAST = new LatencyModel.Constant(2_000_000, 1_000_000, 0, 0);
    private static final long SECOND = 1_000_000_000L;

    private final List<AutoCloseable> open = new ArrayList<>();

    private record Running(VllmSimulator simulator, SimulatorClient client) {
        ObjectNode post(ObjectNode body) throws Exception {
            HttpResponse<String> response = client.post(CHAT, Json.string(body));
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return (ObjectNode) Json.read(response.body());
        }
    }

    private static SimulatorSettingsBuilder encoding() {
        return settings().role(EndpointRole.ENCODE);
    }

    /** An endpoint whose encoder would take five seconds. */
    private static SimulatorSettingsBuilder taking() {
        return settings()
                .encoder(encoder -> encoder.withBaseNanos(5 * SECOND))
                .handoff(handoff -> handoff.exchangesEmbeddings(true));
    }

    private static SimulatorSettingsBuilder settings() {
        return SimulatorSettings.builder()
                .port(0)
                .latency(FAST)
                .handoff(handoff -> handoff.embeddingHost("127.0.0.1").embeddingPort(0));
    }

    private Running start(SimulatorSettingsBuilder settings) {
        VllmSimulator simulator = VllmSimulator.start(settings.build());
        SimulatorClient client = new SimulatorClient(simulator);
        open.add(client);
        open.add(simulator);
        return new Running(simulator, client);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private static ObjectNode chat(String... images) {
        ObjectNode request = Json.object().put("max_tokens", 1);
        ArrayNode content =
                request.putArray("messages").addObject().put("role", "user").putArray("content");
        for (String image : images) {
            content.addObject().put("type", "image_url").putObject("image_url").put("url", image);
        }
        return request;
    }

    @Test
    void encodingEndpointTellsWhereItsEmbeddingsAre() throws Exception {
        Running e = start(encoding());
        JsonNode params = e.post(chat(IMAGE)).get("ec_transfer_params");
        assertThat(params.propertyNames()).hasSize(1).allMatch(hash -> hash.matches("[0-9a-f]{64}"));
        JsonNode entry = params.iterator().next();
        assertThat(entry.propertyNames())
                .containsExactly("item_indices", "metadata", "peer_host", "peer_port", "size_bytes", "shape");
        assertThat(entry.get("peer_host").stringValue()).isEqualTo("127.0.0.1");
        assertThat(entry.get("size_bytes").longValue()).isEqualTo(256L * 4096 * 2);
        assertThat(entry.get("shape").toString()).isEqualTo("[256,4096]");
        assertThat(e.simulator().statistics().usedBlocks()).isZero();
    }

    @Test
    void olderVersionsTellTheirAgent() throws Exception {
        Running e = start(encoding().version("0.24.0"));
        JsonNode entry =
                e.post(chat(IMAGE)).get("ec_transfer_params").iterator().next();
        assertThat(entry.propertyNames())
                .containsExactly("peer_host", "peer_port", "size_bytes", "nixl_agent_metadata_b64");
    }

    @Test
    void textNeedsNoEmbeddings() throws Exception {
        Running e = start(encoding());
        ObjectNode request = Json.object().put("max_tokens", 1);
        request.putArray("messages").addObject().put("role", "user").put("content", "Hi");
        assertThat(e.post(request).get("ec_transfer_params").isNull()).isTrue();
    }

    @Test
    void embeddingsOfAnotherEndpointSaveTheEncoder() throws Exception {
        Running e = start(encoding());
        Running d = start(taking());
        ObjectNode request = chat(IMAGE, "data:image/png;base64,AAAA", IMAGE);
        ObjectNode encoded = e.post(chat(IMAGE));
        ObjectNode second = e.post(chat("data:image/png;base64,AAAA"));
        ObjectNode params = (ObjectNode) encoded.get("ec_transfer_params");
        params.setAll((ObjectNode) second.get("ec_transfer_params"));
        request.set("ec_transfer_params", params);

        long begin = System.nanoTime();
        ObjectNode answer = d.post(request);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
        assertThat(d.simulator().statistics().mediaHits()).isEqualTo(3);
        assertThat(answer.get("ec_transfer_params").isNull()).isTrue();
        assertThat(answer.get("usage").get("prompt_tokens").intValue()).isGreaterThan(3 * 256);
    }

    @Test
    void embeddingsThatAreGoneAreMadeHere() throws Exception {
        Running e = start(encoding());
        Running d = start(taking().encoder(encoder -> encoder.withBaseNanos(SECOND / 10)));
        ObjectNode params = (ObjectNode) e.post(chat(IMAGE)).get("ec_transfer_params");
        e.simulator().close();
        ObjectNode request = chat(IMAGE);
        request.set("ec_transfer_params", params);
        d.post(request);
        assertThat(d.simulator().statistics().mediaQueries()).isEqualTo(1);
        assertThat(d.simulator().statistics().mediaHits()).isZero();
        assertThat(d.simulator().statistics().active()).isZero();
    }

    @Test
    void offersThatCannotBeReadAreNone() throws Exception {
        Running d = start(taking().encoder(encoder -> encoder.withBaseNanos(SECOND / 10)));
        ObjectNode request = chat(IMAGE);
        request.putObject("ec_transfer_params").put("a", 1).putObject("b").put("peer_host", "127.0.0.1");
        d.post(request);
        assertThat(d.simulator().statistics().mediaHits()).isZero();
    }
}
