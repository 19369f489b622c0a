package io.llmd.scheduler.api.extproc;

import static io.llmd.scheduler.api.extproc.Proxy.headers;
import static io.llmd.scheduler.api.extproc.Proxy.list;
import static io.llmd.scheduler.api.extproc.Proxy.set;
import static io.llmd.scheduler.api.extproc.Proxy.text;
import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Value;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.scheduler.api.Admissions;
import io.llmd.scheduler.api.DecisionListener;
import io.llmd.scheduler.api.Director;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.Leases;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.InFlightTracker;
import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.latency.LatencyPredictor;
import io.llmd.scheduler.plugin.EndpointPickerConfigLoader;
import io.llmd.scheduler.plugin.LoadResult;
import io.llmd.scheduler.plugin.PluginRegistry;
import io.llmd.scheduler.plugin.TestPlugins;
import io.llmd.scheduler.resource.Resources;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What proxies are answered under a configuration: from their message through all plugins to the status. */
class RefusedRequestsTest {

    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins:\n";
    private static final String PATH = "/v1/completions";
    private static final String BODY = "{\"model\":\"m\",\"prompt\":\"" + "x".repeat(12_000) + "\"}";
    private static final String OBJECTIVE = "x-llm-d-inference-objective";
    private static final Duration HOUR = Duration.ofHours(1);

    /** All plugins with one pool; each test leaves it empty. */
    private static final EndpointStore POOL = new EndpointStore(HOUR, () -> 1);

    private static final PluginRegistry PLUGINS = TestPlugins.registered(
            POOL, LatencyPredictor.NONE, (delay, task) -> {}, (request, namespace, name, value) -> {});

