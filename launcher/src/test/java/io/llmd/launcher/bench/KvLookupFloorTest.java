package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class KvLookupFloorTest {

    @Test
    void requestsOfAnyLengthAreReadAndAnsweredOneAfterTheOther() throws IOException {
        try (KvLookupFloor floor = new KvLookupFloor(2_500);
                KvLookupClient client = new KvLookupClient(floor.port())) {
            for (int bytes : new int[] {1, 65_400, 65_536, 700_000, 10}) {
                assertThat(client.ask("/any", "application/json", new byte[bytes]))
                        .hasSize(2_500);
            }
        }
    }
}
