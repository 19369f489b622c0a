package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ServedPhases;
import org.springframework.stereotype.Component;

/** Keeps endpoints that serve the prefill phase by the label {@code llm-d.ai/role}, which they must have. */
final class PrefillFilter implements Filter {

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        return candidates.where(i -> ServedPhases.prefills(candidates.get(i)));
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "prefill-filter";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Filter create(String name, NoParams params) {
            return new PrefillFilter();
        }
    }
}
