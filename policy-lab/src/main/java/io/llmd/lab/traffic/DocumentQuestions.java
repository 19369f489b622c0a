package io.llmd.lab.traffic;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.workload.TraceRow;
import io.llmd.simulator.workload.TraceWorkload;
import java.util.ArrayList;
import java.util.List;

/**
 * Retrieval-augmented questions: instructions that all have, some documents of which few are asked for often (Zipf), and a
 * question. What comes first is best cached: a prompt can be reused as far as its documents are those of another one in the
 * same order. Poisson arrivals. The first tenth of the requests does not count.
 */
public final class DocumentQuestions implements Traffic {

    private static final double WARM_UP = 0.1;
    private static final long ARRIVAL = 1;
    private static final long OUTPUT = 2;
    private static final long DOCUMENT = 10;

    /**
     * Sizes.
     *
     * @param requests questions
     * @param requestsPerSecond at which they come
     * @param documents different ones
     * @param zipf exponent of their popularity
     * @param perQuestion documents in a prompt
     * @param blocksPerDocument of {@value #BLOCK_TOKENS} tokens
     * @param answerTokens mean of an answer, exponential
     */
    public record Shape(
            int requests,
            double requestsPerSecond,
            int documents,
            double zipf,
            int perQuestion,
            int blocksPerDocument,
            int answerTokens) {

        /** Three of 2,000 documents of 2,048 tokens, ten questions a second. */
        public static final Shape DEFAULT = new Shape(3000, 10, 2000, 0.9, 3, 4, 200);

        public Shape {
            if (requests < 1
                    || !(requestsPerSecond > 0)
                    || documents < 1
                    || !(zipf >= 0)
                    || perQuestion < 1
                    || blocksPerDocument < 1
                    || answerTokens < 1) {
                throw new IllegalArgumentException("shape: " + requests + " requests at " + requestsPerSecond + "/s of "
                        + documents + " documents (expected: all above 0)");
            }
        }
    }

    private static final int BLOCK_TOKENS = 512;

    private final Shape shape;
    private final double speed;

    public DocumentQuestions(Shape shape) {
        this(shape, 1);
    }

    private DocumentQuestions(Shape shape, double speed) {
        if (!(speed > 0) || Double.isInfinite(speed)) {
            throw new IllegalArgumentException("speed: " + speed + " (expected: > 0)");
        }
        this.shape = shape;
        this.speed = speed;
    }

    @Override
    public String name() {
        return "rag";
    }

    @Override
    public Traffic atSpeed(double value) {
        return new DocumentQuestions(shape, value);
    }

    @Override
    public Load load(long seed) {
        double[] popularity = popularity();
        List<TraceRow> rows = new ArrayList<>(shape.requests());
        double second = 0;
        for (int i = 0; i < shape.requests(); i++) {
            second -= Math.log(CounterRandom.unit(seed, i, ARRIVAL)) / shape.requestsPerSecond();
            rows.add(row(i, (long) (second * 1e9), popularity, seed));
        }
        long firstCounted = Math.round(shape.requests() * WARM_UP);
        return Load.of(
                new TraceWorkload(rows.iterator(), speed), (ClientRequest request) -> request.id() >= firstCounted);
    }

    private TraceRow row(int number, long nanos, double[] popularity, long seed) {
        int documents = shape.perQuestion() * shape.blocksPerDocument();
        long[] blocks = new long[documents + 2];
        blocks[0] = CounterRandom.bits(seed, -1, 0);
        for (int k = 0; k < shape.perQuestion(); k++) {
            int document = drawn(popularity, CounterRandom.unit(seed, number, DOCUMENT + k));
            for (int b = 0; b < shape.blocksPerDocument(); b++) {
                blocks[1 + k * shape.blocksPerDocument() + b] = CounterRandom.bits(seed, document, 1 + b);
            }
        }
        blocks[documents + 1] = CounterRandom.bits(seed, -2L - number, 0);
        int answer = (int) Math.clamp(
                -Math.log(CounterRandom.unit(seed, number, OUTPUT)) * shape.answerTokens(),
                1,
                8.0 * shape.answerTokens());
        return new TraceRow(nanos, blocks.length * BLOCK_TOKENS - BLOCK_TOKENS / 2, answer, blocks, BLOCK_TOKENS);
    }

    /** Sums of the documents' shares, the most popular one first. */
    private double[] popularity() {
        double[] sums = new double[shape.documents()];
        double sum = 0;
        for (int i = 0; i < sums.length; i++) {
            sum += Math.pow(i + 1, -shape.zipf());
            sums[i] = sum;
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] /= sum;
        }
        return sums;
    }

    private static int drawn(double[] sums, double unit) {
        int low = 0;
        int high = sums.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sums[middle] < unit) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
