package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.kv.event.KvEventFormat;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.kvevents.KvEventSettings;
import io.llmd.simulator.server.SimulatorRuntime;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An endpoint that dies and starts again, over its sockets. */
@Timeout(60)
class RestartIT {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String PROMPT = "{\"prompt\":\"" + "word ".repeat(100) + "\",\"max_tokens\":2}";
    private static final String CACHED = "\"cached_tokens\":(?!0)[1-9]";

    private final SimulatorRuntime runtime = new SimulatorRuntime(2);
    private VllmSimulator simulator = VllmSimulator.start(settings().build(), runtime);
    private SimulatorClient client = new SimulatorClient(simulator);

    private static SimulatorSettingsBuilder settings() {
        return SimulatorSettings.builder().port(0).latency(new LatencyModel.Constant(1_000_000, 1_000_000, 0, 0));
    }

    @AfterEach
    void stop() {
        client.close();
        simulator.close();
        runtime.close();
    }

    @Test
    void deadEndpointRefusesConnectionsAndComesBackOnItsPortWithoutItsCache() throws Exception {
        client.post(COMPLETIONS, PROMPT);
        assertThat(client.post(COMPLETIONS, PROMPT).body()).containsPattern(CACHED);
        double started = metric("process_start_time_seconds");
        int port = simulator.port();

        long asked = System.nanoTime();
        HttpResponse<String> answer = client.post("/admin/config", "{\"die\":\"1s\"}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("\"die\":\"1s\"");
        awaiting("connections are refused").until(this::refuses);

        awaiting("endpoint is back").until(() -> !refuses());
        assertThat(System.nanoTime() - asked).isGreaterThan(1_000_000_000);
        assertThat(simulator.port()).isEqualTo(port);
        assertThat(simulator.faults()).isEqualTo(Faults.NONE);
        assertThat(metric("process_start_time_seconds")).isGreaterThan(started);
        assertThat(metric("vllm:generation_tokens_total")).isZero();
        assertThat(metric("vllm:prefix_cache_queries_total")).isZero();
        assertThat(client.post(COMPLETIONS, PROMPT).body()).doesNotContainPattern(CACHED);
        assertThat(client.post(COMPLETIONS, PROMPT).body()).containsPattern(CACHED);
    }

    @Test
    void deathCutsWhatRuns() throws Exception {
        restart(settings().latency(new LatencyModel.Constant(1_000_000, 3_600_000_000_000L, 0, 0)));
        CompletableFuture<HttpResponse<String>> call = client.postLater(COMPLETIONS, PROMPT);
        awaiting("request runs").until(() -> simulator.statistics().running() == 1);
        simulator.faults(old -> old.withDown(Duration.ofMillis(50)));
        assertThatThrownBy(call::get).hasCauseInstanceOf(IOException.class);
        awaiting("endpoint is back")
                .until(() -> !refuses() && simulator.faults().down() == null);
        assertThat(simulator.statistics().active()).isZero();
    }

    @Test
    void otherFaultsLastBeyondDeath() throws Exception {
        simulator.faults(old -> old.withDead(true).withWithheldShare(0.5).withDown(Duration.ofMillis(20)));
        awaiting("endpoint is back").until(() -> simulator.faults().down() == null && !refuses());
        assertThat(client.get("/health").statusCode()).isEqualTo(503);
        awaiting("blocks are withheld").until(() -> simulator.statistics().kvUsage() > 0.4);
    }

    @Test
    void endpointCanBeCalledBackBeforeItsTime() {
        simulator.faults(old -> old.withDown(Duration.ofHours(1)));
        awaiting("connections are refused").until(this::refuses);
        simulator.faults(old -> old.withDown(null));
        awaiting("endpoint is back").until(() -> !refuses());
    }

    @Test
    void deadEndpointCanBeClosed() throws IOException {
        simulator.faults(old -> old.withDown(Duration.ofSeconds(1)));
        awaiting("connections are refused").until(this::refuses);
        simulator.close();
        awaiting("it stays away").during(Duration.ofMillis(1200)).until(this::refuses);
    }

    @Test
    void eventsBeginAgainFromTheFirst() throws Exception {
        restart(settings()
                .kvEvents(KvEventSettings.DEFAULT
                        .withEndpoint("tcp://127.0.0.1:*")
                        .withFormat(KvEventFormat.ARRAY)));
        client.post(COMPLETIONS, PROMPT);
        awaiting("events are published").until(() -> sequence() > 0);
        simulator.faults(old -> old.withDown(Duration.ofMillis(20)));
        awaiting("another publisher is there")
                .until(() -> simulator.faults().down() == null && !refuses() && sequence() == 0);
        client.post(COMPLETIONS, PROMPT);
        awaiting("events are published again").until(() -> sequence() > 0);
    }

