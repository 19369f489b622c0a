package io.llmd.autoscaler.actuator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.llmd.autoscaler.Decided;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.DecisionLogs;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.keda.ExternalScalerGrpc;
import io.llmd.keda.GetMetricSpecResponse;
import io.llmd.keda.GetMetricsRequest;
import io.llmd.keda.GetMetricsResponse;
import io.llmd.keda.IsActiveResponse;
import io.llmd.keda.MetricValue;
import io.llmd.keda.ScaledObjectRef;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** All five calls, by a client over a socket. */
class KedaServerIT {

    private static final ScaledObjectRef REF =
            ScaledObjectRef.newBuilder().setName("v").setNamespace("n").build();

    private static final Duration KEEP_ALIVE = Duration.ofMillis(300);

    private final DecisionLog log = new DecisionLog();
    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    private volatile double now = 1;
    private final KedaScaler scaler = new KedaScaler(new Published(log, () -> now, Duration.ofMinutes(5)), 2);
    private KedaServer server;
    private ManagedChannel channel;
    private ExternalScalerGrpc.ExternalScalerBlockingStub keda;

    @BeforeEach
    void start() throws Exception {
        server = new KedaServer(new KedaServer.Settings("127.0.0.1", 0, null, KEEP_ALIVE), scaler);
        server.start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        keda = ExternalScalerGrpc.newBlockingStub(channel).withDeadlineAfter(Duration.ofSeconds(60));
    }

    @AfterEach
    void stop() throws Exception {
        channel.shutdownNow();
        channel.awaitTermination(10, TimeUnit.SECONDS);
        server.close();
    }

    private void decided(int desired, String... advised) {
        Cycle cycle = Decided.cycle("c" + desired, List.of(advised));
        Decision known = cycle.published().getFirst();
        VariantDecision each = known.variants().getFirst();
        VariantDecision other = new VariantDecision(
                each.variant(),
                each.role(),
                each.lane(),
                each.current(),
                desired,
                each.steps(),
                each.codes(),
                each.binding(),
                each.utilization(),
                each.utilizationBefore(),
                each.predicted(),
                each.predictedBefore(),
                each.costPerHour(),
                each.whyNotLess(),
                each.whyNotMore());
        Decision changed = new Decision(
                known.id(),
                known.model(),
                known.atSeconds(),
                known.grade(),
                known.outcome(),
                known.gap(),
                known.classes(),
                List.of(other),
                known.costPerHour(),
                known.rejected(),
                known.bill(),
                known.codes());
        DecisionLogs.add(
                log,
                new Cycle(
                        cycle.id(),
                        cycle.at(),
                        cycle.nowSeconds(),
                        cycle.input(),
                        cycle.before(),
                        cycle.decided(),
                        List.of(changed),
                        cycle.advised(),
                        cycle.isLeaders(),
                        cycle.sharedSeconds()));
        scaler.published();
    }

    private <T> StreamObserver<T> ear() {
        return new StreamObserver<>() {
            @Override
            public void onNext(T value) {
                heard.add(value);
            }

            @Override
            public void onError(Throwable failure) {
                heard.add(Status.fromThrowable(failure).getCode());
            }

            @Override
            public void onCompleted() {
                heard.add("completed");
            }
        };
    }

    private Object next() throws InterruptedException {
        return heard.poll(60, TimeUnit.SECONDS);
    }

    private static IsActiveResponse active(boolean isActive) {
        return IsActiveResponse.newBuilder().setResult(isActive).build();
    }

    private GetMetricsResponse metrics(ScaledObjectRef ref) {
        return keda.getMetrics(GetMetricsRequest.newBuilder()
                .setScaledObjectRef(ref)
                .setMetricName("replicas")
                .build());
    }

