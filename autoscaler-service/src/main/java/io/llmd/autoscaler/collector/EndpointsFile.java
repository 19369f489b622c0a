package io.llmd.autoscaler.collector;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The replicas in the endpoints file that the scheduler reads: those with the label {@value #VARIANT}. The file may have up to 1 MiB.
 */
public final class EndpointsFile {

    /** Label with the name of the variant that a replica is of. */
    public static final String VARIANT = "llm-d.ai/variant";

    private static final int MAX_BYTES = 1 << 20;

    private EndpointsFile() {}

    /** Reads the file. @throws IOException when it cannot be used; the message says why */
    public static List<Replica> read(Path file) throws IOException {
        byte[] bytes;
        try (var in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        }
        if (bytes.length > MAX_BYTES) {
            throw new IOException(file + ": larger than 1 MiB");
        }
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(0);
        options.setNestingDepthLimit(16);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            Object root = new Yaml(new SafeConstructor(options)).load(text);
            if (root instanceof Map<?, ?> map && map.get("endpoints") instanceof List<?> list) {
                return replicas(list);
            }
            throw new IOException(file + ": no list (expected: endpoints)");
        } catch (YAMLException | IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static List<Replica> replicas(List<?> entries) {
        // Two entries of one address would be heard twice, and so count twice.
        Map<URI, Replica> replicas = new LinkedHashMap<>();
        for (Object entry : entries) {
            if (entry instanceof Map<?, ?> map && map.get("labels") instanceof Map<?, ?> labels) {
                Object variant = labels.get(VARIANT);
                if (variant != null) {
                    String namespace = text(map, "namespace", "default");
                    String host = text(map, "address", "");
                    String shown = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
                    URI page = URI.create("http://" + shown + ":" + text(map, "port", "") + "/metrics");
                    replicas.putIfAbsent(
                            page,
                            new Replica(namespace + "/" + text(map, "name", ""), namespace + "/" + variant, page));
                }
            }
        }
        return List.copyOf(replicas.values());
    }

    private static String text(Map<?, ?> map, String field, String absent) {
        Object value = map.get(field);
        return value == null ? absent : String.valueOf(value);
    }
}
