package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OtherContendersTest {

    @Test
    void haproxyRelaysToAllEndpointsInTheForeground(@TempDir Path folder) throws IOException {
        HaproxyContender haproxy = new HaproxyContender(Optional.of(Path.of("/usr/sbin/haproxy")));

        assertThat(haproxy.command(8080, List.of(9001, 9002), folder))
                .containsExactly(
                        "/usr/sbin/haproxy",
                        "-db",
                        "-f",
                        folder.resolve("haproxy.cfg").toString());
        assertThat(folder.resolve("haproxy.cfg"))
                .content()
                .contains(
                        "bind 127.0.0.1:8080 ", "nbthread 2", "endpoint-0 127.0.0.1:9001", "endpoint-1 127.0.0.1:9002");
    }

    @Test
    void aProgramThatIsNotThereIsNamedWithWhereItWasLookedFor() {
        assertThat(new HaproxyContender(Optional.empty()).unavailable())
                .hasValueSatisfying(reason -> assertThat(reason).contains("no haproxy"));
        for (RouterContender router :
                List.of(RouterContender.vllmRouter(), RouterContender.smg(), RouterContender.litellm())) {
            assertThat(router.unavailable().orElse("no " + router.name() + " in " + Programs.MORE))
                    .contains("no " + router.name())
                    .contains("LLMD_BENCH_PATH");
        }
    }

    @Test
    void theFirstFolderWithTheProgramWins(@TempDir Path one, @TempDir Path other) throws IOException {
        for (Path folder : List.of(one, other)) {
            Files.createFile(
                    folder.resolve("smg"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
        Files.createFile(one.resolve("not-executable"));

        assertThat(Programs.find("smg", other + ":" + one, List.of())).hasValue(other.resolve("smg"));
        assertThat(Programs.find("smg", "", List.of(one))).hasValue(one.resolve("smg"));
        assertThat(Programs.find("not-executable", one.toString(), List.of())).isEmpty();
    }

    @Test
    void aVersionIsTheFirstLineThatIsPrinted(@TempDir Path folder) throws IOException {
        Path program = folder.resolve("any");
        Files.writeString(program, "#!/bin/sh\necho\necho any 1.2 $1\necho more\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThat(Programs.version(program, "-v")).isEqualTo("any 1.2 -v");
        assertThat(Programs.version(folder.resolve("none"), "-v")).isEqualTo("none");
    }
}
