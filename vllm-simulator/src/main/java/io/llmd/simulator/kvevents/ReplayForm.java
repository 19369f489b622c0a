package io.llmd.simulator.kvevents;

/** Frames of a replay reply behind the empty one. */
public enum ReplayForm {
    /** Sequence and payload, as vLLM before 0.26 and SGLang. */
    WITHOUT_TOPIC,
    /** Topic, sequence and payload; the end marker has an empty topic. */
    WITH_TOPIC
}
