package io.llmd.kv.event;

/** The bytes that a producer writes. */
public record KvEventFormat(KvEventSchema schema, KvBatchForm batchForm, KvHashForm hashForm) {

    /** vLLM since 0.24. */
    public static final KvEventFormat MAP =
            new KvEventFormat(KvEventSchema.MAP, KvBatchForm.ARRAY, KvHashForm.UNSIGNED);

    /** vLLM's last version before {@link #MAP}. */
    public static final KvEventFormat ARRAY =
            new KvEventFormat(KvEventSchema.SPEC_KIND, KvBatchForm.ARRAY, KvHashForm.UNSIGNED);

    public KvEventFormat withSchema(KvEventSchema value) {
        return new KvEventFormat(value, batchForm, hashForm);
    }

    public KvEventFormat withBatchForm(KvBatchForm value) {
        return new KvEventFormat(schema, value, hashForm);
    }

    public KvEventFormat withHashForm(KvHashForm value) {
        return new KvEventFormat(schema, batchForm, value);
    }
}
