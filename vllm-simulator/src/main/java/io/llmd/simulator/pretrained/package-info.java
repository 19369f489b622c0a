/** Tokenizers of real models, read from their files. Loaded only where a setting names such files. */
@NullMarked
package io.llmd.simulator.pretrained;

import org.jspecify.annotations.NullMarked;
