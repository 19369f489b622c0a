package io.llmd.simulator.fault;

/** A fault and the requests that meet it. */
public record Injection(RequestFault fault, Trigger trigger) {

    /** The fault for every request. */
    public static Injection always(RequestFault fault) {
        return new Injection(fault, Trigger.ALWAYS);
    }
}
