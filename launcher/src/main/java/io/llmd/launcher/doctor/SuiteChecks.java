package io.llmd.launcher.doctor;

import io.llmd.launcher.home.HealthProbe;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Checks of the running suite. */
final class SuiteChecks {

    private final HealthProbe probe;

    SuiteChecks(HealthProbe probe) {
        this.probe = probe;
    }

    List<Finding> check(RunStatus status) throws InterruptedException {
        return switch (status) {
            case RunStatus.Absent() -> List.of(Finding.ok("suite", "not running"));
            case RunStatus.Stale(RunState state) ->
                List.of(Finding.warning(
                        "suite",
                        "process " + state.pid() + " ended without cleaning up",
                        "'./llmd up' starts it again, './llmd down' forgets it"));
            case RunStatus.Unreadable(String reason) ->
                List.of(Finding.broken("suite", reason, "run './llmd down', which removes the file"));
            case RunStatus.Running(RunState state) -> parts(state);
        };
    }

    private List<Finding> parts(RunState state) throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        for (RunState.Part part : state.parts()) {
            HealthProbe.Result result = probe.ask(URI.create(part.health()));
            findings.add(
                    result.isHealthy()
                            ? Finding.ok(part.name(), part.url() + " is well")
                            : Finding.broken(
                                    part.name(),
                                    part.health() + ": " + result.text(),
                                    "look into './llmd logs " + part.name() + "', then './llmd down' and './llmd up'"));
        }
        return findings;
    }
}
