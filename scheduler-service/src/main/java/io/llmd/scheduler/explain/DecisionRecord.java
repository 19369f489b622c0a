package io.llmd.scheduler.explain;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decision that was made and what is known of the attempt that followed. Immutable but for the attempt; safe from any
 * thread. Its arrays are shared with the decision and must not be changed.
 */
public final class DecisionRecord {

    private static final int FIXED_BYTES = 320;
    private static final int CALL_BYTES = 56;
    private static final int ENDPOINT_BYTES = 240;

    private final long number;
    private final Instant decidedAt;
    private final long leaseId;
    private final String requestId;
    private final Explanation.Verdict verdict;
    private final @Nullable RecordedRequest request;
    private final Endpoint[] endpoints;
    private final RecordedData data;
    private final DecisionRecording recording;
    private final Map<String, PluginDescription> plugins;
    private final List<RecordListener> listeners;
    private final long decidedNanos;
    private volatile Attempt attempt;
    private long bytes;

    DecisionRecord(
            long number,
            Instant decidedAt,
            String requestId,
            long leaseId,
            Explanation.Verdict verdict,
            @Nullable RecordedRequest request,
            Endpoint[] endpoints,
            RecordedData data,
            DecisionRecording recording,
            Map<String, PluginDescription> plugins,
            List<RecordListener> listeners) {
        this.number = number;
        this.decidedAt = decidedAt;
        this.requestId = requestId;
        this.leaseId = leaseId;
        this.verdict = verdict;
        this.request = request;
        this.endpoints = endpoints;
        this.data = data;
        this.recording = recording;
        this.plugins = plugins;
        this.listeners = listeners;
        this.decidedNanos = recording.now();
        this.attempt = verdict instanceof Explanation.Verdict.Rejected ? Attempt.REJECTED : Attempt.PLACED;
    }

    /** Numbers of records rise in the order in which they were made. */
    public long number() {
        return number;
    }

    /** When it was decided. */
    public Instant decidedAt() {
        return decidedAt;
    }

    /** Id of the client request. */
    public String requestId() {
        return requestId;
    }

    /** The decision's lease, 0 when nobody was chosen. */
    public long leaseId() {
        return leaseId;
    }

    /** How it ended. */
    public Explanation.Verdict verdict() {
        return verdict;
    }

    /** The attempt as far as it has been reported. */
    public Attempt attempt() {
        return attempt;
    }

    /** Model after rewriting, empty when the body could not be read. */
    public String model() {
        return request == null ? "" : request.model();
    }

    /** Priority of the request's objective. */
    public int priority() {
        return request == null ? 0 : request.priority();
    }

    /** Flow that the request belongs to; empty when the body could not be read. */
    public String fairnessId() {
        return request == null ? "" : request.fairnessId();
    }

    /** Ids of the chosen endpoints, best first; empty when nobody was chosen. */
    public List<String> chosen() {
        return switch (verdict) {
            case Explanation.Verdict.Scheduled scheduled -> scheduled.endpoints();
            case Explanation.Verdict.Rejected rejected -> List.of();
        };
    }

    /** Prompt tokens that the chosen endpoint was thought to hold; -1 when nobody was chosen, or nobody looked. */
    public int expectedCachedTokens() {
        PrefixMatches matches = data.first(PrefixMatches.class);
        List<String> chosen = chosen();
        for (int slot = 0; matches != null && !chosen.isEmpty() && slot < endpoints.length; slot++) {
            if (endpoints[slot].id().equals(chosen.getFirst())) {
                return matches.matchBlocks(slot) * matches.blockTokens(slot);
            }
        }
        return -1;
    }

    /** All calls of plugins, in order. */
    public List<PluginCall> calls() {
        return recording.calls();
    }

    /** What the plugin of a name is, null when that is not known. */
    public @Nullable PluginDescription plugin(String name) {
        return plugins.get(name);
    }

    /** A header of the request that was kept, by its lower-case name; null when it was not. */
    public @Nullable String header(String name) {
        return request == null ? null : request.headers().get(name);
    }

    /** Reading of the monotonic clock when it was decided. */
    public long decidedNanos() {
        return decidedNanos;
    }

    /** Reading of the monotonic clock when the request arrived. */
    public long startNanos() {
        return recording.startNanos();
    }

    /** Time that the request waited for its turn. */
    public long queueNanos() {
        return recording.queueNanos();
    }

    /** From arrival to decision, without the time in the queue. */
    public long decisionNanos() {
        return decidedNanos - recording.startNanos() - recording.queueNanos();
    }

    /** Takes note of a report about the attempt. */
    public void reported(OutcomeReport report) {
        attempt = Attempt.of(report);
        if (report.phase() == OutcomeReport.Phase.ENDED) {
            for (int i = 0; i < listeners.size(); i++) {
                listeners.get(i).ended(this);
            }
        }
    }

    /** Everything, for people. */
    public Explanation explanation() {
        return new RecordReader(requestId, verdict, request, endpoints, data, recording, plugins, null, attempt)
                .explanation();
    }

    boolean canBeReplayed() {
        return request != null && endpoints.length > 0;
    }

    /** The request again, without its prompts; {@code zeros} as for {@link RecordedRequest#again}. */
    InferenceRequest requestAgain(byte[] zeros) {
        return recorded().again(requestId, recording.startNanos(), zeros);
    }

    /** The endpoints as the decision saw them. */
    Candidates candidatesAgain() {
        return Candidates.of(endpoints);
    }

    RecordedData data() {
        return data;
    }

    RecordedRequest recorded() {
        if (request == null) {
            throw new IllegalStateException("a request that could not be read cannot be repeated");
        }
        return request;
    }

    Endpoint[] endpoints() {
        return endpoints;
    }

    /** Heap that the record holds on to, counting of the endpoints those that {@code known} has not. */
    long measure(Endpoint[] known) {
        long size = FIXED_BYTES + 2L * requestId.length() + data.bytes();
        size += request == null ? 0 : request.bytes();
        size += (long) CALL_BYTES * recording.calls().size();
        for (RecordedFilter screener : recording.screeners()) {
            size += screener.bytes();
        }
        for (RecordedProfile profile : recording.profiles()) {
            size += profile.bytes();
        }
        if (known != endpoints) {
            size += 4L * endpoints.length + (long) ENDPOINT_BYTES * unknown(known);
        }
        bytes = size;
        return size;
    }

    private int unknown(Endpoint[] known) {
        if (known.length != endpoints.length) {
            return endpoints.length;
        }
        int count = 0;
        for (int i = 0; i < endpoints.length; i++) {
            count += endpoints[i] == known[i] ? 0 : 1;
        }
        return count;
    }

    /** What {@link #measure} said. */
    long bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return "DecisionRecord[" + requestId + ", " + Arrays.toString(chosen().toArray()) + "]";
    }
}
