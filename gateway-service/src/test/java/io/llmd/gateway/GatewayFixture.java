package io.llmd.gateway;

import static org.awaitility.Awaitility.await;

import io.llmd.gateway.disagg.Disaggregation;
import io.llmd.gateway.dispatch.EndpointDirectory;
import io.llmd.gateway.dispatch.EndpointHealth;
import io.llmd.gateway.dispatch.InFlightRequests;
import io.llmd.gateway.dispatch.ModelCatalog;
import io.llmd.gateway.dispatch.RetryBudget;
import io.llmd.gateway.dispatch.SchedulerClient;
import io.llmd.gateway.edge.ActiveExchanges;
import io.llmd.gateway.observe.GatewayMetrics;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RawClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/** A whole gateway on free ports, a fake scheduler and scripted endpoints. */
public final class GatewayFixture implements AutoCloseable {

    public static final String KEY = "sk-test-0123456789abcdef";
    public static final String AUTH = "authorization: Bearer " + KEY;
    public static final String CHAT = "/v1/chat/completions";
    public static final String BODY = "{\"model\":\"sim-8b\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    public static final String STREAM =
            "{\"model\":\"sim-8b\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private static final String ISOLATION = "gateway.access.cache-isolation=";

    private final List<FakeModelServer> endpoints = new ArrayList<>();
    private final FakeScheduler scheduler = new FakeScheduler();
    private final ConfigurableApplicationContext context;

    /** Starts a gateway with so many endpoints and further properties such as {@code gateway.timeouts.gap=1s}. */
    public GatewayFixture(int endpointCount, String... properties) {
        for (int i = 0; i < endpointCount; i++) {
            FakeModelServer server = FakeModelServer.start();
            endpoints.add(server);
            scheduler.serve(server);
        }
        List<String> all = new ArrayList<>(List.of(
                "spring.config.name=gateway",
                "spring.cloud.config.enabled=false",
                "server.port=0",
                "management.server.port=0",
                "gateway.access.demo-key=" + KEY,
                "gateway.scheduler.poll-interval=50ms",
                "gateway.models.poll-interval=200ms"));
        all.addAll(List.of(properties));
        if (all.stream().noneMatch(property -> property.startsWith(ISOLATION))) {
            // What clients send reaches endpoints as it is.
            all.add(ISOLATION + "shared");
        }
        context = new SpringApplicationBuilder(GatewayApplication.class)
                .properties(all.toArray(String[]::new))
                .initializers((GenericApplicationContext c) -> {
                    c.registerBean(SchedulerClient.class, () -> scheduler);
                    c.registerBean(MeterRegistry.class, SimpleMeterRegistry::new);
                })
                .run(all.stream().map(p -> "--" + p).toArray(String[]::new));
        if (endpointCount > 0) {
            await("models known").until(() -> models().knows("sim-8b"));
        }
    }

    public FakeModelServer endpoint() {
        return endpoints.getFirst();
    }

    public FakeModelServer endpoint(int index) {
        return endpoints.get(index);
    }

    public FakeScheduler scheduler() {
        return scheduler;
    }

    public int port() {
        return Integer.parseInt(context.getEnvironment().getProperty("local.server.port", "0"));
    }

    public int managementPort() {
        return Integer.parseInt(context.getEnvironment().getProperty("local.management.port", "0"));
    }

    public RawClient connect() {
        return RawClient.connect(port());
    }

    /** One request with a valid key on a connection of its own. */
    public RawClient.Answer post(String path, String body, String... headers) {
        try (RawClient client = connect()) {
            String[] all = new String[headers.length + 1];
            System.arraycopy(headers, 0, all, 0, headers.length);
            all[headers.length] = AUTH;
            return client.send(RawClient.post(path, body, all)).receive();
        }
    }

    public RawClient.Answer chat() {
        return post(CHAT, BODY);
    }

    public ModelCatalog models() {
        return context.getBean(ModelCatalog.class);
    }

    public MeterRegistry meters() {
        return context.getBean(MeterRegistry.class);
    }

    public ConfigurableApplicationContext context() {
        return context;
    }

    /** Forgets what endpoints and scheduler recorded and which endpoints failed. */
    public void reset() {
        endpoints.forEach(FakeModelServer::reset);
        scheduler.reset();
        EndpointHealth health = context.getBean(EndpointHealth.class);
        health.retain(Set.of());
        health.retain(context.getBean(EndpointDirectory.class).ids());
    }

    /** Waits until nothing is under way, and checks that everything that was claimed has been given back. */
    public void awaitQuiet() {
        GatewayMetrics metrics = context.getBean(GatewayMetrics.class);
        await("everything given back")
                .until(() -> metrics.totalInFlight() == 0
                        && metrics.heldBodyBytes().get() == 0
                        && context.getBean(InFlightRequests.class).total() == 0
                        && context.getBean(RetryBudget.class).active() == 0
                        && context.getBean(RetryBudget.class).retrying() == 0
                        && context.getBean(ActiveExchanges.class).count() == 0
                        && context.getBean(Disaggregation.class).heldHandoffs() == 0
                        && context.getBean(Disaggregation.class).openRequests() == 0
                        && scheduler.openLeases() == 0);
    }

    @Override
    public void close() {
        scheduler.letGo();
        context.close();
        scheduler.close();
        endpoints.forEach(FakeModelServer::close);
    }
}
