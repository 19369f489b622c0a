package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.AUTH;
import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.Reply;
import io.netty.channel.epoll.Epoll;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that leave, or do not read. */
class DisconnectIT {

    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        gateway = new GatewayFixture(2, "gateway.timeouts.write-gap=2s", "gateway.limits.write-buffer=64KB");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void nothingIsLeft() {
        gateway.scheduler().letGo();
        gateway.awaitQuiet();
        gateway.reset();
    }

    private static double ended(String outcome) {
        return gateway.meters().find("gateway.requests").tag("outcome", outcome).counters().stream()
                .mapToDouble(c -> c.count())
                .sum();
    }

    @Test
    void leavingInsideOfTheBodyGivesEverythingBack() {
        double before = ended("client-disconnect");
        RawClient client = gateway.connect();
        client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\n" + AUTH + "\r\ncontent-length: 100\r\n\r\n{");
        await("request under way")
                .until(() -> gateway.context().getBean(ActiveExchanges.class).count() == 1);

        client.close();

        await("counted").until(() -> ended("client-disconnect") == before + 1);
        assertThat(gateway.scheduler().leases()).isZero();
    }

    @Test
    void leavingWhileSchedulingCancelsAndALateDecisionIsGivenBack() {
        gateway.scheduler().hold();
        RawClient client = gateway.connect().send(RawClient.post(CHAT, BODY, AUTH));
        await("waiting for the scheduler").until(() -> gateway.scheduler().waiting() == 1);

        client.close();
        await("cancelled").until(() -> gateway.scheduler().cancellations() == 1);
        gateway.scheduler().letGo();

        await("lease ended").until(() -> gateway.scheduler().ended().size() == 1);
        assertThat(gateway.scheduler().ended().getFirst().cause()).isEqualTo(Cause.CLIENT_DISCONNECT);
        assertThat(gateway.endpoint().requests()).isEmpty();
    }

    @ParameterizedTest
    @Tag("fault-F22")
    @CsvSource(
            delimiter = ';',
            value = {
                "/v1/chat/completions;{'model':'sim-8b','messages':[{'role':'user','content':'hi'}]}",
                "/v1/completions;{'model':'sim-8b','prompt':'hi'}",
                "/v1/responses;{'model':'sim-8b','input':'hi'}",
                "/v1/embeddings;{'model':'sim-8b','input':'hi'}",
                "/v1/messages;{'model':'sim-8b','max_tokens':9,'messages':[{'role':'user','content':'hi'}]}"
            },
            quoteCharacter = '"')
    void leavingBeforeTheHeadAbortsTheEndpoint(String path, String body) throws Exception {
        assertAbortedWithinASecond(() -> {
            gateway.endpoint().script(Reply.none(Reply.Cut.STALL));
            RawClient client = gateway.connect().send(RawClient.post(path, body.replace('\'', '"'), AUTH));
            await("request arrived").until(() -> !gateway.endpoint().requests().isEmpty());
            return client::close;
        });
    }

    /**
     * The endpoint sees within a second that a client leaves, and the lease ends. A machine that is busy may be late once,
     * and not each time.
     *
     * @param client sends a request, and gives back how it leaves
     */
    private void assertAbortedWithinASecond(Callable<Runnable> client) throws Exception {
        long millis = Long.MAX_VALUE;
        for (int i = 0; i < 5 && millis > 1_000; i++) {
            nothingIsLeft();
            Runnable leave = client.call();
            long left = System.nanoTime();
            leave.run();
            await("abort seen").until(() -> gateway.endpoint().lastRequest().isAborted());
            millis = Duration.ofNanos(System.nanoTime() - left).toMillis();
            await("lease ended").until(() -> gateway.scheduler().ended().size() == 1);
            assertThat(gateway.scheduler().ended().getFirst().cause()).isEqualTo(Cause.CLIENT_DISCONNECT);
        }
        assertThat(millis).as("until the endpoint saw it, in milliseconds").isLessThanOrEqualTo(1_000);
    }

    @Test
    @Tag("fault-F21")
    void leavingInsideOfAStreamAbortsTheEndpoint() throws Exception {
        byte[] event = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n"
                .getBytes(StandardCharsets.UTF_8);
        assertAbortedWithinASecond(() -> {
            gateway.endpoint().script(Reply.events(1_000, i -> event).gap(Duration.ofMillis(10)));
            RawClient client = gateway.connect().send(RawClient.post(CHAT, STREAM, AUTH));
            client.receiveHead();
            client.line();
            return client::reset;
        });
        assertThat(gateway.scheduler().ended().getFirst().usage()).isEqualTo(new TokenUsage(7, 3, -1));
    }

    @Test
    @Tag("fault-F29")
    void clientThatDoesNotReadIsLeftAndTheEndpointIsNotReadEither() {
        byte[] event =
                ("data: {\"choices\":[{\"delta\":{\"content\":\"" + "x".repeat(16_000) + "\"}}]}\n\n").getBytes();
        gateway.endpoint().script(Reply.events(20_000, i -> event));
        double before = ended("client-slow");
        try (RawClient client = gateway.connect()) {
            client.send(RawClient.post(CHAT, STREAM, AUTH));

            await("given up").until(() -> ended("client-slow") == before + 1);
            await("abort seen").until(() -> gateway.endpoint().lastRequest().isAborted());
        }
        assertThat(gateway.scheduler().ended()).hasSize(1);
    }

    /** What is taken goes into a system's buffers and ours: without bounds of both, some MB for each client. */
    @Test
    @Tag("fault-F29")
    void littleOfAnAnswerIsTakenForAClientThatDoesNotRead() {
        assumeTrue(Epoll.isAvailable(), "what a system keeps is bounded with epoll only");
        int kibibytes = 4_000;
        gateway.endpoint().script(Reply.events(kibibytes, DisconnectIT::kibibyte));
        double before = ended("client-slow");
        try (RawClient client = gateway.connect()) {
            client.send(RawClient.post(CHAT, STREAM, AUTH));

            await("given up").until(() -> ended("client-slow") == before + 1);
        }
        assertThat(gateway.scheduler().ended().getFirst().usage().completionTokens())
                .as("KiB taken")
                .isBetween(100, 1_000);
    }

    /** An event that says which one of its stream it is, as usage. */
    private static byte[] kibibyte(int index) {
        return ("data: {\"choices\":[{\"delta\":{\"content\":\"" + "x".repeat(900)
                        + "\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":" + index + "}}\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void slowReaderStillGetsEverything() {
        gateway.endpoint().script(Reply.stream(30_000));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.body()).contains("\"t29999 \"").endsWith("data: [DONE]\n\n");
    }

