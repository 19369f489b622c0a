package io.llmd.scheduler.plugin.filter;

import io.llmd.contracts.schedule.ServedPhase;
import io.llmd.scheduler.scheduling.Candidates;
import java.util.Set;

/** The label that says which phases an endpoint serves. */
final class Roles {

    private Roles() {}

    /** Candidates with one of {@code roles}. */
    static Candidates withRole(Candidates candidates, Set<String> roles) {
        return candidates.where(i -> {
            String role = candidates.get(i).metadata().labels().get(ServedPhase.ROLE_LABEL);
            return role != null && roles.contains(role);
        });
    }

    /** Candidates with one of {@code roles}, or without the label. */
    static Candidates withRoleOrNone(Candidates candidates, Set<String> roles) {
        return candidates.where(i -> {
            String role = candidates.get(i).metadata().labels().get(ServedPhase.ROLE_LABEL);
            return role == null || roles.contains(role);
        });
    }
}
