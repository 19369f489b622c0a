package io.llmd.autoscaler.observe;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;

/** All meters of the autoscaler. Names that begin with {@code wva} are those of llm-d's autoscaler, the others are our own. */
public enum AutoscalerMeters implements MeterDocumentation {
    /** Replicas to ask for. */
    DESIRED("autoscaler.replicas.desired", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** The same of variants whose number is only advised. */
    ADVISED("autoscaler.replicas.advised", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** Replicas there are. */
    CURRENT("autoscaler.replicas.current", Meter.Type.GAUGE, "model", "variant", "namespace", "role", "state"),
    /** Load by what the desired replicas may carry. */
    UTILIZATION("autoscaler.load.utilization", Meter.Type.GAUGE, "model", "variant", "namespace", "role", "dimension"),
    /** 1 for the dimension in which replicas are fullest. */
    BINDING("autoscaler.load.binding", Meter.Type.GAUGE, "model", "variant", "namespace", "role", "dimension"),
    /** Requests a second of a class that are provided for. */
    DEMAND("autoscaler.demand.requests", Meter.Type.GAUGE, "model", "class", "kind"),
    /** Requests that wait. */
    BACKLOG("autoscaler.backlog.requests", Meter.Type.GAUGE, "model", "tier"),
    /** Requests a second that nothing is planned for. */
    UNMET("autoscaler.unmet.requests", Meter.Type.GAUGE, "model", "tier"),
    /** Share of requests of the last five minutes that kept their targets. */
    ATTAINMENT("autoscaler.slo.attainment", Meter.Type.GAUGE, "model", "tier"),
    /** Time to first token that 95 % of requests may expect. */
    PREDICTED_FIRST_TOKEN(
            "autoscaler.predicted.time.to.first.token", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** Mean time between tokens that requests may expect. */
    PREDICTED_INTER_TOKEN(
            "autoscaler.predicted.inter.token.latency", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** Cost of the desired replicas in an hour. */
    COST("autoscaler.cost", Meter.Type.GAUGE, "model"),
    /** Seconds of a step: empty, and for each prompt token, sequence and token of context. */
    FIT_PARAMETER("autoscaler.fit.parameter", Meter.Type.GAUGE, "model", "variant", "namespace", "role", "name"),
    /** Mean relative error of predicted steps. */
    FIT_ERROR("autoscaler.fit.error", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** Margin on steps. */
    FIT_CONFIDENCE("autoscaler.fit.confidence", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** What a replica is worth, in [0.5, 1]. */
    FIT_DERATE("autoscaler.fit.derate", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** Time from being asked for to being ready. */
    COLD_START("autoscaler.cold.start", Meter.Type.GAUGE, "model", "variant", "namespace", "role", "quantile"),
    /** 1 less the error of the best predictor by that of the last value. */
    FORECAST_SKILL("autoscaler.forecast.skill", Meter.Type.GAUGE, "model"),
    /** Decisions by whether they add or take away. */
    DECISIONS("autoscaler.decision", Meter.Type.COUNTER, "model", "direction"),
    /** Times that a guard applied. */
    GUARDS("autoscaler.guard", Meter.Type.COUNTER, "model", "reason"),
    /** Age of what was heard last. */
    INPUT_AGE("autoscaler.input.age", Meter.Type.GAUGE, "source"),
    /** How much is known: 2 all, 1 a part, 0 nothing. */
    INPUT_GRADE("autoscaler.input.grade", Meter.Type.GAUGE, "model"),
    /** Requests that were told of one by one, by what became of that. */
    OUTCOMES("autoscaler.outcomes", Meter.Type.COUNTER, "outcome"),
    /** Time that parts of a cycle take. */
    CYCLE("autoscaler.cycle", Meter.Type.TIMER, "stage"),
    /** Mixes by how they were found. */
    OPTIMIZER("autoscaler.optimizer", Meter.Type.COUNTER, "outcome"),
    /** Share of a mix's cost that another could save at most. */
    OPTIMIZER_GAP("autoscaler.optimizer.gap", Meter.Type.GAUGE, "model"),
    /** Time for which a number has waited to be carried out. */
    ACTUATION_LAG("autoscaler.actuation.lag", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** 1 while nobody carries it out. */
    ACTUATION_STALLED("autoscaler.actuation.stalled", Meter.Type.GAUGE, "model", "variant", "namespace", "role"),
    /** 1 while this process decides. */
    LEADER("autoscaler.leader", Meter.Type.GAUGE),
    /** 1 while all that is configured can be used. */
    CONFIG_VALID("autoscaler.config.valid", Meter.Type.GAUGE),
    /** Replicas to ask for. */
    WVA_DESIRED("wva_desired_replicas", Meter.Type.GAUGE, "variant_name", "namespace", "accelerator_type"),
    /** Replicas asked for at present. */
    WVA_CURRENT("wva_current_replicas", Meter.Type.GAUGE, "variant_name", "namespace", "accelerator_type"),
    /** One by the other; the number to ask for when there is none. */
    WVA_RATIO("wva_desired_ratio", Meter.Type.GAUGE, "variant_name", "namespace", "accelerator_type");

    private final String name;
    private final Meter.Type type;
    private final KeyName[] keys;

    AutoscalerMeters(String name, Meter.Type type, String... tags) {
        this.name = name;
        this.type = type;
        keys = new KeyName[tags.length];
        for (int i = 0; i < tags.length; i++) {
            String tag = tags[i];
            keys[i] = () -> tag;
        }
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public Meter.Type getType() {
        return type;
    }

    @Override
    public KeyName[] getKeyNames() {
        return keys.clone();
    }
}
