package io.llmd.simulator.workload;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.engine.CounterRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Prompts of groups: all prompts of a group begin alike and go on differently. A fixed set of prompts is asked for round
 * after round in one shuffled order, perhaps from its beginning in each stage, or each prompt is asked for once. Not
 * thread-safe.
 */
public final class SharedPrefixes implements RequestSource {
    private static final long SHUFFLE = 1;
    private static final long TOKENS = 2;

    private final Shape shape;
    private final long seed;
    private final IntFunction<int[]> prompts;
    private final int[] order;
    private final boolean eachStageFromFirst;
    private int position;
    private int stage;

    /**
     * Sizes.
     *
     * @param groups different prefixes
     * @param promptsPerGroup different prompts of each group, in a fixed set; sessions that ask for it otherwise
     * @param prefixTokens tokens that the prompts of a group share
     * @param questionTokens tokens after these
     * @param outputTokens of each answer
     */
    public record Shape(int groups, int promptsPerGroup, int prefixTokens, int questionTokens, int outputTokens) {
        public Shape {
            if (groups < 1 || promptsPerGroup < 1 || prefixTokens < 0 || questionTokens < 1 || outputTokens < 1) {
                throw new IllegalArgumentException("shape: " + groups + " groups of " + promptsPerGroup
                        + " prompts, tokens " + prefixTokens + " + " + questionTokens + ", outputs " + outputTokens
                        + " (expected: >= 1, >= 1, >= 0, >= 1, >= 1)");
            }
        }
    }

    private SharedPrefixes(Shape shape, boolean repeated, boolean eachStageFromFirst, long seed) {
        this.shape = shape;
        this.eachStageFromFirst = eachStageFromFirst;
        this.seed = seed;
        order = shuffled(shape.groups() * shape.promptsPerGroup(), seed);
        List<int[]> prefixes = new ArrayList<>();
        for (int group = 0; group < shape.groups(); group++) {
            prefixes.add(tokens(group, shape.prefixTokens()));
        }
        if (repeated) {
            List<int[]> set = new ArrayList<>();
            for (int prompt = 0; prompt < order.length; prompt++) {
                set.add(prompt(prefixes, prompt, prompt));
            }
            prompts = set::get;
        } else {
            prompts = prompt -> prompt(prefixes, prompt, order.length + position);
        }
    }

    /** A fixed set of prompts, asked for again and again. */
    public static SharedPrefixes repeated(Shape shape, long seed) {
        return new SharedPrefixes(shape, true, false, seed);
    }

    /** A fixed set of prompts, asked for again and again, and from the first one when a stage begins. */
    public static SharedPrefixes repeatedByStage(Shape shape, long seed) {
        return new SharedPrefixes(shape, true, true, seed);
    }

    /** Prefixes that are asked for again and again, each time with a new question. */
    public static SharedPrefixes fresh(Shape shape, long seed) {
        return new SharedPrefixes(shape, false, false, seed);
    }

    @Override
    public ClientRequest next(long id, int stage) {
        if (eachStageFromFirst && stage != this.stage) {
            this.stage = stage;
            position = 0;
        }
        int prompt = order[position % order.length];
        int[] tokens = prompts.apply(prompt);
        position++;
        return ClientRequest.text(id, tokens, shape.outputTokens()).withAttachment(stage);
    }

    private int[] prompt(List<int[]> prefixes, int prompt, long question) {
        int[] prefix = prefixes.get(prompt / shape.promptsPerGroup());
        int[] tokens = new int[shape.prefixTokens() + shape.questionTokens()];
        System.arraycopy(prefix, 0, tokens, 0, prefix.length);
        fill(tokens, prefix.length, -1 - question);
        return tokens;
    }

    private int[] tokens(long key, int count) {
        int[] tokens = new int[count];
        fill(tokens, 0, key);
        return tokens;
    }

    /** Tokens that differ from those of other keys at every position but for chance. */
    private void fill(int[] tokens, int from, long key) {
        long first = CounterRandom.bits(seed, key, TOKENS);
        for (int i = from; i < tokens.length; i++) {
            tokens[i] = (int) (first + i) & Integer.MAX_VALUE;
        }
    }

    private static int[] shuffled(int count, long seed) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int other = (int) Long.remainderUnsigned(CounterRandom.bits(seed, i, SHUFFLE), i + 1L);
            order[i] = order[other];
            order[other] = i;
        }
        return order;
    }
}
