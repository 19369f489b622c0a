/** Makes the tokens of requests that engines will make: asks an engine, or has the model's tokenizer itself. */
@NullMarked
package io.llmd.scheduler.tokenizer;

import org.jspecify.annotations.NullMarked;
