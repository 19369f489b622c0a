package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.ServedPhases;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;

/**
 * What this scheduler has sent to one endpoint and is not done, and how fast the endpoint is. Times are milliseconds of one
 * clock. Safe from any thread; O(1) for a decision, O(prompts that wait) for an outcome.
 *
 * <p>Grows with the attempts in flight, which the leases bound.
 */
final class EndpointWork {

    /*
     * Prompts are computed in the order in which they came. The first of the queue begins when it comes, or when the one
     * before it is done; it is done when its answer begins. What should be done and is not is expected to be as late again,
     * so that the queue cannot drift away from the truth. Prompts that an engine computes in one step begin to be answered
     * together; they are one measured time, and so is a prompt with those that overtook it. Where the beginning of an answer is
     * not seen, because the answer is not streamed, prompts are done when they should be, or when the whole answer is there if
     * that is sooner. Such a prompt teaches nothing, nor does the one behind it, of which nobody knows when it began; the same
     * holds for prompts that end before their answers begin.
     *
     * Where prompts are computed on one endpoint and answered by another, either has an attempt of its own: the first one's is over
     * when the answer begins, since its blocks have been fetched, and it is none of the answers that run there. The other one's
     * waits for blocks, not for its turn to compute, but runs and holds memory as any.
     *
     * Readings of the engine's metrics are old. What has been placed and has ended since is known here, so the memory in use
     * is that of the reading and what has changed since the reading was first seen.
     *
     * A prompt that is computed makes each answer stand still once. Answers that run are longer than the usual one, twice as long
     * where lengths are exponential, so that their mean time between tokens grows by half of that, over the usual length.
     */

    private static final double LEAST_REST = 0.2;
    private static final double TOGETHER_MILLIS = 2;
    private static final double REFRESH_MILLIS = 10_000;
    private static final double FULL = 0.97;
    private static final double NEWS = 0.3;
    private static final double FIRST_FAILURE_MILLIS = 200;
    private static final double MOST_FAILURE_MILLIS = 60_000;
    private static final int MOST_FAILURES = 10;
    private static final double FAILURE_HALF_LIFE_MILLIS = 5_000;

    /** An attempt. Changed under the monitor of its endpoint. */
    static final class Attempt {
        private final double millis;
        private final double[] quantities;
        private final double placed;
        private final long promptTokens;
        private final long ownTokens;
        private final boolean isWatched;
        private final int answers;
        private final Asked asked;
        private double tokenExpected;
        private double missExpected;
        private boolean isLate;
        private boolean isQueued;
        private boolean isAwaiting;
        private boolean isDecoding;
        private double startedAt;
        private double runningAtStart;
        private double contextAtStart;

        private Attempt(
                double millis,
                double[] quantities,
                double placed,
                long promptTokens,
                long ownTokens,
                boolean isWatched,
                int answers,
                Asked asked) {
            this.asked = asked;
            this.millis = millis;
            this.quantities = quantities;
            this.placed = placed;
            this.promptTokens = promptTokens;
            this.ownTokens = ownTokens;
            this.isWatched = isWatched;
            this.answers = answers;
        }

        /** Expected time to compute the prompt. */
        double millis() {
            return millis;
        }

        /** Answers that come from here at the same time, 0 when another endpoint answers. */
        int answers() {
            return answers;
        }
    }

    /** What an attempt is held to. @param firstTokenExpected time to its first token that is expected, in milliseconds */
    record Asked(LatencyObjectives objectives, double firstTokenExpected) {
        static final Asked NOTHING = new Asked(LatencyObjectives.NONE, 0);
    }

    /** What a decision wants to know of each endpoint. Made once for a decision. @param misses of what answers are held to */
    record Question(
            long promptTokens, long mostCachedTokens, double outputTokens, int answers, Misses misses, double now) {}

    /** What a decision sees of the endpoint. One for all endpoints of a decision, written anew for each of them. */
    static final class View {
        private double queueMillis;
        private double memoryMillis;
        private double memoryWorkMillis;
        private double prefillMillis;
        private double restMillis;
        private double answersMillis;
        private double standStillMillis;
        private double failureMillis;
        private double tokenMillis;
        private double otherMissesMillis;
        private double computeMissesMillis;
        private boolean isFull;

        /** Until the prompts are computed that are there. */
        double queueMillis() {
            return queueMillis;
        }

        /** Until there is room for the prompt. */
        double memoryMillis() {
            return memoryMillis;
        }

        /** That the request holds memory, as if it held all that the endpoint has. */
        double memoryWorkMillis() {
            return memoryWorkMillis;
        }

