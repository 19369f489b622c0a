package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of errors in the documentation is the table of errors in the code. */
class ErrorsDocTest {

    private static final Pattern ROW =
            Pattern.compile("^\\| (\\d{3}) \\| `(\\w+)` \\| `(\\w+)` \\| (\\S[^|]*) \\| (yes|no) \\|$");

    private record Row(int status, String type, String code, String retry) {
        static Row of(ErrorCode code) {
            return new Row(
                    code.status(),
                    code.type().wireName(),
                    code.wireName(),
                    code.retry().name().toLowerCase(Locale.ROOT));
        }
    }

    @Test
    void everyCodeIsDocumentedAsItIs() throws IOException {
        List<Row> documented = Files.readAllLines(Path.of("..", "docs", "errors.md")).stream()
                .map(ROW::matcher)
                .filter(java.util.regex.Matcher::matches)
                .map(m -> new Row(Integer.parseInt(m.group(1)), m.group(2), m.group(3), m.group(5)))
                .toList();

        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(ErrorCode.values()).map(Row::of).toList());
    }
}
