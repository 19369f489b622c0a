package io.llmd.gateway.dispatch;

/** Takes back something that was asked for. Safe from any thread and more than once; late calls do nothing. */
@FunctionalInterface
public interface Cancellation {

    /** Nothing is left to take back. */
    Cancellation NONE = () -> {};

    /** The answer is not wanted any more. */
    void cancel();
}