    private static Status.Code refusal(Runnable call) {
        try {
            call.run();
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    @Test
    @DisplayName("row 59: the value is the number, and one replica is to have 1")
    @Tag("autoscaling-59")
    void numbersAreMetrics() {
        decided(5);
        assertThat(metrics(REF).getMetricValuesList())
                .containsExactly(MetricValue.newBuilder()
                        .setMetricName("replicas")
                        .setMetricValue(5)
                        .setMetricValueFloat(5)
                        .build());
        GetMetricSpecResponse spec = keda.getMetricSpec(REF);
        assertThat(spec.getMetricSpecsList()).singleElement().satisfies(each -> {
            assertThat(each.getMetricName()).isEqualTo("replicas");
            assertThat(each.getTargetSizeFloat()).isEqualTo(1);
            assertThat(each.getTargetSize()).isEqualTo(1);
        });
        Iterator<GetMetricSpecResponse> specs = keda.streamMetricSpec(REF);
        assertThat(specs.next())
                .as("at once, and the same as when it is asked for")
                .isEqualTo(spec);
        assertThat(keda.isActive(REF)).isEqualTo(active(true));
        ScaledObjectRef named = ScaledObjectRef.newBuilder()
                .setName("other")
                .setNamespace("elsewhere")
                .putScalerMetadata("variant", "v")
                .putScalerMetadata("namespace", "n")
                .build();
        assertThat(metrics(named).getMetricValues(0).getMetricValue()).isEqualTo(5);
    }

    @Test
    @DisplayName("row 59: a stream begins with what is, and hears at once what changes")
    @Tag("autoscaling-59")
    void streamsHearOfChanges() throws Exception {
        decided(0);
        ExternalScalerGrpc.newStub(channel).streamIsActive(REF, ear());
        assertThat(next()).isEqualTo(active(false));
        decided(0);
        decided(3);
        assertThat(next()).isEqualTo(active(true));
        decided(4);
        decided(0);
        assertThat(next()).as("4 is as active as 3").isEqualTo(active(false));
        channel.shutdownNow();
        Awaitility.await("a stream that nobody hears is given up")
                .atMost(Duration.ofSeconds(30))
                .until(() -> scaler.open() == 0);
    }

    @Test
    @Tag("autoscaling-59")
    void aStreamThatIsOpenedBeforeTheFirstDecisionHearsIt() throws Exception {
        ExternalScalerGrpc.newStub(channel).streamIsActive(REF, ear());
        Awaitility.await("the stream is open").atMost(Duration.ofSeconds(30)).until(() -> scaler.open() == 1);
        assertThat(heard).isEmpty();
        decided(3);
        assertThat(next()).isEqualTo(active(true));
    }

    @Test
    void aCallerThatIsSilentForGoodLosesItsStreams() throws Exception {
        decided(3);
        try (ServerSocket door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket behind = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            ManagedChannel far = NettyChannelBuilder.forAddress("127.0.0.1", door.getLocalPort())
                    .usePlaintext()
                    .build();
            ExternalScalerGrpc.newStub(far).streamIsActive(REF, ear());
            Socket before = door.accept();
            Thread to = relay(before, behind);
            Thread from = relay(behind, before);
            assertThat(next()).isEqualTo(active(true));
            assertThat(scaler.open()).isEqualTo(1);
            // The cable is pulled: both sockets stay open, and nothing passes.
            to.interrupt();
            from.interrupt();
            Awaitility.await("who does not answer is gone")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> scaler.open() == 0);
            far.shutdownNow();
            before.close();
        }
    }

    /** Passes bytes until it is interrupted; the sockets stay open then. */
    private static Thread relay(Socket from, Socket to) {
        return Thread.ofPlatform().daemon().start(() -> {
            byte[] buffer = new byte[4_096];
            try {
                from.setSoTimeout(20);
                while (!Thread.currentThread().isInterrupted()) {
                    int length = 0;
                    try {
                        length = from.getInputStream().read(buffer);
                    } catch (SocketTimeoutException e) {
                        continue;
                    }
                    if (length < 0 || Thread.currentThread().isInterrupted()) {
                        return;
                    }
                    to.getOutputStream().write(buffer, 0, length);
                }
            } catch (IOException e) {
                // The other end has gone.
            }
        });
    }

    @Test
    @DisplayName("row 60: what is too old is an error, neither 0 nor the number of then")
    @Tag("autoscaling-60")
    void staleNumbersAreErrors() throws Exception {
        assertThat(refusal(() -> metrics(REF))).as("before the first decision").isEqualTo(Status.Code.UNAVAILABLE);
        decided(5);
        now = 299;
        assertThat(metrics(REF).getMetricValues(0).getMetricValue()).isEqualTo(5);
        ExternalScalerGrpc.newStub(channel).streamIsActive(REF, ear());
        assertThat(next()).isEqualTo(active(true));
        now = 301;
        assertThat(refusal(() -> metrics(REF))).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(refusal(() -> keda.isActive(REF))).isEqualTo(Status.Code.UNAVAILABLE);
        ExternalScalerGrpc.newStub(channel).streamIsActive(REF, ear());
        assertThat(next()).isEqualTo(Status.Code.UNAVAILABLE);
        scaler.published();
        assertThat(heard)
                .as("who has heard of activity is not told of any end of it")
                .isEmpty();
    }

    @Test
    void whatIsUnknownAdvisedOrTooMuchIsRefused() throws Exception {
        decided(5);
        ScaledObjectRef unknown =
                ScaledObjectRef.newBuilder().setName("w").setNamespace("n").build();
        assertThat(refusal(() -> metrics(unknown))).isEqualTo(Status.Code.NOT_FOUND);
        decided(5, "n/v");
        assertThat(refusal(() -> metrics(REF))).isEqualTo(Status.Code.FAILED_PRECONDITION);
        decided(5);
        for (int i = 0; i < 2; i++) {
            ExternalScalerGrpc.newStub(channel).streamIsActive(REF, ear());
            assertThat(next()).isEqualTo(active(true));
        }
        ExternalScalerGrpc.newStub(channel).streamIsActive(REF, ear());
        assertThat(next()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThatThrownBy(() -> TlsFiles.of(Path.of("a.pem"), null, null, KEEP_ALIVE))
                .hasMessageContaining("the first two together");
    }
}
