package io.llmd.scheduler.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.PrefixMatch;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.QueuePlace;
import io.llmd.scheduler.api.ScheduleDoor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.server.RouterFunctions;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Questions that wait for their answer, over real sockets. */
class WaitingQuestionsIT {

    private final HoldingDoor door = new HoldingDoor();
    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .handle(new ReactorHttpHandlerAdapter(RouterFunctions.toHttpHandler(new ScheduleRoutes(
                            door,
                            request -> {
                                throw new IllegalStateException("not asked");
                            },
                            1 << 20)
                    .routes())))
            .bindNow();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        client.shutdownNow();
        server.disposeNow();
    }

    @Test
    void aDecisionThatComesLaterIsTheAnswer() throws Exception {
        CompletableFuture<HttpResponse<String>> answer = ask("t1");
        HeldRequest held = held(0);
        assertThat(answer).isNotDone();

        held.decide(7);

        assertThat(answer.get(30, TimeUnit.SECONDS).body()).contains("\"leaseId\":7");
        assertThat(door.reports).isEmpty();
    }

    @Test
    void outcomesThatAreNullAreABadRequest() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/outcomes"))
                .POST(BodyPublishers.ofString("null"))
                .build();
        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(400);
    }

    @Test
    void closingTheConnectionWhileTheQuestionWaitsFreesItsPlaceAtOnce() throws Exception {
        try (Socket socket = askRaw()) {
            held(0);
        }
        await("place freed").until(() -> held(0).leaves == 1);
    }

    @Test
    void aDecisionForAConnectionThatIsGoneIsGivenBack() throws Exception {
        try (Socket socket = askRaw()) {
            held(0);
        }
        await("place freed").until(() -> held(0).leaves == 1);

        held(0).decide(8);

        await("given back").until(() -> !door.reports.isEmpty());
        assertThat(door.reports.getFirst().leaseId()).isEqualTo(8);
        assertThat(door.reports.getFirst().cause()).isEqualTo(Cause.CLIENT_DISCONNECT);
    }

    @Test
    void closingTheConnectionBeforeTheBodyIsCompleteAsksNothing() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            write(socket, "POST /v1/schedule HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
        }
        assertThat(ask("t1")).isNotDone();
        held(0);
        assertThat(door.held).hasSize(1);
    }

    /** What comes before the answer to the request ahead waits in the server, which then has to go on reading. */
    @Test
    void aConnectionIsReadOnAfterRequestsThatCameBeforeTheAnswerAhead() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(10_000);
            String ask = "POST /v1/schedule HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}";
            String list = "GET /v1/endpoints HTTP/1.1\r\nhost: x\r\n\r\n";
            for (int round = 0; round < 20; round++) {
                write(socket, ask + list);
                held(round).decide(round + 1);
                assertThat(readUntil(socket, "\"endpoints\":[]}")).contains("\"leaseId\":" + (round + 1));

                write(socket, list);
                readUntil(socket, "\"endpoints\":[]}");
            }
        }
    }

    private static String readUntil(Socket socket, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("closed after: " + text);
            }
            text.append((char) next);
        }
        return text.toString();
    }

    @Test
    void aWithdrawnQuestionIsAnsweredAtOnceAndItsLateDecisionGivenBack() throws Exception {
        CompletableFuture<HttpResponse<String>> answer = ask("t1");
        HeldRequest held = held(0);

        withdraw("t1");

        assertThat(answer.get(30, TimeUnit.SECONDS).body()).contains("\"reason\":\"CANCELLED\"");
        assertThat(held.leaves).isEqualTo(1);
        held.decide(9);
        assertThat(door.reports)
                .singleElement()
                .satisfies(report -> assertThat(report.leaseId()).isEqualTo(9));
    }

    @Test
    void withdrawingAnAnsweredOrUnknownQuestionDoesNothing() throws Exception {
        CompletableFuture<HttpResponse<String>> answer = ask("t1");
        held(0).decide(7);
        answer.get(30, TimeUnit.SECONDS);

        assertThat(withdraw("t1").statusCode()).isEqualTo(204);
        assertThat(withdraw("t2").statusCode()).isEqualTo(204);

        assertThat(held(0).leaves).isZero();
        assertThat(door.reports).isEmpty();
    }

    @Test
    void evictionsAreEventsOfAStreamThatEndsWithTheService() throws Exception {
        CompletableFuture<HttpResponse<Stream<String>>> stream = client.sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/evictions"))
                        .build(),
                BodyHandlers.ofLines());
        Iterator<String> lines = stream.get(30, TimeUnit.SECONDS).body().iterator();
        assertThat(lines.next()).isEqualTo(": here");

        door.evictions.accept(42);
        door.evictions.close();

        List<String> rest = new ArrayList<>();
        lines.forEachRemaining(rest::add);
        assertThat(rest).contains("data: {\"leaseId\":42}");
    }

    private HeldRequest held(int index) {
        await("question waits").until(() -> door.held.size() > index);
        return door.held.get(index);
    }

    private HttpRequest.Builder request(String path, String ticket) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(30))
                .header("x-llmd-schedule-ticket", ticket);
    }

    private CompletableFuture<HttpResponse<String>> ask(String ticket) {
        return client.sendAsync(
                request("/v1/schedule", ticket)
                        .POST(BodyPublishers.ofString("{}"))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpResponse<String> withdraw(String ticket) throws Exception {
        return client.send(
                request("/v1/schedule:cancel", ticket)
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    private Socket askRaw() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        write(socket, "POST /v1/schedule HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static final class HeldRequest implements QueuePlace {
        private final Consumer<ScheduleOutcome> outcome;
        private volatile int leaves;

        HeldRequest(Consumer<ScheduleOutcome> outcome) {
            this.outcome = outcome;
        }

        void decide(long lease) {
            outcome.accept(new ScheduleDecision(
                    "r",
                    lease,
                    "m",
                    "default",
                    List.of(new TargetEndpoint("ns/a", "127.0.0.1", 8000)),
                    PrefixMatch.NONE,
                    Map.of(),
                    Map.of()));
        }

        @Override
        public synchronized void leave() {
            leaves++;
        }
    }

    private static final class HoldingDoor implements ScheduleDoor {
        private final List<HeldRequest> held = new CopyOnWriteArrayList<>();
        private final List<OutcomeReport> reports = new CopyOnWriteArrayList<>();
        private final Evictions evictions = new Evictions();

        @Override
        public QueuePlace schedule(ScheduleRequest request, Consumer<ScheduleOutcome> outcome) {
            HeldRequest place = new HeldRequest(outcome);
            held.add(place);
            return place;
        }

        @Override
        public void report(OutcomeReport report) {
            reports.add(report);
        }

        @Override
        public Runnable evictions(Evictions.Follower follower) {
            return evictions.follow(follower);
        }

        @Override
        public EndpointList endpoints() {
            return new EndpointList(List.of());
        }
    }
}
