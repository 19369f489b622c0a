package io.llmd.simulator.handoff;

/**
 * Where a side channel listens.
 *
 * @param host name or address
 * @param port TCP port, 1 to 65,535
 */
public record Address(String host, int port) {
    public Address {
        if (host.isBlank() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "address: " + host + ":" + port + " (expected: a host and a port of 1 to 65535)");
        }
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
