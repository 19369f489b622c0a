package io.llmd.scheduler.api.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpTrailers;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever proxies send in whatever order: no defect, and each lease ends once. */
class MessageSequencesPropertyTest {

    private static final ExtProcSettings SETTINGS = new ExtProcSettings(
            "envoy.lb",
            "envoy.lb.subset_hint",
            false,
            true,
            false,
            1000,
            10_000,
            1000,
            Duration.ofSeconds(30),
            Duration.ofMinutes(10));

    @Property(tries = 300)
    @Tag("bad-input-B79")
    void anySequenceOfMessages(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        ScriptedDoor door = new ScriptedDoor();
        door.isQueueing = random.nextBoolean();
        try (Running running = new Running(door, Runnable::run)) {
            Proxy proxy = Proxy.open(running.channel);
            for (int i = random.nextInt(12); i >= 0 && proxy.failure() == null && !proxy.isCompleted(); i--) {
                switch (random.nextInt(12)) {
                    case 0 -> running.processor.expire();
                    case 1 -> door.evict(1);
                    case 2 -> {
                        if (!door.waiting.isEmpty()) {
                            door.waiting.removeFirst().accept(door.outcome(door.questions.getFirst()));
                        }
                    }
                    default -> proxy.send(message(random));
                }
            }
            assertThat(proxy.answers())
                    .noneMatch(
                            answer -> answer.getImmediateResponse().getStatus().getCodeValue() == 500);
            if (random.nextBoolean()) {
                proxy.halfClose();
            } else {
                proxy.cancel();
            }
            assertEachLeaseEnds(door, running.processor);
            Throwable failure = proxy.failure();
            assertThat(failure == null || Status.fromThrowable(failure).getCode() == Status.Code.CANCELLED)
                    .isTrue();
        }
    }

    private static void assertEachLeaseEnds(ScriptedDoor door, ExternalProcessor processor) {
        assertThat(processor.open()).isZero();
        assertThat(processor.heldBytes()).isZero();
        assertThat(door.reports.stream()
                        .filter(report -> report.phase() == Phase.ENDED)
                        .collect(Collectors.groupingBy(report -> report.leaseId(), Collectors.counting()))
                        .values())
                .hasSize((int) door.leases())
                .allMatch(count -> count == 1);
    }

    private static ProcessingRequest.Builder message(Random random) {
        ByteString bytes = ByteString.copyFromUtf8(
                switch (random.nextInt(4)) {
                    case 0 -> "{\"model\":\"m\"}";
                    case 1 -> "";
                    case 2 -> "x".repeat(600);
                    default -> "data: {}\n\n";
                });
        HttpHeaders.Builder head = HttpHeaders.newBuilder()
                .setHeaders(Proxy.headers(":path", "/v1/completions", ":status", "200"))
                .setEndOfStream(random.nextInt(4) == 0);
        HttpBody.Builder body = HttpBody.newBuilder().setBody(bytes).setEndOfStream(random.nextBoolean());
        ProcessingRequest.Builder message = ProcessingRequest.newBuilder();
        if (random.nextInt(3) == 0) {
            BodySendMode[] modes = {BodySendMode.NONE, BodySendMode.BUFFERED, BodySendMode.FULL_DUPLEX_STREAMED};
            message.setProtocolConfig(ProtocolConfiguration.newBuilder()
                    .setRequestBodyMode(modes[random.nextInt(modes.length)])
                    .setResponseBodyMode(modes[random.nextInt(modes.length)]));
        }
        return switch (random.nextInt(6)) {
            case 0 -> message.setRequestHeaders(head);
            case 1 -> message.setRequestBody(body);
            case 2 -> message.setRequestTrailers(HttpTrailers.getDefaultInstance());
            case 3 -> message.setResponseHeaders(head);
            case 4 -> message.setResponseBody(body);
            default -> message.setResponseTrailers(HttpTrailers.getDefaultInstance());
        };
    }

    @Test
    void decisionsEvictionsAndLeavingAtOnceEndEachLeaseOnce() throws Exception {
        ScriptedDoor door = new ScriptedDoor();
        door.isQueueing = true;
        try (ExecutorService threads = Executors.newFixedThreadPool(4);
                Running running = new Running(door, threads)) {
            for (int i = 0; i < 300; i++) {
                Proxy proxy =
                        Proxy.open(running.channel).post("/v1/completions").body("{\"model\":\"m\"}", true);
                var waiting = door.waiting.removeFirst();
                var outcome = door.outcome(door.questions.getLast());
                long lease = i + 1;
                List<Callable<Void>> all = new ArrayList<>();
                all.add(call(() -> waiting.accept(outcome)));
                all.add(call(() -> door.evict(lease)));
                all.add(call(proxy::cancel));
                all.add(call(running.processor::expire));
                for (var done : threads.invokeAll(all)) {
                    done.get(30, TimeUnit.SECONDS);
                }
            }
            threads.shutdown();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
            assertEachLeaseEnds(door, running.processor);
        }
    }

    private static Callable<Void> call(Runnable task) {
        return Executors.callable(task, null);
    }

    private static final class Running implements AutoCloseable {
        private final ExternalProcessor processor;
        private final Server server;
        private final ManagedChannel channel;

        Running(ScriptedDoor door, Executor later) throws IOException {
            String name = UUID.randomUUID().toString();
            processor = new ExternalProcessor(door, SETTINGS, later, () -> 0);
            server = InProcessServerBuilder.forName(name)
                    .directExecutor()
                    .addService(processor)
                    .build()
                    .start();
            channel = InProcessChannelBuilder.forName(name).directExecutor().build();
        }

        @Override
        public void close() {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }
}
