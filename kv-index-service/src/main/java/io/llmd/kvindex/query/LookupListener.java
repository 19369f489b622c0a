package io.llmd.kvindex.query;

/** Hears of answered queries, to count them; called by the answering thread, and must not block. */
public interface LookupListener {

    /**
     * A query was answered.
     *
     * @param nanos how long it took, without reading it
     * @param blocks full blocks of the prompt
     * @param longest most leading blocks that one endpoint holds
     */
    void answered(long nanos, int blocks, int longest);
}
