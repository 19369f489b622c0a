package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ChunkedTextTest {

    @Test
    void lengthCountsBytesInHexWithoutLeadingZeros() {
        assertThat(framed("a")).isEqualTo("1\r\na\r\n");
        assertThat(framed("é".repeat(8))).isEqualTo("10\r\n" + "é".repeat(8) + "\r\n");
        assertThat(framed("x".repeat(0xABC))).startsWith("abc\r\nx").endsWith("x\r\n");
    }

    private static String framed(String text) {
        ByteBuf chunk = ChunkedText.of(UnpooledByteBufAllocator.DEFAULT, text);
        try {
            return chunk.toString(StandardCharsets.UTF_8);
        } finally {
            chunk.release();
        }
    }
}
