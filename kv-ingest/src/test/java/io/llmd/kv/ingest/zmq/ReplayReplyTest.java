package io.llmd.kv.ingest.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.kv.zmtp.BufferBudget;
import io.llmd.kv.zmtp.ZmtpMessage;
import io.llmd.kv.zmtp.ZmtpParser;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplayReplyTest {

    private static final String GREETING = "ff00000000000000017f03014e554c4c" + "00".repeat(48);
    private static final int MAX_MESSAGE_BYTES = 1 << 20;

    @Test
    void replayMayHaveATopicOrNot() {
        assertThat(reply("", "0000000000001268", "aa")).isEqualTo(ReplayReply.BATCH);
        assertThat(reply("", "6b76", "0000000000001268", "aa")).isEqualTo(ReplayReply.BATCH);
        assertThat(reply("", "", "0000000000001268", "aa")).isEqualTo(ReplayReply.BATCH);
    }

    @Test
    void replayEndsInThreeWays() {
        assertThat(reply("", "ffffffffffffffff", "")).isEqualTo(ReplayReply.END);
        assertThat(reply("", "", "ffffffffffffffff", "")).isEqualTo(ReplayReply.END);
        assertThat(reply("", "6b76", "ffffffffffffffff", "")).isEqualTo(ReplayReply.END);
        assertThat(reply("", "")).isEqualTo(ReplayReply.END);
    }

    @Test
    void otherRepliesAreMalformed() {
        assertThat(reply("")).isEqualTo(ReplayReply.MALFORMED);
        assertThat(reply("aa")).isEqualTo(ReplayReply.MALFORMED);
        assertThat(reply("", "aa")).isEqualTo(ReplayReply.MALFORMED);
        assertThat(reply("", "00000000001268", "aa")).isEqualTo(ReplayReply.MALFORMED);
        assertThat(reply("", "0000000000001268", "")).isEqualTo(ReplayReply.MALFORMED);
        assertThat(reply("", "", "", "0000000000001268", "aa")).isEqualTo(ReplayReply.MALFORMED);
        assertThat(reply("", "", "", "", "", "", "", "", "", "0000000000001268", "aa"))
                .isEqualTo(ReplayReply.MALFORMED);
    }

    private static ReplayReply reply(String... frames) {
        StringBuilder hex = new StringBuilder(GREETING);
        for (int i = 0; i < frames.length; i++) {
            String frame = frames[i];
            hex.append(i + 1 < frames.length ? "01" : "00")
                    .append(String.format("%02x", frame.length() / 2))
                    .append(frame);
        }
        List<ReplayReply> replies = new ArrayList<>();
        ZmtpParser parser =
                new ZmtpParser(MAX_MESSAGE_BYTES, new BufferBudget(MAX_MESSAGE_BYTES), new ZmtpParser.Output() {
                    @Override
                    public void greeted() {}

                    @Override
                    public void command(byte[] bytes, int from, int to) {}

                    @Override
                    public void message(ZmtpMessage message) {
                        replies.add(ReplayReply.of(message));
                    }
                });
        parser.put(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
        assertThat(replies).hasSize(1);
        return replies.getFirst();
    }
}
