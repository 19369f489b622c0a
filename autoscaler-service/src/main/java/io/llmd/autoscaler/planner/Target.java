package io.llmd.autoscaler.planner;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The number of a variant while it is being decided. For one thread. */
final class Target {

    private final VariantInput input;
    private final boolean isTrusted;
    private final List<Step> steps = new ArrayList<>();
    private final Map<GuardCode, String> codes = new EnumMap<>(GuardCode.class);
    private VariantMemory memory;
    private int replicas;
    private int demanded;
    private int needed;
    private int lasting = -1;

    /** @param isTrusted whether fewer replicas than were published are somebody's wish and not a gap in what is known */
    Target(VariantInput input, VariantMemory memory, boolean isTrusted) {
        this.input = input;
        this.memory = memory;
        this.isTrusted = isTrusted;
        replicas = current();
        demanded = replicas;
        needed = replicas;
    }

    /** What demand asks for, and nothing that is only held. */
    int demanded() {
        return demanded;
    }

    /** The present number is what demand asks for, before anything is held. */
    void settleDemand() {
        demanded = replicas;
    }

    /**
     * What is needed, which the next cycles remember, whatever this one makes of it: what demand asks for, and what is held while
     * something is missing.
     */
    int needed() {
        return needed;
    }

    /** What demand asks for without requests that wait: once these are served nobody needs what was there for them. */
    int lasting() {
        return lasting < 0 ? needed : Math.min(needed, lasting);
    }

    /** Requests wait, and without them so many would be needed. */
    void lasts(int number) {
        lasting = number;
    }

    /** Whether requests wait. */
    boolean isBacklogged() {
        return lasting >= 0;
    }

    /** The present number is what is needed. */
    void settleNeed() {
        needed = replicas;
    }

    /** Of the change of the number, what is for requests that wait: added for them, or taken away after they were served. */
    int passing() {
        int before = held();
        if (replicas > before) {
            return isBacklogged() ? Math.clamp(replicas - Math.max(before, lasting()), 0, replicas - before) : 0;
        }
        int there = Math.min(memory.passing(), Math.max(0, before - lasting()));
        return -Math.min(there, before - replicas);
    }

    VariantInput input() {
        return input;
    }

    VariantMemory memory() {
        return memory;
    }

    void remember(VariantMemory changed) {
        memory = changed;
    }

    /** What is asked for at present. */
    int current() {
        return input.replicas().specified();
    }

    /** What to remember as asked for: while something is missing, a smaller number is not taken for what is asked for. */
    int specified() {
        return isTrusted ? current() : Math.max(memory.specified(), current());
    }

    /** Whether somebody else has changed the number. A smaller one is only believed when nothing is missing. */
    boolean isForeign() {
        return memory.isForeign(current()) && (isTrusted || current() > memory.published());
    }

    /**
     * What was published last, or is asked for at present where nothing was or somebody else has changed it. While something is
     * missing, the larger of the two: a list that has become shorter may be part of what is missing. Where it is paused, what is
     * asked for, whoever asks.
     */
    int held() {
        boolean isLeftAlone = input.isPaused() && input.isTold();
        if (memory.published() < 0 || isForeign() || isLeftAlone) {
            return current();
        }
        return isTrusted ? memory.published() : Math.max(memory.published(), current());
    }

    int replicas() {
        return replicas;
    }

    /** Replicas that may serve: those that are stuck do not, and go first. */
    int serving() {
        int stuck = input.replicas().stuck() - Math.max(0, current() - replicas);
        return replicas - Math.max(0, stuck);
    }

    boolean shrinks() {
        return replicas < current();
    }

    /** A stage of demand. */
    void stage(String stage, int number, String reason) {
        replicas = number;
        steps.add(new Step(stage, number, reason));
    }

    /** A guard's number; nothing is noted where it is the same. */
    void guard(GuardCode code, int number) {
        if (number != replicas) {
            replicas = number;
            note(code);
        }
    }

    /** A guard that applies without changing the number. */
    void note(GuardCode code) {
        codes.putIfAbsent(code, code.meaning());
        steps.add(new Step(code.shortName(), replicas, code.meaning()));
    }

    /** Says more of a guard than what it means. */
    void explain(GuardCode code, String reason) {
        codes.put(code, reason);
        steps.add(new Step(code.shortName(), replicas, reason));
    }

    /** Why a guard applied. */
    String reason(GuardCode code) {
        return codes.getOrDefault(code, code.meaning());
    }

    /** At least so many. */
    void atLeast(GuardCode code, int number) {
        guard(code, Math.max(replicas, number));
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    Set<GuardCode> codes() {
        return Set.copyOf(codes.keySet());
    }
}
