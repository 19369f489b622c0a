package io.llmd.autoscaler.observe;

import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.LoopListener;
import io.llmd.autoscaler.loop.LoopState;
import io.llmd.autoscaler.planner.ClassDecision;
import io.llmd.autoscaler.planner.ClassInput;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.ModelInput;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.autoscaler.variant.Variant;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Meters of cycles. Gauges are set once in a cycle from what it published, so that reading them computes nothing; before the
 * first cycle there are none, for a number that is missing must not read as 0. For one thread.
 */
public final class CycleMeters implements LoopListener {

    private static final Set<AutoscalerMeters> CARRIED_OUT =
            Set.of(AutoscalerMeters.DESIRED, AutoscalerMeters.WVA_DESIRED, AutoscalerMeters.WVA_RATIO);

    private final MeterRegistry registry;
    private final boolean hasWva;
    private final Map<AutoscalerMeters, Gauges> gauges = new EnumMap<>(AutoscalerMeters.class);
    private @Nullable Supplier<LoopState> state;
    private Supplier<ClusterState> cluster = () -> ClusterState.NONE;
    private DoubleSupplier seconds = () -> 0;
    private double staleSeconds = Double.POSITIVE_INFINITY;
    private volatile double knownAt;

    /** Meters; those of llm-d's autoscaler only where they are wanted. */
    public CycleMeters(MeterRegistry registry, boolean hasWva) {
        this.registry = registry;
        this.hasWva = hasWva;
    }

    /** Where the rest of what is measured comes from. */
    public void watch(Supplier<LoopState> loop, Supplier<ClusterState> ofCluster) {
        state = loop;
        cluster = ofCluster;
    }

    /**
     * Lets numbers that are to be carried out become NaN when no cycle has come for so long: who reads them would carry them out for
     * ever. Called before the first cycle.
     *
     * @param ofLoop the clock of the loop
     */
    public void expire(DoubleSupplier ofLoop, double afterSeconds) {
        seconds = ofLoop;
        staleSeconds = afterSeconds;
    }

    private boolean isStale() {
        return seconds.getAsDouble() - knownAt > staleSeconds;
    }

    /**
     * Gauges of one meter. Those that stay are never replaced, for whoever scrapes in between would see both or none: their value
     * changes.
     */
    private final class Gauges {

        private final MultiGauge gauge;
        private final boolean isCarriedOut;
        private Map<Tags, AtomicReference<Double>> values = Map.of();

        Gauges(AutoscalerMeters meter) {
            isCarriedOut = CARRIED_OUT.contains(meter);
            gauge = MultiGauge.builder(meter.getName()).register(registry);
        }

        private double shown(AtomicReference<Double> value) {
            Double number = value.get();
            return number == null || (isCarriedOut && isStale()) ? Double.NaN : number;
        }

        void set(Map<Tags, Double> next) {
            Map<Tags, AtomicReference<Double>> all = new HashMap<>();
            next.forEach((tags, value) -> {
                AtomicReference<Double> known = values.getOrDefault(tags, new AtomicReference<>(value));
                known.set(value);
                all.put(tags, known);
            });
            boolean isSame = all.keySet().equals(values.keySet());
            values = all;
            if (!isSame) {
                List<MultiGauge.Row<?>> rows = new ArrayList<>();
                all.forEach((tags, value) -> rows.add(MultiGauge.Row.of(tags, value, this::shown)));
                gauge.register(rows, false);
            }
        }
    }

    /** Values of one cycle. */
    private final class Rows {

        private final Map<AutoscalerMeters, Map<Tags, Double>> rows = new EnumMap<>(AutoscalerMeters.class);

        void add(AutoscalerMeters meter, double value, String... values) {
            KeyName[] keys = meter.getKeyNames();
            List<Tag> tags = new ArrayList<>();
            for (int i = 0; i < keys.length; i++) {
                tags.add(Tag.of(keys[i].asString(), values[i]));
            }
            rows.computeIfAbsent(meter, name -> new HashMap<>()).put(Tags.of(tags), value);
        }

