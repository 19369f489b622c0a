package io.llmd.scheduler.plugin.producer;

/**
 * What all endpoints together have taught about requests: how long prompts and tokens take on an endpoint of which nothing is
 * known, how long answers are, how busy endpoints are with prompts, and how often cached tokens are used again. Times are
 * milliseconds. Safe from any thread; O(1).
 */
final class FleetTimes {

    /** A step's fixed part, a thousand tokens, a million pairs of tokens, a hundred thousand tokens of running requests. */
    private static final double[] PREFILL = {15, 50, 2, 5};

    private static final double[][] USUAL_PREFILLS = {
        {1, 0.3, 0.05, 0}, {1, 2, 2, 0.5}, {1, 8, 32, 1}, {1, 32, 512, 1}, {2, 4, 8, 2}
    };

    /** A step's fixed part, a hundred running requests, a hundred thousand tokens of theirs. */
    private static final double[] TOKEN = {15, 1.2, 5};

    private static final double[][] USUAL_TOKENS = {{1, 0.01, 0.01}, {1, 0.3, 0.5}, {1, 1, 5}, {1, 0.1, 2}};

    /** Measured times that what was assumed, or what is known of the fleet, counts for. */
    private static final double ASSUMED = 8;

    private static final double FLEET = 30;

    private static final double NEWS = 0.02;
    private static final double USUAL_SHARE = 0.05;
    private static final double LEAST_SHARE = 0.02;
    private static final double MOST_SHARE = 0.5;
    private static final double USUAL_OUTPUT = 256;
    private static final double WINDOW_MILLIS = 20_000;
    private static final double USUAL_ERROR = 0.3;

    private static final double MOST_BUSY = 0.9;

    private final FittedTimes prefill = new FittedTimes(PREFILL, USUAL_PREFILLS, ASSUMED);
    private final FittedTimes token = new FittedTimes(TOKEN, USUAL_TOKENS, ASSUMED);
    private double firstToken = Double.NaN;
    private double answer = Double.NaN;
    private double output = Double.NaN;
    private double work;
    private double memoryWork;
    private double memory = Double.NaN;
    private double reused;
    private double computed;
    private double placedAt = Double.NaN;
    private double prompt = Double.NaN;
    private double firstTokenError = USUAL_ERROR;
    private double tokenError = USUAL_ERROR;
    private final MissShare missShare = new MissShare();

    /** Times of an endpoint, those of the fleet to begin with. */
    static FittedTimes prefillOfEndpoint() {
        return new FittedTimes(PREFILL, USUAL_PREFILLS, FLEET);
    }

    /** Times of an endpoint, those of the fleet to begin with. */
    static FittedTimes tokenOfEndpoint() {
        return new FittedTimes(TOKEN, USUAL_TOKENS, FLEET);
    }

    /** That computing a prompt of which nothing is held takes on an endpoint that does nothing else. */
    synchronized double promptMillis(long promptTokens) {
        return prefill.millis(1, promptTokens / 1e3, promptTokens / 1e3 * promptTokens / 2e3, 0);
    }

    /** Prompts took so long; the endpoint learns, too. */
    synchronized void prefilled(double millis, double[] quantities, double now, FittedTimes endpoint) {
        prefill.learn(millis, quantities, now);
        endpoint.assume(prefill.factors());
        endpoint.learn(millis, quantities, now);
    }

    /** Tokens took so long; the endpoint learns, too. */
    synchronized void decoded(double millis, double[] quantities, double now, FittedTimes endpoint) {
        token.learn(millis, quantities, now);
        endpoint.assume(token.factors());
        endpoint.learn(millis, quantities, now);
    }

    /** What an endpoint is assumed to be like, as long as it has not shown it, and the more the longer it has not. */
    synchronized void refresh(FittedTimes ofPrefill, FittedTimes ofToken, double now) {
        ofPrefill.assume(prefill.factors());
        ofPrefill.age(now);
        ofToken.assume(token.factors());
        ofToken.age(now);
    }

    /** A streamed answer is complete. */
    synchronized void answered(double toFirstToken, double whole, int tokens) {
        firstToken = mean(firstToken, toFirstToken);
        answer = mean(answer, whole);
        output = mean(output, tokens);
    }

    /** An answer's first token took so long. @param expected when it was placed */
    synchronized void firstTokenWas(double millis, double expected) {
        firstTokenError = error(firstTokenError, millis, expected, Misses.LEAST_FIRST_TOKEN_MILLIS);
    }

