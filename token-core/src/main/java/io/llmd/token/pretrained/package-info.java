/** Tokenizers of real models, read from their files. */
@NullMarked
package io.llmd.token.pretrained;

import org.jspecify.annotations.NullMarked;