    private final InFlightTracker inFlight = new InFlightTracker();
    private final List<Proxy> proxies = new ArrayList<>();
    private LoadResult.@Nullable Loaded configuration;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        POOL.addListener(inFlight);
        ExtProcSettings settings = new ExtProcSettings(
                "envoy.lb",
                "envoy.lb.subset_hint",
                false,
                true,
                false,
                100_000,
                1_000_000,
                10,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10));
        String name = UUID.randomUUID().toString();
        server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(new ExternalProcessor(director(), settings, Runnable::run, () -> 1))
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    private Director director() {
        Scheduler scheduler = new Scheduler(PluginFaults.NONE);
        return new Director(
                POOL,
                () -> loaded().plan(),
                () -> loaded().parsers(),
                scheduler,
                new Leases(scheduler, inFlight, HOUR, 100, 1, () -> 1),
                inFlight,
                new Admissions(
                        () -> loaded().flowControl(),
                        flowControl -> {
                            throw new IllegalStateException("flow control is off");
                        },
                        () -> 1),
                new Evictions(),
                () -> Resources.of(Map.of("batch", -1)),
                new Deaf(),
                new DecisionLog(
                        new DecisionLog.Settings(0, 1, 1, HOUR, Set.of()),
                        Map::of,
                        List.of(),
                        InstantSource.fixed(Instant.EPOCH),
                        () -> 1),
                () -> 1);
    }

    @AfterEach
    void stop() {
        proxies.forEach(Proxy::cancel);
        assertThat(inFlight.attempts()).isZero();
        channel.shutdownNow();
        server.shutdownNow();
        POOL.removeListener(inFlight);
        over();
    }

    @Test
    @Tag("scheduling-51")
    void nobodyThereOrAllowedIs503AndNobodyLeftIs429() {
        serve("""
                  - {type: utilization-filter, parameters: {conditions: [{metric: waiting-queue, maxValue: 4}]}}
                """);
        assertThat(ask()).isEqualTo("503 rejected-no-endpoints");
        over(endpoint("a", 5, 1, 0.5));
        assertThat(askWithHint(list())).isEqualTo("503 rejected-no-endpoints");
        assertThat(askWithHint(list(text("10.9.9.9")))).isEqualTo("503 rejected-no-endpoints");
        assertThat(askWithHint(list(text("127.0.0.1")))).isEqualTo("429 rejected-saturated");
        assertThat(ask()).isEqualTo("429 rejected-saturated");
        over(endpoint("a", 4, 1, 0.5));
        assertThat(ask()).isEqualTo("forwarded");
    }

    @Test
    @Tag("scheduling-30")
    void anEndpointAboveItsLimitsIs429UnlessAFallbackIsWanted() {
        String limits =
                "conditions: [{metric: active-requests, maxValue: 4}, {metric: kv-cache-utilization, maxValue: 0.8}]";
        over(endpoint("a", 0, 6, 0.9));
        serve("  - {type: utilization-filter, parameters: {" + limits + "}}\n");
        assertThat(ask()).isEqualTo("429 rejected-saturated");
        serve("  - {type: utilization-filter, parameters: {fallbackOnEmpty: true, " + limits + "}}\n");
        assertThat(ask()).isEqualTo("forwarded");
    }

    @Test
    @Tag("scheduling-54")
    void withoutPrefillEndpointsDecodeServesAloneAndAForgedHeaderIsRemoved() throws IOException {
        serveExample("prefill-decode");
        over(role("d", "decode"), role("p", "prefill"));
        HeaderMutation both = head("x-prefiller-host-port", "1.2.3.4:80");
        over(role("d", "decode"));
        HeaderMutation alone = head("x-prefiller-host-port", "1.2.3.4:80");

        assertThat(set(both)).containsEntry("x-prefiller-host-port", "127.0.0.1:8000");
        assertThat(set(alone))
                .containsEntry("x-gateway-destination-endpoint", "127.0.0.1:8000")
                .doesNotContainKey("x-prefiller-host-port");
        assertThat(alone.getRemoveHeadersList()).contains("x-prefiller-host-port");
    }

    @Test
    @Tag("scheduling-55")
    void withoutDecodeEndpointsItIs429() throws IOException {
        serveExample("prefill-decode");
        over(role("p", "prefill"));

        assertThat(ask()).isEqualTo("429 rejected-saturated");
    }

    @Test
    @Tag("scheduling-61")
    void whereAllAreAtTheirMostItIs429() {
        serve("  - {type: concurrency-detector, parameters: {maxConcurrency: 1}}\n");
        over(endpoint("a", 0, 0, 0));
        assertThat(ask()).isEqualTo("forwarded");
        assertThat(ask()).isEqualTo("429 rejected-saturated");
    }

    @Test
    @Tag("scheduling-62")
    @Tag("scheduling-63")
    @Tag("flow-control-F49")
    void sheddableRequestsAre429WhileThePoolIsFullAndOthersAreNot() {
        serve("  - {type: queue-scorer}\n");
        over(endpoint("a", 5, 0, 0));
        assertThat(ask(OBJECTIVE, "batch")).isEqualTo("429 rejected-saturated");
        over(endpoint("a", 35, 0, 0));
        assertThat(ask()).isEqualTo("forwarded");
        over(endpoint("a", 0, 0, 0.792));
        assertThat(ask(OBJECTIVE, "batch")).isEqualTo("forwarded");
        serve("  - {type: probabilistic-admitter}\n");
        over(endpoint("a", 0, 0, 0.4));
        assertThat(ask(OBJECTIVE, "batch")).as("denied by the admitter").isEqualTo("429 rejected-saturated");
        assertThat(ask()).isEqualTo("forwarded");
    }

    @Test
    @Tag("scheduling-75")
    void anUnknownProfileIs400() {
        serve("""
                  - {type: header-profile-handler}
                  - {type: max-score-picker}
                schedulingProfiles:
                  - {name: chat, plugins: [{pluginRef: max-score-picker}]}
                  - {name: batch, plugins: [{pluginRef: max-score-picker}]}
                """);
        over(endpoint("a", 0, 0, 0));
        assertThat(ask("epp-profile", "ghost")).isEqualTo("400 null");
        assertThat(ask("epp-profile", "batch")).isEqualTo("forwarded");
    }

    @Test
    @Tag("scheduling-76")
    void whatIsNotCachedIs412WhereOnlyCachedDecodingIsWanted() {
        serve("  - {type: prefix-cache-scorer}\n");
        over(endpoint("a", 0, 0, 0));
        assertThat(ask("prefer", "if-available")).isEqualTo("412 null");
        assertThat(ask()).isEqualTo("forwarded");
        assertThat(ask("prefer", "if-available")).isEqualTo("forwarded");
    }

    private void serve(String plugins) {
        load(HEAD + plugins);
    }

    private void serveExample(String name) throws IOException {
        load(Files.readString(Path.of("..", "docs", "examples", name + ".yaml")));
    }

    private void load(String text) {
        configuration = new EndpointPickerConfigLoader(PLUGINS, true)
                .load(text, "config.yaml")
                .orThrow();
    }

    private LoadResult.Loaded loaded() {
        return Objects.requireNonNull(configuration, "serve first");
    }

    private static Endpoint role(String name, String role) {
        return labelled(name, Map.of("llm-d.ai/role", role));
    }

    /** The pool is these, read just now. */
    private static void over(Endpoint... endpoints) {
        for (Endpoint gone : POOL.snapshot()) {
            POOL.delete(gone.id());
        }
        for (Endpoint endpoint : endpoints) {
            POOL.upsert(endpoint.metadata());
            POOL.update(endpoint.metadata(), endpoint.metrics());
        }
    }

    /** Status and reason, or that the request goes on to an endpoint. */
    private String ask(String... headers) {
        return answer(Proxy.open(channel).post(PATH, headers));
    }

    private String askWithHint(Value hint) {
        return answer(Proxy.open(channel)
                .send(Proxy.requestHead(
                                false, headers(":method", "POST", ":path", PATH, "content-type", "application/json"))
                        .setMetadataContext(Proxy.hint(hint))));
    }

    private String answer(Proxy proxy) {
        ProcessingResponse answer = complete(proxy);
        if (answer.hasRequestHeaders()) {
            return "forwarded";
        }
        ImmediateResponse refusal = answer.getImmediateResponse();
        return refusal.getStatus().getCodeValue() + " "
                + set(refusal.getHeaders()).get("x-llm-d-request-dropped-reason");
    }

    private HeaderMutation head(String... headers) {
        return complete(Proxy.open(channel).post(PATH, headers))
                .getRequestHeaders()
                .getResponse()
                .getHeaderMutation();
    }

    private ProcessingResponse complete(Proxy proxy) {
        proxies.add(proxy);
        return proxy.body(BODY, true).answers().getFirst();
    }

    private static final class Deaf implements DecisionListener {
        @Override
        public void decided(ScheduleOutcome outcome, String model, long durationNanos) {}

        @Override
        public void reported(boolean isNews) {}

        @Override
        public void failed(RuntimeException failure) {
            throw failure;
        }
    }
}