        /** To compute what is missing of the prompt. */
        double prefillMillis() {
            return prefillMillis;
        }

        /** To compute what no endpoint holds of it. */
        double restMillis() {
            return restMillis;
        }

        /** That the tokens of the answer take, with what the others' take longer, also while the prompt is computed. */
        double answersMillis() {
            return answersMillis;
        }

        /** The part of these for which answers stand still while the prompt is computed. */
        double standStillMillis() {
            return standStillMillis;
        }

        /** That failures of late count. */
        double failureMillis() {
            return failureMillis;
        }

        /** That a token of the answer takes. */
        double tokenMillis() {
            return tokenMillis;
        }

        /** What it costs that answers which run here miss their times because of the request. */
        double otherMissesMillis() {
            return otherMissesMillis;
        }

        /** The part of it that is missed because they stand still while the prompt is computed. */
        double computeMissesMillis() {
            return computeMissesMillis;
        }

        /** Whether the cache has been filled. */
        boolean isFull() {
            return isFull;
        }
    }

    private final FleetTimes fleet;
    private final FittedTimes prefill = FleetTimes.prefillOfEndpoint();
    private final FittedTimes token = FleetTimes.tokenOfEndpoint();
    private final Deque<Attempt> queue = new ArrayDeque<>();
    private double queued;
    private double doneAt = Double.NEGATIVE_INFINITY;
    private double refreshedAt = Double.NEGATIVE_INFINITY;

    private final double[] overtaking = new double[4];
    private boolean isBeginUnseen;

    private final double[] group = new double[4];
    private double groupMillis;
    private double groupAt = Double.NEGATIVE_INFINITY;
    private boolean isGroupFull;
    private boolean isGroupUnseen;

    private int inFlight;
    private int decoding;
    private double decodingPrompts;
    private double decodingSince;
    private double ownTokens;
    private double queuedPrompts;
    private double queuedTokens;
    private int queuedAnswers;
    private int awaiting;
    private double awaitedPrompts;
    private final AnswerObjectives objectives = new AnswerObjectives();

    private long readingNanos = Long.MIN_VALUE;
    private double heldAtReading;
    private double usedAtReading;
    private double wantedAtReading;
    private double foreign;
    private double capacity;
    private double insertedTokens;

    private int failures;
    private double failedAt;

    EndpointWork(FleetTimes fleet) {
        this.fleet = fleet;
    }

    /**
     * What a prompt would meet here.
     *
     * @param cachedTokens that the endpoint holds of it
     * @param foreignTokens that other schedulers have in flight
     * @param view what is written
     */
    synchronized void view(Endpoint endpoint, Question question, long cachedTokens, long foreignTokens, View view) {
        double now = question.now();
        if (now - refreshedAt > REFRESH_MILLIS) {
            refreshedAt = now;
            fleet.refresh(prefill, token, now);
        }
        removeUnwatched(now);
        read(endpoint, now);
        long promptTokens = question.promptTokens();
        long missing = Math.max(1, promptTokens - cachedTokens);
        double context = context(now);
        double compute = prefillMillis(missing, cachedTokens, context);
        // Two views of the same requests: those that schedulers tell each other of, and those that the engine has
        // waiting.
        double others = Math.max(foreignTokens * prefill.factors()[1] / 1e3, foreign * compute);
        long elsewhere = question.mostCachedTokens();
        view.queueMillis = waiting(now) + others;
        double answer =
                compute + question.outputTokens() * tokenMillis(question.promptTokens(), question.answers(), context);
        view.memoryMillis = memory(missing, answer, now);
        view.memoryWorkMillis = memoryWork(missing, question.answers() * question.outputTokens(), answer);
        view.prefillMillis = compute;
        view.restMillis = elsewhere > cachedTokens
                ? prefillMillis(Math.max(1, promptTokens - elsewhere), elsewhere, context)
                : compute;
        view.standStillMillis = compute * decoding;
        view.answersMillis =
                answers(promptTokens, question.outputTokens(), question.answers(), context) + view.standStillMillis;
        view.tokenMillis = tokenMillis(promptTokens, question.answers(), context);
        setMisses(view, question, ServedPhases.prefills(endpoint) ? compute : 0, context);
        view.failureMillis = failure(now);
        view.isFull = capacity > 0 && insertedTokens > capacity;
    }

