package io.llmd.lab.split;

import io.llmd.lab.traffic.ChatSessions;
import io.llmd.lab.traffic.MooncakeTrace;
import io.llmd.lab.traffic.Streams;
import io.llmd.lab.traffic.Streams.Bursts;
import io.llmd.lab.traffic.Streams.Kind;
import io.llmd.lab.traffic.Streams.Lengths;
import io.llmd.lab.traffic.Traffic;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The traffic on which splitting is judged, for a fleet of eight endpoints: from where it pays for everybody to where it pays
 * for nobody.
 */
public final class SplitWorkloads {

    private static final int CODE_PREFIX = 30_000;

    private SplitWorkloads() {}

    /**
     * The five of them.
     *
     * @param conversation recorded; null for bursts instead
     * @param share part of the time or the conversations, in (0, 1]; rates stay
     */
    public static List<Traffic> all(@Nullable MooncakeTrace conversation, double share) {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException("share: " + share + " (expected: above 0, at most 1)");
        }
        return List.of(
                mixed(share),
                shortChat(share),
                turns(share),
                code(share),
                conversation == null ? bursts(share) : conversation);
    }

    /** Answers that stream all the time, and now and then a long prompt with a short answer. */
    static Traffic mixed(double share) {
        return new Streams(
                "mixed",
                List.of(
                        new Kind(16, new Lengths(350, 0.6, 2000), new Lengths(450, 0.5, 2000), Bursts.NONE),
                        new Kind(1.8, new Lengths(16_000, 0.5, 60_000), new Lengths(150, 0.5, 600), Bursts.NONE)),
                180 * share);
    }

    /** Short prompts, short answers. */
    static Traffic shortChat(double share) {
        return new Streams(
                "chat",
                List.of(new Kind(32, new Lengths(200, 0.7, 2000), new Lengths(200, 0.6, 1000), Bursts.NONE)),
                120 * share);
    }

    /** Conversations that grow, with one of twenty system prompts: most of each prompt is cached. */
    static Traffic turns(double share) {
        return new ChatSessions("turns", new ChatSessions.Shape(sessions(700, share), 4, 20, 2000, 9, 400, 250, 8));
    }

    /** Coding: a repository of 30,000 tokens, 1,500 new tokens in each turn. */
    static Traffic code(double share) {
        return new ChatSessions(
                "code", new ChatSessions.Shape(sessions(240, share), 0.8, 24, CODE_PREFIX, 10, 1500, 300, 6));
    }

    /** Prompts of all lengths, three times as many for ten seconds of each forty. */
    static Traffic bursts(double share) {
        return new Streams(
                "bursts",
                List.of(new Kind(
                        6, new Lengths(2500, 1.1, 60_000), new Lengths(250, 0.7, 1500), new Bursts(3, 10, 40))),
                200 * share);
    }

    private static int sessions(int all, double share) {
        return Math.max(1, (int) Math.round(all * share));
    }
}
