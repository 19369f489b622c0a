package io.llmd.scheduler.plugin.filter;

import io.llmd.contracts.schedule.ServedPhase;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import org.springframework.stereotype.Component;

/** Keeps endpoints that serve the encode phase by the label {@code llm-d.ai/role}, which they must have. */
final class EncodeFilter implements Filter {

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        return Roles.withRole(candidates, ServedPhase.ENCODE.roles());
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "encode-filter";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Filter create(String name, NoParams params) {
            return new EncodeFilter();
        }
    }
}
