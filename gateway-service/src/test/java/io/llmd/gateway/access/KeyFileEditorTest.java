package io.llmd.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileEditorTest {

    private static final String FILE = """
            # keys of the team
            keys:
              - id: first
                sha256: "%s"
                tenant: a
                models: [sim-8b]
                limits:
                  concurrent: 3
            tenants:
              - name: a
                limits: {tokens-per-minute: 100}
            """.formatted(KeyHash.hexOf("sk-first"));

    @TempDir
    private Path folder;

    private static ApiKeys parse(String file) {
        return ApiKeys.parse(file.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void addedKeyIsFoundBesideTheOthers() {
        NewApiKey made = NewApiKey.generate(new SecureRandom(), "b", 5, new Allowance(60, 0, 2, null));

        String file = new KeyFileEditor(FILE).add(made);

        assertThat(file).contains("# keys of the team");
        assertThat(parse(file).find("sk-first")).isNotNull();
        ApiKey found = parse(file).find(made.secret());
        assertThat(found).isNotNull();
        assertThat(found.tenant()).isEqualTo("b");
        assertThat(found.priority()).isEqualTo(5);
        assertThat(found.allowance()).isEqualTo(new Allowance(60, 0, 2, null));
    }

    @Test
    void rotatedKeyMayWhatTheFirstMay() {
        NewApiKey next = NewApiKey.generate(new SecureRandom(), "any", 0);
        Instant end = Instant.parse("2030-01-31T00:00:00Z");

        String file = new KeyFileEditor(FILE).rotate("first", next, end);

        ApiKey old = parse(file).find("sk-first");
        ApiKey found = parse(file).find(next.secret());
        assertThat(old).isNotNull();
        assertThat(old.expires()).isEqualTo(end);
        assertThat(found).isNotNull();
        assertThat(found.expires()).isNull();
        assertThat(found.tenant()).isEqualTo("a");
        assertThat(found.models()).containsExactly("sim-8b");
        assertThat(found.allowance().concurrent()).isEqualTo(3);
    }

    @Test
    void expiryAndLimitsAreReplaced() {
        Instant end = Instant.parse("2030-01-31T00:00:00Z");

        String file = new KeyFileEditor(new KeyFileEditor(FILE).expire("first", end))
                .limit("first", new Allowance(10, 0, 0, new Budget(1_000, Budget.Period.DAY)));

        ApiKey key = parse(file).find("sk-first");
        assertThat(key).isNotNull();
        assertThat(key.expires()).isEqualTo(end);
        assertThat(key.allowance()).isEqualTo(new Allowance(10, 0, 0, new Budget(1_000, Budget.Period.DAY)));
        assertThat(key.tenantAllowance().tokensPerMinute()).isEqualTo(100);
    }

    @Test
    void unknownKeyIsNamed() {
        assertThatThrownBy(() -> new KeyFileEditor(FILE).expire("second", Instant.EPOCH))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("id: second (expected: the id of a key in the file)");
    }

    @Test
    void replacedFileKeepsItsModeAndItsLink() throws IOException {
        Path file = Files.writeString(folder.resolve("keys.yaml"), FILE);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Path link = Files.createSymbolicLink(folder.resolve("link.yaml"), file);

        KeyFileEditor.replace(link, "keys: []");

        assertThat(link).isSymbolicLink();
        assertThat(file).content().isEqualTo("keys: []");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
        assertThat(names()).containsExactlyInAnyOrder("keys.yaml", "link.yaml");
    }

    /** Where the user may give files to another group, which needs to be a member of it or root. */
    @Test
    void replacedFileKeepsItsGroup() throws IOException {
        Path file = Files.writeString(folder.resolve("keys.yaml"), FILE);
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        GroupPrincipal group;
        try {
            group = file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName("daemon");
            view.setGroup(group);
        } catch (IOException e) {
            Assumptions.abort("no second group: " + e);
            return;
        }

        KeyFileEditor.replace(file, "keys: []");

        assertThat(Files.readAttributes(file, PosixFileAttributes.class).group())
                .isEqualTo(group);
    }

    @Test
    void fileThatCannotBeWrittenStaysAsItWas() throws IOException {
        Path file = Files.writeString(folder.resolve("keys.yaml"), FILE);
        String notUnicode = "\uD800";

        assertThatThrownBy(() -> KeyFileEditor.replace(file, notUnicode)).isInstanceOf(IOException.class);

        assertThat(file).content().isEqualTo(FILE);
        assertThat(names()).containsExactly("keys.yaml");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(each -> each.getFileName().toString()).toList();
        }
    }

    @Test
    void emptyListTakesAKey() {
        NewApiKey made = NewApiKey.generate(new SecureRandom(), "b", 0);

        assertThat(parse(new KeyFileEditor("keys: []\n").add(made)).keys())
                .extracting(ApiKey::id)
                .isEqualTo(List.of(made.key().id()));
    }
}
