package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.config.AdmissionSettings;
import io.llmd.simulator.metrics.MeterPage;
import io.llmd.simulator.output.Choice;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Refuses requests beyond what may be in progress. Bounds are soft, as in vLLM: requests that come at the same time may
 * pass together. Safe from any thread.
 */
final class Admission {
    private static final int MOST_SEQUENCES = 65_536;

    private final AdmissionSettings settings;
    private final Set<List<Choice>> inProgress = ConcurrentHashMap.newKeySet();
    private final AtomicLong sequences = new AtomicLong();
    private final AtomicLong refusedRequests = new AtomicLong();
    private final AtomicLong refusedTokens = new AtomicLong();

    Admission(AdmissionSettings settings) {
        this.settings = settings;
    }

    /**
     * Lets a request in or not.
     *
     * @param waiting requests in the waiting queues
     * @throws ApiException if it is not let in
     */
    void check(Reply.Generate generate, int waiting) {
        long n = (long) generate.prompts().size() * generate.sampling().n();
        if (n > MOST_SEQUENCES) {
            throw ApiException.badRequest(
                    "n times the number of prompts must be at most " + MOST_SEQUENCES + ", got " + n + ".", null);
        }
        if (settings.maxWaiting() > 0 && waiting >= settings.maxWaiting()) {
            throw new ApiException(
                    429, "TooManyRequestsError", "The waiting queue is full (" + settings.maxWaiting() + ").", null);
        }
        if (settings.maxSequences() > 0 && sequences.get() + n > settings.maxSequences()) {
            refusedRequests.incrementAndGet();
            throw unavailable("The engine is currently busy and cannot accept new requests.");
        }
        if (settings.maxPrefillTokens() > 0 && prefillTokens() >= settings.maxPrefillTokens()) {
            refusedTokens.incrementAndGet();
            throw unavailable("The engine has reached its prefill token backlog limit.");
        }
    }

    void begin(List<Choice> choices) {
        sequences.addAndGet(choices.size());
        if (settings.maxPrefillTokens() > 0) {
            inProgress.add(choices);
        }
    }

    void end(List<Choice> choices) {
        sequences.addAndGet(-choices.size());
        inProgress.remove(choices);
    }

    MeterPage.Rejections rejections() {
        return new MeterPage.Rejections(refusedRequests.get(), refusedTokens.get());
    }

    private long prefillTokens() {
        return inProgress.stream()
                .flatMap(Collection::stream)
                .filter(choice -> choice.produced() == 0)
                .mapToLong(choice -> choice.prompt().length)
                .sum();
    }

    private static ApiException unavailable(String reason) {
        return new ApiException(
                503, "Service Unavailable", reason + " Please try again later or on a different instance.", null);
    }
}
