package io.llmd.lab.fleet;

/**
 * A time in which an endpoint cannot be reached, though it goes on with what it has.
 *
 * @param endpoint its place in the fleet
 * @param beginSeconds since the start
 * @param seconds that it lasts; 0 for no outage
 * @param everySeconds from the beginning of one to that of the next; 0 for one outage
 */
public record Outage(int endpoint, double beginSeconds, double seconds, double everySeconds) {

    /** All endpoints can be reached all the time. */
    public static final Outage NONE = new Outage(0, 0, 0, 0);

    public Outage {
        if (endpoint < 0
                || !(beginSeconds >= 0)
                || !(seconds >= 0)
                || !(everySeconds == 0 || everySeconds >= seconds)) {
            throw new IllegalArgumentException("outage: endpoint " + endpoint + " from " + beginSeconds + " s for "
                    + seconds + " s each " + everySeconds + " s (expected: none below 0, seconds <= everySeconds)");
        }
    }

    /** Whether an endpoint cannot be reached. @param nanos since the start */
    public boolean covers(int candidate, long nanos) {
        double since = nanos / 1e9 - beginSeconds;
        if (candidate != endpoint || seconds == 0 || since < 0) {
            return false;
        }
        return (everySeconds == 0 ? since : since % everySeconds) < seconds;
    }
}
