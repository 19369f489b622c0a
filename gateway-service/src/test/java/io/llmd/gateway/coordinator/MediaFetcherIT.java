package io.llmd.gateway.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.dispatch.AttemptFailure;
import io.llmd.gateway.dispatch.Transport;
import io.llmd.gateway.dispatch.UpstreamListener;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.SslContextBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where connections go when every host may be fetched from. */
class MediaFetcherIT {

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Transport transport = new Transport((EventLoop) group.next(), NioSocketChannel.class);
    private final FakeModelServer server = FakeModelServer.start();

    @AfterEach
    void close() {
        server.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.9.9.9",
                "0.0.0.0",
                "2130706433",
                "0",
                "127.000.000.001",
                "[::1]",
                "[::]",
                "[::ffff:127.0.0.1]",
                "[::ffff:7f00:1]",
                "[::127.0.0.1]",
                "[64:ff9b::7f00:1]",
                "localhost",
                "LOCALHOST"
            })
    @DisplayName("no way of writing the own machine is a way to it, nor is a name that stands for it")
    void ownMachineIsNotReached(String host) throws Exception {
        String ended = fetch("http://" + host + ":" + server.port() + "/a", List.of());

        assertThat(ended).isEqualTo("CONNECT");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    @DisplayName("a redirection is an answer, wherever it leads")
    void redirectionsAreNotFollowed() throws Exception {
        server.always(Reply.json(302, "").header("location", "http://" + server.hostPort() + "/b"));

        assertThat(fetch("http://localhost:" + server.port() + "/a", List.of("127.0.0.0/8", "::1/128")))
                .isEqualTo("302");

        assertThat(server.requests()).hasSize(1);
        assertThat(server.lastRequest().uri()).isEqualTo("/a");
        assertThat(server.lastRequest().header("host")).contains("localhost:" + server.port());
    }

    @Test
    @DisplayName("who cannot show a certificate is sent nothing")
    void plainServersAreNotAskedOverTls() throws Exception {
        assertThat(fetch("https://127.0.0.1:" + server.port() + "/a", List.of("127.0.0.0/8")))
                .isEqualTo("CONNECT");

        assertThat(server.requests()).noneMatch(request -> request.uri().equals("/a"));
    }

    /** Status of the answer, or how there was none. */
    private String fetch(String address, List<String> networks) throws Exception {
        MediaFetcher.Settings settings =
                new MediaFetcher.Settings(List.of("*"), networks, List.of(server.port()), true, Duration.ofSeconds(5));
        try (MediaFetcher fetcher =
                new MediaFetcher(settings, SslContextBuilder.forClient().build())) {
            assertThat(fetcher.refusal(address)).isNull();
            CompletableFuture<String> ended = new CompletableFuture<>();
            transport.loop().execute(() -> fetcher.fetch(transport, address, new Ended(ended)));
            return ended.get(30, TimeUnit.SECONDS);
        }
    }

    private record Ended(CompletableFuture<String> how) implements UpstreamListener {

        @Override
        public void onHead(int status, HttpHeaders headers) {
            how.complete(Integer.toString(status));
        }

        @Override
        public void onBody(ByteBuf bytes) {
            bytes.release();
        }

        @Override
        public void onPause() {
            // nothing waits for a flush
        }

        @Override
        public void onEnd() {
            how.complete("no head");
        }

        @Override
        public void onFailure(AttemptFailure failure) {
            how.complete(failure.name());
        }
    }
}