        void publish() {
            rows.keySet().forEach(meter -> gauges.computeIfAbsent(meter, Gauges::new));
            gauges.forEach((meter, gauge) -> gauge.set(rows.getOrDefault(meter, Map.of())));
        }
    }

    @Override
    public void published(Cycle cycle) {
        knownAt = cycle.nowSeconds() - cycle.sharedSeconds();
        Rows rows = new Rows();
        Map<String, Variant> variants = new HashMap<>();
        for (ModelInput model : cycle.input().models()) {
            model.variants().forEach(each -> variants.put(each.variant().id(), each.variant()));
            for (ClassInput each : model.classes()) {
                rows.add(
                        AutoscalerMeters.BACKLOG,
                        each.waiting(),
                        model.model(),
                        each.requestClass().tier().name());
            }
        }
        for (Decision decision : cycle.published()) {
            decision(rows, decision);
            for (VariantDecision each : decision.variants()) {
                Variant variant = variants.get(each.variant());
                if (variant != null) {
                    boolean isAdvised = cycle.advised().contains(each.variant());
                    variant(rows, decision.model(), variant, each, isAdvised);
                }
            }
        }
        Supplier<LoopState> loop = state;
        if (loop != null) {
            loop(rows, loop.get());
        }
        cluster(rows, variants, cluster.get());
        rows.publish();
    }

    private void decision(Rows rows, Decision decision) {
        String model = decision.model();
        rows.add(AutoscalerMeters.COST, decision.costPerHour(), model);
        rows.add(AutoscalerMeters.OPTIMIZER_GAP, decision.gap(), model);
        for (ClassDecision each : decision.classes()) {
            rows.add(AutoscalerMeters.DEMAND, each.now(), model, each.requestClass(), "now");
            rows.add(AutoscalerMeters.DEMAND, each.forecast(), model, each.requestClass(), "forecast");
            rows.add(AutoscalerMeters.DEMAND, each.used(), model, each.requestClass(), "used");
            rows.add(AutoscalerMeters.UNMET, each.unmet(), model, each.tier());
            rows.add(AutoscalerMeters.ATTAINMENT, each.attainment(), model, each.tier());
        }
        count(AutoscalerMeters.OPTIMIZER, decision.outcome());
        for (VariantDecision each : decision.variants()) {
            if (each.desired() != each.current()) {
                count(AutoscalerMeters.DECISIONS, model, each.desired() > each.current() ? "up" : "down");
            }
            each.codes().forEach(code -> count(AutoscalerMeters.GUARDS, model, code));
        }
        decision.codes().forEach(code -> count(AutoscalerMeters.GUARDS, model, code));
    }

