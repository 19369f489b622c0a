package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.flowcontrol.FairnessPolicy;
import io.llmd.scheduler.flowcontrol.Flow;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.FlowSelector;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Shares a band in proportion to weights, counted in tokens: deficit round robin. Each flow in turn is granted its weight
 * times the quantum and sends while its balance covers the prompt; the answer is charged when it is complete. O(1) per
 * request while the quantum is not far below the length of prompts.
 */
final class WeightedTokenFairnessPolicy implements FairnessPolicy, PreRequest, ResponseHook {

    /** Flows whose debts are remembered while they have nothing waiting; the oldest are forgotten. */
    private static final int MOST_DEBTORS = 10_000;

    /** A debt is remembered up to so many grants, so that a flow which had the pool to itself is not shut out later. */
    private static final int MOST_DEBT_GRANTS = 16;

    /**
     * @param weights share of each flow relative to others, by fairness id
     * @param defaultWeight weight of all other flows
     * @param quantumTokens tokens that a flow of weight 1 is granted in each round
     * @param chargeAnswers whether the tokens of answers count too
     */
    record Params(
            Map<String, Double> weights,
            @Default("1") double defaultWeight,
            @Default("4096") long quantumTokens,
            @Default("true") boolean chargeAnswers) {
        Params {
            weights = Map.copyOf(weights);
            weights.forEach((id, weight) -> {
                if (weight <= 0) {
                    throw new IllegalArgumentException("weights: " + id + " " + weight + " (expected: > 0)");
                }
            });
            if (defaultWeight <= 0) {
                throw new IllegalArgumentException("defaultWeight: " + defaultWeight + " (expected: > 0)");
            }
            if (quantumTokens < 1) {
                throw new IllegalArgumentException("quantumTokens: " + quantumTokens + " (expected: >= 1)");
            }
        }
    }

    private final Params params;
    private final AttemptTokens<Charges> attempts = new AttemptTokens<>();

    WeightedTokenFairnessPolicy(Params params) {
        this.params = params;
    }

    @Override
    public FlowSelector newSelector() {
        return new Selector();
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        if (params.chargeAnswers()) {
            attempts.scheduled(request, dispatch);
        }
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {}

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        AttemptTokens.Used<Charges> used = attempts.ended(leaseId, report);
        if (used == null) {
            return;
        }
        Charges charges = used.account();
        if (charges != null) {
            charges.add(used.fairnessId(), used.promptCorrection() + used.completionTokens());
        }
    }

    /** What answers to the requests of one band have used since its selector looked last. Any thread. */
    private static final class Charges {
        private final Map<String, Long> tokens = new HashMap<>();

        private synchronized void add(String fairnessId, long count) {
            if (tokens.size() < MOST_DEBTORS || tokens.containsKey(fairnessId)) {
                tokens.merge(fairnessId, count, Long::sum);
            }
        }

        private synchronized void take(ObjLongConsumer<String> taker) {
            if (!tokens.isEmpty()) {
                tokens.forEach(taker::accept);
                tokens.clear();
            }
        }
    }

    private double grant(String fairnessId) {
        Double weight = params.weights().get(fairnessId);
        return (weight == null ? params.defaultWeight() : weight) * params.quantumTokens();
    }

    private static long cost(FlowRequest request) {
        return Math.max(1, request.promptTokens());
    }

    /** A flow that waits, with its neighbours in the round. */
    private static final class Turn {
        private final Flow flow;
        private final double grant;
        private double balance;
        private Turn next = this;
        private Turn previous = this;

        private Turn(Flow flow, double grant, double balance) {
            this.flow = flow;
            this.grant = grant;
            this.balance = balance;
        }

        private boolean isCovered() {
            return balance >= cost(flow.head());
        }
    }

    private final class Selector implements FlowSelector {

        private final Map<String, Turn> turns = new HashMap<>();
        private final Map<String, Double> debts = new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Double> eldest) {
                return size() > MOST_DEBTORS;
            }
        };
        private final Charges charges = new Charges();
        private @Nullable Turn current;

        @Override
        public void added(Flow flow) {
            double grant = grant(flow.fairnessId());
            Double debt = debts.remove(flow.fairnessId());
            Turn turn = new Turn(flow, grant, debt == null ? 0 : -debt);
            turns.put(flow.fairnessId(), turn);
            Turn now = current;
            if (now == null) {
                turn.balance += grant;
                current = turn;
                return;
            }
            turn.previous = now.previous;
            turn.next = now;
            now.previous.next = turn;
            now.previous = turn;
        }

        @Override
        public void headChanged(Flow flow) {}

        @Override
        public void removed(Flow flow) {
            Turn turn = turns.remove(flow.fairnessId());
            if (turn == null) {
                return;
            }
            if (turn.balance < 0) {
                debts.put(flow.fairnessId(), Math.min(-turn.balance, MOST_DEBT_GRANTS * turn.grant));
            }
            boolean isCurrent = turn == current;
            if (turn.next == turn) {
                current = null;
                return;
            }
            turn.previous.next = turn.next;
            turn.next.previous = turn.previous;
            if (isCurrent) {
                arrive(turn.next);
            }
        }

        private void arrive(Turn turn) {
            turn.balance += turn.grant;
            current = turn;
        }

        @Override
        public @Nullable Flow select(long nowNanos) {
            charges.take(this::charge);
            Turn turn = current;
            if (turn == null) {
                return null;
            }
            int passed = 0;
            while (!turn.isCovered()) {
                if (passed++ == turns.size()) {
                    skipRounds();
                    passed = 0;
                }
                turn = turn.next;
                arrive(turn);
            }
            return turn.flow;
        }

        /** Grants as many rounds as pass anyway before the first flow can send. */
        private void skipRounds() {
            double rounds = Double.POSITIVE_INFINITY;
            for (Turn turn : turns.values()) {
                double missing = cost(turn.flow.head()) - turn.balance;
                rounds = Math.min(rounds, Math.floor(missing / turn.grant) - 1);
            }
            if (rounds >= 1) {
                for (Turn turn : turns.values()) {
                    turn.balance += rounds * turn.grant;
                }
            }
        }

        private void charge(String fairnessId, long tokens) {
            Turn turn = turns.get(fairnessId);
            if (turn != null) {
                turn.balance -= tokens;
                return;
            }
            double most = MOST_DEBT_GRANTS * grant(fairnessId);
            double debt = debts.getOrDefault(fairnessId, 0.0) + tokens;
            if (debt > 0) {
                debts.put(fairnessId, Math.min(debt, most));
            }
        }

        @Override
        public void served(Flow flow, FlowRequest request, long nowNanos) {
            Turn turn = turns.get(flow.fairnessId());
            if (turn != null) {
                turn.balance -= cost(request);
            }
            if (params.chargeAnswers()) {
                attempts.served(flow, request, charges);
            }
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "weighted-token-fairness-policy";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public WeightedTokenFairnessPolicy create(String name, Params params) {
            return new WeightedTokenFairnessPolicy(params);
        }
    }
}
