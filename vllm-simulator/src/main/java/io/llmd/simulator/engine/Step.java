package io.llmd.simulator.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The plan of one step: which sequences compute how many tokens. Reused from step to step. */
final class Step {
    private final List<Sequence> sequences = new ArrayList<>();
    private int[] tokens = new int[16];
    private int total;
    private int decodes;
    private long decodeContext;
    private double prefillAttention;
    private int prefillTokens;
    private int prefillStarts;
    private double promptShare;

    void clear() {
        sequences.clear();
        total = 0;
        decodes = 0;
        decodeContext = 0;
        prefillAttention = 0;
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
        total += count;
        boolean decode = count == 1 && sequence.outputs > 0 && sequence.computed == sequence.known() - 1;
        if (decode) {
            decodes++;
            decodeContext += sequence.known();
        } else {
            prefillAttention += count * (sequence.computed + count / 2.0);
            prefillTokens += count;
            prefillStarts += sequence.computed <= sequence.cachedTokens ? 1 : 0;
            promptShare += (double) count / sequence.request.prompt().length;
        }
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
                decodes,
                decodeContext,
                prefillAttention,
                prefillTokens,
                prefillStarts,
                promptShare);
    }
}
