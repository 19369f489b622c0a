package io.llmd.lab.autoscale;

/** What the page says in words. */
final class ScaleText {

    private ScaleText() {}

    static void intro(StringBuilder page, int seeds) {
        page.append(String.format("""
                # Autoscaling results

                How many replicas does the autoscaler need for which service, against rules of others? `./llmd lab autoscale` writes
                this page. Requests, engines, a router and replicas that come and go run in virtual time; the decisions are those of
                the autoscaler's own loops, planner, forecasts and guards, at their own periods, from metrics pages of the simulated
                engines and router that are scraped every 15 s ([autoscaling](autoscaling.md)).

                - A replica is, unless said otherwise, the specification's variant H (32 billion weights on two H100): a step takes 13 ms + 62.8 µs a prompt
                  token + 30 µs a sequence + 0.056 µs a token of context, and 3 %% of noise; 350,000 tokens of memory, 256 sequences,
                  8,192 tokens a step. It starts in 100 s, and is paid for from being asked for until its last answer is over.
                - The router holds requests, the most important tier first, while each ready replica has five waiting or its memory filled to 0.8, first come first
                  served and without a time limit; otherwise the replica with the fewest tokens gets it.
                - *Good* requests have their first token and, from 16 tokens on, their mean time between tokens within what was
                  promised. Those that have not ended 300 s after the last one came are not good.
                - Ours runs as shipped: its prior is 13 ms, 60 µs, 30 µs and 0.06 µs, close to the truth here; wrong ones and other
                  engines are looked at below. An HPA without tolerance looks at its number every 15 s.
                - Each rule has its default and, as *tuned*, the setting of its grid that is best for that workload alone: the
                  cheapest that keeps as many promises as ours with the first seed, or else the one that keeps most of them.
                - Ours has one knob, the share of replicas that is left free. Goals that say *both tuned* have it tuned for the workload as well, as
                  the rules of others are: the fewest replica-hours that keep as many promises as that HPA, or else most promises.
                - Figures are means over %d seeds of ours, of rules that an HPA carries out (B1 to B5) and of the two references, and of the first
                  seed for all else; intervals hold for 95 %% of draws of seeds, paired.
                - References: B12 knows the requests to come. B13 knows true rates and step times and asks at once, but nothing of what
                  comes: what any rule could do at most that only looks back.

                """, seeds));
    }

    static String reasons() {
        return """
                - A concurrency that is tuned for one workload is as good as a model there, for lengths do not change in it. The right
                  one is another for each workload; the goal with one setting for all says what that is worth.
                - W13 grows sixfold in 100 s, the time that a replica takes to start: whoever provides for what has come cannot be in time,
                  not even with true rates and step times and at once (B13). Concurrency (B2) is, for it asks for nearly all there may
                  be as soon as the one replica of the beginning is full, long before the ramp. Only replicas that stand by help
                  (`burst-quantile`), where ramps come again and again.
                - W5 needs so few replicas that one more or less is a quarter of the cost, and B4 finds the right number as well.
                - Who knows the requests to come (B12) cannot be reached: replicas take 100 s to start, and five minutes pass before any go.
                """;
    }

    static String about(Extras.Group group) {
        return switch (group) {
            case ABLATIONS -> "Good requests in % @ mean replicas, ours with one thing changed.";
            case STARTS -> "W2 with other times of a start: good requests in % @ mean replicas.";
            case MODEL ->
                "Assumed step times multiplied; the fit then sees the truth. Good requests in % @ mean replicas.";
            case ENGINES ->
                "The same requests on engines whose steps take what arithmetic and memory of Qwen3-32B on two H100 say: attention"
                        + " grows with the square of a prompt, computing and reading overlap. Good requests in % @ mean replicas.";
            case HEADROOM ->
                "The share of replicas that is left free, of all tiers alike. Good requests in % @ mean replicas, means over seeds.";
            case BURSTS ->
                "Replicas stand by for a quantile of the last hour's rates over 20 s. Good requests in % @ mean replicas.";
            case FAULTS -> "W3 with faults. Good requests in % @ mean replicas.";
            case MIX ->
                "Ours on other sets of replicas: good requests in % @ cost an hour. A large replica costs 4, a small one (30 ms + 200 µs a"
                        + " prompt token + 60 µs a sequence + 0.16 µs a token of context; 135,200 tokens of memory) 1.";
            case IDLE ->
                "Nothing for 20 minutes, then one request whose answer streams for longer than models stay without requests.";
        };
    }

    static void end(StringBuilder page) {
        page.append("""
                ## What is not covered

                - W6 is generated after published moments, as Azure's code trace is not at hand; W8 is a part of ServeGen's week, and its
                  days are shortened. Azure's traces of 2024 and BurstGPT are not at hand.
                - Rules of others are written after their descriptions, in their ideas: no code of theirs runs here. B4 looks at measured
                  latencies, not at predicted ones; B8 has true step times and mean rates.
                - Accelerators that run out are not simulated here. In W9 a router that knows step times keeps work that can wait away from
                  replicas that are busy; the comparison has one rule of others there, concurrency of each variant.
                - The router is that of the specification's simulator, not the scheduler's configuration of `./llmd up`.
                - The second half of P14 (priorities under overload) is in [benchmarks](benchmarks.md).
                """);
    }
}
