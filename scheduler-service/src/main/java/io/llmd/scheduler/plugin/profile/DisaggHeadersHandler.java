package io.llmd.scheduler.plugin.profile;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.List;
import org.springframework.stereotype.Component;

/** Adds the headers of disaggregated requests, as disagg-profile-handler does by itself; for configurations that name it. */
final class DisaggHeadersHandler implements PreRequest {

    /**
     * @param prefillProfile profile of prefill endpoints
     * @param encodeProfile profile of encode endpoints
     */
    record Params(
            @Default("prefill") String prefillProfile,
            @Default("encode") String encodeProfile) {}

    private final Params params;

    DisaggHeadersHandler(Params params) {
        this.params = params;
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        DisaggHeaders.add(outcome, params.prefillProfile(), params.encodeProfile(), dispatch);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "disagg-headers-handler";
        }

        @Override
        public List<String> aliases() {
            return List.of("prefill-header-handler");
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public PreRequest create(String name, Params params) {
            return new DisaggHeadersHandler(params);
        }
    }
}