    private void setMisses(View view, Question question, double standStill, double context) {
        view.otherMissesMillis = 0;
        view.computeMissesMillis = 0;
        if (objectives.size() == 0) {
            return;
        }
        double before = tokenMillis(0, 0, context);
        double still = standStill / (2 * Math.max(1, question.outputTokens()));
        double after = tokenMillis(question.promptTokens(), question.answers(), context) + still;
        Misses misses = question.misses();
        double more = 0;
        double moreByCompute = 0;
        for (int i = 0; i < objectives.size(); i++) {
            double asked = objectives.tokenMillis(i);
            double likely = misses.likely(before, asked);
            more += objectives.answers(i) * (misses.likely(after, asked) - likely);
            moreByCompute += objectives.answers(i) * (misses.likely(before + still, asked) - likely);
        }
        view.otherMissesMillis = misses.millis() * Math.max(0, more);
        view.computeMissesMillis = misses.millis() * Math.max(0, moreByCompute);
    }

    private double prefillMillis(long missing, long cached, double context) {
        return prefill.millis(1, missing / 1e3, pairs(missing, cached) / 1e6, context / 1e5);
    }

    private static double pairs(long missing, long cached) {
        return missing * (cached + missing / 2.0);
    }

    private static double[] quantities(long missing, long cached, double context) {
        return new double[] {1, missing / 1e3, pairs(missing, cached) / 1e6, context / 1e5};
    }

    /** Tokens of the requests that are answered. */
    private double context(double now) {
        return decodingPrompts + generated(now);
    }

    private double generated(double now) {
        double each = Math.max(1, token.millis(1, decoding / 1e2, decodingPrompts / 1e5));
        return Math.max(0, (decoding * now - decodingSince) / each);
    }

    /** Tokens that requests of this scheduler hold for themselves, as far as it knows. */
    private double held(double now) {
        return ownTokens + generated(now);
    }

    private double waiting(double now) {
        Attempt first = queue.peekFirst();
        return first == null ? 0 : Math.max(Math.abs(queued - (now - begun(first))), LEAST_REST * queued);
    }

    private double begun(Attempt first) {
        return Math.max(doneAt, first.placed);
    }

    /** The reading, if it is a new one. */
    private void read(Endpoint endpoint, double now) {
        EndpointMetrics metrics = endpoint.metrics();
        if (!endpoint.fresh()) {
            foreign = 0;
            return;
        }
        if (metrics.updatedNanos() == readingNanos) {
            return;
        }
        readingNanos = metrics.updatedNanos();
        capacity = (double) metrics.cacheBlocks() * metrics.cacheBlockTokens();
        usedAtReading = Math.clamp(metrics.kvCacheUsage(), 0, 1) * capacity;
        wantedAtReading = usedAtReading + waitingShare(metrics) * queuedTokens;
        heldAtReading = held(now);
        double unknown = Math.max(0, metrics.waitingRequests() - inFlight);
        foreign += NEWS * (unknown - foreign);
    }

    /** Of the prompts that are taken to wait, how many the engine says wait: they have no memory yet. */
    private double waitingShare(EndpointMetrics metrics) {
        return queue.isEmpty() ? 0 : Math.min(1, (double) metrics.waitingRequests() / queue.size());
    }

    /** Requests that end give their memory back one after the other, each after the time of an answer. */
    private double memory(long missing, double answerMillis, double now) {
        if (capacity == 0 || inFlight == 0) {
            return 0;
        }
        double wanted = Math.max(0, wantedAtReading + held(now) - heldAtReading);
        double lacking = wanted + missing - FULL * capacity;
        return lacking <= 0 ? 0 : lacking / Math.max(1, Math.min(wanted, capacity)) * answerMillis;
    }

    /** @param outputTokens of all answers, which share the blocks of the prompt */
    private double memoryWork(long missing, double outputTokens, double answerMillis) {
        return capacity == 0 ? 0 : (missing + outputTokens / 2) / capacity * answerMillis;
    }

    /** What {@link View#memoryWorkMillis} was of a request that has been placed. @param outputTokens of each of its answers */
    synchronized double memoryWork(Attempt attempt, double outputTokens, double now) {
        double answer = attempt.millis + outputTokens * tokenMillis(0, 0, context(now));
        return memoryWork(attempt.ownTokens, attempt.answers * outputTokens, answer);
    }

    /** A token of an answer, with more answers than there are. */
    private double tokenMillis(long promptTokens, int more, double context) {
        double running = decoding + queuedAnswers + awaiting;
        double tokens = context + queuedPrompts + awaitedPrompts;
        return token.millis(1, (running + more) / 1e2, (tokens + (double) more * promptTokens) / 1e5);
    }

    private double answers(long promptTokens, double outputTokens, int own, double context) {
        double running = decoding + queuedAnswers + awaiting;
        double before = tokenMillis(0, 0, context);
        double after = tokenMillis(promptTokens, own, context);
        return outputTokens * (after + (after - before) * running / 2);
    }

