package io.llmd.simulator.kvevents;

import io.llmd.kv.zmtp.ZmtpMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which prefixes of topics one subscriber wants. For the sockets' thread. */
final class Subscriptions {

    /** Further ones are ignored. */
    private static final int MAX_PREFIXES = 1000;

    private static final int SUBSCRIBE = 1;
    private static final int UNSUBSCRIBE = 0;

    private final List<byte[]> prefixes = new ArrayList<>();

    /** Takes a message that may be a subscription, or the end of one. */
    void take(ZmtpMessage message) {
        if (message.frames() != 1 || message.length(0) == 0) {
            return;
        }
        byte[] prefix = Arrays.copyOfRange(message.array(), message.start(0) + 1, message.end(0));
        int verb = message.array()[message.start(0)];
        if (verb == SUBSCRIBE && prefixes.size() < MAX_PREFIXES) {
            prefixes.add(prefix);
        } else if (verb == UNSUBSCRIBE) {
            prefixes.stream()
                    .filter(each -> Arrays.equals(each, prefix))
                    .findFirst()
                    .ifPresent(prefixes::remove);
        }
    }

    boolean want(byte[] topic) {
        for (byte[] prefix : prefixes) {
            if (topic.length >= prefix.length && Arrays.equals(topic, 0, prefix.length, prefix, 0, prefix.length)) {
                return true;
            }
        }
        return false;
    }
}
