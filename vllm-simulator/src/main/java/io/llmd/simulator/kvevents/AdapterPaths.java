package io.llmd.simulator.kvevents;

/** Where LoRA adapters were loaded from; newer versions of vLLM hash it. Safe from any thread. */
@FunctionalInterface
public interface AdapterPaths {

    /** Adapters whose path is their name. */
    AdapterPaths NAMES = name -> name;

    /** The path of an adapter. */
    String of(String adapter);
}
