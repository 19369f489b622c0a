package io.llmd.lab.study;

import io.llmd.lab.traffic.ChatSessions;
import io.llmd.lab.traffic.DocumentQuestions;
import io.llmd.lab.traffic.SharedPrefixLadder;
import io.llmd.lab.traffic.Streams;
import io.llmd.lab.traffic.Streams.Bursts;
import io.llmd.lab.traffic.Streams.Kind;
import io.llmd.lab.traffic.Streams.Lengths;
import io.llmd.lab.traffic.Traffic;
import java.util.List;

/** Generated traffic for eight endpoints, each kind near the load at which policies begin to differ. */
final class StudyWorkloads {

    private StudyWorkloads() {}

    /** llm-d's ladder. @param share of each stage */
    static Traffic ladder(double share) {
        return new SharedPrefixLadder(share);
    }

    /** Conversations that grow, with one of twenty system prompts of 2,000 tokens. */
    static Traffic chat(double share) {
        return new ChatSessions(ChatSessions.Shape.DEFAULT.withSessions(sessions(900, share)));
    }

    /** Agents that call tools: up to 30 short turns a second or two apart, tool output of 900 tokens, one of four agents. */
    static Traffic agentic(double share) {
        return new ChatSessions("agentic", new ChatSessions.Shape(sessions(200, share), 1.6, 4, 6000, 30, 900, 120, 2));
    }

    /** Code generation: a repository of 30,000 tokens, 1,500 new tokens in each turn. */
    static Traffic code(double share) {
        return new ChatSessions(
                "code", new ChatSessions.Shape(sessions(220, share), 0.9, 24, 30_000, 12, 1500, 600, 6));
    }

    /** Reasoning: 250 shared and about 1,000 own tokens, answers of about 4,000. */
    static Traffic reasoning(double share) {
        return new ChatSessions(
                "reasoning", new ChatSessions.Shape(sessions(900, share), 4, 20, 250, 1, 1000, 4000, 0));
    }

    /** Questions about documents, of which some are asked for often. */
    static Traffic rag(double share) {
        DocumentQuestions.Shape shape = DocumentQuestions.Shape.DEFAULT;
        return new DocumentQuestions(new DocumentQuestions.Shape(
                sessions(shape.requests(), share),
                18,
                shape.documents(),
                shape.zipf(),
                shape.perQuestion(),
                shape.blocksPerDocument(),
                shape.answerTokens()));
    }

    /** Prompts of all lengths, three times as many for ten seconds of each forty. */
    static Traffic bursts(double share) {
        return new Streams(
                "bursts",
                List.of(new Kind(
                        12, new Lengths(2500, 1.1, 60_000), new Lengths(250, 0.7, 1500), new Bursts(3, 10, 40))),
                200 * share);
    }

    private static int sessions(int all, double share) {
        return Math.max(10, (int) Math.round(all * share));
    }
}
