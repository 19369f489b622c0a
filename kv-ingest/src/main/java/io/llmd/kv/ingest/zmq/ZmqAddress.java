package io.llmd.kv.ingest.zmq;

/** Where a ZMQ socket is dialled over TCP. */
public record ZmqAddress(String host, int port) {

    private static final int MAX_PORT = 65_535;
    private static final String SCHEME = "tcp://";

    public ZmqAddress {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("host: empty (expected: a name or an address)");
        }
        if (port <= 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("port: " + port + " (expected: 1 to " + MAX_PORT + ")");
        }
    }

    /**
     * Reads {@code host:port}, with or without {@code tcp://}; an IPv6 address is in brackets.
     *
     * @throws IllegalArgumentException when it is something else
     */
    public static ZmqAddress parse(String text) {
        String address = text.startsWith(SCHEME) ? text.substring(SCHEME.length()) : text;
        int colon = address.lastIndexOf(':');
        if (colon <= 0 || address.indexOf(':') != colon && address.charAt(colon - 1) != ']') {
            throw new IllegalArgumentException("address: " + text + " (expected: host:port)");
        }
        String host = address.substring(0, colon);
        try {
            return new ZmqAddress(
                    host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host,
                    Integer.parseInt(address.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("address: " + text + " (expected: host:port)", e);
        }
    }

    /** The address of another rank of the same engine, which binds its port that much further on. */
    public ZmqAddress ofRank(int rank) {
        return new ZmqAddress(host, port + rank);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
