package io.llmd.launcher.script;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The start script in a copy of its own, with JDKs and a Maven that only print what they are asked. */
@DisabledOnOs(OS.WINDOWS)
class StartScriptTest {

    private static final String STUB_JAVA =
            "#!/bin/sh\necho \"java of $JAVA_HOME\"\nfor a in \"$@\"; do echo \"arg $a\"; done\n";
    private static final String STUB_MAVEN = """
            #!/bin/sh
            echo "mvn $* with $JAVA_HOME"
            if [ -n "$MVN_FAILS" ]; then echo "[ERROR] Foo.java: broken"; exit 1; fi
            mkdir -p launcher/target/llmd
            echo jar > launcher/target/llmd/llmd.jar
            """;

    @TempDir
    Path folder;

    private Path root;
    private Path tools;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void checkout() throws IOException {
        root = Files.createDirectories(folder.resolve("a checkout"));
        tools = Files.createDirectories(folder.resolve("tools"));
        Files.copy(Path.of("..", "llmd"), root.resolve("llmd"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        Files.createDirectories(root.resolve("launcher/src/main/java"));
        Files.writeString(root.resolve("launcher/pom.xml"), "<project/>");
        Files.writeString(root.resolve("launcher/src/main/java/A.java"), "class A {}");
        executable(tools.resolve("mvn"), STUB_MAVEN);
        environment.put("LLMD_JVM_DIRS", folder.resolve("jvms").toString());
    }

    @Test
    void ownVariableWinsOverJavaHome() throws Exception {
        environment.put("LLMD_JAVA_HOME", jdk("mine", "25.0.1").toString());
        environment.put("JAVA_HOME", jdk("other", "25.0.2").toString());

        assertThat(llmd("status").out()).contains("java of " + folder.resolve("mine"));
    }

    @Test
    void olderJavaHomeIsPassedOverForOneOnThePath() throws Exception {
        environment.put("JAVA_HOME", jdk("old", "17.0.15").toString());
        Path good = jdk("good jdk", "25");
        Files.createSymbolicLink(tools.resolve("java"), good.resolve("bin/java"));

        assertThat(llmd("status").out()).contains("java of " + good.toRealPath());
    }

    @Test
    void usualFoldersAreSearched() throws Exception {
        jdk("jvms/java-17", "17.0.15");
        Path good = jdk("jvms/temurin 25", "25.0.3");

        assertThat(llmd("status").out()).contains("java of " + good);
    }

    @Test
    void withoutJdk25ItSaysWhatThereIsAndExitsWithThree() throws Exception {
        environment.put("JAVA_HOME", jdk("old", "17.0.15").toString());
        jdk("jvms/twenty-one", "21.0.2");
        Files.delete(jdk("jvms/runtime-only", "25.0.3").resolve("bin/javac"));

        Outcome outcome = llmd("status");

        assertThat(outcome.code()).isEqualTo(3);
        assertThat(outcome.err())
                .contains("needs a JDK 25; found only ")
                .contains("17.0.15", "21.0.2", "25.0.3 without compiler")
                .contains("Install Temurin 25 or set JAVA_HOME");
        assertThat(outcome.err().strip().lines()).hasSize(1);
    }

    @Test
    void withoutAnyJavaItSaysSo() throws Exception {
        assertThat(llmd("status").err()).contains("found no Java. Install Temurin 25");
    }

    @Test
    void firstStartBuildsWithThatJdkAndTheNextDoesNot() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());

        Outcome first = llmd("status");
        Outcome second = llmd("status");

        assertThat(first.code()).isZero();
        assertThat(first.err()).contains("building");
        assertThat(Files.readString(root.resolve(".llmd/build.log")))
                .contains("-pl launcher -am -Dmaven.test.skip=true")
                .contains("with " + folder.resolve("jdk"));
        assertThat(second.err()).isEmpty();
    }

