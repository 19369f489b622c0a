package io.llmd.scheduler.observe;

import io.llmd.scheduler.outcome.OutcomeListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Meters of the log of outcomes. */
public final class OutcomeMeters implements OutcomeListener {

    private final Map<Event, Counter> counters = new EnumMap<>(Event.class);

    /** Registers the meters. */
    public OutcomeMeters(MeterRegistry registry) {
        for (Event event : Event.values()) {
            counters.put(
                    event,
                    registry.counter(
                            SchedulerMeters.OUTCOMES.getName(),
                            "outcome",
                            event.name().toLowerCase(Locale.ROOT)));
        }
    }

    @Override
    public void happened(Event event, int count) {
        Counter counter = counters.get(event);
        if (counter != null) {
            counter.increment(count);
        }
    }
}
