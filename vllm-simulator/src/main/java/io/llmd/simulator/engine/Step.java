package io.llmd.simulator.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The plan of one step: which sequences compute how many tokens. Reused from step to step. */
final class Step {
    private final List<Sequence> sequences = new ArrayList<>();
    private int[] tokens = new int[16];
    private int total;
    private int samples;
    private int decodes;
    private long decodeContext;
    private double prefillAttention;
    private long prefillContext;
    private int prefillTokens;
    private int prefillStarts;
    private double promptShare;

    void clear() {
        sequences.clear();
        total = 0;
        samples = 0;
        decodes = 0;
        decodeContext = 0;
        prefillAttention = 0;
        prefillContext = 0;
        prefillTokens = 0;
        prefillStarts = 0;
        promptShare = 0;
    }

    void add(Sequence sequence, int count) {
        if (sequences.size() == tokens.length) {
            tokens = Arrays.copyOf(tokens, tokens.length * 2);
        }
        tokens[sequences.size()] = count;
        sequences.add(sequence);
        count(sequence, count, 1);
    }

    /** Takes a sequence out again that is to give way. */
    void remove(Sequence sequence) {
        int index = sequences.indexOf(sequence);
        count(sequence, tokens[index], -1);
        sequences.remove(index);
        System.arraycopy(tokens, index + 1, tokens, index, sequences.size() - index);
    }

    private void count(Sequence sequence, int count, int sign) {
        int known = sequence.known();
        int computed = sequence.computed;
        total += sign * count;
        samples += computed + count == known ? sign : 0;
        if (count == 1 && sequence.outputs > 0 && computed == known - 1) {
            decodes += sign;
            decodeContext += (long) sign * known;
        } else {
            prefillAttention += sign * count * (computed + count / 2.0);
            prefillContext += (long) sign * computed;
            prefillTokens += sign * count;
            prefillStarts += computed <= sequence.cachedTokens + sequence.loadedTokens ? sign : 0;
            promptShare += sign * (double) count / sequence.promptTokens;
        }
    }

    /** Whether each sequence computes one new output token. */
    boolean decodesOnly() {
        return decodes == sequences.size();
    }

    /** The same sequences, one token further each; for steps that {@link #decodesOnly}. */
    void nextDecode() {
        decodeContext += decodes;
    }

    boolean isEmpty() {
        return sequences.isEmpty();
    }

    int size() {
        return sequences.size();
    }

    /** Tokens of all sequences. */
    int tokens() {
        return total;
    }

    Sequence sequence(int index) {
        return sequences.get(index);
    }

    int tokens(int index) {
        return tokens[index];
    }

    StepLoad load() {
        return new StepLoad(
                total,
                sequences.size(),
                samples,
                decodes,
                decodeContext,
                prefillAttention,
                prefillContext,
                prefillTokens,
                prefillStarts,
                promptShare);
    }
}
