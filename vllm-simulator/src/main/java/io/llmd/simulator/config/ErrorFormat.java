package io.llmd.simulator.config;

/** Shape of error bodies. */
public enum ErrorFormat {
    /** {@code {"error":{...}}}, vLLM 0.11 and later. */
    NESTED,
    /** {@code {"object":"error",...}}, before. */
    FLAT
}
