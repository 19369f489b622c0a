package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZmqEndpointTest {

    @ParameterizedTest
    @CsvSource({
        "tcp://*:5557, 0, tcp://*:5557",
        "tcp://*:5557, 3, tcp://*:5560",
        "tcp://10.0.0.1:5557, 1, tcp://10.0.0.1:5558",
        "tcp://[::1]:5557, 2, tcp://[::1]:5559",
        "tcp://*:0, 3, tcp://*:0",
        "tcp://127.0.0.1:*, 3, tcp://127.0.0.1:*",
        "inproc://events, 0, inproc://events",
        "inproc://events, 2, inproc://events_dp2",
        "ipc:///tmp/events, 0, ipc:///tmp/events"
    })
    void rankMovesThePortUp(String address, int rank, String expected) {
        assertThat(new ZmqEndpoint(address).forRank(rank).address()).isEqualTo(expected);
    }

    @Test
    void ipcHasOneRankOnly() {
        assertThatThrownBy(() -> new ZmqEndpoint("ipc:///tmp/events").forRank(1))
                .hasMessage("KV event endpoint: ipc:///tmp/events (expected: tcp:// or inproc:// with rank 1)");
    }

    @Test
    void rankBeyondTheLastPortIsRejected() {
        assertThatThrownBy(() -> new ZmqEndpoint("tcp://*:65535").forRank(1))
                .hasMessage("KV event endpoint: tcp://*:65536 (expected: a port of 0 to 65535, or *)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"tcp://*:5557", "tcp://[::]:5557", "tcp://127.0.0.1:*", "ipc:///tmp/events", "inproc://events"})
    void wildcardAndLocalAddressesAreBound(String address) {
        assertThat(new ZmqEndpoint(address).isBound()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp://10.0.0.1:5557", "tcp://index:5557"})
    void otherAddressesAreDialled(String address) {
        assertThat(new ZmqEndpoint(address).isBound()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*:5557", "udp://*:5557", "http://host:1"})
    void otherTransportsAreRejected(String address) {
        assertThatThrownBy(() -> KvEventSettings.DEFAULT.withEndpoint(address))
                .hasMessage("KV event endpoint: " + address + " (expected: tcp://, inproc:// or ipc:// address)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp://*", "tcp://*:", "tcp://*:x", "tcp://*:-1", "tcp://*:65536", "tcp://*:123456"})
    void badPortIsRejected(String address) {
        assertThatThrownBy(() -> ReplaySettings.at(address))
                .hasMessage("KV event endpoint: " + address + " (expected: a port of 0 to 65535, or *)");
    }
}
