package io.llmd.gateway;

import static org.awaitility.Awaitility.await;

import io.llmd.gateway.disagg.Disaggregation;
import io.llmd.gateway.dispatch.InFlightRequests;
import io.llmd.gateway.dispatch.RetryBudget;
import io.llmd.gateway.edge.ActiveExchanges;
import io.llmd.gateway.observe.GatewayMetrics;
import io.llmd.testsupport.RawClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/** A gateway with a profile of its own on a free port, without a scheduler. */
public final class ProfileFixture implements AutoCloseable {

    private final ConfigurableApplicationContext context;

    /** Starts a gateway with a profile and further properties such as {@code gateway.timeouts.gap=1s}. */
    public ProfileFixture(String profile, String... properties) {
        List<String> all = new ArrayList<>(List.of(
                "spring.config.name=gateway",
                "spring.profiles.active=" + profile,
                "spring.cloud.config.enabled=false",
                "server.port=0",
                "management.server.port=0"));
        all.addAll(List.of(properties));
        context = new SpringApplicationBuilder(GatewayApplication.class)
                .initializers(
                        (GenericApplicationContext c) -> c.registerBean(MeterRegistry.class, SimpleMeterRegistry::new))
                .run(all.stream().map(p -> "--" + p).toArray(String[]::new));
    }

    public int port() {
        return Integer.parseInt(context.getEnvironment().getProperty("local.server.port", "0"));
    }

    public RawClient.Answer post(String path, String body, String... headers) {
        try (RawClient client = RawClient.connect(port())) {
            return client.send(RawClient.post(path, body, headers)).receive();
        }
    }

    /** Waits until nothing is under way, and checks that everything that was claimed has been given back. */
    public void awaitQuiet() {
        GatewayMetrics metrics = context.getBean(GatewayMetrics.class);
        await("everything given back")
                .until(() -> metrics.totalInFlight() == 0
                        && metrics.heldBodyBytes().get() == 0
                        && context.getBean(InFlightRequests.class).total() == 0
                        && context.getBean(RetryBudget.class).active() == 0
                        && context.getBean(ActiveExchanges.class).count() == 0
                        && context.getBean(Disaggregation.class).heldHandoffs() == 0
                        && context.getBean(Disaggregation.class).openRequests() == 0);
    }

    public ConfigurableApplicationContext context() {
        return context;
    }

    @Override
    public void close() {
        context.close();
    }
}
