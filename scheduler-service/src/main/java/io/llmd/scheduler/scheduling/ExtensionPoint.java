package io.llmd.scheduler.scheduling;

/** Where plugins are called, with the names that llm-d gives the places in meters. */
public enum ExtensionPoint {
    REQUEST_PARSING("RequestParsing"),
    REQUEST_HEADER("RequestHeader"),
    SCREENER("Screener"),
    DATA_PRODUCER("DataProducer"),
    ADMISSION("Admission"),
    PROFILE_PICKER("ProfilePicker"),
    FILTER("Filter"),
    SCORER("Scorer"),
    PICKER("Picker"),
    PROCESS_PROFILES_RESULTS("ProcessProfilesResults"),
    PRE_REQUEST("PreRequest"),
    RESPONSE_RECEIVED("ResponseReceived"),
    RESPONSE_STREAMING("ResponseStreaming"),
    RESPONSE_PARSING("ResponseParsing");

    private final String wireName;

    ExtensionPoint(String wireName) {
        this.wireName = wireName;
    }

    /** Name in meters and explanations. */
    public String wireName() {
        return wireName;
    }
}
