package io.llmd.scheduler.prefix;

import io.llmd.scheduler.scheduling.PrefixMatches;
import java.util.List;

/** What an index said about the prompts of a request. */
public sealed interface IndexAnswer {

    /** It knows. @param prompts what candidates hold of each prompt, in the order of the prompts */
    record Held(List<HeldBlocks> prompts) implements IndexAnswer {
        public Held {
            prompts = List.copyOf(prompts);
        }
    }

    /** It has nothing to say now. */
    record Unavailable(PrefixMatches.Fallback reason) implements IndexAnswer {}
}
