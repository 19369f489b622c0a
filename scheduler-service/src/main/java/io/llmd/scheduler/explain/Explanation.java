package io.llmd.scheduler.explain;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.llmd.contracts.schedule.ScheduleRejection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A decision with all that led to it. Holds no text of the prompt.
 *
 * @param requestId id of the client request
 * @param verdict how it ended
 * @param request what was read of the request; null when the body could not be read
 * @param candidates the endpoints that the request may use, ordered by id, with the data that the decision saw
 * @param times what times the request was held to, what was expected, and whether they were kept; null when nobody asked for any
 * @param screeners what each screener kept, before any profile ran
 * @param profiles the profiles that ran, in order
 * @param leftOut plugins that failed or lacked data, and were left out
 * @param passedOver plugins that were not called, because they had failed again and again or hang
 */
public record Explanation(
        String requestId,
        Verdict verdict,
        @Nullable ExplainedRequest request,
        List<ExplainedCandidate> candidates,
        @Nullable String times,
        List<ExplainedProfile.FilterStep> screeners,
        List<ExplainedProfile> profiles,
        List<String> leftOut,
        List<String> passedOver) {
    public Explanation {
        candidates = List.copyOf(candidates);
        screeners = List.copyOf(screeners);
        profiles = List.copyOf(profiles);
        leftOut = List.copyOf(leftOut);
        passedOver = List.copyOf(passedOver);
    }

    /** How a decision ended. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "outcome")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Verdict.Scheduled.class, name = "decision"),
        @JsonSubTypes.Type(value = Verdict.Rejected.class, name = "rejection")
    })
    public sealed interface Verdict {

        /**
         * Endpoints were chosen.
         *
         * @param profile the primary profile
         * @param endpoints ids, chosen one first
         */
        record Scheduled(String profile, List<String> endpoints) implements Verdict {
            public Scheduled {
                endpoints = List.copyOf(endpoints);
            }
        }

        /**
         * Nobody was chosen.
         *
         * @param reason what stood in the way
         * @param message one sentence
         */
        record Rejected(ScheduleRejection.Reason reason, String message) implements Verdict {}
    }
}
