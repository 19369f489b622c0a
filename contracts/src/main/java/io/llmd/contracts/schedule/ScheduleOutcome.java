package io.llmd.contracts.schedule;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** How the scheduler answered one {@link ScheduleRequest}; exactly one per request and attempt. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "outcome")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ScheduleDecision.class, name = "decision"),
    @JsonSubTypes.Type(value = ScheduleRejection.class, name = "rejection")
})
public sealed interface ScheduleOutcome permits ScheduleDecision, ScheduleRejection {

    /** Id of the client request. */
    String requestId();
}
