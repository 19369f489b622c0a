package io.llmd.gateway.disagg;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Ids of transfers, of the form of a UUID. Drawn without blocking, for they are made on event loops and keep no secret. */
final class TransferIds {

    private TransferIds() {}

    static String next() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }
}
