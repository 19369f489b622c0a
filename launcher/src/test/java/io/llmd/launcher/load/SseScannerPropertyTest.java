package io.llmd.launcher.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SseScannerPropertyTest {

    private static final byte[] STREAM = (": comment\n\ndata: {\"a\":1}\n\ndata:{\"b\":2}\r\n\r\nevent: x\ndata: \n\n"
                    + "id: 7\ndata: [DONE]\n\nretry: 5\ndat\ndata: größer\n\n")
            .getBytes(StandardCharsets.UTF_8);

    @Property(tries = 300)
    void anyCutGivesTheSameEvents(@ForAll @Size(max = 40) List<@IntRange(max = 140) Integer> cuts) {
        int[] borders = cuts.stream()
                .mapToInt(cut -> Math.min(cut, STREAM.length))
                .sorted()
                .toArray();
        List<String> events = new ArrayList<>();
        SseScanner scanner = new SseScanner(
                (bytes, from, to) -> events.add(new String(bytes, from, to - from, StandardCharsets.UTF_8)));

        int from = 0;
        for (int border : borders) {
            scanner.accept(Unpooled.wrappedBuffer(Arrays.copyOfRange(STREAM, from, border)));
            from = border;
        }
        scanner.accept(Unpooled.wrappedBuffer(Arrays.copyOfRange(STREAM, from, STREAM.length)));

        assertThat(events).containsExactly("{\"a\":1}", "{\"b\":2}", "", "[DONE]", "größer");
    }
}
