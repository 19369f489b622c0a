package io.llmd.testsupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FreePortsTest {

    @Test
    void noPortIsGivenTwice() {
        assertThat(IntStream.generate(FreePorts::next).limit(200)).doesNotHaveDuplicates();
    }

    @Test
    void portsInARowAreAllFree() throws IOException {
        int first = FreePorts.next(3);
        for (int port = first; port < first + 3; port++) {
            new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
        }
    }

    @Test
    void aRowWithATakenPortIsLeftOut() throws IOException {
        int last = FreePorts.next();
        try (ServerSocket taken = new ServerSocket(last + 2, 1, InetAddress.getLoopbackAddress())) {
            int first = FreePorts.next(3);
            assertThat(IntStream.range(first, first + 3)).doesNotContain(taken.getLocalPort());
        }
    }

    @Test
    void moreThanThereAreIsAnError() {
        assertThatIllegalStateException()
                .isThrownBy(() -> FreePorts.next(30_000))
                .withMessageStartingWith("no 30000 free ports");
    }
}
