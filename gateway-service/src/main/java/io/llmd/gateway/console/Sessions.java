package io.llmd.gateway.console;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Logins to the console. At most 1000 at a time; then the oldest ends. Thread-safe. */
final class Sessions {

    private static final int MOST = 1_000;
    private static final int SECRET_BYTES = 32;

    private record Session(Visitor visitor, long untilNanos) {}

    private final SecureRandom random;
    private final long lengthNanos;
    private final LongSupplier nanoTime;
    private final Map<String, Session> sessions = new LinkedHashMap<>();

    Sessions(SecureRandom random, Duration length, LongSupplier nanoTime) {
        this.random = random;
        this.lengthNanos = length.toNanos();
        this.nanoTime = nanoTime;
    }

    /** Something that nobody can guess. May block; not for event loops. */
    static String secret(SecureRandom random) {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Begins a session and returns its id. May block; not for event loops. */
    String begin(String name, boolean isOperator) {
        String id = secret(random);
        Visitor visitor = new Visitor(name, isOperator, secret(random));
        synchronized (this) {
            if (sessions.size() >= MOST) {
                sessions.remove(sessions.keySet().iterator().next());
            }
            sessions.put(id, new Session(visitor, nanoTime.getAsLong() + lengthNanos));
        }
        return id;
    }

    /** Whose session this is; null when there is none, or none any more. */
    synchronized @Nullable Visitor visitor(String id) {
        Session session = sessions.get(id);
        if (session != null && session.untilNanos() - nanoTime.getAsLong() <= 0) {
            sessions.remove(id);
            return null;
        }
        return session == null ? null : session.visitor();
    }

    synchronized void end(String id) {
        sessions.remove(id);
    }
}
