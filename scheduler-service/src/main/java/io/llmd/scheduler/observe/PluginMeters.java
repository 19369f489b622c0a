package io.llmd.scheduler.observe;

import io.llmd.scheduler.explain.DecisionRecord;
import io.llmd.scheduler.explain.PluginCall;
import io.llmd.scheduler.explain.PluginDescription;
import io.llmd.scheduler.explain.RecordListener;
import io.llmd.scheduler.scheduling.ExtensionPoint;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long plugins take, of the decisions that are recorded. Grows with the plugin instances of all configurations of this
 * process's life, up to a bound. Safe from any thread.
 */
public final class PluginMeters implements RecordListener {

    private static final int MAX_SERIES = 1_000;
    private static final String NONE = "none";
    private static final Duration[] BOUNDS = Buckets.durations(Buckets.FAST);

    private record Key(ExtensionPoint point, String plugin) {}

    private final MeterRegistry registry;
    private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

    /** Registers meters at {@code registry} when plugins are first called. */
    public PluginMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void recorded(DecisionRecord record) {
        List<PluginCall> calls = record.calls();
        for (int i = 0; i < calls.size(); i++) {
            PluginCall call = calls.get(i);
            Key key = new Key(call.point(), call.plugin());
            Timer timer = timers.get(key);
            if (timer == null && timers.size() < MAX_SERIES) {
                timer = timer(key, record.plugin(call.plugin()));
                timers.put(key, timer);
            }
            if (timer != null) {
                timer.record(call.nanos(), TimeUnit.NANOSECONDS);
            }
        }
    }

    private Timer timer(Key key, @Nullable PluginDescription plugin) {
        return Timer.builder(SchedulerMeters.PLUGIN_DURATION.getName())
                .tag("extension_point", key.point().wireName())
                .tag("plugin_type", plugin == null ? NONE : plugin.type())
                .tag("plugin_name", key.plugin())
                .serviceLevelObjectives(BOUNDS)
                .register(registry);
    }
}
