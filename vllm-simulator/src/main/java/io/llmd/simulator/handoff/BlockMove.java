package io.llmd.simulator.handoff;

/** How blocks get from the engine that has them to the one that needs them. */
public enum BlockMove {
    /** Whoever needs them reads the holder's memory, and says when it has. */
    PULL,
    /** Whoever needs them says where they belong, and the holder writes them there. */
    PUSH,
    /** Whoever needs them asks which of them another one has in host memory, and reads these; the rest is computed. */
    LOOK_UP
}
