package io.llmd.scheduler.explain;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A recorded decision with all that led to it.
 *
 * @param decision the decision in one line
 * @param calls how long each plugin took, in the order of the calls
 * @param explanation what was seen and what plugins said
 */
public record DecisionDetails(DecisionSummary decision, List<Call> calls, Explanation explanation) {
    public DecisionDetails {
        calls = List.copyOf(calls);
    }

    /**
     * One call of a plugin.
     *
     * @param extensionPoint where it was called
     * @param profile profile that it was called for; null when it served the whole decision
     * @param plugin instance name
     * @param type type of the plugin; null when it is none
     * @param micros how long it took
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Call(
            String extensionPoint,
            @Nullable String profile,
            String plugin,
            @Nullable String type,
            double micros) {}

    /** Everything that is recorded. */
    public static DecisionDetails of(DecisionRecord record) {
        List<Call> calls = record.calls().stream()
                .map(call -> {
                    PluginDescription plugin = record.plugin(call.plugin());
                    return new Call(
                            call.point().wireName(),
                            call.profile(),
                            call.plugin(),
                            plugin == null ? null : plugin.type(),
                            call.nanos() / 1_000.0);
                })
                .toList();
        return new DecisionDetails(DecisionSummary.of(record), calls, record.explanation());
    }
}
