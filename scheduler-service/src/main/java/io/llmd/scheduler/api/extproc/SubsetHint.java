package io.llmd.scheduler.api.extproc;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.llmd.contracts.header.LlmdHeader;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Reads which endpoints a proxy allows: a list of {@code host:port}, or text with commas between, or such texts in a list.
 * What is of another type, or too long, allows nobody.
 */
final class SubsetHint {

    private static final String KEY = LlmdHeader.DESTINATION_ENDPOINT_SUBSET.wireName();
    private static final String NOBODY = "";
    private static final int MOST_ENTRIES = 4096;

    private SubsetHint() {}

    /** The allowed endpoints with commas between; empty for nobody, {@code null} when all are allowed. */
    static @Nullable String read(Metadata metadata, String namespace) {
        Struct fields = metadata.getFilterMetadataMap().get(namespace);
        Value value = fields == null ? null : fields.getFieldsMap().get(KEY);
        if (value == null) {
            return null;
        }
        return switch (value.getKindCase()) {
            case STRING_VALUE -> bounded(value.getStringValue());
            case LIST_VALUE -> joined(value);
            default -> NOBODY;
        };
    }

    private static String joined(Value list) {
        if (list.getListValue().getValuesCount() > MOST_ENTRIES) {
            return NOBODY;
        }
        StringJoiner entries = new StringJoiner(",");
        for (Value entry : list.getListValue().getValuesList()) {
            if (entry.hasStringValue()) {
                entries.add(entry.getStringValue());
            }
        }
        return bounded(entries.toString());
    }

    private static String bounded(String entries) {
        return entries.chars().filter(c -> c == ',').count() < MOST_ENTRIES ? entries : NOBODY;
    }
}
