package io.llmd.scheduler.api.extproc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server of the door: what probes are told, and what is left of streams that end all at once. */
@Timeout(60)
class ExtProcServerIT {

    private static final String BODY = "{\"model\":\"m\",\"prompt\":\"Hi\"}";
    private static final List<String> READINESS =
            List.of("", "readiness", "envoy.service.ext_proc.v3.ExternalProcessor", "inference-extension");
    private static final int MOST_STREAMS = 2_000;

    private final ScriptedDoor door = new ScriptedDoor();
    private final AtomicBoolean isReady = new AtomicBoolean();
    private ExternalProcessor processor;
    private ExtProcServer server;
    private ManagedChannel proxies;
    private ManagedChannel probes;

    @BeforeEach
    void start() throws Exception {
        ExtProcSettings settings = new ExtProcSettings(
                "envoy.lb",
                "envoy.lb.subset_hint",
                false,
                true,
                false,
                1_000_000,
                100_000_000,
                MOST_STREAMS,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10));
        processor = new ExternalProcessor(door, settings, Runnable::run, System::nanoTime);
        server = new ExtProcServer(
                new ExtProcServer.Settings("127.0.0.1", 0, 0, null, 1 << 20), processor, isReady::get);
        server.start();
        proxies = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        probes = NettyChannelBuilder.forAddress("127.0.0.1", server.healthPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() {
        proxies.shutdownNow();
        probes.shutdownNow();
        server.close();
    }

    private ServingStatus health(String name) {
        return HealthGrpc.newBlockingStub(probes)
                .check(HealthCheckRequest.newBuilder().setService(name).build())
                .getStatus();
    }

    private boolean allAre(ServingStatus status) {
        return READINESS.stream().allMatch(name -> health(name) == status);
    }

    @Test
    @Tag("ext-proc-P33")
    void probesHearWhetherRequestsMayComeAndThatTheProcessLives() throws InterruptedException {
        assertThat(allAre(ServingStatus.NOT_SERVING))
                .as("before the endpoints are known")
                .isTrue();
        assertThat(health("liveness")).isEqualTo(ServingStatus.SERVING);
        isReady.set(true);
        await("it may serve").until(() -> allAre(ServingStatus.SERVING));
        isReady.set(false);
        await("another replica leads").until(() -> allAre(ServingStatus.NOT_SERVING));
        assertThat(health("liveness")).isEqualTo(ServingStatus.SERVING);
        isReady.set(true);
        await("it leads").until(() -> allAre(ServingStatus.SERVING));
        assertThat(catchThrowableOfType(StatusRuntimeException.class, () -> health("bogus"))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);

        Proxy running = Proxy.open(proxies).post("/v1/completions").body(BODY, true);
        await().until(() -> running.waiting() == 2);
        Thread stopping = Thread.ofVirtual().start(() -> server.stop(Duration.ofSeconds(30)));
        await("it drains").until(() -> allAre(ServingStatus.NOT_SERVING));
        assertThat(health("liveness")).isEqualTo(ServingStatus.SERVING);
        running.answerHead(204, "", true).halfClose();
        stopping.join();
        await("its proxy hears of it").until(running::isCompleted);
    }

    @Test
    @DisplayName("B86: thousands of streams that are cancelled at once leave nothing, and the next one is served")
    void thousandsOfStreamsCancelledAtOnceLeaveNothing() {
        List<Proxy> streams = new ArrayList<>();
        for (int i = 0; i < MOST_STREAMS; i++) {
            Proxy proxy = Proxy.open(proxies).post("/v1/completions");
            switch (i % 4) {
                case 0 -> proxy.body(BODY, false);
                case 1 -> proxy.body(BODY, true);
                case 2 -> proxy.body(BODY, true).answerHead(200, "text/event-stream", false);
                default -> proxy.body("{", false).requestTrailers();
            }
            streams.add(proxy);
        }
        await("all are open")
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> processor.open() == MOST_STREAMS && door.leases() == MOST_STREAMS * 3 / 4);
        Proxy tooMany = Proxy.open(proxies).post("/v1/completions");
        await().until(() -> tooMany.failure() != null);
        assertThat(Status.fromThrowable(tooMany.failure()).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

        streams.parallelStream().forEach(Proxy::cancel);

        await("none is left").atMost(30, TimeUnit.SECONDS).untilAsserted(() -> {
            assertThat(processor.open()).isZero();
            assertThat(processor.heldBytes()).isZero();
            assertThat(door.reports.stream()
                            .filter(report -> report.phase() == Phase.ENDED)
                            .map(OutcomeReport::leaseId)
                            .distinct())
                    .hasSize(MOST_STREAMS * 3 / 4);
        });
        Proxy next = Proxy.open(proxies).post("/v1/completions").body(BODY, true);
        await("the next one is served").until(() -> next.waiting() == 2);
        next.cancel();
    }

    @Test
    @DisplayName("half-open: a proxy whose connection breaks ends its requests, in whatever phase they are")
    void aBrokenConnectionEndsItsRequests() {
        List<Proxy> streams = List.of(
                Proxy.open(proxies),
                Proxy.open(proxies).post("/v1/completions").body("{", false),
                Proxy.open(proxies).post("/v1/completions").body(BODY, true),
                Proxy.open(proxies).post("/v1/completions").body(BODY, true).answerHead(200, "", false));
        await("all are open")
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> processor.open() == streams.size() && door.leases() == 2);
        proxies.shutdownNow();
        await("none is left").atMost(30, TimeUnit.SECONDS).untilAsserted(() -> {
            assertThat(processor.open()).isZero();
            assertThat(processor.heldBytes()).isZero();
            assertThat(door.reports.stream().filter(report -> report.phase() == Phase.ENDED))
                    .extracting(OutcomeReport::cause)
                    .containsOnly(OutcomeReport.Cause.CLIENT_DISCONNECT)
                    .hasSize(2);
        });
    }
}
