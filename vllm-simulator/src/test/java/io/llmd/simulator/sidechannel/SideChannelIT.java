package io.llmd.simulator.sidechannel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.handoff.Address;
import io.llmd.simulator.handoff.EngineCard;
import io.llmd.simulator.handoff.SideChannelRequest;
import io.llmd.simulator.handoff.SideChannelResponse;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SideChannelIT {
    private static final String HOST = "127.0.0.1";
    private static final SideChannelRequest READ = new SideChannelRequest.Read("e", "cmpl-1-0000000a");

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final SideChannelClient client = new SideChannelClient(loops);
    private final ConcurrentLinkedQueue<SideChannelRequest> asked = new ConcurrentLinkedQueue<>();

    @AfterEach
    void stop() {
        client.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    private SideChannelServer serve(int port, SideChannelResponse response) {
        return SideChannelServer.start(HOST, port, loops, (request, then) -> {
            asked.add(request);
            then.accept(response);
        });
    }

    private CompletableFuture<SideChannelResponse> ask(int port, SideChannelRequest request) {
        CompletableFuture<SideChannelResponse> response = new CompletableFuture<>();
        client.ask(new Address(HOST, port), request, response::complete);
        return response;
    }

    @Test
    void everyKindOfMessageGetsThrough() throws Exception {
        List<SideChannelRequest> requests = List.of(
                new SideChannelRequest.Handshake("e"),
                READ,
                new SideChannelRequest.Notify("e", "r"),
                new SideChannelRequest.Heartbeat("e", List.of("r1", "r2")));
        List<SideChannelResponse> responses = List.of(
                new SideChannelResponse.Card(new EngineCard("e", "abc", 4, 16)),
                new SideChannelResponse.Done(),
                new SideChannelResponse.Refused("no \"blocks\""));
        for (SideChannelResponse response : responses) {
            try (SideChannelServer server = serve(0, response)) {
                for (SideChannelRequest request : requests) {
                    assertThat(ask(server.port(), request).get(30, TimeUnit.SECONDS))
                            .isEqualTo(response);
                }
            }
        }
        assertThat(asked).hasSize(12).startsWith(requests.toArray(SideChannelRequest[]::new));
    }

    @Test
    void connectionThatIsClosedBeforeItIsMadeIsNotMade() throws Exception {
        EventLoop loop = loops.next();
        CountDownLatch both = new CountDownLatch(1);
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            server.setSoTimeout(500);
            AnswerConnection connection =
                    new AnswerConnection(loop, new Address(HOST, server.getLocalPort()), ended -> {});
            loop.execute(() -> awaited(both));
            CompletableFuture<SideChannelResponse> before = new CompletableFuture<>();
            connection.ask(READ, before::complete);
            connection.close();
            CompletableFuture<SideChannelResponse> after = new CompletableFuture<>();
            connection.ask(READ, after::complete);
            both.countDown();
            assertThat(before.get(30, TimeUnit.SECONDS)).isInstanceOf(SideChannelResponse.Unreachable.class);
            assertThat(after.get(30, TimeUnit.SECONDS)).isInstanceOf(SideChannelResponse.Unreachable.class);
            assertThatThrownBy(server::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    private static void awaited(CountDownLatch latch) {
        try {
            latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void manyQuestionsAtATimeShareAConnection() throws Exception {
        try (SideChannelServer server = serve(0, new SideChannelResponse.Done())) {
            List<CompletableFuture<SideChannelResponse>> responses = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                responses.add(ask(server.port(), READ));
            }
            CompletableFuture.allOf(responses.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
            assertThat(responses).allMatch(response -> response.join() instanceof SideChannelResponse.Done);
        }
    }

    @Test
    void nobodyListeningIsUnreachable() throws Exception {
        SideChannelServer server = serve(0, new SideChannelResponse.Done());
        int port = server.port();
        server.close();
        assertThat(ask(port, READ).get(30, TimeUnit.SECONDS)).isInstanceOf(SideChannelResponse.Unreachable.class);
    }

    @Test
    void unknownHostIsUnreachable() throws Exception {
        CompletableFuture<SideChannelResponse> response = new CompletableFuture<>();
        client.ask(new Address("no-such-host.invalid", 1), READ, response::complete);
        assertThat(response.get(20, TimeUnit.SECONDS)).isInstanceOf(SideChannelResponse.Unreachable.class);
    }

    @Test
    void brokenConnectionFailsItsQuestionsAndTheNextOneOpensAnother() throws Exception {
        CompletableFuture<SideChannelResponse> lost;
        int port;
        try (SideChannelServer silent =
                SideChannelServer.start(HOST, 0, loops, (request, then) -> asked.add(request))) {
            port = silent.port();
            lost = ask(port, READ);
            await("question arrives").until(() -> asked.size() == 1);
        }
        assertThat(lost.get(30, TimeUnit.SECONDS)).isInstanceOf(SideChannelResponse.Unreachable.class);
        try (SideChannelServer again = serve(port, new SideChannelResponse.Done())) {
            assertThat(again.port()).isEqualTo(port);
            assertThat(ask(port, READ).get(30, TimeUnit.SECONDS)).isInstanceOf(SideChannelResponse.Done.class);
        }
    }

    @Test
    void garbageClosesTheConnection() throws Exception {
        try (SideChannelServer server = serve(0, new SideChannelResponse.Done())) {
            for (String garbage : List.of("GET / HTTP/1.1\r\n\r\n", "{}\n", "[1]\n", "x".repeat(70_000) + "\n")) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                    socket.getOutputStream().write(garbage.getBytes(StandardCharsets.UTF_8));
                    assertThat(readToEnd(socket)).isEmpty();
                }
            }
        }
        assertThat(asked).isEmpty();
    }

    private static byte[] readToEnd(Socket socket) {
        try {
            return socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            return new byte[0];
        }
    }

    @Test
    void takenPortIsToldAtTheStart() {
        try (SideChannelServer server = serve(0, new SideChannelResponse.Done())) {
            assertThatThrownBy(() -> serve(server.port(), new SideChannelResponse.Done()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("side channel cannot listen on 127.0.0.1:");
        }
    }
}
