package io.llmd.autoscaler.planner;

/** Why a number of replicas is not the one that demand asks for. In order of application, but for those that only report. */
public enum GuardCode {
    G01_CONFIG("the configuration is invalid: nothing changes"),
    G02_BLIND("nothing that could be relied upon was measured: nothing changes"),
    G03_PARTIAL("some measurements are missing: nothing is taken away"),
    G04_WARMUP("the controller has not watched for long enough: nothing is taken away"),
    G05_FIT("a step time is not known well enough to exchange hardware"),
    G06_DOWN_WINDOW("more was needed a short while ago"),
    G07_CONSOLIDATE("what would remain could not take over the work"),
    G08_STEP_DOWN("fewer at a time are taken away"),
    G09_STEP_UP("fewer at a time are added while the step time is only assumed"),
    G10_COST_HYST("another mix saves too little"),
    G11_PAIR("prefill and decode replicas serve nothing without each other"),
    G12_BOUNDS("the bounds of the variant"),
    G13_QUOTA("accelerators are short, or have to become free first"),
    G14_FLAP("directions changed too often: what was needed counts for twice as long"),
    G15_EXTERNAL("somebody else changed the number, which is taken as it is"),
    G16_DISRUPT("the target is paused or rolled out: nothing is taken away"),
    G17_ENVELOPE("requests came faster than replicas can start"),
    FAIL_CLOSED("its accelerator is not known: nothing is added"),
    STUCK("replicas that cannot start are not counted on"),
    RETRY("replicas that cannot start are asked for again, for nothing else serves their share"),
    BASE_STEP_TOO_SLOW("no lane can keep the promise of a tier"),
    SATURATION_FLOOR("memory for keys and values is full, whatever the model says"),
    ZERO("nothing came, waits or runs: none is kept"),
    ACTIVATION("a request waits and nothing runs");

    private final String meaning;

    GuardCode(String meaning) {
        this.meaning = meaning;
    }

    /** One sentence for a person. */
    public String meaning() {
        return meaning;
    }

    /** {@code G07} or the whole name of what is not a guard. */
    public String shortName() {
        return name().matches("G\\d\\d_.*") ? name().substring(0, 3) : name();
    }
}