    @Test
    void engineHasAnotherNameAfterDeath() throws Exception {
        restart(settings()
                .handoff(handoff -> handoff.connector(KvConnector.NIXL)
                        .sideChannelHost("127.0.0.1")
                        .sideChannelPort(0)));
        String before = engineId();
        simulator.faults(old -> old.withDown(Duration.ofMillis(20)));
        awaiting("endpoint is back").until(() -> simulator.faults().down() == null && !refuses());
        assertThat(engineId()).isNotEqualTo(before);
        assertThat(simulator.statistics().leases()).isEqualTo(1);
    }

    private String engineId() throws Exception {
        String prefill = PROMPT.replace("}", ",\"kv_transfer_params\":{\"do_remote_decode\":true}}");
        String answer = client.post(COMPLETIONS, prefill).body();
        return Json.read(answer)
                .get("kv_transfer_params")
                .get("remote_engine_id")
                .stringValue();
    }

    @Test
    void scriptIsPlayedFromItsArrival() throws Exception {
        double started = metric("process_start_time_seconds");
        HttpResponse<String> answer = client.post(
                "/admin/script",
                "[{\"at\":\"50ms\",\"for\":\"200ms\",\"set\":{\"dead\":true}},"
                        + "{\"at\":\"100ms\",\"set\":{\"die\":\"100ms\",\"slow_factor\":2}}]");
        assertThat(answer.body())
                .endsWith(
                        "\"script\":[{\"at\":\"50ms\",\"for\":\"200ms\",\"set\":{\"dead\":true},\"state\":\"waiting\"},"
                                + "{\"at\":\"100ms\",\"set\":{\"die\":\"100ms\",\"slow_factor\":2},\"state\":\"waiting\"}]}");
        awaiting("script is over").until(() -> simulator.faults().equals(Faults.NONE.withSlowFactor(2)) && !refuses());
        assertThat(metric("process_start_time_seconds")).isGreaterThan(started);
        assertThat(client.get("/admin/config").body()).contains("\"state\":\"over\"", "\"state\":\"active\"");
        assertThat(client.post("/admin/script", "[]").body()).endsWith("\"script\":[]}");
        assertThat(client.post("/admin/script", "{\"at\":\"1s\"}").statusCode()).isEqualTo(400);
        assertThat(client.post("/admin/script", "[{\"at\":\"1s\",\"set\":{\"misspelt\":1}}]")
                        .body())
                .contains("misspelt: unknown (expected: one of [refuse, status,");
    }

    @Test
    void faultsOfTheCommandLineAreThereFromTheStart(@TempDir Path folder) throws Exception {
        Path script = Files.writeString(
                folder.resolve("script.yaml"), "- at: 0s\n  set: {dead: true}\n- {at: 1h, set: {die: 5s}}\n");
        restart(settings()
                .option("failure-injection-rate", "100")
                .option("failure-types", "server_error")
                .option("fault-script", script.toString()));
        assertThat(client.post(COMPLETIONS, PROMPT).statusCode()).isEqualTo(503);
        awaiting("script began").until(() -> client.get("/health").statusCode() == 503);
        assertThat(client.get("/admin/config").body())
                .contains("\"failure\":[\"server_error\"]")
                .endsWith("\"script\":[{\"at\":\"0s\",\"set\":{\"dead\":true},\"state\":\"active\"},"
                        + "{\"at\":\"1h\",\"set\":{\"die\":\"5s\"},\"state\":\"waiting\"}]}");
    }

    @Test
    void fileThatIsNoScriptIsRefusedAtTheStart(@TempDir Path folder) throws Exception {
        Path script = Files.writeString(folder.resolve("script.yaml"), "- {at: 1s, set: {misspelt: 1}}\n");
        SimulatorSettings bad =
                settings().option("fault-script", script.toString()).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VllmSimulator.start(bad, runtime))
                .withMessageContaining("script.yaml: misspelt: unknown (expected: one of [refuse, status,");
    }

    private void restart(SimulatorSettingsBuilder settings) {
        client.close();
        simulator.close();
        simulator = VllmSimulator.start(settings.build(), runtime);
        client = new SimulatorClient(simulator);
    }

    private long sequence() {
        return Objects.requireNonNull(simulator.kvEvents()).sequence();
    }

    private boolean refuses() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), simulator.port())) {
            return !socket.isConnected();
        } catch (ConnectException e) {
            return true;
        }
    }

    private double metric(String name) throws Exception {
        return client.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    private static ConditionFactory awaiting(String what) {
        return await(what).pollInterval(Duration.ofMillis(5));
    }
}
