package io.llmd.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GatheredPartsTest {

    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final GatheredParts parts = new GatheredParts(channel.pipeline().lastContext());
    private final List<ByteBuf> made = new ArrayList<>();

    @AfterEach
    void nothingIsHeld() {
        channel.finishAndReleaseAll();
        assertThat(made).allSatisfy(part -> assertThat(part.refCnt()).isZero());
    }

    @Test
    void partsThatComeAtOneTimeGoAsOne() {
        parts.add(part("data: a\n\n"));
        parts.add(part("data: b\n\n"));
        parts.add(part("data: c\n\n"));

        assertThat(written()).containsExactly("data: a\n\ndata: b\n\ndata: c\n\n");
    }

    @Test
    void aPartAloneIsNotCopied() {
        ByteBuf alone = part("data: a\n\n");
        parts.add(alone);
        parts.write();
        channel.flush();

        HttpContent content = channel.readOutbound();
        assertThat(content.content()).isSameAs(alone);
        content.release();
    }

    @Test
    void whatIsTooLongTogetherGoesInOrder() {
        String longest = "x".repeat(GatheredParts.MOST_BYTES);
        parts.add(part("a"));
        parts.add(part(longest));
        parts.add(part("b"));
        parts.add(part("c"));

        assertThat(written()).containsExactly("a", longest, "bc");
    }

    @Test
    void manySmallPartsGrowAndKeepTheirBytes() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 3_000; i++) {
            all.append(i);
            parts.add(part(Integer.toString(i)));
        }

        assertThat(written()).isEqualTo(List.of(all.toString()));
    }

    @Test
    void nothingIsWrittenTwiceOrAfterItWasDiscarded() {
        parts.add(part("a"));
        parts.add(part("b"));
        parts.discard();
        parts.discard();
        parts.write();

        assertThat(written()).isEmpty();
    }

    private ByteBuf part(String text) {
        ByteBuf part = Unpooled.buffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        made.add(part);
        return part;
    }

    private List<String> written() {
        parts.write();
        channel.flush();
        List<String> texts = new ArrayList<>();
        for (HttpContent content = channel.readOutbound(); content != null; content = channel.readOutbound()) {
            texts.add(new String(ByteBufUtil.getBytes(content.content()), StandardCharsets.US_ASCII));
            content.release();
        }
        return texts;
    }
}
