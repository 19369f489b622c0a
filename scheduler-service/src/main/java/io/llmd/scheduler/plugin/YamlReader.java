package io.llmd.scheduler.plugin;

import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Reads YAML or JSON into {@link YamlNode}s. Nothing is instantiated: custom tags are problems. Size, depth and the
 * number of values after expanding aliases are bounded, so that no file can exhaust memory or stack.
 */
final class YamlReader {

    static final int MAX_BYTES = 2 * 1024 * 1024;
    static final int MAX_DEPTH = 50;
    static final int MAX_NODES = 200_000;

    private static final Set<Tag> PLAIN_TAGS =
            Set.of(Tag.MAP, Tag.SEQ, Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.TIMESTAMP, Tag.MERGE);

    private final Problems problems;
    private int nodes;

    YamlReader(Problems problems) {
        this.problems = problems;
    }

    /** The document, {@link YamlNode.Null} for an empty one, null after a problem that leaves nothing to read. */
    @Nullable
    YamlNode read(String text) {
        if (text.length() > MAX_BYTES || text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            problems.error(0, "", "file is larger than 2 MiB");
            return null;
        }
        try {
            Node root = new Yaml(new SafeConstructor(options())).compose(new StringReader(text));
            return root == null ? new YamlNode.Null(1) : convert(root, "", 0);
        } catch (MarkedYAMLException e) {
            problems.error(line(e.getProblemMark()), "", syntaxMessage(text, e));
            return null;
        } catch (YAMLException e) {
            problems.error(0, "", "not readable as YAML: " + e.getMessage());
            return null;
        }
    }

    /** The documents that hold anything; none after a problem that leaves nothing to read. */
    List<YamlNode> readAll(String text) {
        if (text.length() > MAX_BYTES || text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            problems.error(0, "", "file is larger than 2 MiB");
            return List.of();
        }
        List<YamlNode> documents = new ArrayList<>();
        try {
            for (Node root : new Yaml(new SafeConstructor(options())).composeAll(new StringReader(text))) {
                YamlNode document = convert(root, "", 0);
                if (!(document instanceof YamlNode.Null)) {
                    documents.add(document);
                }
            }
            return documents;
        } catch (MarkedYAMLException e) {
            problems.error(line(e.getProblemMark()), "", syntaxMessage(text, e));
        } catch (YAMLException e) {
            problems.error(0, "", "not readable as YAML: " + e.getMessage());
        }
        return List.of();
    }

    private static LoaderOptions options() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MAX_BYTES);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setMaxAliasesForCollections(50);
        // Only nodes are composed, and convert() refuses every tag with its field.
        options.setTagInspector(tag -> true);
        return options;
    }

    private static String syntaxMessage(String text, MarkedYAMLException e) {
        int line = line(e.getProblemMark());
        List<String> lines = text.lines().toList();
        if (line >= 1
                && line <= lines.size()
                && lines.get(line - 1).stripTrailing().matches("\\s*\\t.*")) {
            return "indented with a tab (expected: spaces)";
        }
        return "not readable as YAML: " + e.getProblem();
    }

    private static int line(@Nullable Mark mark) {
        return mark == null ? 0 : mark.getLine() + 1;
    }

    private YamlNode convert(Node node, String path, int depth) {
        int line = line(node.getStartMark());
        if (depth > MAX_DEPTH) {
            throw tooLarge("nested deeper than " + MAX_DEPTH + " levels");
        }
        if (++nodes > MAX_NODES) {
            throw tooLarge("more than " + MAX_NODES + " values after expanding aliases");
        }
        if (!PLAIN_TAGS.contains(node.getTag())) {
            problems.error(line, path, "tag " + node.getTag().getValue() + " (expected: no tag)");
            return new YamlNode.Null(line);
        }
        return switch (node) {
            case ScalarNode scalar -> scalar(scalar, line);
            case SequenceNode sequence -> sequence(sequence, path, depth, line);
            case MappingNode mapping -> mapping(mapping, path, depth, line);
            default -> throw new YAMLException("unexpected " + node.getNodeId());
        };
    }

    private static YAMLException tooLarge(String what) {
        return new YAMLException(what);
    }

    private static YamlNode scalar(ScalarNode scalar, int line) {
        boolean isQuoted = scalar.getScalarStyle() != ScalarStyle.PLAIN;
        return !isQuoted && scalar.getTag().equals(Tag.NULL)
                ? new YamlNode.Null(line)
                : new YamlNode.Scalar(scalar.getValue(), isQuoted, line);
    }

    private YamlNode sequence(SequenceNode sequence, String path, int depth, int line) {
        List<YamlNode> items = new ArrayList<>(sequence.getValue().size());
        for (Node item : sequence.getValue()) {
            items.add(convert(item, path + "[" + items.size() + "]", depth + 1));
        }
        return new YamlNode.Sequence(items, line);
    }

    private YamlNode mapping(MappingNode mapping, String path, int depth, int line) {
        Map<String, YamlNode.Field> fields = new LinkedHashMap<>();
        Map<String, YamlNode.Field> merged = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            int keyLine = line(tuple.getKeyNode().getStartMark());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.error(keyLine, path, "field name is no text");
                continue;
            }
            String field = path.isEmpty() ? key.getValue() : path + "." + key.getValue();
            YamlNode value = convert(tuple.getValueNode(), field, depth + 1);
            if (key.getTag().equals(Tag.MERGE)) {
                merge(value, field, merged);
            } else if (fields.putIfAbsent(key.getValue(), new YamlNode.Field(keyLine, value)) != null) {
                problems.error(keyLine, field, "field is given twice (expected: once)");
            }
        }
        merged.forEach(fields::putIfAbsent);
        return new YamlNode.Mapping(fields, line);
    }

    private void merge(YamlNode value, String path, Map<String, YamlNode.Field> merged) {
        switch (value) {
            case YamlNode.Mapping from -> from.fields().forEach(merged::putIfAbsent);
            case YamlNode.Sequence from -> from.items().forEach(item -> merge(item, path, merged));
            case YamlNode.Scalar from -> problems.error(from.line(), path, "merges no mapping (expected: an alias)");
            case YamlNode.Null from -> problems.error(from.line(), path, "merges no mapping (expected: an alias)");
        }
    }
}