    @Test
    void newerSourceBuildsAgain() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());
        llmd("status");
        touch(root.resolve("launcher/src/main/java/A.java"));

        assertThat(llmd("status").err()).contains("building");
    }

    @Test
    void runningSuiteKeepsItsJars() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());
        llmd("status");
        touch(root.resolve("launcher/src/main/java/A.java"));
        Files.writeString(
                root.resolve(".llmd/run.json"),
                "{\n  \"pid\" : " + ProcessHandle.current().pid() + ",\n  \"parts\" : [ { \"pid\" : 1 } ]\n}");

        assertThat(llmd("status").err()).isEmpty();
    }

    @Test
    void failedBuildShowsItsErrors() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());
        environment.put("MVN_FAILS", "1");

        Outcome outcome = llmd("status");

        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).contains("the build failed", "[ERROR] Foo.java: broken", "build.log");
    }

    @Test
    void withoutMavenItSaysSo() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());
        Files.delete(tools.resolve("mvn"));

        Outcome outcome = llmd("status");

        assertThat(outcome.code()).isEqualTo(3);
        assertThat(outcome.err()).contains("there is no mvn on the PATH");
    }

    @Test
    void argumentsArriveAsTheyWereGiven() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());

        assertThat(llmd("chat", "two words", "*", "").out())
                .contains("arg -Dllmd.home=" + root.toRealPath())
                .contains("arg io.llmd.launcher.Llmd\narg chat\narg two words\narg *\narg \n");
    }

    @Test
    void servingCommandsKeepBothCompilersAndShortOnesDoNot() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());

        assertThat(llmd("status").out()).contains("arg -XX:TieredStopAtLevel=1");
        assertThat(llmd("serve").out()).doesNotContain("TieredStopAtLevel");
        assertThat(llmd("up").out()).doesNotContain("TieredStopAtLevel");
        assertThat(llmd("load").out()).doesNotContain("TieredStopAtLevel");
    }

    @Test
    void cacheIsUsedOnlyWhenItBelongsToTheBuild() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());
        llmd("status");
        Path cache = Files.writeString(root.resolve("launcher/target/llmd/llmd.aot"), "cache");

        touch(cache);
        assertThat(llmd("up").out()).contains("arg -XX:AOTCache=" + cache.toRealPath());
        Files.setLastModifiedTime(cache, FileTime.from(Instant.EPOCH));
        assertThat(llmd("up").out()).doesNotContain("AOTCache=");
    }

    @Test
    void testIsTheWholeMavenBuildWithItsExitCode() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());

        assertThat(llmd("test", "-Dx=y").out()).contains("mvn -B -T2 verify -Dx=y with " + folder.resolve("jdk"));
        environment.put("MVN_FAILS", "1");
        assertThat(llmd("test").code()).isEqualTo(1);
    }

    @Test
    void worksThroughALinkFromAnotherFolder() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());
        Files.createSymbolicLink(tools.resolve("llmd"), root.resolve("llmd"));

        Outcome outcome = run(folder, List.of("sh", tools.resolve("llmd").toString(), "status"));

        assertThat(outcome.out()).contains("arg -Dllmd.home=" + root.toRealPath());
    }

    @Test
    void decisionBenchmarkIsAMavenRunAndTheOthersAreCommands() throws Exception {
        environment.put("JAVA_HOME", jdk("jdk", "25").toString());

        assertThat(llmd("bench", "decision").out()).startsWith("mvn -q -B -Pjmh -pl scheduler-service");
        assertThat(llmd("bench", "gateway").out())
                .contains("arg bench\narg gateway")
                .doesNotContain("TieredStopAtLevel");
    }

    private record Outcome(int code, String out, String err) {}

    private Outcome llmd(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("sh", root.resolve("llmd").toString()));
        command.addAll(Arrays.asList(arguments));
        return run(folder, command);
    }

    /** Runs with nothing on the path but the tools of the test and the system's own. */
    private Outcome run(Path directory, List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", tools + ":" + systemTools());
        builder.environment().putAll(environment);
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Outcome(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }

    /** The few programs that the script needs, so that the machine's own java and mvn stay out of sight. */
    private Path systemTools() throws IOException {
        Path links = folder.resolve("system");
        if (!Files.isDirectory(links)) {
            Files.createDirectories(links);
            for (String name : List.of(
                    "sh",
                    "dirname",
                    "readlink",
                    "sed",
                    "find",
                    "head",
                    "tail",
                    "grep",
                    "mkdir",
                    "mv",
                    "rm",
                    "cat",
                    "sleep")) {
                for (String place : List.of("/usr/bin", "/bin")) {
                    Path program = Path.of(place, name);
                    if (Files.exists(program) && Files.notExists(links.resolve(name))) {
                        executable(links.resolve(name), "#!/bin/sh\nexec " + program + " \"$@\"\n");
                    }
                }
            }
        }
        return links;
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = Files.createDirectories(folder.resolve(name));
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        executable(home.resolve("bin/java"), STUB_JAVA);
        executable(home.resolve("bin/javac"), STUB_JAVA);
        return home;
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void touch(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
    }
}
