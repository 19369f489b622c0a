package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.CounterRandom;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Names of requests inside an engine, as other engines use them: the id of the answer, a dash, and eight hexadecimal
 * digits that look random, as in vLLM. Here they are the number of the request, scrambled, so that nothing has to be
 * remembered to find it.
 */
final class RequestNames {
    private static final int DIGITS = 8;
    private static final int ROUNDS = 4;

    private final long key;

    /** @param engineId engines with different ids scramble differently */
    RequestNames(String engineId) {
        key = UUID.nameUUIDFromBytes(engineId.getBytes(StandardCharsets.UTF_8)).getMostSignificantBits();
    }

    /** The name of a request. */
    String name(String answerId, long requestId) {
        return answerId + "-%08x".formatted(scramble((int) requestId));
    }

    /** The number in a name; absent if it is none of ours. Numbers are below 2^32, or meant modulo that. */
    OptionalLong number(String name) {
        int dash = name.length() - DIGITS - 1;
        if (dash < 0 || name.charAt(dash) != '-') {
            return OptionalLong.empty();
        }
        try {
            int scrambled = HexFormat.fromHexDigits(name, dash + 1, name.length());
            return OptionalLong.of(Integer.toUnsignedLong(unscramble(scrambled)));
        } catch (IllegalArgumentException e) {
            return OptionalLong.empty();
        }
    }

    /** A Feistel network on two halves of 16 bits: a permutation of the numbers. */
    private int scramble(int number) {
        int left = number >>> 16;
        int right = number & 0xffff;
        for (int round = 0; round < ROUNDS; round++) {
            int next = left ^ mix(right, round);
            left = right;
            right = next;
        }
        return left << 16 | right;
    }

    private int unscramble(int scrambled) {
        int left = scrambled >>> 16;
        int right = scrambled & 0xffff;
        for (int round = ROUNDS - 1; round >= 0; round--) {
            int previous = right ^ mix(left, round);
            right = left;
            left = previous;
        }
        return left << 16 | right;
    }

    private int mix(int half, int round) {
        return (int) CounterRandom.bits(key, half, round) & 0xffff;
    }
}
