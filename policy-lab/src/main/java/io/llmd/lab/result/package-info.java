/** What became of a run: figures, and the goals that they meet. */
@NullMarked
package io.llmd.lab.result;

import org.jspecify.annotations.NullMarked;
