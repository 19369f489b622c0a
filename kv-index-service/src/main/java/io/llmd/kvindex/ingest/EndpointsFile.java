package io.llmd.kvindex.ingest;

import io.llmd.kv.ingest.zmq.ZmqAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads the endpoints file that the scheduler reads too: YAML or JSON of at most 1 MiB, {@code endpoints[]} with
 * {@code name}, {@code namespace}, {@code address}, {@code port} and {@code labels}. Endpoints whose labels name no port of
 * events are left out.
 */
final class EndpointsFile {

    /** Label with the port that an endpoint publishes KV events on. */
    static final String EVENTS_PORT = "llm-d.ai/kv-events-port";

    /** Label with the port that it replays them on. */
    static final String REPLAY_PORT = "llm-d.ai/kv-events-replay-port";

    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_DEPTH = 16;

    private EndpointsFile() {}

    /** The bytes of a file. @throws IOException when it cannot be read or is too large */
    static byte[] bytes(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("is larger than 1 MiB");
            }
            return bytes;
        }
    }

    /** The sources in a file. @throws IOException when the file or an entry of it is of no use, with its place */
    static List<EngineSource> read(byte[] bytes) throws IOException {
        if (!(parse(bytes) instanceof Map<?, ?> root) || !(root.get("endpoints") instanceof List<?> entries)) {
            throw new IOException("endpoints: missing (expected: a list)");
        }
        List<EngineSource> sources = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < entries.size(); i++) {
            try {
                EngineSource source = source(entries.get(i));
                if (source == null) {
                    continue;
                }
                if (!ids.add(source.endpoint())) {
                    throw new IllegalArgumentException("name: " + source.endpoint() + " twice (expected: once)");
                }
                sources.add(source);
            } catch (IllegalArgumentException e) {
                throw new IOException("endpoints[" + i + "]." + e.getMessage(), e);
            }
        }
        return sources;
    }

    private static @Nullable Object parse(byte[] bytes) throws IOException {
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
            return new Yaml(new SafeConstructor(options)).load(text);
        } catch (CharacterCodingException e) {
            throw new IOException("is not UTF-8", e);
        } catch (YAMLException e) {
            throw new IOException("is not valid YAML: " + e.getMessage(), e);
        }
    }

    private static @Nullable EngineSource source(@Nullable Object entry) {
        if (!(entry instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("entry: no mapping (expected: an endpoint)");
        }
        if (!(map.get("labels") instanceof Map<?, ?> labels) || labels.get(EVENTS_PORT) == null) {
            return null;
        }
        String name = text(map.get("name"));
        if (name.isEmpty()) {
            throw new IllegalArgumentException("name: missing (expected: a name)");
        }
        String namespace = text(map.get("namespace"));
        String host = text(map.get("address"));
        Object replay = labels.get(REPLAY_PORT);
        return new EngineSource(
                (namespace.isEmpty() ? "default" : namespace) + "/" + name,
                0,
                address(host, labels.get(EVENTS_PORT)),
                replay == null ? null : address(host, replay));
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : String.valueOf(value);
    }

    private static ZmqAddress address(String host, @Nullable Object port) {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        try {
            return new ZmqAddress(bare, Integer.parseInt(text(port)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("labels: port " + port + " (expected: 1 to 65535)", e);
        }
    }
}
