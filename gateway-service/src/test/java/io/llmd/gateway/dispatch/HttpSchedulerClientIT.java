package io.llmd.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.MutableClock;
import io.llmd.testsupport.Reply;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpSchedulerClientIT {

    private static final String DECISION = """
            {"outcome":"decision","requestId":"r1","leaseId":42,"model":"m","profile":"default",
             "endpoints":[{"id":"default/sim-0","host":"127.0.0.1","port":8200}],
             "prefix":{"matchedTokens":0,"promptTokens":0},"requestHeaders":{},"responseHeaders":{}}""";

    private static final String GOING_DOWN = """
            {"outcome":"rejection","requestId":"r1","reason":"SHUTTING_DOWN","message":"going down","retryAfterMillis":0}""";
    private static final String NO_LIST = "{\"endpoints\":[]}";

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Transport transport = new Transport((EventLoop) group.next(), NioSocketChannel.class);
    private final FakeModelServer server = FakeModelServer.start();
    private final EndpointDirectory directory = new EndpointDirectory();
    private final InFlightRequests inFlight = new InFlightRequests();
    private final AtomicInteger fallbacks = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();
    private final MutableClock clock = new MutableClock();
    private final HttpSchedulerClient client = client(Duration.ofSeconds(1));

    @AfterEach
    void close() {
        server.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private HttpSchedulerClient client(Duration scheduleTimeout) {
        return new HttpSchedulerClient(
                new HttpSchedulerClient.Settings(
                        URI.create("http://" + server.hostPort()),
                        scheduleTimeout,
                        Duration.ofMillis(500),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(1),
                        100),
                new UpstreamClient(
                        new UpstreamClient.Settings(Duration.ofSeconds(1), Duration.ofSeconds(4), 64 << 10, 8)),
                transport,
                directory,
                inFlight,
                fallbacks::incrementAndGet,
                dropped::incrementAndGet,
                clock::nanos);
    }

    private static CompletableFuture<ScheduleOutcome> ask(HttpSchedulerClient from) {
        CompletableFuture<ScheduleOutcome> outcome = new CompletableFuture<>();
        from.schedule(
                new ScheduleRequest("r1", "/v1/completions", Map.of(), ByteBuffer.allocate(1), List.of()),
                outcome::complete);
        return outcome;
    }

    private ScheduleOutcome schedule(String... excluded) throws Exception {
        CompletableFuture<ScheduleOutcome> outcome = new CompletableFuture<>();
        client.schedule(
                new ScheduleRequest(
                        "r1",
                        "/v1/chat/completions",
                        Map.of("x-llmd-tenant", "t"),
                        ByteBuffer.wrap("{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8))
                                .asReadOnlyBuffer(),
                        List.of(excluded)),
                outcome::complete);
        return outcome.get(30, TimeUnit.SECONDS);
    }

    private static OutcomeReport ended(long lease) {
        return new OutcomeReport(
                "r" + lease,
                lease,
                "default/sim-0",
                OutcomeReport.Phase.ENDED,
                OutcomeReport.Cause.NATURAL,
                200,
                TokenUsage.UNKNOWN,
                1,
                2);
    }

    private void knowEndpoints(String... ids) {
        directory.update(new EndpointList(java.util.Arrays.stream(ids)
                .map(id -> new EndpointStatus(new TargetEndpoint(id, "127.0.0.1", 1), Map.of(), true, 1, 0, 0, 0, 0, 0))
                .toList()));
    }

    @Test
    void bodyAndHeadersTravelAndTheDecisionComesBack() throws Exception {
        server.script(Reply.json(200, DECISION));

        ScheduleOutcome outcome = schedule("default/sim-7");

        assertThat(outcome).isInstanceOf(ScheduleDecision.class);
        assertThat(((ScheduleDecision) outcome).leaseId()).isEqualTo(42);
        var request = server.lastRequest();
        assertThat(request.uri()).isEqualTo("/v1/schedule");
        assertThat(request.text()).isEqualTo("{\"model\":\"m\"}");
        assertThat(request.header("x-original-path")).contains("/v1/chat/completions");
        assertThat(request.header("x-request-id")).contains("r1");
        assertThat(request.header("x-llmd-excluded-endpoints")).contains("default/sim-7");
        assertThat(request.header("x-llmd-tenant")).contains("t");
    }

    @Test
    void rejectionIsAnOutcomeAndNoFailure() throws Exception {
        server.script(
                Reply.json(
                        200,
                        "{\"outcome\":\"rejection\",\"requestId\":\"r1\",\"reason\":\"SATURATED\",\"message\":\"full\",\"retryAfterMillis\":5}"));

        assertThat(schedule()).isEqualTo(new ScheduleRejection("r1", ScheduleRejection.Reason.SATURATED, "full", 5));
        assertThat(fallbacks).hasValue(0);
    }

    @Test
    void unreachableSchedulerIsReplacedByOwnPicksForAMinute() throws Exception {
        knowEndpoints("default/sim-0", "default/sim-1");
        inFlight.enter("default/sim-0");
        server.refuseConnections();

        ScheduleOutcome outcome = schedule("default/sim-0");
        assertThat(((ScheduleDecision) outcome).primary().id()).isEqualTo("default/sim-1");
        assertThat(((ScheduleDecision) outcome).leaseId()).isNegative();
        assertThat(fallbacks).hasValue(1);

        clock.advance(Duration.ofSeconds(61));
        assertThat(schedule()).isInstanceOf(ScheduleRejection.class);

        server.acceptConnections();
        server.script(Reply.json(200, DECISION));
        clock.advance(Duration.ofSeconds(2));
        assertThat(((ScheduleDecision) schedule()).leaseId()).isEqualTo(42);
    }

    @Test
    void schedulerThatIsSilentIsReplacedForQuestionsThatWaitAndForNewOnes() throws Exception {
        knowEndpoints("default/sim-0");
        server.always(Reply.none(Reply.Cut.STALL));
        HttpSchedulerClient patient = client(Duration.ofMinutes(2));
        CompletableFuture<ScheduleOutcome> waiting = ask(patient);
        await("question arrived").until(() -> server.requests().size() == 1);

        for (int i = 0; i < 3; i++) {
            patient.endpoints(list -> {});
        }

        assertThat(waiting.get(30, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        ScheduleDecision.class,
                        decision -> assertThat(decision.leaseId()).isNegative());
        await("question aborted").until(() -> server.requests().getFirst().isAborted());
        clock.advance(Duration.ofSeconds(2));
        assertThat(ask(patient)).isCompleted();
        assertThat(fallbacks).hasValue(2);

        server.answering(request -> Reply.json(200, request.uri().equals("/v1/endpoints") ? NO_LIST : DECISION));
        CompletableFuture<EndpointList> list = new CompletableFuture<>();
        patient.endpoints(list::complete);
        list.get(30, TimeUnit.SECONDS);
        assertThat(((ScheduleDecision) ask(patient).get(30, TimeUnit.SECONDS)).leaseId())
                .isEqualTo(42);
    }

    @Test
    void schedulerThatGoesDownIsAskedAgainOverAnotherConnection() throws Exception {
        server.script(Reply.json(200, GOING_DOWN), Reply.json(200, DECISION));

        assertThat(((ScheduleDecision) schedule()).leaseId()).isEqualTo(42);

        assertThat(server.requests()).hasSize(2);
        assertThat(fallbacks).hasValue(0);
    }

    @Test
    void requestIsPlacedHereWhenTheSchedulerStillGoesDown() throws Exception {
        knowEndpoints("default/sim-0");
        server.script(Reply.json(200, GOING_DOWN), Reply.json(200, GOING_DOWN));

        assertThat(((ScheduleDecision) schedule()).primary().id()).isEqualTo("default/sim-0");

        assertThat(server.requests()).hasSize(2);
        assertThat(fallbacks).hasValue(1);
    }

    @Test
    void cancelledQuestionIsWithdrawnAndThenAbortedAtTheScheduler() {
        server.script(Reply.none(Reply.Cut.STALL));
        Cancellation cancellation = client.schedule(
                new ScheduleRequest("r1", "/v1/completions", Map.of(), ByteBuffer.allocate(1), List.of()),
                outcome -> {});
        await("question arrived").until(() -> server.requests().size() == 1);

        cancellation.cancel();

        await("withdrawal seen").until(() -> server.requests().size() == 2);
        assertThat(server.lastRequest().uri()).isEqualTo("/v1/schedule:cancel");
        assertThat(server.lastRequest().header("x-llmd-schedule-ticket"))
                .isPresent()
                .isEqualTo(server.requests().getFirst().header("x-llmd-schedule-ticket"));
        await("abort seen").until(() -> server.requests().getFirst().isAborted());
    }

    @Test
    void decisionThatCrossesItsCancellationIsStillDelivered() throws Exception {
        server.script(Reply.json(200, DECISION).delay(Duration.ofMillis(100)));
        CompletableFuture<ScheduleOutcome> outcome = new CompletableFuture<>();
        Cancellation cancellation = client.schedule(
                new ScheduleRequest("r1", "/v1/completions", Map.of(), ByteBuffer.allocate(1), List.of()),
                outcome::complete);
        await("question arrived").until(() -> server.requests().size() == 1);

        cancellation.cancel();

        assertThat(outcome.get(30, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        ScheduleDecision.class,
                        decision -> assertThat(decision.leaseId()).isEqualTo(42));
    }

    @Test
    void requestThatTheSchedulerDoesNotTakeIsNoOutage() throws Exception {
        knowEndpoints("default/sim-0");
        server.script(Reply.error(413, "payload_too_large"), Reply.json(200, DECISION));

        assertThat(schedule())
                .isInstanceOfSatisfying(
                        ScheduleRejection.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(ScheduleRejection.Reason.INTERNAL));

        assertThat(((ScheduleDecision) schedule()).leaseId()).isEqualTo(42);
        assertThat(fallbacks).hasValue(0);
    }

    @Test
    void reportsAreOutWhenItSaysSo() throws Exception {
        server.script(Reply.json(204, "").delay(Duration.ofMillis(100)));
        client.report(ended(1));

        client.reported().toCompletableFuture().get(30, TimeUnit.SECONDS);

        assertThat(server.lastRequest().text()).contains("\"leaseId\":1");
        client.reported().toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void reportsAreBatchedInOrderAndSentAgainAfterAFailure() {
        server.script(Reply.error(503, "x"), Reply.json(204, ""), Reply.json(204, ""));

        client.report(ended(1));
        client.report(ended(-1));
        client.report(ended(2));

        await("sent again").until(() -> server.requests().size() >= 2);
        assertThat(server.requests().get(1).text())
                .isEqualTo(server.requests().get(0).text());
        assertThat(server.requests().get(0).uri()).isEqualTo("/v1/outcomes");
        assertThat(server.requests().get(0).text())
                .contains("\"leaseId\":1", "\"leaseId\":2")
                .doesNotContain("-1,\"endpointId\"");
        assertThat(dropped).hasValue(0);
    }

    @Test
    void reportsThatFindNoPlaceAreDroppedAndCounted() {
        server.always(Reply.none(Reply.Cut.STALL));

        for (int i = 1; i <= 2_000; i++) {
            client.report(ended(i));
        }

        await("dropped").until(() -> dropped.get() > 0);
    }
}
