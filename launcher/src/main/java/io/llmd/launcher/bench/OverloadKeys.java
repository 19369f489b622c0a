package io.llmd.launcher.bench;

import io.llmd.gateway.access.NewApiKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;

/**
 * The keys of two kinds of clients.
 *
 * @param high of those who wait at a screen
 * @param low of those who do not
 */
record OverloadKeys(NewApiKey high, NewApiKey low) {

    static final int HIGH_PRIORITY = 10;

    static OverloadKeys generate() {
        SecureRandom random = new SecureRandom();
        return new OverloadKeys(
                NewApiKey.generate(random, "interactive", HIGH_PRIORITY), NewApiKey.generate(random, "batch", 0));
    }

    /** Writes the gateway's key file. */
    Path write(Path folder) throws IOException {
        Path file = folder.resolve("keys.yaml");
        Files.writeString(file, "keys:\n" + high.toYaml() + low.toYaml());
        return file;
    }
}
