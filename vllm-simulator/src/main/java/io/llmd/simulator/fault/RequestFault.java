package io.llmd.simulator.fault;

import io.llmd.simulator.config.DurationText;
import io.llmd.simulator.config.FailureType;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What goes wrong with one request. Tokens are those of a choice that were sent or, in a complete answer, computed. */
public sealed interface RequestFault {

    /** Its kind; a request meets at most one fault of each. */
    FaultKind kind();

    /** The connection is closed without an answer. */
    record Refuse() implements RequestFault {
        @Override
        public FaultKind kind() {
            return FaultKind.REFUSE;
        }
    }

    /**
     * An error instead of a result.
     *
     * @param code HTTP status, 400 to 599
     */
    record Status(int code) implements RequestFault {
        public Status {
            if (code < 400 || code > 599) {
                throw new IllegalArgumentException("status code: " + code + " (expected: 400 to 599)");
            }
        }

        @Override
        public FaultKind kind() {
            return FaultKind.STATUS;
        }
    }

    /**
     * A well-known error instead of a result.
     *
     * @param types one of them is drawn; all if empty
     */
    record Failure(List<FailureType> types) implements RequestFault {
        public Failure {
            types = types.isEmpty() ? List.of(FailureType.values()) : List.copyOf(types);
        }

        @Override
        public FaultKind kind() {
            return FaultKind.FAILURE;
        }
    }

    /**
     * The request is taken up later.
     *
     * @param by more than zero
     */
    record Delay(Duration by) implements RequestFault {
        public Delay {
            requirePositive("delay", by);
        }

        @Override
        public FaultKind kind() {
            return FaultKind.DELAY;
        }
    }

    /**
     * The head of the answer is held back while the answer is computed.
     *
     * @param length more than zero; absent for ever
     */
    record StallBeforeHead(@Nullable Duration length) implements RequestFault {
        public StallBeforeHead {
            requirePositive("stall_before_head", length);
        }

        @Override
        public FaultKind kind() {
            return FaultKind.STALL_BEFORE_HEAD;
        }
    }

    /**
     * The connection falls silent, then the answer goes on.
     *
     * @param tokens after so many; 0 for before the first
     * @param length more than zero; absent for ever
     */
    record StallAfterTokens(int tokens, @Nullable Duration length) implements RequestFault {
        public StallAfterTokens {
            requireTokens("stall_after_tokens", tokens);
            requirePositive("stall_after_tokens for", length);
        }

        @Override
        public FaultKind kind() {
            return FaultKind.STALL_AFTER_TOKENS;
        }
    }

    /** The connection is closed without the end of the answer. */
    record DropAfterTokens(int tokens) implements RequestFault {
        public DropAfterTokens {
            requireTokens("drop_after_tokens", tokens);
        }

        @Override
        public FaultKind kind() {
            return FaultKind.DROP_AFTER_TOKENS;
        }
    }

    /** The connection is reset. */
    record ResetAfterTokens(int tokens) implements RequestFault {
        public ResetAfterTokens {
            requireTokens("reset_after_tokens", tokens);
        }

        @Override
        public FaultKind kind() {
            return FaultKind.RESET_AFTER_TOKENS;
        }
    }

    /** The answer ends as when vLLM's engine dies: with an error. */
    record ErrorAfterTokens(int tokens) implements RequestFault {
        public ErrorAfterTokens {
            requireTokens("error_after_tokens", tokens);
        }

        @Override
        public FaultKind kind() {
            return FaultKind.ERROR_AFTER_TOKENS;
        }
    }

    /**
     * The answer trickles.
     *
     * @param bytes sent at a time, at least 1
     * @param every time from one portion to the next, more than zero
     */
    record Drip(int bytes, Duration every) implements RequestFault {
        public Drip {
            if (bytes < 1) {
                throw new IllegalArgumentException("drip bytes: " + bytes + " (expected: >= 1)");
            }
            requirePositive("drip every", every);
        }

        @Override
        public FaultKind kind() {
            return FaultKind.DRIP;
        }
    }

    /**
     * Bytes that are not what they should be.
     *
     * @param event the event of a stream it begins with, counted from 1
     */
    record Garbage(Damage damage, int event) implements RequestFault {
        public Garbage {
            if (event < 1) {
                throw new IllegalArgumentException("garbage event: " + event + " (expected: >= 1)");
            }
        }

        @Override
        public FaultKind kind() {
            return FaultKind.GARBAGE;
        }
    }

    /**
     * A complete answer announces another length than it has.
     *
     * @param off bytes announced too many, or too few if negative
     */
    record ContentLength(int off) implements RequestFault {
        public ContentLength {
            if (off == 0) {
                throw new IllegalArgumentException("content_length off: 0 (expected: another number)");
            }
        }

        @Override
        public FaultKind kind() {
            return FaultKind.CONTENT_LENGTH;
        }
    }

    /**
     * What goes wrong between the endpoints that share the work for the request.
     *
     * @param kind one of those for this
     */
    record OfHandoff(FaultKind kind) implements RequestFault {
        private static final Set<FaultKind> KINDS =
                EnumSet.of(FaultKind.HANDOFF_ABSENT, FaultKind.HANDOFF_LOOPBACK_HOST, FaultKind.HANDOFF_READ_FAILURE);

        public OfHandoff {
            if (!KINDS.contains(kind)) {
                throw new IllegalArgumentException("kind: " + kind + " (expected: one of " + KINDS + ")");
            }
        }
    }

    private static void requireTokens(String name, int tokens) {
        if (tokens < 0) {
            throw new IllegalArgumentException(name + ": " + tokens + " (expected: >= 0)");
        }
    }

    private static void requirePositive(String name, @Nullable Duration duration) {
        if (duration != null && !duration.isPositive()) {
            throw new IllegalArgumentException(name + ": " + DurationText.of(duration) + " (expected: > 0)");
        }
    }
}
