package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.List;
import org.springframework.stereotype.Component;

/** Keeps endpoints whose value of one label is among the given ones. */
final class ByLabelFilter implements Filter {

    /**
     * @param label label name
     * @param validValues accepted values
     * @param allowsNoLabel whether endpoints without the label stay
     */
    record Params(
            String label,
            List<String> validValues,
            @Default("false") boolean allowsNoLabel) {
        Params {
            validValues = List.copyOf(validValues);
            if (label.isEmpty()) {
                throw new IllegalArgumentException("label: \"\" (expected: a label name)");
            }
            if (validValues.isEmpty() && !allowsNoLabel) {
                throw new IllegalArgumentException("validValues: [] (expected: at least one, or allowsNoLabel: true)");
            }
        }
    }

    private final Params params;

    ByLabelFilter(Params params) {
        this.params = params;
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        return candidates.where(i -> {
            String value = candidates.get(i).metadata().labels().get(params.label());
            return value == null ? params.allowsNoLabel() : params.validValues().contains(value);
        });
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "by-label";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Filter create(String name, Params params) {
            return new ByLabelFilter(params);
        }
    }
}
