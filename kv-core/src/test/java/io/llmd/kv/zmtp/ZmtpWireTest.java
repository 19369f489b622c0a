package io.llmd.kv.zmtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes as they were seen between libzmq's sockets. */
class ZmtpWireTest {

    private static final String NULL_MECHANISM = "4e554c4c" + "00".repeat(16);
    private static final String LIBZMQ = "ff00000000000000017f0301" + NULL_MECHANISM + "00" + "00".repeat(31);

    @Test
    void greetingIsOfVersionThreeWithoutSecurity() {
        assertThat(hex(ZmtpWire.greeting()))
                .isEqualTo("ff00000000000000017f0300" + NULL_MECHANISM + "00" + "00".repeat(31))
                .hasSize(128);
    }

    @Test
    void subscriberIsReady() {
        assertThat(hex(ZmtpWire.ready(SocketKind.SUB))).isEqualTo("""
                04 19 05 52 45 41 44 59 0b 53 6f 63 6b 65 74 2d 54 79 70 65 00 00 00 03 53 55 42
                """.replaceAll("\\s", ""));
    }

    @Test
    void dealerIsReadyWithAnEmptyIdentity() {
        assertThat(hex(ZmtpWire.ready(SocketKind.DEALER)))
                .isEqualTo("0429" + "055245414459" + "0b536f636b65742d54797065" + "000000064445414c4552"
                        + "084964656e74697479" + "00000000");
    }

    @Test
    void routerHasAnIdentityAndAPublisherHasNone() {
        assertThat(hex(ZmtpWire.ready(SocketKind.ROUTER))).contains("4964656e74697479");
        assertThat(hex(ZmtpWire.ready(SocketKind.PUB)))
                .isEqualTo("0419" + "055245414459" + "0b536f636b65742d54797065" + "00000003505542");
    }

    @Test
    void messageHasMoreToComeButForItsLastFrame() {
        assertThat(hex(ZmtpWire.message(bytes("6b76"), bytes("ab".repeat(256)), new byte[0])))
                .isEqualTo("01026b76" + "030000000000000100" + "ab".repeat(256) + "0000");
    }

    @Test
    void subscriptionIsAMessage() {
        assertThat(hex(ZmtpWire.subscription(bytes("6b7640")))).isEqualTo("0004016b7640");
        assertThat(hex(ZmtpWire.subscription(new byte[0]))).isEqualTo("000101");
        assertThat(hex(ZmtpWire.subscription(new byte[300]))).isEqualTo("02000000000000012d01" + "00".repeat(300));
    }

    @Test
    void replayIsAskedForWithAnEmptyFrameInFront() {
        assertThat(hex(ZmtpWire.replayRequest(4712))).isEqualTo("010000080000000000001268");
    }

    @Test
    void pingIsAnsweredWithItsContext() {
        byte[] ping = bytes("0450494e47" + "00ff" + "abcd");
        assertThat(ZmtpWire.command(ping, 0, ping.length)).isEqualTo(ZmtpWire.Command.PING);
        assertThat(hex(ZmtpWire.pong(ping, 0, ping.length))).isEqualTo("0407" + "04504f4e47" + "abcd");
        byte[] bare = bytes("0450494e4700");
        assertThat(hex(ZmtpWire.pong(bare, 0, bare.length))).isEqualTo("0405" + "04504f4e47");
    }

    @Test
    void socketTypeIsFoundAmongProperties() {
        byte[] ready = bytes(
                "055245414459" + "084964656e74697479" + "00000000" + "0b534f434b45542d54797065" + "00000003505542");
        assertThat(ZmtpWire.command(ready, 0, ready.length)).isEqualTo(ZmtpWire.Command.READY);
        assertThat(ZmtpWire.socketType(ready, 0, ready.length)).isEqualTo("PUB");
        for (int to = 0; to < ready.length; to++) {
            assertThat(ZmtpWire.socketType(ready, 0, to)).isNull();
        }
    }

    @Test
    void propertyThatClaimsTooMuchIsNone() {
        byte[] ready = bytes("055245414459" + "0b536f636b65742d54797065" + "ffffffff505542");
        assertThat(ZmtpWire.socketType(ready, 0, ready.length)).isNull();
    }

    @Test
    void everyPartOfAGreetingCanBecomeOne() {
        byte[] greeting = bytes(LIBZMQ);
        for (int count = 0; count <= greeting.length; count++) {
            assertThat(ZmtpWire.canBeGreeting(greeting, 0, count)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "48545450",
                "ff000000000000000100",
                "ff00000000000000017f01",
                "ff00000000000000017f02",
                "ff00000000000000017f0301504c41494e000000000000000000000000000000"
            })
    void whatIsNoGreetingIsKnownEarly(String bytes) {
        assertThat(ZmtpWire.canBeGreeting(bytes(bytes), 0, bytes.length() / 2)).isFalse();
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
