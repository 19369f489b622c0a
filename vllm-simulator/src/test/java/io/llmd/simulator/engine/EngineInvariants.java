package io.llmd.simulator.engine;

/** What holds for every engine at any time, for tests of other packages. */
public final class EngineInvariants {

    private EngineInvariants() {}

    /** @throws IllegalStateException telling what does not hold */
    public static void check(Engine engine) {
        engine.check();
    }
}
