package io.llmd.token.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDateTime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrftimeTest {

    @ParameterizedTest
    @CsvSource({
        "'%d %b %Y', '04 Jul 2026'",
        "'%-d %B %y', '4 July 26'",
        "'%A %a %H:%M:%S %I %p', 'Saturday Sat 15:06:07 03 PM'",
        "'%F %T %D %R %j', '2026-07-04 15:06:07 07/04/26 15:06 185'",
        "'%m%% %q %', '07% %q %'"
    })
    void directivesAreThoseOfPython(String format, String expected) {
        assertThat(Strftime.format(format, LocalDateTime.of(2026, 7, 4, 15, 6, 7)))
                .isEqualTo(expected);
    }
}
