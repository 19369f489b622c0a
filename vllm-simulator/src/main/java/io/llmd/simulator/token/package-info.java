/** Tokenizers, prompts of tokens and media items, and the seeded generator of output text. */
@NullMarked
package io.llmd.simulator.token;

import org.jspecify.annotations.NullMarked;
