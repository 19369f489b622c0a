package io.llmd.simulator.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How many endpoints there are to be and how their ports follow each other, as that is being chosen. */
final class EndpointsDraft {
    private static final int HIGHEST_PORT = 65_535;

    int endpoints = 1;
    int ranks = 1;
    boolean externalBalance;

    @Nullable
    Integer rank;

    DataParallelSettings dataParallel() {
        boolean external = externalBalance || rank != null;
        return new DataParallelSettings(
                ranks,
                external ? DataParallelSettings.Balance.EXTERNAL : DataParallelSettings.Balance.INTERNAL,
                rank == null ? 0 : rank);
    }

    /** The places of all endpoints, in the order of their ports. */
    List<Place> places() {
        DataParallelSettings all = dataParallel();
        boolean together = all.balance() == DataParallelSettings.Balance.INTERNAL || rank != null;
        List<Place> places = new ArrayList<>();
        for (int endpoint = 0; endpoint < endpoints; endpoint++) {
            for (int r = 0; r < (together ? 1 : ranks); r++) {
                places.add(new Place(endpoint, places.size(), endpoint * ranks, together ? all : all.withRank(r)));
            }
        }
        return places;
    }

    /** A port further on; 0 stays, for it means any. */
    static int shifted(int port, int by) {
        if (by == 0) {
            return port;
        }
        if (port + by > HIGHEST_PORT) {
            throw new IllegalArgumentException("port: " + port + " + " + by + " (expected: at most " + HIGHEST_PORT
                    + ", with an endpoint on each port)");
        }
        return port == 0 ? 0 : port + by;
    }

    /**
     * Where an endpoint is among the others.
     *
     * @param replica counts replicas of the model
     * @param portOffset of its HTTP port
     * @param engineOffset of the ports of its engines
     */
    record Place(int replica, int portOffset, int engineOffset, DataParallelSettings dataParallel) {}
}
