package io.llmd.gateway.access;

/** Checks bearer tokens that are no API keys. Thread-safe; called on event loops, so that it must not block. */
public interface TokenCheck {

    /** Checks none. */
    TokenCheck NONE = new TokenCheck() {
        @Override
        public boolean covers(String token) {
            return false;
        }

        @Override
        public Access check(String token) {
            return new Access.Denied(Access.Reason.UNKNOWN);
        }
    };

    /** Whether a token looks like one of those that are checked here. */
    boolean covers(String token);

    /** Decides about such a token. */
    Access check(String token);
}
