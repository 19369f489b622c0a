package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.WireNamed;
import io.llmd.scheduler.plugin.attribute.NumericAttribute;
import io.llmd.scheduler.plugin.scorer.LinearScores.Direction;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Scores endpoints by one of their numbers, linearly over the candidates' range or over a given one. O(n), no allocation. */
final class EndpointAttributeScorer implements Scorer {

    /** How a number becomes a score. */
    enum Type implements WireNamed {
        LINEAR_LOWER_IS_BETTER("linear_lower_is_better", Direction.LOWER_IS_BETTER),
        LINEAR_HIGHER_IS_BETTER("linear_higher_is_better", Direction.HIGHER_IS_BETTER);

        private final String wireName;
        private final Direction direction;

        Type(String wireName, Direction direction) {
            this.wireName = wireName;
            this.direction = direction;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /**
     * @param min one end of the range
     * @param max the other end
     */
    record FixedRange(double min, double max) {
        FixedRange {
            if (!(min < max)) {
                throw new IllegalArgumentException("max: " + max + " (expected: > min, which is " + min + ")");
            }
        }
    }

    /** The range of the candidates' numbers; has no settings. */
    record AdaptiveRange() {}

    /**
     * @param fixedRange range that does not depend on the candidates
     * @param adaptiveRange range of the candidates, the default
     */
    record Normalization(
            @Nullable FixedRange fixedRange, @Nullable AdaptiveRange adaptiveRange) {
        Normalization {
            if (fixedRange != null && adaptiveRange != null) {
                throw new IllegalArgumentException(
                        "adaptiveRange: given (expected: either fixedRange or adaptiveRange)");
            }
        }
    }

    /**
     * @param type which end of the range is good
     * @param normalization the range
     */
    record Algorithm(Type type, Normalization normalization) {}

    /**
     * @param attributeKey name of the number
     * @param producer its producer; null for engine metrics, empty for whoever produces it
     * @param algorithm how it becomes a score
     */
    record Params(String attributeKey, @Nullable String producer, Algorithm algorithm) {
        Params {
            NumericAttribute.of("attributeKey", attributeKey, producer);
        }
    }

    private final NumericAttribute attribute;
    private final Direction direction;
    private final @Nullable FixedRange fixedRange;

    EndpointAttributeScorer(Params params) {
        attribute = NumericAttribute.of("attributeKey", params.attributeKey(), params.producer());
        direction = params.algorithm().type().direction;
        fixedRange = params.algorithm().normalization().fixedRange();
    }

    @Override
    public List<DataKey<?>> reads() {
        return attribute.reads();
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        attribute.read(candidates, scores);
        if (fixedRange == null) {
            LinearScores.adaptive(scores, direction);
        } else {
            LinearScores.fixed(scores, fixedRange.min(), fixedRange.max(), direction);
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "endpoint-attribute-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new EndpointAttributeScorer(params);
        }
    }
}
