package io.llmd.scheduler.plugin.decider;

import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Decider;
import io.llmd.scheduler.scheduling.InferenceRequest;
import org.springframework.stereotype.Component;

/** Splits requests with images, videos or recordings. */
final class AlwaysDisaggMultimodalDecider implements Decider {

    @Override
    public boolean decide(InferenceRequest request, Candidates candidates, int slot) {
        return request.body().mediaHashes().length > 0;
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "always-disagg-multimodal-decider";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public Decider create(String name, NoParams params) {
            return new AlwaysDisaggMultimodalDecider();
        }
    }
}
