/** The OpenAI endpoints: chat, completions, models, and vLLM's tokenize and detokenize. */
@NullMarked
package io.llmd.simulator.openai;

import org.jspecify.annotations.NullMarked;
