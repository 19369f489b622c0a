package io.llmd.lab.traffic;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Workload;
import io.llmd.simulator.engine.CounterRandom;
import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Conversations that begin at random and grow: each turn's prompt is the one before, the answer, and a new question. A user
 * reads and thinks before the next turn. Conversations share one of some system prompts.
 */
public final class ChatSessions implements Traffic {

    private static final double WARM_UP = 0.1;
    private static final long ARRIVAL = 1;
    private static final long TURNS = 2;
    private static final long QUESTION = 3;
    private static final long ANSWER = 4;
    private static final long THINKING = 5;
    private static final long SYSTEM = 6;
    private static final long WORDS = 7;

    private final String name;
    private final Shape shape;
    private final double speed;

    /**
     * Sizes.
     *
     * @param sessions conversations
     * @param sessionsPerSecond at which they begin, Poisson
     * @param systemPrompts different ones
     * @param systemTokens of each
     * @param mostTurns of a conversation, uniform from one on
     * @param questionTokens mean of a question, exponential
     * @param answerTokens mean of an answer, exponential
     * @param thinkSeconds mean between an answer and the next question, exponential
     */
    public record Shape(
            int sessions,
            double sessionsPerSecond,
            int systemPrompts,
            int systemTokens,
            int mostTurns,
            int questionTokens,
            int answerTokens,
            double thinkSeconds) {

        /** Three conversations a second of nine turns at most, with one of twenty system prompts of 2,000 tokens. */
        public static final Shape DEFAULT = new Shape(1000, 3, 20, 2000, 9, 400, 250, 8);

        public Shape {
            if (sessions < 1
                    || !(sessionsPerSecond > 0)
                    || systemPrompts < 1
                    || systemTokens < 0
                    || mostTurns < 1
                    || questionTokens < 1
                    || answerTokens < 1
                    || !(thinkSeconds >= 0)) {
                throw new IllegalArgumentException("shape: " + sessions + " sessions at " + sessionsPerSecond
                        + "/s, turns <= " + mostTurns + " (expected: all above 0)");
            }
        }

        /** The same with so many conversations. */
        public Shape withSessions(int value) {
            return new Shape(
                    value,
                    sessionsPerSecond,
                    systemPrompts,
                    systemTokens,
                    mostTurns,
                    questionTokens,
                    answerTokens,
                    thinkSeconds);
        }
    }

    public ChatSessions(Shape shape) {
        this("chat", shape);
    }

    /** Conversations of another kind than chat. @param name for tables */
    public ChatSessions(String name, Shape shape) {
        this(name, shape, 1);
    }

    private ChatSessions(String name, Shape shape, double speed) {
        if (!(speed > 0)) {
            throw new IllegalArgumentException("speed: " + speed + " (expected: > 0)");
        }
        this.name = name;
        this.shape = shape;
        this.speed = speed;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Traffic atSpeed(double value) {
        return new ChatSessions(name, shape, value);
    }

    @Override
    public Load load(long seed) {
        long firstCounted = Math.round(shape.sessions() * WARM_UP);
        return Load.of(
                new Talk(shape, speed, seed),
                request -> request.attachment() instanceof Session session && session.id() >= firstCounted);
    }

    /** A turn that will come. @param history prompt so far, without the question */
    private record Turn(long time, long session, int turn, int[] history) {}

    private static final class Talk implements Workload {
        private final Shape shape;
        private final double speed;
        private final long seed;
        private final PriorityQueue<Turn> turns =
                new PriorityQueue<>(Comparator.comparingLong(Turn::time).thenComparingLong(Turn::session));
        private long begun;
        private double nextBegin;
        private long nextId;

        Talk(Shape shape, double speed, long seed) {
            this.shape = shape;
            this.speed = speed;
            this.seed = seed;
            planSession();
        }

        private void planSession() {
            if (begun < shape.sessions()) {
                nextBegin += exponential(begun, ARRIVAL, 1e9 / (shape.sessionsPerSecond() * speed));
                long system = Math.floorMod(CounterRandom.bits(seed, begun, SYSTEM), (long) shape.systemPrompts());
                turns.add(new Turn((long) nextBegin, begun, 0, words(-1 - system, shape.systemTokens())));
                begun++;
            }
        }

        @Override
        public long nextTime() {
            Turn next = turns.peek();
            return next == null ? NEVER : next.time();
        }

        @Override
        public ClientRequest next() {
            Turn turn = turns.remove();
            if (turn.turn() == 0) {
                planSession();
            }
            long key = turn.session() * shape.mostTurns() + turn.turn();
            int question = length(key, QUESTION, shape.questionTokens());
            int[] prompt = Arrays.copyOf(turn.history(), turn.history().length + question);
            System.arraycopy(words(key, question), 0, prompt, turn.history().length, question);
            return ClientRequest.text(nextId++, prompt, length(key, ANSWER, shape.answerTokens()))
                    .withAttachment(new Session(turn.session(), turn.turn()));
        }

        @Override
        public void ended(RequestResult result) {
            Turn next = following(result);
            if (next != null) {
                turns.add(next);
            }
        }

        /** Whoever gets no answer gives up. */
        private @Nullable Turn following(RequestResult result) {
            if (result.outcome() != Outcome.FINISHED
                    || !(result.request().attachment() instanceof Session session)
                    || session.turn() + 1 >= turns(session.id())) {
                return null;
            }
            int[] prompt = result.request().prompt();
            int[] history = Arrays.copyOf(prompt, prompt.length + result.outputTokens());
            for (int i = 0; i < result.outputTokens(); i++) {
                history[prompt.length + i] = result.request().output().tokenAt(i);
            }
            long key = session.id() * shape.mostTurns() + session.turn();
            long pause = (long) exponential(key, THINKING, shape.thinkSeconds() * 1e9);
            return new Turn(result.ended() + pause, session.id(), session.turn() + 1, history);
        }

        private long turns(long session) {
            return 1 + Math.floorMod(CounterRandom.bits(seed, session, TURNS), (long) shape.mostTurns());
        }

        private int length(long key, long draw, int mean) {
            return (int) Math.clamp(exponential(key, draw, mean), 1, 8.0 * mean);
        }

        private double exponential(long key, long draw, double mean) {
            return -Math.log(CounterRandom.unit(seed, key, draw)) * mean;
        }

        private int[] words(long key, int count) {
            int[] words = new int[count];
            long first = CounterRandom.bits(seed, key, WORDS);
            for (int i = 0; i < count; i++) {
                words[i] = (int) (first + i) & Integer.MAX_VALUE;
            }
            return words;
        }
    }
}
