package io.llmd.launcher.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class PortsIT {

    @Test
    void portOfAListeningSocketIsTaken() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
            assertThat(new Ports().isFree(port)).isFalse();
        }
        assertThat(new Ports().isFree(port)).isTrue();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void ownerOfAPortIsNamed() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(new Ports().owner(socket.getLocalPort()))
                    .hasValue(ProcessHandle.current().pid());
            assertThat(new Ports().ownerText(socket.getLocalPort()))
                    .startsWith("process " + ProcessHandle.current().pid())
                    .contains("java");
        }
    }

    @Test
    void establishedConnectionsAndOtherPortsAreNoOwners(@TempDir Path proc) throws Exception {
        Files.createDirectories(proc.resolve("net"));
        Files.createDirectories(proc.resolve("77/fd"));
        Files.writeString(proc.resolve("net/tcp"), """
                  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
                   0: 0100007F:1F90 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 111 1
                   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1
                """);
        Files.createSymbolicLink(proc.resolve("77/fd/3"), Path.of("socket:[222]"));

        assertThat(new Ports(proc).owner(0x1F90)).isEmpty();
        assertThat(new Ports(proc).owner(0x1F91)).hasValue(77);
        assertThat(new Ports(proc).ownerText(0x1F90)).isEqualTo("another process");
    }
}
