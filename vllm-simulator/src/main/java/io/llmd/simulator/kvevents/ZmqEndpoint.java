package io.llmd.simulator.kvevents;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A ZeroMQ address.
 *
 * @param address such as {@code tcp://*:5557}
 */
record ZmqEndpoint(String address) {

    private static final String TCP = "tcp://";
    private static final String INPROC = "inproc://";
    private static final String IPC = "ipc://";
    private static final int MAX_PORT = 65_535;
    private static final int BACKLOG = 100;

    ZmqEndpoint {
        check(address);
    }

    /** @throws IllegalArgumentException for an address that cannot be used */
    static void check(String address) {
        if (!address.startsWith(TCP) && !address.startsWith(INPROC) && !address.startsWith(IPC)) {
            throw new IllegalArgumentException(
                    "KV event endpoint: " + address + " (expected: tcp://, inproc:// or ipc:// address)");
        }
        if (address.startsWith(TCP) && !isPort(port(address))) {
            throw new IllegalArgumentException(
                    "KV event endpoint: " + address + " (expected: a port of 0 to " + MAX_PORT + ", or *)");
        }
    }

    /** The address of a data-parallel rank: its port is higher by the rank; a free port stays one. */
    ZmqEndpoint forRank(int rank) {
        if (rank == 0) {
            return this;
        }
        if (address.startsWith(INPROC)) {
            return new ZmqEndpoint(address + "_dp" + rank);
        }
        if (address.startsWith(IPC)) {
            throw new IllegalArgumentException(
                    "KV event endpoint: " + address + " (expected: tcp:// or inproc:// with rank " + rank + ")");
        }
        String port = port(address);
        if (port.equals("*") || port.equals("0")) {
            return this;
        }
        String host = address.substring(0, address.length() - port.length());
        return new ZmqEndpoint(host + (Integer.parseInt(port) + rank));
    }

    /** Whether a publisher waits here for subscribers; otherwise it dials out. */
    boolean isBound() {
        return address.contains("*") || address.contains("::") || address.startsWith(IPC) || address.startsWith(INPROC);
    }

    /** Binds the address; null for one within the process, where nobody could come from. */
    @Nullable
    ServerSocketChannel bind() throws IOException {
        if (address.startsWith(INPROC)) {
            return null;
        }
        boolean isLocal = address.startsWith(IPC);
        if (isLocal) {
            release();
        }
        ServerSocketChannel channel = ServerSocketChannel.open(
                isLocal
                        ? StandardProtocolFamily.UNIX
                        : isIpv6() ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET);
        try {
            if (isLocal) {
                return channel.bind(UnixDomainSocketAddress.of(file()), BACKLOG);
            }
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return channel.bind(tcp(isIpv6() ? "::" : "0.0.0.0"), BACKLOG);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** The same address with the port that was taken, and a host that can be dialled. */
    ZmqEndpoint boundAt(ServerSocketChannel channel) {
        if (!address.startsWith(TCP)) {
            return this;
        }
        String host =
                address.substring(TCP.length(), address.length() - port(address).length() - 1);
        return new ZmqEndpoint(TCP + (host.equals("*") ? "0.0.0.0" : host) + ":"
                + channel.socket().getLocalPort());
    }

    /** Where it is dialled; looks a name up, which can block. */
    SocketAddress dialled() {
        return address.startsWith(IPC) ? UnixDomainSocketAddress.of(file()) : tcp("localhost");
    }

    /** Removes the file of a local address, as it stays when its process was killed. */
    void release() throws IOException {
        if (address.startsWith(IPC) && !Files.isRegularFile(file()) && !Files.isDirectory(file())) {
            Files.deleteIfExists(file());
        }
    }

    private Path file() {
        return Path.of(address.substring(IPC.length()));
    }

    private boolean isIpv6() {
        return address.startsWith(TCP + "[") || address.startsWith(TCP + "::");
    }

    /** @param any the host that {@code *} stands for */
    private InetSocketAddress tcp(String any) {
        String port = port(address);
        String host = address.substring(TCP.length(), address.length() - port.length() - 1);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new InetSocketAddress(host.equals("*") ? any : host, port.equals("*") ? 0 : Integer.parseInt(port));
    }

    /** @throws NumberFormatException for an address without a port of its own */
    static int portNumber(String address) {
        return Integer.parseInt(port(address));
    }

    private static String port(String address) {
        return address.substring(address.lastIndexOf(':') + 1);
    }

    private static boolean isPort(String text) {
        if (text.equals("*")) {
            return true;
        }
        return !text.isEmpty()
                && text.length() <= 5
                && text.chars().allMatch(c -> c >= '0' && c <= '9')
                && Integer.parseInt(text) <= MAX_PORT;
    }
}
