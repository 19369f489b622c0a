package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.StepTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * An engine that goes from step to step: prompts in chunks, first come first served, beside all sequences that decode; admission
 * while contexts fit, and the youngest begins anew when they no longer do.
 */
final class SimulatedEngine {

    /** A request and when its tokens came. */
    static final class Work {
        final double arrivedAt;
        final int input;
        final int output;
        double firstTokenAt = Double.NaN;
        double endedAt = Double.NaN;
        private int promptLeft;
        private int context;
        private int generated;

        Work(double arrivedAt, int input, int output) {
            this.arrivedAt = arrivedAt;
            this.input = input;
            this.output = output;
            promptLeft = input;
        }

        /** Whether it has kept both targets. */
        boolean kept(double firstToken, double interToken) {
            return firstTokenAt - arrivedAt <= firstToken
                    && (endedAt - firstTokenAt) / Math.max(1, output - 1) <= interToken;
        }
    }

    private final String id;
    private final StepTime time;
    private final EngineLimits limits;
    private final Deque<Work> waiting = new ArrayDeque<>();
    private final List<Work> running = new ArrayList<>();
    private final List<Work> ended = new ArrayList<>();
    private double stepEndsAt = Double.POSITIVE_INFINITY;
    private long resident;
    private double steps;
    private double prompts;
    private double generated;
    private double interTokenSum;
    private double preemptions;

    SimulatedEngine(String id, StepTime time, EngineLimits limits) {
        this.id = id;
        this.time = time;
        this.limits = limits;
    }

    String id() {
        return id;
    }

    int waiting() {
        return waiting.size();
    }

    long resident() {
        return resident;
    }

    double fill() {
        return resident / limits.kvTokens();
    }

    boolean isIdle() {
        return waiting.isEmpty() && running.isEmpty();
    }

    double stepEndsAt() {
        return stepEndsAt;
    }

    void take(Work work, double now) {
        waiting.addLast(work);
        if (stepEndsAt == Double.POSITIVE_INFINITY) {
            begin(now);
        }
    }

    /** The step that is under way is over. */
    List<Work> endStep() {
        double now = stepEndsAt;
        double length = now - stepBeganAt;
        ended.clear();
        for (Work each : decoding) {
            each.generated++;
            each.context++;
            resident++;
            generated++;
            interTokenSum += length;
        }
        for (int i = 0; i < prefilling.size(); i++) {
            Work each = prefilling.get(i);
            each.promptLeft -= chunks.get(i);
            each.context += chunks.get(i);
            prompts += chunks.get(i);
            if (each.promptLeft == 0) {
                each.firstTokenAt = Double.isNaN(each.firstTokenAt) ? now : each.firstTokenAt;
                each.generated = Math.max(1, each.generated);
                generated++;
            }
        }
        steps++;
        for (Work each : running) {
            if (each.promptLeft == 0 && each.generated >= each.output) {
                each.endedAt = now;
                ended.add(each);
                resident -= each.context;
            }
        }
        running.removeAll(ended);
        while (resident > limits.kvTokens() && running.size() > 1) {
            Work youngest = running.removeLast();
            resident -= youngest.context;
            youngest.promptLeft = youngest.input + youngest.generated;
            youngest.context = 0;
            waiting.addFirst(youngest);
            preemptions++;
        }
        stepEndsAt = Double.POSITIVE_INFINITY;
        if (!isIdle()) {
            begin(now);
        }
        return ended;
    }

    private final List<Work> decoding = new ArrayList<>();
    private final List<Work> prefilling = new ArrayList<>();
    private final List<Integer> chunks = new ArrayList<>();
    private double stepBeganAt;

    private void begin(double now) {
        decoding.clear();
        prefilling.clear();
        chunks.clear();
        long contexts = 0;
        for (Work each : running) {
            if (each.promptLeft == 0) {
                decoding.add(each);
                contexts += each.context;
            }
        }
        int budget = limits.stepTokens() - decoding.size();
        for (Work each : running) {
            if (each.promptLeft > 0 && budget > 0) {
                budget -= prefill(each, budget);
            }
        }
        while (budget > 0
                && !waiting.isEmpty()
                && running.size() < limits.maxSequences()
                && resident + waiting.getFirst().promptLeft <= limits.kvTokens()) {
            Work next = waiting.removeFirst();
            running.add(next);
            budget -= prefill(next, budget);
        }
        int tokens = chunks.stream().mapToInt(Integer::intValue).sum();
        stepBeganAt = now;
        stepEndsAt = now + time.step(tokens, decoding.size(), contexts);
    }

    private int prefill(Work work, int budget) {
        int chunk = Math.min(budget, work.promptLeft);
        prefilling.add(work);
        chunks.add(chunk);
        resident += chunk;
        return chunk;
    }

    EngineReading reading(double at) {
        return new EngineReading(
                at,
                running.size(),
                waiting.size(),
                Math.min(1, fill()),
                limits.kvTokens(),
                steps,
                prompts,
                0,
                generated,
                preemptions,
                interTokenSum,
                generated);
    }
}
