package io.llmd.scheduler.discovery;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Plugin;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Names the endpoints file in a scheduling configuration. The instance only carries the parameters: the service reads
 * them at start, and a reload does not change them.
 */
public final class FileDiscoveryPlugin implements Plugin {

    /** Type name in configuration. */
    public static final String TYPE = "file-discovery";

    /**
     * Parameters.
     *
     * @param path the endpoints file
     * @param watchFile whether changes of the file are followed
     */
    public record Params(String path, @Default("false") boolean watchFile) {
        public Params {
            if (path.isBlank()) {
                throw new IllegalArgumentException("path: empty (expected: a file)");
            }
        }
    }

    private final Params params;

    FileDiscoveryPlugin(Params params) {
        this.params = params;
    }

    /** Where the endpoints are. */
    public Params params() {
        return params;
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public List<String> aliases() {
            return List.of("multicluster-file-discovery");
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public FileDiscoveryPlugin create(String name, Params params) {
            return new FileDiscoveryPlugin(params);
        }
    }
}