    private void count(AutoscalerMeters meter, String... values) {
        List<Tag> tags = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            tags.add(Tag.of(meter.getKeyNames()[i].asString(), values[i]));
        }
        registry.counter(meter.getName(), tags).increment();
    }

    private void variant(Rows rows, String model, Variant variant, VariantDecision each, boolean isAdvised) {
        String[] tags = {model, variant.name(), variant.namespace(), each.role()};
        rows.add(isAdvised ? AutoscalerMeters.ADVISED : AutoscalerMeters.DESIRED, each.desired(), tags);
        each.utilization()
                .forEach((dimension, share) -> rows.add(AutoscalerMeters.UTILIZATION, share, with(tags, dimension)));
        if (!each.binding().isEmpty()) {
            rows.add(AutoscalerMeters.BINDING, 1, with(tags, each.binding()));
        }
        rows.add(AutoscalerMeters.PREDICTED_FIRST_TOKEN, each.predicted().firstToken95(), tags);
        rows.add(AutoscalerMeters.PREDICTED_INTER_TOKEN, each.predicted().interToken(), tags);
        if (hasWva && !isAdvised) {
            String type = variant.accelerator().isEmpty() ? "unresolved" : variant.accelerator();
            String[] labels = {variant.name(), variant.namespace(), type};
            rows.add(AutoscalerMeters.WVA_DESIRED, each.desired(), labels);
            rows.add(AutoscalerMeters.WVA_CURRENT, each.current(), labels);
            double ratio = each.current() == 0 ? each.desired() : (double) each.desired() / each.current();
            rows.add(AutoscalerMeters.WVA_RATIO, ratio, labels);
        }
    }

    private static String[] with(String[] tags, String more) {
        String[] all = Arrays.copyOf(tags, tags.length + 1);
        all[tags.length] = more;
        return all;
    }

    private static void loop(Rows rows, LoopState state) {
        for (LoopState.OfVariant each : state.variants()) {
            Variant variant = each.variant();
            String[] tags = {
                variant.model(),
                variant.name(),
                variant.namespace(),
                variant.role().wireName()
            };
            rows.add(AutoscalerMeters.CURRENT, each.replicas().ready(), with(tags, "ready"));
            rows.add(AutoscalerMeters.CURRENT, each.replicas().starting(), with(tags, "starting"));
            rows.add(AutoscalerMeters.CURRENT, each.replicas().stuck(), with(tags, "stuck"));
            rows.add(AutoscalerMeters.CURRENT, each.slow(), with(tags, "slow"));
            rows.add(AutoscalerMeters.FIT_PARAMETER, each.fit().time().base(), with(tags, "t0"));
            rows.add(AutoscalerMeters.FIT_PARAMETER, each.fit().time().perPromptToken(), with(tags, "a"));
            rows.add(AutoscalerMeters.FIT_PARAMETER, each.fit().time().perSequence(), with(tags, "b"));
            rows.add(AutoscalerMeters.FIT_PARAMETER, each.fit().time().perContextToken(), with(tags, "c"));
            rows.add(AutoscalerMeters.FIT_ERROR, each.fit().error(), tags);
            rows.add(AutoscalerMeters.FIT_CONFIDENCE, each.fit().confidence(), tags);
            rows.add(AutoscalerMeters.FIT_DERATE, each.derate(), tags);
            rows.add(AutoscalerMeters.COLD_START, each.coldStart50(), with(tags, "0.5"));
            rows.add(AutoscalerMeters.COLD_START, each.coldStart90(), with(tags, "0.9"));
        }
        state.grades().forEach((model, grade) -> rows.add(AutoscalerMeters.INPUT_GRADE, grade.ordinal(), model));
        state.skills().forEach((model, skill) -> rows.add(AutoscalerMeters.FORECAST_SKILL, skill, model));
        rows.add(AutoscalerMeters.INPUT_AGE, state.routerAge(), "router");
    }

    private static void cluster(Rows rows, Map<String, Variant> variants, ClusterState state) {
        rows.add(AutoscalerMeters.LEADER, state.isLeader() ? 1 : 0);
        rows.add(AutoscalerMeters.CONFIG_VALID, state.isConfigValid() ? 1 : 0);
        state.lagSeconds().forEach((id, lag) -> {
            Variant variant = variants.get(id);
            if (variant != null) {
                String[] tags = {
                    variant.model(),
                    variant.name(),
                    variant.namespace(),
                    variant.role().wireName()
                };
                rows.add(AutoscalerMeters.ACTUATION_LAG, lag, tags);
                rows.add(AutoscalerMeters.ACTUATION_STALLED, state.stalled().containsKey(id) ? 1 : 0, tags);
            }
        });
    }

    @Override
    public void took(String stage, long nanos) {
        registry.timer(AutoscalerMeters.CYCLE.getName(), AutoscalerMeters.CYCLE.getKeyNames()[0].asString(), stage)
                .record(nanos, TimeUnit.NANOSECONDS);
    }
}
