package io.llmd.scheduler.plugin.decider;

import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.InferenceRequest;
import org.springframework.stereotype.Component;

/** Splits every request. */
final class AlwaysDisaggPdDecider implements Decider {

    @Override
    public boolean decide(InferenceRequest request, Candidates candidates, int slot) {
        return true;
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "always-disagg-pd-decider";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Decider create(String name, NoParams params) {
            return new AlwaysDisaggPdDecider();
        }
    }
}
