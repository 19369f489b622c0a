package io.llmd.simulator.kvevents;

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

    boolean isIpv6() {
        return address.startsWith(TCP + "[");
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
