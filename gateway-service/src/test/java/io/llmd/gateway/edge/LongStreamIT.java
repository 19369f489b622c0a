package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.Reply;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stream that does not seem to end. */
class LongStreamIT {

    private static final int EVENTS = 1_000_000;

    private static final ResourceLeakDetector.Level OF_OTHER_TESTS = ResourceLeakDetector.getLevel();

    /** One buffer of a hundred is followed: of a million, those that leak are among them. */
    @BeforeAll
    static void followFewBuffers() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.SIMPLE);
    }

    @AfterAll
    static void followAsBefore() {
        ResourceLeakDetector.setLevel(OF_OTHER_TESTS);
    }

    @Test
    @Tag("fault-F24")
    void aStreamOfAMillionEventsArrivesWholeAndLeavesNoMemoryBehind() throws IOException, InterruptedException {
        try (GatewayFixture gateway = new GatewayFixture(1);
                HttpClient client = HttpClient.newHttpClient()) {
            gateway.endpoint().script(Reply.stream(EVENTS));
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + CHAT))
                    .header("content-type", "application/json")
                    .header("authorization", "Bearer " + GatewayFixture.KEY)
                    .POST(HttpRequest.BodyPublishers.ofString(STREAM))
                    .build();
            Events events = new Events(
                    client.send(request, BodyHandlers.ofInputStream()).body());
            events.read(EVENTS / 10);
            long early = heapInUse();

            events.read(EVENTS - EVENTS / 10);
            long late = heapInUse();
            events.readEnd();

            assertThat(late - early).isLessThan(8 << 20);
            gateway.awaitQuiet();
        }
    }

    private static long heapInUse() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Events of a stream in their order, without keeping any. */
    private static final class Events {
        private final InputStream in;
        private final byte[] buffer = new byte[64 << 10];
        private final StringBuilder line = new StringBuilder();
        private int at;
        private int end;
        private int next;

        Events(InputStream in) {
            this.in = in;
        }

        /** Reads so many further events with text, each of which has to hold the next number. */
        void read(int count) throws IOException {
            for (int last = next + count; next < last; ) {
                String text = line();
                if (text.contains("\"content\":\"t")) {
                    assertThat(text).contains("\"t" + next + " \"");
                    next++;
                }
            }
        }

        void readEnd() throws IOException {
            String text = line();
            while (!text.equals("data: [DONE]")) {
                assertThat(text).doesNotContain("error");
                text = line();
            }
        }

        private String line() throws IOException {
            line.setLength(0);
            while (true) {
                if (at == end) {
                    end = in.read(buffer);
                    at = 0;
                    if (end < 0) {
                        throw new IOException("ended after event " + next);
                    }
                }
                byte one = buffer[at++];
                if (one == '\n') {
                    return line.toString();
                }
                if (one != '\r') {
                    line.append((char) one);
                }
            }
        }
    }
}
