/** The 64-bit keys by which a block index knows blocks, computed from tokens alone. */
@NullMarked
package io.llmd.kv.key;

import org.jspecify.annotations.NullMarked;
