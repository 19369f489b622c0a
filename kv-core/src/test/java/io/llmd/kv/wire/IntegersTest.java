package io.llmd.kv.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** A run of integers has the bytes of its integers one by one. */
class IntegersTest {

    private static final int[] BOUNDS = {
        0,
        23,
        24,
        127,
        128,
        255,
        256,
        65535,
        65536,
        Integer.MAX_VALUE,
        -1,
        -24,
        -25,
        -32,
        -33,
        -128,
        -129,
        -256,
        -257,
        -32768,
        -32769,
        -65536,
        -65537,
        Integer.MIN_VALUE
    };

    private final ByteBuilder bytes = new ByteBuilder(1);

    @Test
    void messagePackTakesTheShortestForm() {
        new MessagePackWriter(bytes).integers(BOUNDS);
        assertThat(hex())
                .isEqualTo("dc0018" + "00" + "17" + "18" + "7f" + "cc80" + "ccff" + "cd0100" + "cdffff" + "ce00010000"
                        + "ce7fffffff" + "ff" + "e8" + "e7" + "e0" + "d0df" + "d080" + "d1ff7f" + "d1ff00" + "d1feff"
                        + "d18000" + "d2ffff7fff" + "d2ffff0000" + "d2fffeffff" + "d280000000");
    }

    @Test
    void cborTakesTheShortestForm() {
        new CborWriter(bytes).integers(BOUNDS, 0, BOUNDS.length);
        assertThat(hex())
                .isEqualTo("9818" + "00" + "17" + "1818" + "187f" + "1880" + "18ff" + "190100" + "19ffff"
                        + "1a00010000" + "1a7fffffff" + "20" + "37" + "3818" + "381f" + "3820" + "387f" + "3880"
                        + "38ff"
                        + "390100" + "397fff" + "398000" + "39ffff" + "3a00010000" + "3a7fffffff");
    }

    @Test
    void pickleWritesNegativeIntegersWithFourBytes() {
        PickleWriter pickle = new PickleWriter(bytes);
        pickle.begin();
        pickle.integers(new int[] {255, 256, 65536, -7, -70000}, 1, 4);
        pickle.end();
        assertThat(hex())
                .isEqualTo("8005" + "951600000000000000" + "28" + "4d0001" + "4a00000100" + "4af9ffffff" + "4a90eefeff"
                        + "74" + "94" + "2e");
    }

    @Property(tries = 300, seed = "1")
    void cborRunEqualsItsIntegers(@ForAll int[] values) {
        new CborWriter(bytes).integers(values, 0, values.length);
        ByteBuilder other = new ByteBuilder(1);
        singly(new CborWriter(other), values);
        assertThat(bytes.toByteArray()).isEqualTo(other.toByteArray());
        bytes.clear();
    }

    @Property(tries = 300, seed = "2")
    void pickleRunEqualsItsIntegers(@ForAll int[] values) {
        PickleWriter run = new PickleWriter(bytes);
        run.begin();
        run.integers(values, 0, values.length);
        run.end();
        ByteBuilder other = new ByteBuilder(1);
        PickleWriter pickle = new PickleWriter(other);
        pickle.begin();
        singly(pickle, values);
        pickle.end();
        assertThat(bytes.toByteArray()).isEqualTo(other.toByteArray());
        bytes.clear();
    }

    private static void singly(TupleWriter out, int[] values) {
        out.tupleStart(values.length);
        for (int value : values) {
            out.integer(value);
        }
        out.tupleEnd(values.length);
    }

    private String hex() {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }
}
