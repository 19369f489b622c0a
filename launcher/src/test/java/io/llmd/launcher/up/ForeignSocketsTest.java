package io.llmd.launcher.up;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForeignSocketsTest {

    @ParameterizedTest
    @CsvSource({
        "00000000:0000, false",
        "0100007F:1F90, false",
        "3500007F:0035, false",
        "08080808:0035, true",
        "0101A8C0:01BB, true",
        "00000000000000000000000000000000:0000, false",
        "00000000000000000000000001000000:1F90, false",
        "0000000000000000FFFF00000100007F:1F90, false",
        "0000000000000000FFFF000008080808:01BB, true",
        "B80D0120000000000000000001000000:01BB, true",
        "rem_address, false"
    })
    void onlyLoopbackAndNoneAreNotForeign(String end, boolean isForeign) {
        assertThat(ForeignSockets.isForeign(end)).isEqualTo(isForeign);
    }
}