    /** The tokens of an answer took so long. @param expected when it was placed */
    synchronized void tokensWere(double millis, double expected) {
        tokenError = error(tokenError, millis, expected, 1);
    }

    private static double error(double known, double millis, double expected, double least) {
        return mean(known, Math.min(1, Math.abs(millis - expected) / Math.max(least, expected)));
    }

    /** An answer that is held to times is complete. @param expected how likely it was thought to miss them */
    synchronized void objectivesWere(double expected, boolean isMissed) {
        missShare.add(expected, isMissed);
    }

    /** What misses cost, and how likely they are. */
    synchronized Misses misses() {
        return new Misses(Double.isNaN(answer) ? 0 : answer * missShare.worth(), firstTokenError, tokenError);
    }

    private static double mean(double known, double news) {
        return Double.isNaN(known) ? news : known + NEWS * (news - known);
    }

    /**
     * A prompt was sent.
     *
     * @param millis that computing it takes
     * @param memoryMillis that it holds memory, as if it held all that an endpoint has
     */
    synchronized void placed(
            double millis, double memoryMillis, double cachedTokens, double uncachedTokens, double now) {
        double kept = Double.isNaN(placedAt) ? 0 : Math.exp(-Math.max(0, now - placedAt) / WINDOW_MILLIS);
        placedAt = now;
        work = work * kept + millis;
        prompt = mean(prompt, millis);
        memoryWork = memoryWork * kept + memoryMillis;
        memory = mean(memory, memoryMillis);
        reused = reused * kept + cachedTokens;
        computed = computed * kept + uncachedTokens;
    }

    /*
     * The price of work. A request of work c that comes to a queue with work V makes all that come before the queue is empty wait
     * longer by c: at utilization r and mean work s these are r / (1 - r) * (V + c / 2) / s requests (externality of a customer in
     * M/G/1, Haviv and Ritov, Management Science 44, 1998). V is the mean of the candidates, not that of the endpoint: requests that
     * come later can choose, so that the work delays them wherever it is, and what matters is how much there is of it. With the
     * endpoint's own V a short queue would be as good a reason to compute a prefix again as a long one is to leave, and where all
     * queues are long prefixes would be copied until nothing is left of the caches.
     *
     * Computing and memory are two such queues. The work in memory is the time that a request holds it, times the share that it holds.
     */

    /**
     * What one decision wants to know.
     *
     * @param promptMillis mean time to compute what was missing of a prompt, NaN before the first one
     * @param full share of the memory that is asked for
     * @param memoryMillis mean time that a request holds memory, as if it held all that an endpoint has; NaN before the first one
     */
    record Traffic(
            double outputTokens,
            double firstTokenShare,
            double busy,
            double reuse,
            double promptMillis,
            double full,
            double memoryMillis) {

        /** What others wait for each millisecond of computing. @param queue in front of it, with half of itself */
        double computePrice(double queue) {
            return Double.isNaN(promptMillis) ? 0 : price(busy, queue, promptMillis);
        }

        /** What others wait for each millisecond of all memory. @param queue mean time until there is room */
        double memoryPrice(double queue) {
            return Double.isNaN(memoryMillis) ? 0 : price(full, queue, memoryMillis);
        }

        private static double price(double utilization, double queue, double usual) {
            return utilization / (1 - utilization) * queue / Math.max(1, usual);
        }
    }

    /** The traffic of the last time. @param endpoints that share it */
    synchronized Traffic traffic(double now, int endpoints) {
        double kept = Double.isNaN(placedAt) ? 0 : Math.exp(-Math.max(0, now - placedAt) / WINDOW_MILLIS);
        return new Traffic(
                outputTokens(),
                Double.isNaN(answer)
                        ? USUAL_SHARE
                        : Math.clamp(firstToken / Math.max(1, answer), LEAST_SHARE, MOST_SHARE),
                Math.min(MOST_BUSY, work * kept / WINDOW_MILLIS / Math.max(1, endpoints)),
                Math.min(1, computed == 0 ? 0 : reused / computed),
                prompt,
                Math.min(MOST_BUSY, memoryWork * kept / WINDOW_MILLIS / Math.max(1, endpoints)),
                memory);
    }

    /** Tokens of an answer. */
    synchronized double outputTokens() {
        return Double.isNaN(output) ? USUAL_OUTPUT : output;
    }
}
