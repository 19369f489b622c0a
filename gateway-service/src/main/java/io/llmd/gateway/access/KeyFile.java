package io.llmd.gateway.access;

import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Reads key files. Only the node tree is built, so that no tag in a file can choose a class. */
final class KeyFile {

    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_NAME = 256;

    /** Characters of a misplaced value that a message repeats: too few to tell a hash or a key. */
    private static final int MAX_REPEATED = 12;

    private static final Pattern LONG_WORD = Pattern.compile("\\S{40,}");
    private static final Set<Tag> SCALARS = Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.TIMESTAMP);
    private static final Set<String> FIELDS =
            Set.of("id", "sha256", "tenant", "models", "expires", "priority", "limits", "budget");
    private static final Set<String> TENANT_FIELDS = Set.of("name", "limits", "budget");
    private static final Set<String> LIMIT_FIELDS = Set.of("requests-per-minute", "tokens-per-minute", "concurrent");
    private static final Set<String> BUDGET_FIELDS = Set.of("tokens", "per");

    private final Allowance forKeys;
    private final Allowance forTenants;

    /** With limits for what names none. */
    KeyFile(Allowance forKeys, Allowance forTenants) {
        this.forKeys = forKeys;
        this.forTenants = forTenants;
    }

    ApiKeys read(byte[] file) {
        if (file.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "key file: " + file.length + " bytes (expected: at most " + MAX_BYTES + ")");
        }
        Map<String, Node> root = mapping(compose(file), "key file", Set.of("keys", "tenants"));
        Node keys = root.get("keys");
        if (!(keys instanceof SequenceNode sequence)) {
            throw new IllegalArgumentException("keys: missing or no list (expected: a list of keys)");
        }
        Map<String, Allowance> tenants = tenants(root.get("tenants"));
        List<ApiKeys.Entry> entries = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        Set<String> hashes = new HashSet<>();
        for (int i = 0; i < sequence.getValue().size(); i++) {
            Node node = sequence.getValue().get(i);
            ApiKeys.Entry entry = entry(node, "keys[" + i + "]", tenants);
            if (!ids.add(entry.key().id())) {
                throw invalid(node, "keys[" + i + "].id", brief(entry.key().id()) + " again", "unique");
            }
            if (!hashes.add(HexFormat.of().formatHex(entry.hash()))) {
                throw invalid(node, "keys[" + i + "].sha256", "given before", "unique");
            }
            entries.add(entry);
        }
        return new ApiKeys(entries, tenants);
    }

    private static @Nullable Node compose(byte[] file) {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(0);
        options.setCodePointLimit(MAX_BYTES);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(file))
                    .toString();
            return new Yaml(options).compose(new StringReader(text));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("key file: not UTF-8 (expected: UTF-8)", e);
        } catch (YAMLException e) {
            throw new IllegalArgumentException("key file: not YAML (" + firstLine(e) + ")", e);
        }
    }

    private static String firstLine(YAMLException e) {
        if (e instanceof org.yaml.snakeyaml.error.MarkedYAMLException marked && marked.getProblemMark() != null) {
            // It may name an anchor or a tag, which a misplaced hash can become.
            String problem = LONG_WORD
                    .matcher(String.valueOf(marked.getProblem()))
                    .replaceAll(word -> Matcher.quoteReplacement(brief(word.group())));
            return problem + ", line " + (marked.getProblemMark().getLine() + 1);
        }
        return "unreadable";
    }

    private ApiKeys.Entry entry(Node node, String path, Map<String, Allowance> tenants) {
        Map<String, Node> fields = mapping(node, path, FIELDS);
        String tenant = name(required(fields, "tenant", node, path), path + ".tenant");
        ApiKey key = new ApiKey(
                name(required(fields, "id", node, path), path + ".id"),
                tenant,
                models(fields.get("models"), path + ".models"),
                expires(fields.get("expires"), path + ".expires"),
                priority(fields.get("priority"), path + ".priority"),
                allowance(fields, path, forKeys),
                tenants.getOrDefault(tenant, forTenants));
        return new ApiKeys.Entry(key, hash(required(fields, "sha256", node, path), path + ".sha256"));
    }

    private Map<String, Allowance> tenants(@Nullable Node node) {
        Map<String, Allowance> tenants = new HashMap<>();
        if (node == null) {
            return tenants;
        }
        if (!(node instanceof SequenceNode sequence)) {
            throw invalid(node, "tenants", "no list", "a list of tenants");
        }
        for (int i = 0; i < sequence.getValue().size(); i++) {
            Node tenant = sequence.getValue().get(i);
            String path = "tenants[" + i + "]";
            Map<String, Node> fields = mapping(tenant, path, TENANT_FIELDS);
            String name = name(required(fields, "name", tenant, path), path + ".name");
            if (tenants.put(name, allowance(fields, path, forTenants)) != null) {
                throw invalid(tenant, path + ".name", brief(name) + " again", "unique");
            }
        }
        return tenants;
    }

    private static Allowance allowance(Map<String, Node> fields, String path, Allowance other) {
        Node limits = fields.get("limits");
        Map<String, Node> given = limits == null ? Map.of() : mapping(limits, path + ".limits", LIMIT_FIELDS);
        return new Allowance(
                limit(given, "requests-per-minute", path, other.requestsPerMinute()),
                limit(given, "tokens-per-minute", path, other.tokensPerMinute()),
                (int) limit(given, "concurrent", path, other.concurrent()),
                budget(fields.get("budget"), path + ".budget", other.budget()));
    }

    private static long limit(Map<String, Node> limits, String name, String path, long other) {
        Node node = limits.get(name);
        return node == null ? other : number(node, path + ".limits." + name, 0, Integer.MAX_VALUE);
    }

    private static @Nullable Budget budget(@Nullable Node node, String path, @Nullable Budget other) {
        if (node == null) {
            return other;
        }
        Map<String, Node> fields = mapping(node, path, BUDGET_FIELDS);
        long tokens = number(required(fields, "tokens", node, path), path + ".tokens", 1, Budget.MAX_TOKENS);
        Node per = required(fields, "per", node, path);
        return switch (scalar(per, path + ".per")) {
            case "day" -> new Budget(tokens, Budget.Period.DAY);
            case "month" -> new Budget(tokens, Budget.Period.MONTH);
            default -> throw invalid(per, path + ".per", brief(scalar(per, path)), "day or month");
        };
    }

    private static long number(Node node, String path, long min, long max) {
        String value = scalar(node, path);
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Refused below, like a number out of range.
        }
        throw invalid(node, path, brief(value), "an integer of at least " + min);
    }

    private static Map<String, Node> mapping(@Nullable Node node, String path, Set<String> known) {
        if (!(node instanceof MappingNode mapping) || !node.getTag().equals(Tag.MAP)) {
            throw node == null
                    ? new IllegalArgumentException(path + ": empty (expected: a mapping)")
                    : invalid(node, path, "no mapping", "a mapping");
        }
        Map<String, Node> fields = new HashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String name = scalar(tuple.getKeyNode(), path);
            if (!known.contains(name)) {
                throw invalid(
                        tuple.getKeyNode(),
                        path,
                        "unknown field " + brief(name),
                        String.join(", ", known.stream().sorted().toList()));
            }
            if (fields.put(name, tuple.getValueNode()) != null) {
                throw invalid(tuple.getKeyNode(), path + "." + name, "given twice", "once");
            }
        }
        return fields;
    }

    private static Node required(Map<String, Node> fields, String name, Node parent, String path) {
        Node node = fields.get(name);
        if (node == null) {
            throw invalid(parent, path + "." + name, "missing", "a value");
        }
        return node;
    }

    private static String scalar(Node node, String path) {
        if (!(node instanceof ScalarNode scalar) || !SCALARS.contains(node.getTag())) {
            throw invalid(node, path, "no plain value", "a plain value");
        }
        return scalar.getValue();
    }

    private static String name(Node node, String path) {
        String value = scalar(node, path);
        if (value.isBlank() || value.length() > MAX_NAME || value.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
            throw invalid(node, path, "not usable", "1 to " + MAX_NAME + " printable ASCII characters");
        }
        return value;
    }

    private static byte[] hash(Node node, String path) {
        String value = scalar(node, path);
        if (value.length() == KeyHash.HEX_DIGITS) {
            try {
                return HexFormat.of().parseHex(value);
            } catch (IllegalArgumentException e) {
                throw invalid(node, path, "no hex", "SHA-256 of the key, 64 hex digits");
            }
        }
        throw invalid(node, path, value.length() + " characters", "SHA-256 of the key, 64 hex digits");
    }

    private static Set<String> models(@Nullable Node node, String path) {
        if (node == null) {
            return Set.of();
        }
        if (!(node instanceof SequenceNode sequence) || sequence.getValue().isEmpty()) {
            throw invalid(node, path, "no list of models", "at least one model, or no such field for all models");
        }
        Set<String> models = new HashSet<>();
        for (int i = 0; i < sequence.getValue().size(); i++) {
            models.add(scalar(sequence.getValue().get(i), path + "[" + i + "]"));
        }
        return models;
    }

    private static @Nullable Instant expires(@Nullable Node node, String path) {
        if (node == null) {
            return null;
        }
        String value = scalar(node, path);
        try {
            return Instant.parse(value);
        } catch (DateTimeParseException e) {
            throw invalid(node, path, brief(value), "a time such as 2027-01-31T00:00:00Z");
        }
    }

    private static int priority(@Nullable Node node, String path) {
        if (node == null) {
            return 0;
        }
        String value = scalar(node, path);
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw invalid(node, path, brief(value), "an integer");
        }
    }

    private static String brief(String value) {
        return value.length() <= MAX_REPEATED ? value : value.substring(0, MAX_REPEATED) + "…";
    }

    private static IllegalArgumentException invalid(Node node, String path, String given, String expectation) {
        int line = node.getStartMark() == null ? 0 : node.getStartMark().getLine() + 1;
        return new IllegalArgumentException(path + ": " + given + " (expected: " + expectation + "), line " + line);
    }
}
