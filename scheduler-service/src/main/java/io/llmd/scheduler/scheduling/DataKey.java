package io.llmd.scheduler.scheduling;

import java.util.Objects;

/**
 * Names data that a producer writes for a decision and filters, scorers or other producers read.
 *
 * @param type what the data is, such as {@code PrefixCacheMatchInfoDataKey}
 * @param producer name of the plugin instance that produces it; empty for whichever does
 * @param valueType class of the column object, see {@link Candidates#data(DataKey)}
 * @param <T> class of the column object
 */
public record DataKey<T>(String type, String producer, Class<T> valueType) {
    public DataKey {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(producer, "producer");
        Objects.requireNonNull(valueType, "valueType");
    }

    @Override
    public String toString() {
        return producer.isEmpty() ? type : type + "/" + producer;
    }
}
