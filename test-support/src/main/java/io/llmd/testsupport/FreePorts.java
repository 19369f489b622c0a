package io.llmd.testsupport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Loopback ports for servers whose port has to be known before they listen, that come back at the same one, or that are
 * never there. They are below the range from which Linux and macOS by default take ports that nobody names, so that no
 * connection and no server on port 0 gets one in between. A JVM begins at a random one and gets each once before any
 * comes again; another JVM may get the same. Thread-safe.
 */
public final class FreePorts {

    private static final int LOWEST = 10_000;
    private static final int HIGHEST = 32_000;

    private static int next = new SplittableRandom().nextInt(LOWEST, HIGHEST);

    private FreePorts() {}

    /** A port that was free a moment ago. */
    public static int next() {
        return next(1);
    }

    /** The first of so many ports in a row that were free a moment ago. */
    public static synchronized int next(int count) {
        for (int tries = 0; tries < HIGHEST - LOWEST; tries++) {
            int first = next + count > HIGHEST ? LOWEST : next;
            next = first + count;
            if (next <= HIGHEST && IntStream.range(first, next).allMatch(FreePorts::isFree)) {
                return first;
            }
        }
        throw new IllegalStateException("no %d free ports from %d to %d".formatted(count, LOWEST, HIGHEST));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
