package io.llmd.gateway.disagg;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Blake2sTest {

    private static String hash(String text) {
        return HexFormat.of().formatHex(Blake2s.hash(text.getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void isThatOfTheRfc() {
        // RFC 7693, appendix B
        assertThat(hash("abc")).isEqualTo("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9",
        "64, c13eb20b85b1d6a72d52af717429fc54eacc63fecde1295b26f0fa251bdcf40e",
        "65, 77f538c970521d7f5b94c5e8c88b8ce35661dfc6d61b5bc837da31e543cc6b81",
        "128, 0b81df8f2e8616dc992bff767a30f204a479af922fcb6bcd0a4bebeead30ab06"
    })
    void blocksAreWholeOrNot(int length, String expected) {
        assertThat(hash("x".repeat(length))).isEqualTo(expected);
    }

    @Test
    @Tag("pd-T36")
    void numberIsUnsigned() {
        // Its first byte is above 127.
        assertThat(hash("0b7c5b8e-6f3e-4a53-9b1c-0d3a4f5e6a7b")).startsWith("e6aaa34f20a63bfa");
        assertThat(Blake2s.spread("0b7c5b8e-6f3e-4a53-9b1c-0d3a4f5e6a7b", 1000)).isEqualTo(914);
    }
}
