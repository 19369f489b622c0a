package io.llmd.launcher.load;

import static io.llmd.launcher.load.LoadPlans.plans;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.launcher.FakeGateway;
import io.llmd.launcher.FakeGateway.Reply;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadRunIT {

    private static final LoadReport.Run RUN = new LoadReport.Run("", "test", "25", "", "", 1, 1);

    @Test
    void streamsAreCountedWithTokensCacheAndEndpoints() throws Exception {
        AtomicInteger turn = new AtomicInteger();
        try (FakeGateway gateway =
                FakeGateway.start(reply -> reply.words("pod-" + turn.getAndIncrement() % 2, "a", "b", "c", "d"))) {
            LoadReport report = run(gateway, plans().plan());

            assertThat(report.outcomes()).isEqualTo(Map.of("ok", 20L));
            assertThat(report.timeToFirstToken().count()).isEqualTo(20);
            assertThat(report.interTokenLatency().count()).isEqualTo(60);
            assertThat(report.cachedTokenShare()).isEqualTo(0.25);
            assertThat(report.endpoints()).isEqualTo(Map.of("pod-0", 10L, "pod-1", 10L));
            assertThat(report.maxOverMean()).isEqualTo(1);
            assertThat(report.goodput()).isNull();
            assertThat(gateway.keys()).containsOnly("Bearer sk-test");
        }
    }

    @Test
    void aRecordingIsSentAtItsTimes(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("trace.jsonl"), """
                {"timestamp": 0, "input_length": 600, "output_length": 3, "hash_ids": [0, 1]}
                {"timestamp": 200, "input_length": 600, "output_length": 3, "hash_ids": [0, 2]}
                {"timestamp": 9000, "input_length": 600, "output_length": 3, "hash_ids": [0, 3]}
                """);
        Arrivals recorded =
                new Arrivals.Recorded(MooncakeTrace.read("trace", file, 10).atSpeed(2));
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.words("pod", "a", "b"))) {
            LoadReport report = run(gateway, plans().arrivals(recorded).plan());

            assertThat(report.outcomes()).isEqualTo(Map.of("ok", 2L));
        }
    }

    @Test
    void severalGatewaysTakeRequestsInTurn() throws Exception {
        try (FakeGateway first = FakeGateway.start(reply -> reply.words("pod", "a"));
                FakeGateway second = FakeGateway.start(reply -> reply.words("pod", "a"));
                LoadRun run = new LoadRun(
                        plans().plan(), List.of(target(first.uri()), target(second.uri())), System::nanoTime)) {
            assertThat(execute(run).get(20, TimeUnit.SECONDS).outcomes()).isEqualTo(Map.of("ok", 20L));
            assertThat(first.bodies()).hasSize(10);
            assertThat(second.bodies()).hasSize(10);
        }
    }

    @Test
    void gatewaysThatDoNotServeAreLeftOut() throws Exception {
        try (FakeGateway first = FakeGateway.start(reply -> reply.words("pod", "a"));
                FakeGateway second = FakeGateway.start(reply -> reply.words("pod", "a"))) {
            Target serving = target(second.uri());
            try (LoadRun run = new LoadRun(plans().plan(), List.of(target(first.uri()), serving), serving::equals)) {
                assertThat(execute(run).get(20, TimeUnit.SECONDS).outcomes()).isEqualTo(Map.of("ok", 20L));
                assertThat(first.bodies()).isEmpty();
                assertThat(second.bodies()).hasSize(20);
            }
        }
    }

    @Test
    void gapsBetweenTokensAreMeasured() throws Exception {
        try (FakeGateway gateway = FakeGateway.start(LoadRunIT::twoTokensEightyMillisApart)) {
            LoadReport report = run(gateway, plans().plan());

            assertThat(report.interTokenLatency().p50()).isBetween(60.0, 400.0);
            assertThat(report.timePerOutputToken().p50()).isBetween(60.0, 400.0);
            assertThat(report.endToEnd().p50())
                    .isGreaterThan(report.timeToFirstToken().p50() + 50);
        }
    }

    @Test
    void waitingBehindASlowAnswerCountsAsLatency() throws Exception {
        try (FakeGateway gateway = FakeGateway.startWithOneThread(reply -> {
            pause(50);
            reply.words("pod", "a", "b");
        })) {
            LoadReport report = run(gateway, plans().plan());

            // 20 requests in 400 ms, each takes 50 ms of the only thread: the last one waits over half a second.
            assertThat(report.outcomes()).isEqualTo(Map.of("ok", 20L));
            assertThat(report.endToEnd().max()).isGreaterThan(500);
        }
    }

    @Test
    void refusalsAreCountedByStatusAndCode() throws Exception {
        try (FakeGateway gateway = FakeGateway.start(
                reply -> reply.json(429, "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":\"queue_full\"}}"))) {
            LoadReport report = run(gateway, plans().plan());

            assertThat(report.outcomes()).isEqualTo(Map.of("429 queue_full", 20L));
            assertThat(report.refused())
                    .extracting(LoadReport.Percentiles::count)
                    .isEqualTo(20L);
        }
    }

    @Test
    void errorEventAndMissingEndAreFailures() throws Exception {
        AtomicInteger turn = new AtomicInteger();
        try (FakeGateway gateway = FakeGateway.start(reply -> {
            OutputStream out = reply.stream("pod");
            Reply.event(out, "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}");
            if (turn.getAndIncrement() % 2 == 0) {
                Reply.event(out, "{\"error\":{\"message\":\"gone\",\"code\":\"endpoint_failed\"}}");
            }
        })) {
            assertThat(run(gateway, plans().plan()).outcomes())
                    .isEqualTo(Map.of("stream_error endpoint_failed", 10L, "stream_truncated", 10L));
        }
    }

    @Test
    void plainAnswersHaveNoTimeToFirstToken() throws Exception {
        try (FakeGateway gateway = FakeGateway.start(reply ->
                reply.json(200, "{\"choices\":[{}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}"))) {
            LoadReport report = run(gateway, plans().streamShare(0).plan());

            assertThat(report.outcomes()).isEqualTo(Map.of("ok", 20L));
            assertThat(report.timeToFirstToken().count()).isZero();
            assertThat(report.endToEnd().count()).isEqualTo(20);
            assertThat(report.outputTokensPerSecond()).isPositive();
        }
    }

    @Test
    void silentServerIsATimeoutAndADeadOneAFailure() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        URI gone;
        try (FakeGateway gateway = FakeGateway.start(reply -> awaitRelease(release))) {
            gone = gateway.uri();
            LoadReport report =
                    run(gateway, plans().timeout(Duration.ofMillis(200)).plan());
            release.countDown();

            assertThat(report.outcomes()).isEqualTo(Map.of("timeout", 20L));
        }
        assertThat(run(gone, plans().plan()).outcomes()).isEqualTo(Map.of("connect_failed", 20L));
    }

    @Test
    void whatDoesNotEndInTimeIsUnfinished() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (FakeGateway gateway = FakeGateway.start(reply -> awaitRelease(release))) {
            LoadReport report =
                    run(gateway, plans().drain(Duration.ofMillis(50)).plan());
            release.countDown();

            assertThat(report.outcomes()).isEqualTo(Map.of("unfinished", 20L));
        }
    }

    @Test
    void connectionsHaveALimit() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (FakeGateway gateway = FakeGateway.start(reply -> {
            awaitRelease(release);
            reply.words("pod", "a");
        })) {
            LoadRun run = new LoadRun(plans().maxConnections(3).plan(), target(gateway.uri()));
            CompletableFuture<LoadReport> report = execute(run);
            await("refused by the limit").until(() -> run.snapshot().errors() == 17);
            release.countDown();

            assertThat(report.get(30, TimeUnit.SECONDS).outcomes())
                    .isEqualTo(Map.of("ok", 3L, "client_connection_limit", 17L));
            run.close();
        }
    }

    @Test
    void closedLoopKeepsItsConcurrency() throws Exception {
        AtomicInteger unanswered = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (FakeGateway gateway = FakeGateway.start(reply -> {
            most.accumulateAndGet(unanswered.incrementAndGet(), Math::max);
            pause(20);
            unanswered.decrementAndGet();
            reply.words("pod", "a", "b");
        })) {
            LoadReport report =
                    run(gateway, plans().arrivals(new Arrivals.ClosedLoop(4)).plan());

            assertThat(report.answered()).isEqualTo(report.requests()).isGreaterThanOrEqualTo(8);
            assertThat(most.get()).isBetween(2, 4);
        }
    }

    @Test
    void warmUpIsLeftOut() throws Exception {
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.words("pod", "a"))) {
            LoadReport report =
                    run(gateway, plans().warmUp(Duration.ofMillis(200)).plan());

            assertThat(gateway.bodies()).hasSize(20);
            assertThat(report.requests()).isEqualTo(10);
        }
    }

    @Test
    void stopEndsTheRunAndDrains() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (FakeGateway gateway = FakeGateway.start(reply -> {
            awaitRelease(release);
            reply.words("pod", "a");
        })) {
            LoadRun run = new LoadRun(plans().duration(Duration.ofMinutes(5)).plan(), target(gateway.uri()));
            CompletableFuture<LoadReport> report = execute(run);
            await("some are under way").until(() -> run.snapshot().inFlight() >= 3);
            run.stop();
            release.countDown();

            assertThat(report.get(30, TimeUnit.SECONDS).outcomes()).containsOnlyKeys("ok");
            run.close();
        }
    }

    @Test
    void goodputIsTheShareWithinTheLimits() throws Exception {
        AtomicInteger turn = new AtomicInteger();
        try (FakeGateway gateway = FakeGateway.start(reply -> {
            if (turn.getAndIncrement() % 2 == 0) {
                pause(1_500);
            }
            reply.words("pod", "a");
        })) {
            LoadReport report = run(
                    gateway,
                    plans().slo(new Slo(Duration.ofMillis(1_000), null, null, 0.9))
                            .plan());

            assertThat(report.goodput()).isEqualTo(0.5);
        }
    }

    @Test
    void requestOnAConnectionThatClosedMeanwhileIsSentAgain() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> server =
                    CompletableFuture.runAsync(() -> closeKeptConnectionOnNextRequest(listener), LoadRunIT::start);
            LoadPlan plan = plans().arrivals(new Arrivals.OpenLoop(5, Arrivals.Spacing.CONSTANT))
                    .streamShare(0)
                    .plan();

            LoadReport report = run(URI.create("http://127.0.0.1:" + listener.getLocalPort()), plan);

            assertThat(report.outcomes()).isEqualTo(Map.of("ok", 2L));
            server.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void garbageInsteadOfHttpIsAFailure() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> server = CompletableFuture.runAsync(
                    () -> {
                        try (Socket socket = listener.accept()) {
                            readRequest(socket);
                            socket.getOutputStream()
                                    .write("\0\1\2 nonsense\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                            socket.getOutputStream().flush();
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    LoadRunIT::start);
            LoadPlan plan = plans().arrivals(new Arrivals.OpenLoop(2, Arrivals.Spacing.CONSTANT))
                    .plan();

            LoadReport report = run(URI.create("http://127.0.0.1:" + listener.getLocalPort()), plan);

            assertThat(report.outcomes()).isEqualTo(Map.of("malformed_response", 1L));
            server.get(30, TimeUnit.SECONDS);
        }
    }

    private static void closeKeptConnectionOnNextRequest(ServerSocket listener) {
        try (Socket first = listener.accept()) {
            readRequest(first);
            answer(first);
            readRequest(first);
            first.close();
            try (Socket second = listener.accept()) {
                readRequest(second);
                answer(second);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads head and body of one request. */
    private static void readRequest(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) socket.getInputStream().read());
        }
        String length = head.toString().toLowerCase(Locale.ROOT).split("content-length: ")[1];
        socket.getInputStream().readNBytes(Integer.parseInt(length.substring(0, length.indexOf('\r'))));
    }

    private static void answer(Socket socket) throws IOException {
        String body = "{\"choices\":[]}";
        socket.getOutputStream()
                .write(("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " + body.length()
                                + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static void twoTokensEightyMillisApart(Reply reply) throws IOException {
        OutputStream out = reply.stream("pod");
        Reply.event(out, "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}");
        pause(80);
        Reply.event(out, "{\"choices\":[{\"delta\":{\"content\":\"b\"}}]}");
        Reply.event(out, "[DONE]");
    }

    /** A server that takes its time. */
    private static void pause(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void awaitRelease(CountDownLatch release) {
        try {
            release.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Target target(URI uri) {
        return new Target(uri, "sk-test", Map.of("x-extra", "1"));
    }

    private static LoadReport run(FakeGateway gateway, LoadPlan plan) throws Exception {
        return run(gateway.uri(), plan);
    }

    private static LoadReport run(URI uri, LoadPlan plan) throws Exception {
        try (LoadRun run = new LoadRun(plan, target(uri))) {
            return execute(run).get(20, TimeUnit.SECONDS);
        }
    }

    private static CompletableFuture<LoadReport> execute(LoadRun run) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return run.execute(RUN);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                LoadRunIT::start);
    }

    private static void start(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }
}
