package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.session.SessionAffinity;
import io.llmd.scheduler.plugin.session.SessionTokenSigner;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.Scorer;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.stereotype.Component;

/**
 * Scores the endpoint that served the session before 1 and all others 0. Without a session, or when its endpoint is no
 * candidate, everybody scores 0.
 */
final class SessionAffinityScorer implements Scorer, PreRequest {

    private final SessionAffinity affinity;

    SessionAffinityScorer(SessionAffinity affinity) {
        this.affinity = affinity;
    }

    @Override
    public List<DataKey<?>> requires() {
        return affinity.requires();
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        int pinned = affinity.pinned(request, candidates);
        if (pinned >= 0) {
            scores[pinned] = 1.0;
        }
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
            return "session-affinity-scorer";
        }

        @Override
        public Class<SessionAffinity.Params> paramsType() {
            return SessionAffinity.Params.class;
        }

        @Override
        public Scorer create(String name, SessionAffinity.Params params) {
            return new SessionAffinityScorer(new SessionAffinity(name, params, signer));
        }
    }
}
