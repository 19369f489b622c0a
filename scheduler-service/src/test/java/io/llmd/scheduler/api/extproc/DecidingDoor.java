package io.llmd.scheduler.api.extproc;

import static io.llmd.scheduler.api.extproc.Proxy.headers;
import static io.llmd.scheduler.api.extproc.Proxy.set;

import com.google.protobuf.Value;
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

/**
 * The door for proxies and the whole pipeline behind it, with all plugins, over endpoints that a test names. One at a time:
 * all have one pool, which is empty in the end. Not thread-safe.
 */
final class DecidingDoor implements AutoCloseable {

    private static final String HEAD = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins:\n";
    private static final Duration HOUR = Duration.ofHours(1);
    private static final EndpointStore POOL = new EndpointStore(HOUR, () -> 1);
    private static final PluginRegistry PLUGINS = TestPlugins.registered(
            POOL, LatencyPredictor.NONE, (delay, task) -> {}, (request, namespace, name, value) -> {});

    private final InFlightTracker inFlight = new InFlightTracker();
    private final List<Proxy> proxies = new ArrayList<>();
    private final Server server;
    private final ManagedChannel channel;
    private LoadResult.@Nullable Loaded configuration;

    DecidingDoor() throws IOException {
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
                () -> Resources.of(Map.of("batch", -1, "premium", 10)),
                new Deaf(),
                new DecisionLog(
                        new DecisionLog.Settings(0, 1, 1, 1, HOUR, Set.of()),
                        Map::of,
                        List.of(),
                        InstantSource.fixed(Instant.EPOCH),
                        () -> 1),
                () -> 1);
    }

    /** Uses a configuration with these plugins. */
    void serve(String plugins) {
        load(HEAD + plugins);
    }

    /** Uses a configuration. */
    void load(String text) {
        configuration = new EndpointPickerConfigLoader(PLUGINS, true)
                .load(text, "config.yaml")
                .orThrow();
    }

    private LoadResult.Loaded loaded() {
        return Objects.requireNonNull(configuration, "serve first");
    }

    /** The pool is these, read just now. */
    void over(Endpoint... endpoints) {
        for (Endpoint gone : POOL.snapshot()) {
            POOL.delete(gone.id());
        }
        for (Endpoint endpoint : endpoints) {
            POOL.upsert(endpoint.metadata());
            POOL.update(endpoint.metadata(), endpoint.metrics());
        }
    }

    /** Requests that are placed and have not ended. */
    int running() {
        return inFlight.attempts();
    }

    /** A stream, which is cancelled in the end. */
    Proxy open() {
        Proxy proxy = Proxy.open(channel);
        proxies.add(proxy);
        return proxy;
    }

    /** A POST whose body is to come, with metadata that say which endpoints are allowed. */
    Proxy postWithHint(String path, Value hint) {
        return open().send(Proxy.requestHead(
                        false, headers(":method", "POST", ":path", path, "content-type", "application/json"))
                .setMetadataContext(Proxy.hint(hint)));
    }

    /** Status and reason of a refusal, or the destination in the words {@code to host:port}. */
    static String told(ProcessingResponse answer) {
        if (answer.hasRequestHeaders()) {
            return "to "
                    + set(answer.getRequestHeaders().getResponse().getHeaderMutation())
                            .get("x-gateway-destination-endpoint");
        }
        ImmediateResponse refusal = answer.getImmediateResponse();
        return refusal.getStatus().getCodeValue() + " "
                + set(refusal.getHeaders()).get("x-llm-d-request-dropped-reason");
    }

    /** Leaves on all streams; nothing is placed any more. */
    @Override
    public void close() {
        proxies.forEach(Proxy::cancel);
        int left = inFlight.attempts();
        channel.shutdownNow();
        server.shutdownNow();
        POOL.removeListener(inFlight);
        over();
        if (left > 0) {
            throw new AssertionError(left + " requests are still on the books");
        }
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
