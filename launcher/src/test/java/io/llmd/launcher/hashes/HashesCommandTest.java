package io.llmd.launcher.hashes;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vectors of specs/kv-cache-index.md 2.5 to 2.8. */
class HashesCommandTest {

    private static final String EIGHT = tokens(1, 8);
    private static final String FORTY_EIGHT = tokens(0, 47);

    private final Captured captured = new Captured();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--form=sha256_cbor --seed=0      | 12687895063098490012",
                "--form=sha256_cbor               | 2233398808101521225",
                "--form=sha256                    | 3262291359910021016",
                "--form=dynamo                    | 15310707395893867146",
                "--form=xxh64 --model=Qwen/Qwen3-32B | 13881366938129813039",
                "--form=cbor-fnv --seed=42 --model=Qwen/Qwen3-32B | 3760468151656259768"
            })
    void firstBlockOfFortyEightTokensHasItsId(String options, String id) {
        assertThat(run(FORTY_EIGHT, options)).as(captured.err()).isZero();

        assertThat(captured.out().lines().skip(1)).hasSize(3).first().asString().startsWith("    0  " + id + " ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--salt=tenant-a                       | 13195198002585232116 | 802162569614849407",
                "--adapter=sql-adapter                 | 6107444497143650307  | 6576549279461463361",
                "--adapter=sql-adapter --salt=tenant-a | 13260007409658078350 | 7990683238458834503"
            })
    void adaptersAndSaltsArePartOfTheHashesOfVllm(String options, String first, String second) {
        assertThat(run(EIGHT, "--form=sha256_cbor --seed=0 --block-size=4 --json " + options))
                .as(captured.err())
                .isZero();

        assertThat(captured.out()).contains("\"id\":\"" + first + "\"", "\"id\":\"" + second + "\"");
    }

    @Test
    void adaptersAndSaltsArePartOfTheKeysOfAnIndex() {
        assertThat(run(EIGHT, "--form=xxh64 --model=m --salt=tenant-a --block-size=4"))
                .isZero();
        assertThat(run(EIGHT, "--form=xxh64 --model=m --adapter=sql-adapter --block-size=4"))
                .isZero();

        assertThat(captured.out())
                .contains("2dac0b5cee204b47", "ce0092f0bdbdbe71", "eb45697eb6697c7a", "2bcee97d80093e1c");
    }

    @Test
    void idsOfSglangAreSignedAndOfTheFirstBytes() {
        assertThat(run("0", "--form=sglang --block-size=1")).isZero();

        assertThat(captured.out()).contains("-2360060374177730597");
    }

    @Test
    void tokensThatFillNoBlockAreMentioned() {
        assertThat(run(EIGHT, "--block-size=5")).isZero();

        assertThat(captured.out().lines()).hasSize(2);
        assertThat(captured.err()).contains("3 tokens at the end fill no block");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--form=md5              | --form: md5 (expected: one of sha256, sha256_cbor, xxhash, xxhash_cbor, xxh64,",
                "--form=xxhash           | --seed: none (expected: PYTHONHASHSEED of the engine",
                "--form=fold64           | --model: none (expected: a name",
                "--form=sglang --salt=a  | --form: sglang (expected: neither --seed, --model, --adapter nor --salt)",
                "--form=sha256 --model=m | --model: m (expected: none",
                "--block-size=0          | --block-size: 0 (expected: > 0)",
                "-- -5                   | TOKEN: -5 (expected: >= 0)"
            })
    void wrongOptionsEndWithTwo(String options, String message) {
        assertThat(run(EIGHT, options)).isEqualTo(2);

        assertThat(captured.err()).contains(message);
    }

    private int run(String tokens, String options) {
        return captured.run(Stream.concat(
                        Stream.of("hashes", tokens),
                        Arrays.stream(options.strip().split(" ")))
                .toArray(String[]::new));
    }

    private static String tokens(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(Integer::toString).collect(Collectors.joining(","));
    }
}