    @Test
    void twoThousandRequestsWithRandomDisconnectsLeaveNothing() throws Exception {
        gateway.endpoint(0).always(Reply.stream(5).gap(Duration.ofMillis(1)));
        ExecutorService clients = Executors.newFixedThreadPool(8);
        List<Future<?>> all = new ArrayList<>();
        for (int worker = 0; worker < 8; worker++) {
            Random random = new Random(worker);
            all.add(clients.submit(() -> {
                for (int i = 0; i < 250; i++) {
                    oneRequest(random);
                }
            }));
        }
        for (Future<?> worker : all) {
            worker.get();
        }
        clients.shutdown();

        gateway.awaitQuiet();
        assertThat(gateway.scheduler().leases()).isPositive();
        await("connections closed and bodies given back")
                .until(() -> gateway.meters()
                                        .get("gateway.open.connections")
                                        .gauge()
                                        .value()
                                == 0
                        && gateway.meters().get("gateway.held.body").gauge().value() == 0);
    }

    private static void oneRequest(Random random) {
        try (RawClient client = gateway.connect()) {
            String request = RawClient.post(CHAT, random.nextBoolean() ? STREAM : BODY, AUTH);
            switch (random.nextInt(5)) {
                case 0 -> client.send(request.substring(0, random.nextInt(request.length())));
                case 1 -> client.send(request).reset();
                case 2 -> client.send(request).receiveHead();
                default -> client.send(request).receive();
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
