/** What clients ask for: recorded traces and generated traffic. */
@NullMarked
package io.llmd.lab.traffic;

import org.jspecify.annotations.NullMarked;
