/** Chained block hashes as vLLM computes them. */
@NullMarked
package io.llmd.kv.hash;

import org.jspecify.annotations.NullMarked;