    private double failure(double now) {
        return failures == 0
                ? 0
                : Math.min(MOST_FAILURE_MILLIS, FIRST_FAILURE_MILLIS * (1 << failures))
                        * Math.pow(0.5, (now - failedAt) / FAILURE_HALF_LIFE_MILLIS);
    }

    /**
     * A prompt goes to the endpoint, which answers it too.
     *
     * @param isWatched whether the beginning of the answer will be seen
     * @param answers that it gives at the same time, at least 1
     * @param asked what is asked for
     */
    synchronized Attempt add(
            long promptTokens, long cachedTokens, boolean isWatched, int answers, Asked asked, double now) {
        return queued(promptTokens, cachedTokens, isWatched, answers, asked, now);
    }

    /** A prompt goes to the endpoint, and its blocks to another one, which answers. @param isWatched as above */
    synchronized Attempt addForAnother(long promptTokens, long cachedTokens, boolean isWatched, double now) {
        return queued(promptTokens, cachedTokens, isWatched, 0, Asked.NOTHING, now);
    }

    private Attempt queued(
            long promptTokens, long cachedTokens, boolean isWatched, int answers, Asked asked, double now) {
        long missing = Math.max(1, promptTokens - cachedTokens);
        double[] quantities = quantities(missing, cachedTokens, context(now));
        Attempt attempt = new Attempt(
                prefill.millis(quantities), quantities, now, promptTokens, missing, isWatched, answers, asked);
        expect(attempt, now);
        attempt.isQueued = true;
        queue.addLast(attempt);
        queued += attempt.millis;
        queuedPrompts += (double) answers * promptTokens;
        queuedAnswers += answers;
        queuedTokens += missing;
        hold(missing);
        return attempt;
    }

    /** The endpoint will answer what another one computes. Parameters as above. */
    synchronized Attempt await(
            long promptTokens, long cachedTokens, boolean isWatched, int answers, Asked asked, double now) {
        long missing = Math.max(1, promptTokens - cachedTokens);
        Attempt attempt = new Attempt(0, new double[4], now, promptTokens, missing, isWatched, answers, asked);
        expect(attempt, now);
        attempt.isAwaiting = true;
        awaiting += answers;
        awaitedPrompts += (double) answers * promptTokens;
        hold(missing);
        return attempt;
    }

    private void expect(Attempt attempt, double now) {
        Asked asked = attempt.asked;
        if (asked.objectives().isAny()) {
            attempt.tokenExpected = tokenMillis(attempt.promptTokens, attempt.answers, context(now));
            attempt.missExpected =
                    fleet.misses().likely(asked.objectives(), asked.firstTokenExpected(), attempt.tokenExpected);
            objectives.change(attempt.answers, asked.objectives().timePerOutputTokenMillis());
        }
    }

    private void hold(long tokens) {
        ownTokens += tokens;
        insertedTokens += tokens;
        inFlight++;
    }

    private void removeUnwatched(double now) {
        for (Attempt first = queue.peekFirst();
                first != null && !first.isWatched && begun(first) + first.millis <= now;
                first = queue.peekFirst()) {
            double done = begun(first) + first.millis;
            leaveUnseen(first, done);
            decode(first, done);
        }
    }

    private void arrive(Attempt attempt) {
        attempt.isAwaiting = false;
        awaiting -= attempt.answers;
        awaitedPrompts = awaiting == 0 ? 0 : awaitedPrompts - (double) attempt.answers * attempt.promptTokens;
    }

    /** The prompt is no longer waited for, and nobody saw when it was computed. */
    private void leaveUnseen(Attempt attempt, double at) {
        if (isFirst(attempt)) {
            doneAt = Math.max(doneAt, at);
        }
        leave(attempt);
        isBeginUnseen = !queue.isEmpty();
        Arrays.fill(overtaking, 0);
    }

    private void leave(Attempt attempt) {
        attempt.isQueued = false;
        queue.remove(attempt);
        queued = queue.isEmpty() ? 0 : queued - attempt.millis;
        queuedTokens = queue.isEmpty() ? 0 : queuedTokens - attempt.ownTokens;
        queuedAnswers -= attempt.answers;
        queuedPrompts = queuedAnswers == 0 ? 0 : queuedPrompts - (double) attempt.answers * attempt.promptTokens;
    }

    private void decode(Attempt attempt, double at) {
        if (attempt.answers == 0) {
            return;
        }
        attempt.isDecoding = true;
        attempt.startedAt = at;
        attempt.contextAtStart = context(at);
        attempt.runningAtStart = decoding;
        decoding += attempt.answers;
        decodingPrompts += (double) attempt.answers * attempt.promptTokens;
        decodingSince += attempt.answers * at;
    }

