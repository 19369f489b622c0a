package io.llmd.launcher.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.random.RandomGenerator;

/** Finds loopback ports for child processes, which cannot say which port they got. */
final class Ports {

    /** Below the range from which systems take the ports of outgoing connections. */
    private static final int LOWEST = 20_000;

    private static final int HIGHEST = 30_000;
    private static final int MAX_TRIES = 100;

    private Ports() {}

    /**
     * A port that was free a moment ago, together with the ports at the given distances above it.
     *
     * @throws IOException if there is none
     */
    static int free(RandomGenerator random, List<Integer> distances) throws IOException {
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            int port = random.nextInt(LOWEST, HIGHEST);
            if (isFree(port) && distances.stream().allMatch(distance -> isFree(port + distance))) {
                return port;
            }
        }
        throw new IOException("no free ports from " + LOWEST + " to " + HIGHEST);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException taken) {
            return false;
        }
    }
}
