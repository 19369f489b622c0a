package io.llmd.scheduler.plugin.flowcontrol;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Tokens that programs have got, of which the recent ones count most: halved each half-life. Any thread; the lock is held
 * for a few instructions, but for the sweep of programs that have gone.
 */
final class AttainedService {

    /*
     * All programs decay by the same factor, so that their order and their proportions do not change as time passes. What
     * is kept is therefore the service at one common time, and what comes later is added with the weight that it gains
     * against that time: 2^(age of the common time / half-life). A selection needs no exponentials. Before weights become
     * large, everything is taken to a newer common time.
     */
    private static final double LARGEST_EXPONENT = 200;

    private static final double NANOS = 1e9;

    /** Programs that are told apart; clients name them, so there is an end to it. */
    static final int MOST_PROGRAMS = 20_000;

    /** What all further programs count as. */
    private static final String OTHERS = "~others";

    /** One program. */
    static final class Program {
        private final String id;
        private double weighted;
        private long usedNanos;
        private long requests;
        private double waitedMillis;

        private Program(String id, long nowNanos) {
            this.id = id;
            this.usedNanos = nowNanos;
        }

        String id() {
            return id;
        }
    }

    private final double halfLifeNanos;
    private final long forgetNanos;
    private final long sweepNanos;
    private final Map<String, Program> programs = new HashMap<>();
    private long commonNanos;
    private long sweptNanos;
    private boolean hasBegun;

    /**
     * Nobody has got anything.
     *
     * @param halfLifeSeconds 0 for no decay
     * @param forgetSeconds a program that gets nothing for so long is forgotten
     * @param sweepSeconds time between looks for those
     */
    AttainedService(double halfLifeSeconds, long forgetSeconds, long sweepSeconds) {
        this.halfLifeNanos = halfLifeSeconds * NANOS;
        this.forgetNanos = forgetSeconds * 1_000_000_000L;
        this.sweepNanos = sweepSeconds * 1_000_000_000L;
    }

    /** The program of this id, made when there is none; the one for others when there are too many. */
    synchronized Program program(String id, long nowNanos) {
        begin(nowNanos);
        boolean isOneTooMany = programs.size() >= MOST_PROGRAMS && !programs.containsKey(id);
        return programs.computeIfAbsent(isOneTooMany ? OTHERS : id, name -> new Program(name, nowNanos));
    }

    private void begin(long nowNanos) {
        if (!hasBegun) {
            hasBegun = true;
            commonNanos = nowNanos;
            sweptNanos = nowNanos;
        }
    }

    /** A program has got tokens, or gives some back; never falls below nothing. */
    synchronized void add(String id, double tokens, long nowNanos) {
        Program program = program(id, nowNanos);
        rebase(nowNanos);
        program.weighted = Math.max(0, program.weighted + tokens * weight(nowNanos));
        program.usedNanos = nowNanos;
        sweep(nowNanos);
    }

    /** A request of the program has waited. */
    synchronized void waited(String id, double millis, long nowNanos) {
        Program program = program(id, nowNanos);
        program.requests++;
        program.waitedMillis += millis;
    }

    private double weight(long nowNanos) {
        return halfLifeNanos == 0 ? 1 : Math.pow(2, (nowNanos - commonNanos) / halfLifeNanos);
    }

    private void rebase(long nowNanos) {
        if (halfLifeNanos > 0 && (nowNanos - commonNanos) / halfLifeNanos > LARGEST_EXPONENT) {
            double factor = weight(nowNanos);
            programs.values().forEach(program -> program.weighted /= factor);
            commonNanos = nowNanos;
        }
    }

    private void sweep(long nowNanos) {
        if (nowNanos - sweptNanos < sweepNanos) {
            return;
        }
        sweptNanos = nowNanos;
        for (Iterator<Program> i = programs.values().iterator(); i.hasNext(); ) {
            if (nowNanos - i.next().usedNanos >= forgetNanos) {
                i.remove();
            }
        }
    }

    /** What the program has got, in tokens of now. */
    synchronized double attained(String id, long nowNanos) {
        Program program = programs.get(id);
        return program == null ? 0 : program.weighted / weight(nowNanos);
    }

    /** Copies the weighted service of programs, for comparisons among them. */
    synchronized void copy(Program[] from, double[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] = from[i].weighted;
        }
    }

    /** How evenly the programs are served: 1 is evenly. Jain's index over attained service. */
    synchronized double jainsIndex() {
        double sum = 0;
        double squares = 0;
        for (Program program : programs.values()) {
            sum += program.weighted;
            squares += program.weighted * program.weighted;
        }
        return squares == 0 ? 1 : sum * sum / (programs.size() * squares);
    }

    /** A program for meters. */
    record Share(String id, double meanWaitMillis, double attainedTokens) {}

    /** All programs, as they are now. */
    synchronized List<Share> shares(long nowNanos) {
        List<Share> shares = new ArrayList<>(programs.size());
        double factor = weight(nowNanos);
        for (Program program : programs.values()) {
            double wait = program.requests == 0 ? 0 : program.waitedMillis / program.requests;
            shares.add(new Share(program.id, wait, program.weighted / factor));
        }
        return shares;
    }
}
