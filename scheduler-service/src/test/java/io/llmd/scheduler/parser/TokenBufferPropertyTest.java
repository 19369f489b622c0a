package io.llmd.scheduler.parser;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Prompt;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class TokenBufferPropertyTest {

    private static final int SOURCE_BYTES = 60_000;

    /** Parts of one source, small and large, from its beginning to its end, in a buffer that expects too little or too much. */
    @Property(tries = 500)
    void holdsWhatWasAppendedAndZerosUpToAToken(
            @ForAll @IntRange(max = 200_000) int expected, @ForAll @IntRange(max = 12) int parts, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] source = new byte[SOURCE_BYTES];
        random.nextBytes(source);
        TokenBuffer buffer = new TokenBuffer(expected);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (int i = 0; i < parts; i++) {
            int from = random.nextInt(SOURCE_BYTES);
            int count = random.nextInt(random.nextBoolean() ? 40 : SOURCE_BYTES) % (SOURCE_BYTES - from);
            buffer.append(source, from, count);
            whole.write(source, from, count);
            if (random.nextInt(4) == 0) {
                buffer.appendToken(0x04030201);
                whole.writeBytes(new byte[] {1, 2, 3, 4});
            }
        }

        Prompt prompt = buffer.toPrompt();

        int aligned = (whole.size() + Prompt.TOKEN_BYTES - 1) / Prompt.TOKEN_BYTES * Prompt.TOKEN_BYTES;
        assertThat(Arrays.copyOf(prompt.bytes(), prompt.length()))
                .isEqualTo(Arrays.copyOf(whole.toByteArray(), aligned));
    }
}
