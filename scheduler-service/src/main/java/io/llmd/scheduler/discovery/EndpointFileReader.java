package io.llmd.scheduler.discovery;

import io.llmd.scheduler.discovery.EndpointFile.EntryProblem;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads an endpoints file: YAML or JSON of at most 1 MiB, {@code endpoints[]} with {@code name}, {@code namespace},
 * {@code address}, {@code port} and {@code labels}. An empty file is an error, a list without entries is not.
 */
final class EndpointFileReader {

    static final int MAX_BYTES = 1 << 20;
    private static final Set<String> FIELDS = Set.of("name", "namespace", "address", "port", "labels");
    private static final int MAX_DEPTH = 16;

    private final boolean allowLoopback;

    EndpointFileReader(boolean allowLoopback) {
        this.allowLoopback = allowLoopback;
    }

    /** The bytes of the file. @throws IOException when it cannot be read or is too large */
    static byte[] bytes(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("is not a readable file");
        }
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("is larger than 1 MiB");
            }
            return bytes;
        }
    }

    /** Reads a list. @throws IOException when the file as a whole is of no use */
    EndpointFile read(byte[] bytes) throws IOException {
        Object root = parse(bytes);
        if (!(root instanceof Map<?, ?> map)) {
            throw new IOException("is empty or no mapping (expected: endpoints)");
        }
        for (Object key : map.keySet()) {
            if (!"endpoints".equals(key)) {
                throw new IOException("has the unknown field " + key + " (expected: endpoints)");
            }
        }
        if (!(map.get("endpoints") instanceof List<?> entries)) {
            throw new IOException("endpoints is missing or no list (expected: a list)");
        }
        return entries(entries);
    }

    private static Object parse(byte[] bytes) throws IOException {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(0);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setCodePointLimit(MAX_BYTES);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            Object root = new Yaml(new SafeConstructor(options)).load(text);
            return root == null ? "" : root;
        } catch (CharacterCodingException e) {
            throw new IOException("is not UTF-8", e);
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
            throw new IOException("line " + line + ": " + e.getProblem(), e);
        } catch (YAMLException e) {
            throw new IOException("is not valid YAML: " + e.getMessage(), e);
        }
    }

    private EndpointFile entries(List<?> entries) {
        List<EndpointMetadata> endpoints = new ArrayList<>(entries.size());
        List<EntryProblem> problems = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        Map<String, String> addresses = new HashMap<>();
        for (int i = 0; i < entries.size(); i++) {
            String id = "";
            try {
                Map<?, ?> entry = mapping(entries.get(i));
                id = text(entry, "namespace", EndpointEntry.DEFAULT_NAMESPACE) + "/" + text(entry, "name", "");
                EndpointMetadata endpoint = endpoint(entry);
                String address = endpoint.host() + " " + endpoint.port();
                if (ids.contains(id)) {
                    throw new IllegalArgumentException("name: " + id + " (expected: unique)");
                }
                if (addresses.containsKey(address)) {
                    throw new IllegalArgumentException(
                            "address: the one of " + addresses.get(address) + " (expected: unique)");
                }
                ids.add(id);
                addresses.put(address, id);
                endpoints.add(endpoint);
            } catch (IllegalArgumentException e) {
                problems.add(new EntryProblem(id, "endpoints[" + i + "]." + e.getMessage()));
            }
        }
        return new EndpointFile(endpoints, problems);
    }

    private static Map<?, ?> mapping(Object entry) {
        if (!(entry instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("entry: no mapping (expected: one of " + FIELDS + ")");
        }
        return map;
    }

    private EndpointMetadata endpoint(Map<?, ?> entry) {
        for (Object key : entry.keySet()) {
            if (!FIELDS.contains(String.valueOf(key))) {
                throw new IllegalArgumentException(key + ": unknown field (expected: one of " + FIELDS + ")");
            }
        }
        return EndpointEntry.of(
                text(entry, "namespace", EndpointEntry.DEFAULT_NAMESPACE),
                text(entry, "name", ""),
                text(entry, "address", ""),
                text(entry, "port", ""),
                labels(entry.get("labels")),
                allowLoopback);
    }

    private static String text(Map<?, ?> entry, String field, String absent) {
        Object value = entry.get(field);
        if (value == null) {
            return absent;
        }
        if (value instanceof Map || value instanceof List) {
            throw new IllegalArgumentException(field + ": not text (expected: text)");
        }
        return String.valueOf(value);
    }

    private static Map<String, String> labels(@org.jspecify.annotations.Nullable Object value) {
        if (value == null) {
            return Map.of();
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("labels: no mapping (expected: names and values)");
        }
        Map<String, String> labels = new HashMap<>();
        map.forEach((key, label) -> labels.put(String.valueOf(key), label == null ? "" : String.valueOf(label)));
        return labels;
    }
}
