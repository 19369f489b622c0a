package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PortsTest {

    @Test
    void aPortWhoseNeighbourIsTakenIsNotChosen() throws Exception {
        int first = Ports.free(new Random(7), List.of(1));
        try (ServerSocket neighbour = new ServerSocket(first + 1, 1, InetAddress.getLoopbackAddress())) {
            assertThat(neighbour.isBound()).isTrue();
            assertThat(Ports.free(new Random(7), List.of(1)))
                    .isNotEqualTo(first)
                    .isBetween(20_000, 29_999);
        }
    }
}
