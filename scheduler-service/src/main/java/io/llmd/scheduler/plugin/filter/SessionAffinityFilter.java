package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.session.SessionAffinity;
import io.llmd.scheduler.plugin.session.SessionTokenSigner;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Keeps only the endpoint that served the session before. Without a session, or when its endpoint is no candidate, all
 * stay.
 */
final class SessionAffinityFilter implements Filter, PreRequest {

    private final SessionAffinity affinity;

    SessionAffinityFilter(SessionAffinity affinity) {
        this.affinity = affinity;
    }

    @Override
    public List<DataKey<?>> requires() {
        return affinity.requires();
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        int pinned = affinity.pinned(request, candidates);
        return pinned < 0 ? candidates : candidates.where(i -> i == pinned);
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        affinity.scheduled(request, candidates, outcome, dispatch);
    }

    @Component
    static final class Factory implements PluginFactory<SessionAffinity.Params> {

        private final SessionTokenSigner signer;

        /** Takes the application's signer; without one, a key that lives as long as the process. */
        Factory(ObjectProvider<SessionTokenSigner> signers) {
            signer = signers.getIfAvailable(SessionTokenSigner::withRandomKey);
        }

        @Override
        public String type() {
            return "session-affinity-filter";
        }

        @Override
        public List<String> aliases() {
            return List.of("multicluster-session-affinity-filter");
        }

        @Override
        public Class<SessionAffinity.Params> paramsType() {
            return SessionAffinity.Params.class;
        }

        @Override
        public Filter create(String name, SessionAffinity.Params params) {
            return new SessionAffinityFilter(new SessionAffinity(name, params, signer));
        }
    }
}