    /** The answer has begun. */
    synchronized void started(Attempt attempt, double at) {
        failures = attempt.answers > 0 ? 0 : failures;
        firstToken(attempt, at - attempt.placed);
        if (attempt.isAwaiting) {
            arrive(attempt);
            decode(attempt, at);
            return;
        }
        if (!attempt.isQueued) {
            return;
        }
        removeUnwatched(at);
        if (!attempt.isQueued) {
            return;
        }
        if (!attempt.isWatched) {
            leaveUnseen(attempt, at);
        } else if (isFirst(attempt)) {
            computed(attempt, at);
        } else {
            add(overtaking, attempt.quantities);
            leave(attempt);
        }
        decode(attempt, at);
    }

    private void firstToken(Attempt attempt, double millis) {
        double asked = attempt.asked.objectives().timeToFirstTokenMillis();
        if (asked > 0 && attempt.isWatched && (attempt.isQueued || attempt.isAwaiting)) {
            attempt.isLate = attempt.asked.objectives().isFirstTokenLate(millis);
            fleet.firstTokenWas(millis, attempt.asked.firstTokenExpected());
        }
    }

    /** The first of the queue is computed, with those that overtook it. */
    private void computed(Attempt first, double at) {
        double took = Math.max(0, at - begun(first));
        if (took > TOGETHER_MILLIS || isBeginUnseen) {
            flush();
        }
        add(group, first.quantities);
        add(group, overtaking);
        Arrays.fill(overtaking, 0);
        groupMillis += took;
        groupAt = at;
        isGroupFull |= capacity > 0 && usedAtReading > FULL * capacity;
        isGroupUnseen |= isBeginUnseen;
        isBeginUnseen = false;
        doneAt = Math.max(doneAt, at);
        leave(first);
    }

    private static void add(double[] sum, double[] quantities) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += quantities[i];
        }
    }

    private boolean isFirst(Attempt attempt) {
        Iterator<Attempt> all = queue.iterator();
        return all.hasNext() && all.next() == attempt;
    }

    /** Learns from the prompts that were computed together. */
    private void flush() {
        if (groupMillis > 0 && !isGroupFull && !isGroupUnseen) {
            fleet.prefilled(groupMillis, group, groupAt, prefill);
        }
        Arrays.fill(group, 0);
        groupMillis = 0;
        isGroupFull = false;
        isGroupUnseen = false;
    }

    /**
     * The attempt is over.
     *
     * @param tokens of all its answers; less than 2 for each to learn nothing
     * @param millis from the first to the last
     * @param isFailure whether the endpoint failed
     */
    synchronized void ended(Attempt attempt, int tokens, double millis, boolean isFailure, double now) {
        removeUnwatched(now);
        if (attempt.isQueued) {
            endQueued(attempt, now);
        }
        if (attempt.isAwaiting) {
            arrive(attempt);
        }
        double context = context(now);
        if (attempt.isDecoding) {
            decoding -= attempt.answers;
            decodingPrompts = decoding == 0 ? 0 : decodingPrompts - (double) attempt.answers * attempt.promptTokens;
            decodingSince = decoding == 0 ? 0 : decodingSince - attempt.answers * attempt.startedAt;
            int ofEach = tokens / attempt.answers;
            if (attempt.isWatched && ofEach > 1 && millis > 0) {
                double[] quantities = {
                    1, (attempt.runningAtStart + decoding) / 2e2, (attempt.contextAtStart + context) / 2e5
                };
                fleet.decoded(millis / (ofEach - 1), quantities, now, token);
                tokens(attempt, millis / (ofEach - 1));
            }
        }
        objectives.change(-attempt.answers, attempt.asked.objectives().timePerOutputTokenMillis());
        inFlight--;
        ownTokens = inFlight == 0 ? 0 : ownTokens - attempt.ownTokens;
        insertedTokens += Math.max(0, tokens);
        if (isFailure) {
            failures = Math.min(MOST_FAILURES, failures + 1);
            failedAt = now;
        }
    }

    private void tokens(Attempt attempt, double millis) {
        LatencyObjectives asked = attempt.asked.objectives();
        if (asked.isAny()) {
            fleet.tokensWere(millis, attempt.tokenExpected);
            fleet.objectivesWere(attempt.missExpected, attempt.isLate || asked.areTokensSlow(millis));
        }
    }

    private void endQueued(Attempt attempt, double now) {
        if (isFirst(attempt) || !attempt.isWatched) {
            leaveUnseen(attempt, now);
        } else {
            leave(attempt);
        }
    }
}
