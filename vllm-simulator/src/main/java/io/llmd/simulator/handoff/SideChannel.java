package io.llmd.simulator.handoff;

/** The way to other engines. */
public interface SideChannel {

    /** Asks an engine; never blocks, and always leads to one response within a bounded time. */
    void ask(Address holder, SideChannelRequest request, Answered then);

    /** Takes the response to a question. */
    @FunctionalInterface
    interface Answered {
        /** Called once, on the thread that asked, with the time of the response; not before {@link #ask} returns. */
        void accept(SideChannelResponse response, long now);
    }
}
