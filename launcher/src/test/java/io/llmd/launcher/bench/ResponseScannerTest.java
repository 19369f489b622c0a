package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseScannerTest {

    private static final String STREAM = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "11\r\ndata: {\"a\":\"x\"}\n\n\r\n"
            + "1a;name=value\r\n: comment\n\ndata: {\"b\":1}\n\n\r\n"
            + "e\r\ndata: [DONE]\n\n\r\n"
            + "0\r\nTrailer: 1\r\n\r\n";

    private final ResponseScanner scanner = new ResponseScanner();

    @BeforeEach
    void firstResponse() {
        scanner.reset();
    }

    @Test
    void countedBodyEndsAfterItsLength() {
        ByteBuf in = bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhelloHTTP/1.1");
        assertThat(scanner.feed(in)).isEqualTo(ResponseScanner.Progress.COMPLETE);
        assertThat(scanner.status()).isEqualTo(200);
        assertThat(scanner.bodyBytes()).isEqualTo(5);
        assertThat(scanner.isKeepAlive()).isFalse();
        assertThat(in.readableBytes()).isEqualTo(8);
    }

    @Test
    void emptyBodyEndsWithTheHead() {
        assertThat(scanner.feed(bytes("HTTP/1.1 429 Too Many\r\ncontent-length: 0\r\n\r\n")))
                .isEqualTo(ResponseScanner.Progress.COMPLETE);
        assertThat(scanner.status()).isEqualTo(429);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64, 4096})
    void eventsAreCountedHoweverTheBytesArrive(int piece) {
        ByteBuf in = bytes(STREAM);
        ResponseScanner.Progress progress = ResponseScanner.Progress.MORE;
        while (in.isReadable()) {
            assertThat(progress).isEqualTo(ResponseScanner.Progress.MORE);
            progress = scanner.feed(in.readSlice(Math.min(piece, in.readableBytes())));
        }
        assertThat(progress).isEqualTo(ResponseScanner.Progress.COMPLETE);
        assertThat(scanner.events()).isEqualTo(2);
        assertThat(scanner.takeNewEvents()).isEqualTo(2);
        assertThat(scanner.takeNewEvents()).isZero();
        assertThat(scanner.isDone()).isTrue();
    }

    @Test
    void eventTextInsideALineIsNoEvent() {
        String body = "data: {\"a\":\"data: {\"}\n\nxdata: {}\n\n";
        scanner.feed(bytes("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body));
        assertThat(scanner.events()).isEqualTo(1);
    }

    @Test
    void aSecondResponseStartsFromZero() {
        scanner.feed(bytes(STREAM));
        scanner.reset();
        assertThat(scanner.feed(bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")))
                .isEqualTo(ResponseScanner.Progress.COMPLETE);
        assertThat(scanner.events()).isZero();
        assertThat(scanner.isDone()).isFalse();
        assertThat(scanner.bodyBytes()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\n",
                "HTTP/1.1 abc OK\r\nContent-Length: 1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\1",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab"
            })
    void whatHasNoKnownEndIsBroken(String response) {
        assertThat(scanner.feed(bytes(response))).isEqualTo(ResponseScanner.Progress.BROKEN);
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }
}
