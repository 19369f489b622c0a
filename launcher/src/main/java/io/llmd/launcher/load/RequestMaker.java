package io.llmd.launcher.load;

import io.llmd.launcher.terminal.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Makes the requests of a plan, the same ones for the same seed. Not thread-safe.
 *
 * <p>A token is a word of three letters and a blank: about one token for every common tokenizer, and exactly one for
 * estimates of four bytes per token. The leading {@link LoadPlan#sharedPrefixShare()} of a prompt is the system message
 * and the same for all requests of a group; the rest is the user message and unique.
 */
final class RequestMaker {

    private static final int TOKEN_BYTES = 4;
    private static final int WORDS = 26 * 26 * 26;
    private static final long MIXER = 0x9E3779B97F4A7C15L;

    private final LoadPlan plan;
    private final RandomGenerator random;
    private final RandomGenerator kinds;
    private final byte[] head;
    private final List<Words> groups;

    RequestMaker(LoadPlan plan) {
        this.plan = plan;
        this.random = new SplittableRandom(plan.seed());
        this.kinds = new SplittableRandom(plan.seed() + 2);
        this.head = ascii("{\"model\":" + Json.line(plan.model()) + ",\"messages\":[");
        this.groups = new ArrayList<>(plan.groups());
        for (int group = 0; group < plan.groups(); group++) {
            groups.add(new Words(plan.seed() * 31 + group));
        }
    }

    /** The next request. */
    LoadRequest next() {
        int promptTokens = plan.promptTokens().next(random);
        int sharedTokens = (int) Math.round(promptTokens * plan.sharedPrefixShare());
        boolean streamed = random.nextDouble() < plan.streamShare();
        Words group = groups.get(random.nextInt(groups.size()));
        ByteArrayOutputStream body = new ByteArrayOutputStream(promptTokens * TOKEN_BYTES + 256);
        body.writeBytes(head);
        if (sharedTokens > 0) {
            body.writeBytes(ascii("{\"role\":\"system\",\"content\":\""));
            group.write(sharedTokens, body);
            body.writeBytes(ascii("\"},"));
        }
        body.writeBytes(ascii("{\"role\":\"user\",\"content\":\""));
        new Words(random.nextLong()).write(Math.max(1, promptTokens - sharedTokens), body);
        return ended(body, plan.outputTokens().next(random), streamed);
    }

    /** A request with a recorded prompt: a word for each of its tokens, the same word for the same token. */
    LoadRequest of(int[] tokens, int outputTokens) {
        boolean streamed = random.nextDouble() < plan.streamShare();
        ByteArrayOutputStream body = new ByteArrayOutputStream(tokens.length * TOKEN_BYTES + 256);
        body.writeBytes(head);
        body.writeBytes(ascii("{\"role\":\"user\",\"content\":\""));
        byte[] words = new byte[tokens.length * TOKEN_BYTES];
        for (int i = 0; i < tokens.length; i++) {
            // Neighbouring tokens of a recording are numbered in a row; their words must not be.
            long mixed = (tokens[i] + 1L) * MIXER;
            Words.put((int) Long.remainderUnsigned(mixed ^ mixed >>> Integer.SIZE, WORDS), words, i);
        }
        body.writeBytes(words);
        return ended(body, outputTokens, streamed);
    }

    private LoadRequest ended(ByteArrayOutputStream body, int outputTokens, boolean streamed) {
        body.writeBytes(ascii("\"}],\"max_tokens\":" + outputTokens + ",\"ignore_eos\":true"));
        body.writeBytes(ascii(streamed ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}" : "}"));
        int kind = plan.mix().next(kinds);
        return new LoadRequest(streamed, body.toByteArray(), kind, plan.mix().headers(kind));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** An endless text of which the beginning, as far as it was asked for, is kept. */
    private static final class Words {
        private final SplittableRandom letters;
        private byte[] text = new byte[0];
        private int tokens;

        Words(long seed) {
            letters = new SplittableRandom(seed);
        }

        void write(int wanted, ByteArrayOutputStream out) {
            grow(wanted);
            out.write(text, 0, wanted * TOKEN_BYTES);
        }

        private void grow(int wanted) {
            if (wanted * TOKEN_BYTES > text.length) {
                text = Arrays.copyOf(text, Math.max(wanted * TOKEN_BYTES, 2 * text.length));
            }
            for (; tokens < wanted; tokens++) {
                put(letters.nextInt(WORDS), text, tokens);
            }
        }

        /** @param word in [0, {@link #WORDS}) @param index of the token in the text */
        static void put(int word, byte[] text, int index) {
            int at = index * TOKEN_BYTES;
            text[at] = (byte) ('a' + word % 26);
            text[at + 1] = (byte) ('a' + word / 26 % 26);
            text[at + 2] = (byte) ('a' + word / 676);
            text[at + 3] = ' ';
        }
    }
}
