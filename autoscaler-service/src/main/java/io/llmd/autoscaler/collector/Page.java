package io.llmd.autoscaler.collector;

/** Reads one page while it arrives. For one thread, and for one page. */
interface Page<T> {

    /** Takes the next bytes. */
    void feed(byte[] bytes, int from, int to);

    /** What the page said. */
    T finish(double atSeconds);
}
