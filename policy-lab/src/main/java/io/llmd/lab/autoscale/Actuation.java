package io.llmd.lab.autoscale;

/**
 * How wanted numbers become numbers of replicas: as a HorizontalPodAutoscaler does it, in the terms of its behaviour.
 *
 * @param syncSeconds between two looks
 * @param tolerance share by which the wanted number may differ without any change
 * @param up how numbers grow
 * @param down how they shrink
 */
record Actuation(double syncSeconds, double tolerance, Side up, Side down) {

    /**
     * One direction.
     *
     * @param windowSeconds the most cautious of the wanted numbers of this time counts
     * @param percent share of the replicas that may come or go in a period, in percent
     * @param pods as a number; the larger of both counts
     * @param periodSeconds that period
     */
    record Side(double windowSeconds, double percent, int pods, double periodSeconds) {

        /** At once, however many. */
        static final Side AT_ONCE = new Side(0, 1e9, 1_000_000, 15);

        Side window(double seconds) {
            return new Side(seconds, percent, pods, periodSeconds);
        }
    }

    /** Kubernetes' defaults. */
    static final Actuation HPA = new Actuation(15, 0.1, new Side(0, 100, 4, 15), new Side(300, 100, 0, 15));

    /** What is published holds: an HPA without tolerance and windows, as specs/autoscaling.md 4.7 recommends. */
    static final Actuation PUBLISHED = new Actuation(15, 0, new Side(0, 100, 10, 15), new Side(0, 1e9, 1_000_000, 15));

    /** The scale subresource itself. */
    static final Actuation DIRECT = new Actuation(1, 0, Side.AT_ONCE, Side.AT_ONCE);

    Actuation windows(double upSeconds, double downSeconds) {
        return new Actuation(syncSeconds, tolerance, up.window(upSeconds), down.window(downSeconds));
    }

    Actuation tolerating(double share) {
        return new Actuation(syncSeconds, share, up, down);
    }
}
