package io.llmd.autoscaler.planner;

/**
 * G06 and G14: what was needed a short while ago counts, and for longer where directions change often. What was needed for requests
 * that wait counts until none do, and no longer than the longest window.
 */
final class WindowGuard implements Guard {

    private static final int TURNS = 4;

    @Override
    public void apply(Plan plan) {
        double now = plan.nowSeconds();
        for (Target target : plan.targets()) {
            target.remember(target.memory()
                    .with(now, target.lasting())
                    .backlogged(now, target.isBacklogged() ? target.needed() : 0));
            double window = target.input().behaviour().downWindowSeconds();
            boolean flaps = target.memory().turns(now) > TURNS;
            double longer = flaps ? Math.min(VariantMemory.LONGEST_WINDOW, 2 * window) : window;
            int most =
                    Math.max(target.memory().most(now, window), target.memory().backlogged(now));
            target.atLeast(GuardCode.G06_DOWN_WINDOW, most);
            if (flaps) {
                target.atLeast(GuardCode.G14_FLAP, target.memory().most(now, longer));
                target.note(GuardCode.G14_FLAP);
            }
        }
    }
}
