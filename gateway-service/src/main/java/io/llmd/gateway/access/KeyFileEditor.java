package io.llmd.gateway.access;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/** Changes the text of a key file and leaves what it is not asked to change, comments included. Immutable. */
public final class KeyFileEditor {

    private static final String KEYS = "keys";
    private static final String ID = "id";
    private static final String HASH = "sha256";
    private static final String EXPIRES = "expires";
    private static final Set<String> ALLOWANCE = Set.of("limits", "budget");
    private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rw-------");

    private final Node root;
    private final Yaml yaml;

    /**
     * An editor of a file.
     *
     * @throws IllegalArgumentException when the file is not in order
     */
    public KeyFileEditor(String file) {
        ApiKeys.parse(file.getBytes(StandardCharsets.UTF_8));
        LoaderOptions loading = new LoaderOptions();
        loading.setProcessComments(true);
        DumperOptions dumping = new DumperOptions();
        dumping.setProcessComments(true);
        dumping.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        dumping.setIndent(4);
        dumping.setIndicatorIndent(2);
        yaml = new Yaml(new SafeConstructor(loading), new Representer(dumping), dumping, loading);
        root = yaml.compose(new StringReader(file));
    }

    /**
     * Puts a text in the place of a file, as a whole, so that nobody reads half of one. Whose it is and who may read it stay as
     * they were, and a link to it stays a link.
     *
     * @throws IOException when it cannot be written, or cannot be given to whom the file belongs; the file is then as it was
     */
    public static void replace(Path file, String text) throws IOException {
        Path target = file.toRealPath();
        Path next = target.resolveSibling(target.getFileName() + ".next");
        Files.deleteIfExists(next);
        boolean isPosix = Files.getFileStore(target).supportsFileAttributeView(PosixFileAttributeView.class);
        if (isPosix) {
            Files.createFile(next, PosixFilePermissions.asFileAttribute(OWNER));
        }
        try {
            Files.writeString(next, text);
            if (isPosix) {
                give(next, Files.readAttributes(target, PosixFileAttributes.class));
            }
            Files.move(next, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(next);
            throw e;
        }
    }

    private static void give(Path file, PosixFileAttributes wanted) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        PosixFileAttributes given = view.readAttributes();
        if (!given.owner().equals(wanted.owner())) {
            view.setOwner(wanted.owner());
        }
        if (!given.group().equals(wanted.group())) {
            view.setGroup(wanted.group());
        }
        view.setPermissions(wanted.permissions());
    }

    /** The file with one more key. */
    public String add(NewApiKey key) {
        entries().add(node(key));
        return text();
    }

    /** The file with a key that ends at a time. @throws IllegalArgumentException when there is no such key */
    public String expire(String id, Instant at) {
        set(entry(id), EXPIRES, scalar(at.toString()));
        return text();
    }

    /**
     * The file with a second key that may do what the first may, which ends at a time.
     *
     * @param next secret and id of the second
     * @throws IllegalArgumentException when there is no such key
     */
    public String rotate(String id, NewApiKey next, Instant at) {
        MappingNode old = entry(id);
        // Nodes of its own: two places for one node would be written as an alias.
        MappingNode copy = (MappingNode) yaml.compose(new StringReader(text(old)));
        remove(copy, EXPIRES::equals);
        set(copy, ID, scalar(next.key().id()));
        set(copy, HASH, scalar(next.sha256()));
        set(old, EXPIRES, scalar(at.toString()));
        entries().add(copy);
        return text();
    }

    /** The file with other limits of a key; those of the settings where they are 0. @throws IllegalArgumentException when there is no such key */
    public String limit(String id, Allowance allowance) {
        MappingNode entry = entry(id);
        remove(entry, ALLOWANCE::contains);
        NewApiKey shape =
                new NewApiKey("", new ApiKey(id, "any", Set.of(), null, 0, allowance, Allowance.UNLIMITED), "");
        for (NodeTuple field : node(shape).getValue()) {
            if (ALLOWANCE.contains(name(field))) {
                entry.getValue().add(field);
            }
        }
        return text();
    }

    private MappingNode node(NewApiKey key) {
        SequenceNode list = (SequenceNode) yaml.compose(new StringReader(key.toYaml()));
        return (MappingNode) list.getValue().getFirst();
    }

    private String text() {
        return text(root);
    }

    private String text(Node node) {
        StringWriter text = new StringWriter();
        yaml.serialize(node, text);
        return text.toString();
    }

    private List<Node> entries() {
        for (NodeTuple field : ((MappingNode) root).getValue()) {
            if (name(field).equals(KEYS)) {
                SequenceNode list = (SequenceNode) field.getValueNode();
                list.setFlowStyle(DumperOptions.FlowStyle.BLOCK);
                return list.getValue();
            }
        }
        throw new IllegalArgumentException("keys: missing (expected: a list of keys)");
    }

    private MappingNode entry(String id) {
        for (Node node : entries()) {
            MappingNode entry = (MappingNode) node;
            if (id.equals(value(entry, ID))) {
                return entry;
            }
        }
        throw new IllegalArgumentException("id: " + id + " (expected: the id of a key in the file)");
    }

    private static @Nullable String value(MappingNode entry, String field) {
        for (NodeTuple tuple : entry.getValue()) {
            if (name(tuple).equals(field)) {
                return ((ScalarNode) tuple.getValueNode()).getValue();
            }
        }
        return null;
    }

    private static String name(NodeTuple field) {
        return ((ScalarNode) field.getKeyNode()).getValue();
    }

    private static void remove(MappingNode entry, Predicate<String> fields) {
        entry.getValue().removeIf(field -> fields.test(name(field)));
    }

    private static void set(MappingNode entry, String field, Node value) {
        List<NodeTuple> fields = entry.getValue();
        for (int i = 0; i < fields.size(); i++) {
            if (name(fields.get(i)).equals(field)) {
                fields.set(i, new NodeTuple(fields.get(i).getKeyNode(), value));
                return;
            }
        }
        Node key = new ScalarNode(Tag.STR, field, null, null, DumperOptions.ScalarStyle.PLAIN);
        fields.add(new NodeTuple(key, value));
    }

    private static Node scalar(String text) {
        return new ScalarNode(Tag.STR, text, null, null, DumperOptions.ScalarStyle.DOUBLE_QUOTED);
    }
}
