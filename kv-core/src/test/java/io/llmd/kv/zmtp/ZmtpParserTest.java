package io.llmd.kv.zmtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ZmtpParserTest {

    private static final String GREETING = "ff00000000000000017f03014e554c4c" + "00".repeat(48);
    private static final String READY = "0419055245414459" + "0b536f636b65742d5479706500000003505542";
    private static final int MAX_MESSAGE_BYTES = 1 << 20;

    private final BufferBudget budget = new BufferBudget(4 << 20);
    private final List<String> log = new ArrayList<>();
    private final ZmtpParser parser = new ZmtpParser(MAX_MESSAGE_BYTES, budget, new Log());

    @Test
    void messageAsSeenOnASocket() {
        String topic = "6b7640" + "00".repeat(15);
        String payload = "ab".repeat(301);
        assertThat(put(GREETING + READY + "0112" + topic + "0108" + "0000000000001267" + "02000000000000012d"
                        + payload))
                .isNull();
        assertThat(log).containsExactly("greeted", "command 19", "message " + topic + " 0000000000001267 " + payload);
    }

    @Test
    void bytesMayComeOneByOne() {
        String message = "0101aa" + "010200bb" + "0003010203";
        for (byte each : HexFormat.of().parseHex(GREETING + READY + message + message)) {
            assertThat(parser.put(ByteBuffer.wrap(new byte[] {each}))).isNull();
        }
        assertThat(log).containsExactly("greeted", "command 19", "message aa 00bb 010203", "message aa 00bb 010203");
    }

    @Test
    void bytesMayComeInAnyPieces() {
        SplittableRandom random = new SplittableRandom(3);
        StringBuilder stream = new StringBuilder(GREETING);
        List<String> expected = new ArrayList<>(List.of("greeted"));
        for (int i = 0; i < 300; i++) {
            byte[] payload = new byte[random.nextInt(i % 50 == 0 ? 100_000 : 600)];
            random.nextBytes(payload);
            String hex = HexFormat.of().formatHex(payload);
            stream.append("0101aa").append(HexFormat.of().formatHex(ZmtpWire.frame(0, payload)));
            expected.add("message aa " + hex);
        }
        byte[] bytes = HexFormat.of().parseHex(stream);
        int at = 0;
        while (at < bytes.length) {
            int count = Math.min(bytes.length - at, 1 + random.nextInt(20_000));
            assertThat(parser.put(ByteBuffer.wrap(bytes, at, count))).isNull();
            at += count;
        }
        assertThat(log).isEqualTo(expected);
        assertThat(budget.used()).isLessThanOrEqualTo(256 << 10);
    }

    @Test
    void commandMayComeBetweenTheFramesOfAMessage() {
        put(GREETING + "0101aa" + "04070450494e470000" + "0001bb");
        assertThat(log).containsExactly("greeted", "command 07", "message aa bb");
    }

    @Test
    void manyFramesAreCountedAndTheFirstOnesKept() {
        put(GREETING + "0100".repeat(2000) + "0001bb" + "0001cc");
        assertThat(log).hasSize(3).last().isEqualTo("message cc");
        assertThat(log.get(1)).startsWith("message of 2001 frames");
    }

    @ParameterizedTest
    @CsvSource({
        "48545450, NOT_A_PEER",
        "ff00000000000000017f02, NOT_A_PEER",
        "GREETING 0800, MALFORMED",
        "GREETING 8000, MALFORMED",
        "GREETING 0500, MALFORMED",
        "GREETING 02ffffffffffffffff, TOO_LARGE",
        "GREETING 020000000000100001, TOO_LARGE",
        "GREETING 0601000000000000ff, TOO_LARGE",
        "GREETING 060000000000010001, TOO_LARGE",
        "GREETING 0108aabbccddaabbccdd0200000000000ffffa, TOO_LARGE"
    })
    void bytesThatAreNoFramesEndTheConnection(String bytes, LinkEnd end) {
        assertThat(put(bytes.replace("GREETING ", GREETING) + "00")).isEqualTo(end);
    }

    @Test
    void headThatClaimsMuchTakesNoMemory() {
        assertThat(put(GREETING + "0200000000000ffff0" + "00".repeat(10))).isNull();
        assertThat(budget.used()).isEqualTo(ZmtpParser.INITIAL_BYTES);
    }

    @Test
    void connectionThatNeedsMoreThanIsLeftEnds() {
        assertThat(budget.take((4 << 20) - ZmtpParser.INITIAL_BYTES)).isTrue();
        assertThat(put(GREETING + "020000000000080000" + "00".repeat(5000))).isNull();
        assertThat(put("00".repeat(5000))).isEqualTo(LinkEnd.TOO_LARGE);
    }

    @Test
    void largeBufferIsGivenBackWhenItIsEmpty() {
        byte[] payload = new byte[900_000];
        put(GREETING);
        parser.put(ByteBuffer.wrap(ZmtpWire.frame(0, payload)));
        assertThat(budget.used()).isZero();
        put("0001aa");
        assertThat(log).last().isEqualTo("message aa");
        parser.stop();
        assertThat(budget.used()).isZero();
    }

    @Test
    void parserMayBeStoppedByWhoeverTakesAMessage() {
        List<ZmtpParser> parsers = new ArrayList<>();
        Log stopping = new Log() {
            @Override
            public void message(ZmtpMessage message) {
                super.message(message);
                parsers.getFirst().stop();
            }
        };
        parsers.add(new ZmtpParser(MAX_MESSAGE_BYTES, budget, stopping));
        assertThat(parsers.getFirst().put(ByteBuffer.wrap(HexFormat.of().parseHex(GREETING + "0001aa0001bb"))))
                .isNull();
        assertThat(log).containsExactly("greeted", "message aa");
        assertThat(budget.used()).isZero();
    }

    @Test
    void damagedBytesNeverThrow() {
        SplittableRandom random = new SplittableRandom(11);
        byte[] whole = HexFormat.of()
                .parseHex(GREETING + READY + ("0101aa" + "0108" + "00".repeat(8) + "0003010203").repeat(3));
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = whole.clone();
            for (int i = 0; i <= random.nextInt(4); i++) {
                bytes[random.nextInt(round % 2 == 0 ? 0 : 64, bytes.length)] = (byte) random.nextInt();
            }
            ZmtpParser fresh = new ZmtpParser(MAX_MESSAGE_BYTES, budget, new Log());
            fresh.put(ByteBuffer.wrap(bytes));
            fresh.stop();
            log.clear();
        }
        assertThat(budget.used()).isZero();
    }

    private @Nullable LinkEnd put(String hex) {
        return parser.put(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
    }

    private class Log implements ZmtpParser.Output {
        @Override
        public void greeted() {
            log.add("greeted");
        }

        @Override
        public void command(byte[] bytes, int from, int to) {
            log.add(String.format("command %02x", to - from));
        }

        @Override
        public void message(ZmtpMessage message) {
            if (message.frames() > ZmtpMessage.MAX_FRAMES) {
                log.add("message of " + message.frames() + " frames");
                return;
            }
            StringBuilder line = new StringBuilder("message");
            for (int i = 0; i < message.frames(); i++) {
                byte[] frame = Arrays.copyOfRange(message.array(), message.start(i), message.end(i));
                line.append(' ').append(HexFormat.of().formatHex(frame));
            }
            log.add(line.toString());
        }
    }
}
